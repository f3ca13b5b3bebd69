use std::{borrow::Cow, sync::Arc};

use super::{assertion, inner::ClientInner};
use crate::{
    error::Error, flow::machine::Context, provider::Provider, settings::credentials::Credentials,
};

/// Both sides of a request: the client, and the OP as it is known when the request is made.
pub(crate) struct Parties {
    pub(crate) client: Arc<ClientInner>,
    pub(crate) provider: Arc<Provider>,
}

impl Parties {
    /// The parameters that authenticate the client: a fresh assertion for this audience, or the secret
    /// (OIDC Core §9).
    pub(crate) fn authentication(
        &self,
        audience: &str,
        cx: &mut Context<'_>,
    ) -> Result<Vec<(&'static str, Cow<'_, str>)>, Error> {
        let client_id = &self.client.identity.client_id;
        let mut parameters = vec![("client_id", Cow::from(client_id))];
        match &self.client.settings.credentials {
            Credentials::ClientSecret(secret) => {
                parameters.push(("client_secret", secret.expose().into()));
            }
            Credentials::PrivateKeys(_) => {
                let claims = assertion::claims(client_id, audience, cx.random_text()?, cx.now);
                let assertion =
                    self.make_jwt(self.client.settings.client_assertion, &claims, cx)?;
                let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
                parameters.push(("client_assertion_type", kind.into()));
                parameters.push(("client_assertion", assertion.into()));
            }
        }
        Ok(parameters)
    }
}
