use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

use super::assertion;
use crate::{
    authorization::request_object,
    dialect::Dialect,
    error::{Error, ErrorCode, MetadataError, Refusal},
    flow::machine::Context,
    ground::{secret::Secret, time::UnixTime},
    provider::{Provider, cache::Cache},
    settings::{Settings, credentials::Credentials, protection::JwtProtection},
};

/// What all flows of a client share: checked settings, and what is known of the OP.
pub(crate) struct ClientInner {
    pub(crate) settings: Settings,
    pub(crate) cache: Cache<Provider>,
}

impl ClientInner {
    /// The parameters that authenticate the client: a fresh assertion for this audience, or the secret
    /// (OIDC Core §9).
    pub(crate) fn authentication<'a>(
        &'a self,
        provider: &Provider,
        audience: &str,
        cx: &mut Context<'_>,
    ) -> Result<Vec<(&'static str, Cow<'a, str>)>, Error> {
        let Settings { client_id, credentials, client_assertion: form, .. } = &self.settings;
        let mut parameters = vec![("client_id", Cow::from(client_id))];
        match credentials {
            Credentials::ClientSecret(secret) => {
                parameters.push(("client_secret", secret.expose().into()));
            }
            Credentials::PrivateKeys(_) => {
                let jti = cx.random_text()?;
                let claims = assertion::claims(client_id, audience, jti, cx.now);
                let assertion = self.make_jwt(*form, &claims, provider, cx)?;
                let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
                parameters.push(("client_assertion_type", kind.into()));
                parameters.push(("client_assertion", assertion.into()));
            }
        }
        Ok(parameters)
    }

    /// A request object with these parameters (itsme: request object). V1 wants the authorization
    /// endpoint as its audience, V2 the issuer.
    pub(crate) fn request_object(
        &self,
        parameters: &[(&'static str, Value)],
        expires_at: UnixTime,
        provider: &Provider,
        cx: &mut Context<'_>,
    ) -> Result<Secret, Error> {
        let settings = &self.settings;
        let audience = match settings.dialect() {
            Dialect::V1 => &provider.metadata.authorization_endpoint,
            Dialect::V2 => &provider.metadata.issuer,
        };
        let (who, times) = ((settings.client_id.as_str(), audience.as_str()), (cx.now, expires_at));
        let claims = request_object::claims(who, parameters, cx.random_text()?, times);
        self.make_jwt(settings.request_objects, &claims, provider, cx).map(Secret::new)
    }

    /// Whether what was stored is ours.
    pub(crate) fn check_ticket(&self, client_id: &str, issuer: &str) -> Result<(), Error> {
        let Settings { client_id: own, environment, .. } = &self.settings;
        if client_id != own || issuer != environment.issuer() {
            return Err(Error::ForeignTicket);
        }
        Ok(())
    }

    /// An error of an answer, as [`refused`](Self::refused) if it is a refusal.
    pub(crate) fn note_refusal(&self, error: Error) -> Error {
        match error {
            Error::Refused(refusal) => self.refused(*refusal),
            error => error,
        }
    }

    /// What a refusal is to the caller. Some codes are what an OP answers whose encryption key has
    /// changed, of which nothing else would tell.
    pub(crate) fn refused(&self, refusal: Refusal) -> Error {
        if let ErrorCode::InvalidClient
        | ErrorCode::InvalidRequestObject
        | ErrorCode::UnauthorizedClient = refusal.code
        {
            self.cache.suspect();
        }
        refusal.into()
    }

    /// A token of ours for the OP.
    pub(crate) fn make_jwt(
        &self,
        form: JwtProtection,
        claims: &impl Serialize,
        provider: &Provider,
        cx: &mut Context<'_>,
    ) -> Result<String, Error> {
        let signer = self.settings.credentials.signer();
        let op = (provider, self.settings.dialect());
        let made = form.make(claims, signer, op, |buf| Ok(cx.fill(buf)?));
        if let Err(Error::Metadata(MetadataError::NoEncryptionKey)) = made {
            self.cache.suspect();
        }
        made
    }
}
