use std::{borrow::Cow, fmt, sync::Arc};

use serde_json::{Value, json};
use url::form_urlencoded;

use crate::{
    authorization::{
        checked::{Delivery, Wish},
        pkce::code_challenge,
        request_object::{self, RequestObject},
        state::LoginState,
    },
    client_auth::inner::ClientInner,
    error::Error,
    flow::machine::{Context, Event, Machine, Next},
    ground::secret::Secret,
    provider::{Provider, fetch::FetchProvider},
    tokens::requested::claims_sha256,
};

/// The flow behind [`Client::authorize`](crate::Client::authorize) and
/// [`Client::request_object`](crate::Client::request_object): no request at all when the OP's
/// metadata is cached.
pub(crate) struct Authorize<T = Redirect> {
    job: Verification<T>,
    /// Its requests are the only ones.
    fetch: FetchProvider,
}

struct Verification<T> {
    client: Arc<ClientInner>,
    wish: Wish,
    /// Where the person comes back to, once the wish was checked.
    redirect_uri: Option<String>,
    finish: fn(Redirect, Option<RequestObject>) -> T,
}

/// Where to send the person, and what to keep until they come back.
#[non_exhaustive]
pub struct Redirect {
    /// The authorization URL: redirect the person's browser there (302 or 303).
    pub url: String,
    /// To be stored in the person's session and given back with the callback.
    pub state: LoginState,
    /// The `claims` parameter that is sent, with the text or payment of a confirmation in it: to
    /// archive beside the [`Evidence`](crate::Evidence), which has its digest.
    pub claims: Option<String>,
}

/// A login whose request object is to be hosted before the person is sent to itsme.
#[derive(Debug)]
#[non_exhaustive]
pub struct Hosted {
    /// What to serve at the `request_uri`.
    pub object: RequestObject,
    /// Where to send the person then.
    pub redirect: Redirect,
}

impl fmt::Debug for Redirect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redirect").finish_non_exhaustive()
    }
}

impl Authorize {
    pub(crate) fn new(client: &Arc<ClientInner>, wish: Wish) -> Self {
        Self::finishing(client, wish, |redirect, _sent_along| redirect)
    }
}

impl Authorize<Hosted> {
    /// For a wish with [`Delivery::Reference`].
    pub(crate) fn hosted(client: &Arc<ClientInner>, wish: Wish) -> Self {
        Self::finishing(client, wish, |redirect, object| {
            let object = object.expect("what is sent by reference is a request object");
            Hosted { object, redirect }
        })
    }
}

impl<T> Authorize<T> {
    fn finishing(
        client: &Arc<ClientInner>,
        wish: Wish,
        finish: fn(Redirect, Option<RequestObject>) -> T,
    ) -> Self {
        Self {
            job: Verification { client: Arc::clone(client), wish, redirect_uri: None, finish },
            fetch: FetchProvider::fresh(client),
        }
    }
}

impl<T> Verification<T> {
    fn go_on(
        self,
        fetching: Next<FetchProvider>,
        cx: &mut Context<'_>,
    ) -> Result<Next<Authorize<T>>, Error> {
        fetching.within(
            self,
            |fetch, job| Authorize { job, fetch },
            |provider, job| job.redirect(&provider, cx).map(Next::Done),
        )
    }

    fn redirect(self, provider: &Provider, cx: &mut Context<'_>) -> Result<T, Error> {
        let settings = &self.client.settings;
        let dialect = settings.dialect();
        let redirect_uri = match self.redirect_uri {
            Some(checked) => checked,
            None => self.wish.check(settings)?,
        };
        let mut asked = self.wish.asked(cx.now, dialect);
        let scope = self.wish.scope();
        let fixed = [
            ("response_type", "code"),
            ("client_id", settings.client_id.as_str()),
            ("scope", scope.as_str()),
            ("redirect_uri", redirect_uri.as_str()),
        ];
        let known_user = self.wish.known_user.as_deref();
        let mut parameters = self.wish.parameters(dialect, known_user)?;
        let delivery = self.wish.delivery(dialect);
        let claims = parameters.iter().find(|(name, _)| *name == "claims");
        let claims = claims.map(|(_, claims)| claims.to_string());
        asked.claims_sha256 = claims.as_deref().map(claims_sha256);

        let state = self.wish.state.map_or_else(|| cx.random_text(), Ok)?;
        let mut secret = |own: Option<Secret>| match own {
            Some(own) => Ok(own),
            None => cx.random_text().map(Secret::new),
        };
        let nonce = secret(self.wish.nonce)?;
        let code_verifier = secret(self.wish.code_verifier)?;
        parameters.push(("nonce", json!(nonce.expose())));
        parameters.push(("code_challenge", json!(code_challenge(&code_verifier))));
        parameters.push(("code_challenge_method", json!("S256")));

        // What stands in a request object, the OP takes from there; what OAuth requires stands
        // outside as well, with equal values (OIDC Core §6.1).
        let mut query = form_urlencoded::Serializer::new(String::with_capacity(1024));
        query.extend_pairs(&fixed).append_pair("state", &state);
        let lifetime = match &delivery {
            Delivery::Query | Delivery::QueryButInV1 => None,
            Delivery::Value => Some(request_object::BY_VALUE),
            Delivery::Reference(_, lifetime) => Some(*lifetime),
        };
        let mut object = None;
        if let Some(lifetime) = lifetime {
            parameters.extend(fixed.map(|(name, value)| (name, json!(value))));
            parameters.push(("state", json!(state)));
            let expires_at = cx.now.after(lifetime);
            let jwt = self.client.request_object(&parameters, expires_at, provider, cx)?;
            match &delivery {
                Delivery::Reference(uri, _) => query.append_pair("request_uri", uri),
                _ => query.append_pair("request", jwt.expose()),
            };
            object = Some(RequestObject { jwt, expires_at });
        } else {
            query.extend_pairs(parameters.iter().map(|(name, value)| match (value, &claims) {
                (Value::String(text), _) => (*name, Cow::from(text)),
                (Value::Object(_), Some(claims)) => (*name, claims.into()),
                (value, _) => (*name, value.to_string().into()),
            }));
        }
        let query = query.finish();

        let endpoint = &provider.metadata.authorization_endpoint;
        let separator = if endpoint.contains('?') { "&" } else { "?" };
        let client = (settings.client_id.as_str(), settings.environment.issuer());
        let secrets = (nonce, code_verifier);
        let redirect = Redirect {
            url: [endpoint, separator, &query].concat(),
            state: LoginState::new(client, state, secrets, redirect_uri, asked),
            claims,
        };
        Ok((self.finish)(redirect, object))
    }
}

impl<T> Machine for Authorize<T> {
    type Output = T;

    fn step(mut self, event: Event, cx: &mut Context<'_>) -> Result<Next<Self>, Error> {
        if let Event::Begin = event {
            self.job.redirect_uri = Some(self.job.wish.check(&self.job.client.settings)?);
        }
        let fetching = self.fetch.step(event, cx)?;
        self.job.go_on(fetching, cx)
    }
}
