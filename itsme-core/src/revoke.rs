use std::sync::Arc;

use http::{HeaderValue, StatusCode, header};
use url::form_urlencoded;

use crate::{
    Request, Response,
    credentials::{ClientSecret, Credentials},
    discovery::FetchProvider,
    error::{Endpoint, Error, MetadataError, RequestError},
    flow::{
        Failure,
        machine::{Machine, Moment, Next},
    },
    jose,
    relying_party::RelyingParty,
    reply,
    secret::Secret,
};

/// The flow behind [`Client::revoke`](crate::Client::revoke).
pub struct Revoke {
    job: Job,
    call: Call,
}

struct Job {
    rp: Arc<RelyingParty>,
    token: Secret,
}

/// Each is a request.
enum Call {
    Provider(FetchProvider),
    Revoke { endpoint: String, retried: bool },
}

impl Revoke {
    pub(crate) fn new(rp: &Arc<RelyingParty>, token: Secret) -> Self {
        let job = Job { rp: Arc::clone(rp), token };
        Self { job, call: Call::Provider(FetchProvider::fresh(rp)) }
    }
}

impl Job {
    fn go_on(
        self,
        fetching: Next<FetchProvider>,
        at: &mut Moment<'_>,
    ) -> Result<Next<Revoke>, Error> {
        fetching.within(
            self,
            |fetch, job| Revoke { job, call: Call::Provider(fetch) },
            |provider, job| {
                let endpoint = provider.metadata.revocation_endpoint.clone();
                let endpoint = endpoint.ok_or(MetadataError::Missing("revocation_endpoint"))?;
                Revoke { job, call: Call::Revoke { endpoint, retried: false } }.next(at)
            },
        )
    }

    /// itsme revokes tokens of clients with a secret alone.
    fn secret(&self) -> Result<&ClientSecret, RequestError> {
        match &self.rp.settings.credentials {
            Credentials::ClientSecret(secret) => Ok(secret),
            Credentials::PrivateKeys(_) => Err(RequestError::RevocationNeedsSecret),
        }
    }

    /// RFC 7009 §2.1, with HTTP Basic (RFC 6749 §2.3.1).
    fn request(&self, endpoint: &str) -> Result<Request, Error> {
        let escaped =
            |text: &str| -> String { form_urlencoded::byte_serialize(text.as_bytes()).collect() };
        let client_id = escaped(&self.rp.settings.client_id);
        let basic = jose::base64(format!("{client_id}:{}", escaped(self.secret()?.expose())));
        let mut basic =
            HeaderValue::try_from(format!("Basic {basic}")).expect("base64 is printable");
        basic.set_sensitive(true);
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("token", self.token.expose())
            .append_pair("token_type_hint", "access_token")
            .finish();
        Ok(http::Request::post(endpoint)
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::AUTHORIZATION, basic)
            .body(body.into_bytes())
            .expect("the URL was checked with the metadata"))
    }
}

impl Machine for Revoke {
    type Output = ();

    fn next(self, at: &mut Moment<'_>) -> Result<Next<Self>, Error> {
        let Self { job, call } = self;
        job.secret()?;
        match call {
            Call::Provider(fetch) => job.go_on(fetch.next(at)?, at),
            Call::Revoke { ref endpoint, .. } => {
                Ok(Next::Send(job.request(endpoint)?, Self { job, call }))
            }
        }
    }

    fn on_response(self, response: Response, at: &mut Moment<'_>) -> Result<Next<Self>, Error> {
        let Self { job, call } = self;
        match call {
            Call::Provider(fetch) => job.go_on(fetch.on_response(response, at)?, at),
            // A token that is not known is as good as revoked, and is answered with 200, too.
            Call::Revoke { .. } if response.status() == StatusCode::OK => Ok(Next::Done(())),
            Call::Revoke { .. } => match reply::refusal(Endpoint::Revocation, &response)? {
                Some(refusal) => Err(refusal.into()),
                None => reply::body(Endpoint::Revocation, response).map(|_| Next::Done(())),
            },
        }
    }

    /// A token that is revoked twice is revoked.
    fn on_failure(self, why: Failure, at: &mut Moment<'_>) -> Result<Option<Next<Self>>, Error> {
        let Self { job, call } = self;
        match call {
            Call::Provider(fetch) => match fetch.on_failure(why, at)? {
                Some(fetching) => job.go_on(fetching, at).map(Some),
                None => Ok(None),
            },
            Call::Revoke { endpoint, retried: false } => {
                Self { job, call: Call::Revoke { endpoint, retried: true } }.next(at).map(Some)
            }
            Call::Revoke { retried: true, .. } => Ok(None),
        }
    }
}

impl std::fmt::Debug for Revoke {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Revoke").finish_non_exhaustive()
    }
}
