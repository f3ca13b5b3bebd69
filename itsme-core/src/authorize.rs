use std::{fmt, sync::Arc};

use url::form_urlencoded;

use crate::{
    Response,
    authorization_request::{Wish, code_challenge},
    discovery::FetchProvider,
    error::Error,
    flow::{
        Failure,
        machine::{Machine, Moment, Next},
    },
    login_state::LoginState,
    provider::Provider,
    relying_party::RelyingParty,
    secret::Secret,
};

/// The flow behind [`Client::authorize`](crate::Client::authorize): no request at all when the
/// OP's metadata is cached.
pub struct Authorize {
    job: Job,
    /// Its requests are the only ones.
    fetch: FetchProvider,
}

struct Job {
    rp: Arc<RelyingParty>,
    wish: Wish,
}

/// Where to send the person, and what to keep until they come back.
#[non_exhaustive]
pub struct Redirect {
    /// The authorization URL: redirect the person's browser there (302 or 303).
    pub url: String,
    /// To be stored in the person's session and given back with the callback.
    pub state: LoginState,
}

impl fmt::Debug for Redirect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redirect").finish_non_exhaustive()
    }
}

impl Authorize {
    pub(crate) fn new(rp: &Arc<RelyingParty>, wish: Wish) -> Self {
        Self { job: Job { rp: Arc::clone(rp), wish }, fetch: FetchProvider::fresh(rp) }
    }
}

impl Job {
    fn go_on(
        self,
        fetching: Next<FetchProvider>,
        at: &mut Moment<'_>,
    ) -> Result<Next<Authorize>, Error> {
        fetching.within(
            self,
            |fetch, job| Authorize { job, fetch },
            |provider, job| job.redirect(&provider, at).map(Next::Done),
        )
    }

    /// Everything that is wrong with the request, or where the person shall come back to.
    fn check(&self) -> Result<String, Error> {
        let settings = &self.rp.settings;
        Ok(self.wish.check(settings.redirect_uri.as_deref(), settings.plain_http())?)
    }

    fn redirect(self, provider: &Provider, at: &mut Moment<'_>) -> Result<Redirect, Error> {
        let redirect_uri = self.check()?;
        let settings = &self.rp.settings;
        let asked = self.wish.asked(at.now);
        let parameters = self.wish.parameters();
        let state = self.wish.state.map_or_else(|| at.random_text(), Ok)?;
        let mut secret = |own: Option<Secret>| match own {
            Some(own) => Ok(own),
            None => at.random_text().map(Secret::new),
        };
        let nonce = secret(self.wish.nonce)?;
        let code_verifier = secret(self.wish.code_verifier)?;

        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", &settings.client_id)
            .append_pair("redirect_uri", &redirect_uri)
            .extend_pairs(parameters)
            .append_pair("state", &state)
            .append_pair("nonce", nonce.expose())
            .append_pair("code_challenge", &code_challenge(&code_verifier))
            .append_pair("code_challenge_method", "S256")
            .finish();
        let endpoint = &provider.metadata.authorization_endpoint;
        let separator = if endpoint.contains('?') { '&' } else { '?' };
        let client = (settings.client_id.as_str(), settings.environment.issuer());
        let secrets = (nonce, code_verifier);
        Ok(Redirect {
            url: format!("{endpoint}{separator}{query}"),
            state: LoginState::new(client, state, secrets, redirect_uri, asked),
        })
    }
}

impl Machine for Authorize {
    type Output = Redirect;

    fn next(self, at: &mut Moment<'_>) -> Result<Next<Self>, Error> {
        self.job.check()?;
        let fetching = self.fetch.next(at)?;
        self.job.go_on(fetching, at)
    }

    fn on_response(self, response: Response, at: &mut Moment<'_>) -> Result<Next<Self>, Error> {
        let fetching = self.fetch.on_response(response, at)?;
        self.job.go_on(fetching, at)
    }

    fn on_failure(self, why: Failure, at: &mut Moment<'_>) -> Result<Option<Next<Self>>, Error> {
        let Some(fetching) = self.fetch.on_failure(why, at)? else { return Ok(None) };
        self.job.go_on(fetching, at).map(Some)
    }
}

impl std::fmt::Debug for Authorize {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authorize").finish_non_exhaustive()
    }
}
