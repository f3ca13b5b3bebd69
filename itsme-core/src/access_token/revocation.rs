use std::sync::Arc;

use http::{HeaderValue, StatusCode, header};
use url::form_urlencoded;

use crate::{
    client_auth::{
        inner::ClientInner,
        parties::{Parties, Prepared},
    },
    error::{Error, RequestError},
    flow::{
        machine::Context,
        retry::Retry,
        single_request::{Exchange, SingleRequest},
    },
    ground::{secret::Secret, time::UnixTime},
    http::{
        Response,
        endpoint::Endpoint,
        form::{self, Authentication},
        response,
    },
    jose,
    settings::credentials::{ClientSecret, Credentials},
};

/// The revocation of an access token (RFC 7009).
pub(crate) struct Revocation(Secret);

pub(crate) fn revoke(
    client: &Arc<ClientInner>,
    token: Secret,
) -> Result<SingleRequest<Revocation>, Error> {
    secret(&client.settings.keyring.current())?;
    Ok(SingleRequest::new(client, Revocation(token)))
}

/// Returns the client secret, which is required because itsme revokes tokens only for clients with a secret.
fn secret(credentials: &Credentials) -> Result<&ClientSecret, RequestError> {
    match credentials {
        Credentials::ClientSecret(secret) => Ok(secret),
        Credentials::PrivateKeys(_) => Err(RequestError::RevocationNeedsSecret),
    }
}

/// Formats the client's credentials for HTTP Basic authentication (RFC 6749 §2.3.1).
fn basic(client_id: &str, secret: &ClientSecret) -> HeaderValue {
    let escaped =
        |text: &str| -> String { form_urlencoded::byte_serialize(text.as_bytes()).collect() };
    let basic = jose::base64(format!("{}:{}", escaped(client_id), escaped(secret.expose())));
    let mut basic = HeaderValue::try_from(format!("Basic {basic}")).expect("base64 is printable");
    basic.set_sensitive(true);
    basic
}

impl Exchange for Revocation {
    const RETRY: Retry = Retry::Idempotent;
    type Output = ();

    /// Prepares the revocation request (RFC 7009 §2.1).
    fn prepare(
        &mut self,
        parties: &Parties,
        _: &[String],
        _: &mut Context<'_>,
    ) -> Result<Prepared, Error> {
        let metadata = &parties.provider.metadata;
        let url = metadata.revocation(&parties.client.provider.rules)?;
        let token = [("token", self.0.expose()), ("token_type_hint", "access_token")];
        let mut request =
            form::post((Endpoint::Revocation, url), &token, Authentication::Elsewhere);
        let credentials = parties.client.settings.keyring.current();
        let basic = basic(&parties.client.identity.client_id, secret(&credentials)?);
        request.headers_mut().insert(header::AUTHORIZATION, basic);
        Ok(Prepared::Request(request))
    }

    /// Reads the response. The OP also responds with 200 if it does not know the token, in which case no
    /// revocation is needed.
    fn read(self, response: Response, _: Parties, _: UnixTime) -> Result<(), Error> {
        if response.status() == StatusCode::OK {
            return Ok(());
        }
        match response::refusal(Endpoint::Revocation, &response)? {
            Some(refusal) => Err(refusal.into()),
            None => response::body(Endpoint::Revocation, response).map(drop),
        }
    }
}
