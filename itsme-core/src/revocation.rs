use std::sync::Arc;

use http::{HeaderValue, StatusCode, header};
use url::form_urlencoded;

use crate::{
    client_auth::inner::ClientInner,
    error::{Error, RequestError},
    flow::{
        attempt::Attempt,
        machine::Context,
        retry::Retry,
        single_request::{Exchange, SingleRequest},
    },
    ground::{secret::Secret, time::UnixTime},
    http::{Request, Response, endpoint::Endpoint, response},
    jose,
    provider::Provider,
    settings::credentials::{ClientSecret, Credentials},
};

/// The flow behind [`Client::revoke`](crate::Client::revoke).
pub(crate) type Revoke = SingleRequest<Revocation>;

/// The end of an access token (RFC 7009).
pub(crate) struct Revocation {
    token: Secret,
}

impl Revocation {
    pub(crate) fn of(token: Secret) -> Self {
        Self { token }
    }
}

/// itsme revokes tokens of clients with a secret alone.
fn secret(client: &ClientInner) -> Result<&ClientSecret, RequestError> {
    match &client.settings.credentials {
        Credentials::ClientSecret(secret) => Ok(secret),
        Credentials::PrivateKeys(_) => Err(RequestError::RevocationNeedsSecret),
    }
}

impl Exchange for Revocation {
    const RETRY: Retry = Retry::Idempotent;
    type Output = ();

    fn begin(&self, client: &ClientInner, _: UnixTime) -> Result<Option<()>, Error> {
        secret(client)?;
        Ok(None)
    }

    /// RFC 7009 §2.1, with HTTP Basic (RFC 6749 §2.3.1).
    fn request(
        &mut self,
        client: &ClientInner,
        provider: &Provider,
        _: &mut Context<'_>,
    ) -> Result<Request, Error> {
        let endpoint = provider.metadata.revocation(client.settings.plain_http())?;
        let escaped =
            |text: &str| -> String { form_urlencoded::byte_serialize(text.as_bytes()).collect() };
        let client_id = escaped(&client.settings.client_id);
        let basic = jose::base64(format!("{client_id}:{}", escaped(secret(client)?.expose())));
        let mut basic =
            HeaderValue::try_from(format!("Basic {basic}")).expect("base64 is printable");
        basic.set_sensitive(true);
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("token", self.token.expose())
            .append_pair("token_type_hint", "access_token")
            .finish();
        Ok(http::Request::post(endpoint)
            .extension(Attempt::at(Endpoint::Revocation))
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::AUTHORIZATION, basic)
            .body(body.into_bytes())
            .expect("the URL was checked"))
    }

    /// A token that is not known is as good as revoked, and is answered with 200, too.
    fn read(
        self,
        response: Response,
        _: &ClientInner,
        _: Arc<Provider>,
        _: UnixTime,
    ) -> Result<(), Error> {
        if response.status() == StatusCode::OK {
            return Ok(());
        }
        match response::refusal(Endpoint::Revocation, &response)? {
            Some(refusal) => Err(refusal.into()),
            None => response::body(Endpoint::Revocation, response).map(drop),
        }
    }
}
