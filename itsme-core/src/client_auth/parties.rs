use std::sync::Arc;

use super::{
    assertion,
    inner::ClientInner,
    jwt::{JWT, MakeJwt},
};
use crate::{
    error::Error,
    flow::machine::Context,
    http::{Request, form::Authentication},
    provider::Provider,
    settings::{
        credentials::Credentials,
        protection::{AssertionAudience, JwtProtection},
    },
};

/// Both sides of a request: the client, and the OP's metadata and keys at the time of the request.
pub(crate) struct Parties {
    pub(crate) client: Arc<ClientInner>,
    pub(crate) provider: Arc<Provider>,
}

/// A request that is being prepared.
pub(crate) enum Prepared {
    /// The request needs this JWT, which must be created first.
    Jwt(MakeJwt),
    /// The request is complete.
    Request(Request),
}

impl Parties {
    /// Prepares a request that authenticates the client (OIDC Core §9), with the secret or with a fresh `assertion`.
    /// If the assertion is needed but has not been created yet, returns it as the JWT to create. `itsme_audience` is
    /// the endpoint that itsme requires as the assertion's audience.
    pub(crate) fn authenticated(
        &self,
        itsme_audience: &str,
        assertion: Option<&String>,
        cx: &mut Context<'_>,
        request: impl FnOnce(Authentication<'_>) -> Request,
    ) -> Result<Prepared, Error> {
        let client_id = &self.client.identity.client_id;
        let credentials = self.client.settings.keyring.current();
        let authentication = match (&credentials, assertion) {
            (Credentials::ClientSecret(secret), _) => {
                Authentication::Secret { client_id, secret: secret.expose() }
            }
            (Credentials::PrivateKeys(_), Some(jwt)) => {
                Authentication::Assertion { client_id, jwt }
            }
            (Credentials::PrivateKeys(_), None) => {
                let settings = &self.client.settings;
                let (typ, audience) = match settings.assertion_audience {
                    AssertionAudience::TokenEndpoint => (JWT, itsme_audience),
                    AssertionAudience::Issuer => {
                        ("client-authentication+jwt", self.provider.metadata.issuer.as_str())
                    }
                };
                let claims = assertion::claims(client_id, audience, cx.random_text()?, cx.now);
                return self.make_jwt(settings.client_assertion, typ, &claims).map(Prepared::Jwt);
            }
        };
        Ok(Prepared::Request(request(authentication)))
    }

    /// Checks that the OP has a key to encrypt to, if the login will need an encrypted assertion. Without this check,
    /// the login would fail only after the user has returned from the OP.
    pub(crate) fn check_encryption(&self) -> Result<(), Error> {
        let settings = &self.client.settings;
        let by_keys = matches!(settings.keyring.current(), Credentials::PrivateKeys(_));
        if by_keys && settings.client_assertion == JwtProtection::Nested {
            self.encryption_key()?;
        }
        Ok(())
    }
}
