use std::sync::Arc;

use crate::{
    error::{Error, ErrorCode, SettingsError},
    provider::{ProviderSource, cache::Cache, endpoint_rules::EndpointRules},
    settings::{Settings, credentials::Credentials, identity::ClientIdentity},
};

/// What all flows of a client share: checked settings, and what is known about the OP.
pub(crate) struct ClientInner {
    pub(crate) settings: Settings,
    pub(crate) identity: ClientIdentity,
    pub(crate) provider: Arc<ProviderSource>,
}

impl ClientInner {
    pub(crate) fn new(settings: Settings) -> Result<Self, Error> {
        settings.check()?;
        let provider =
            ProviderSource { rules: EndpointRules::new(&settings), cache: Cache::default() };
        Ok(Self { identity: settings.identity(), settings, provider: Arc::new(provider) })
    }

    /// Creates another client of the same environment, sharing what is known about the OP.
    pub(crate) fn sibling(&self, settings: Settings) -> Result<Self, Error> {
        settings.check()?;
        if EndpointRules::new(&settings) != self.provider.rules {
            return Err(SettingsError::OtherEnvironment.into());
        }
        Ok(Self { identity: settings.identity(), settings, provider: Arc::clone(&self.provider) })
    }

    /// Notes an error that an OP returns after its encryption key has changed, which shows in no
    /// other way: the next flow fetches its keys. A client with a secret sends no encrypted
    /// assertion.
    pub(crate) fn note_refusal(&self, error: &Error) {
        let Error::Refused(refusal) = error else { return };
        let by_keys = matches!(self.settings.keyring.current(), Credentials::PrivateKeys(_));
        match refusal.code {
            ErrorCode::InvalidRequestObject => self.provider.cache.suspect(),
            ErrorCode::InvalidClient | ErrorCode::UnauthorizedClient if by_keys => {
                self.provider.cache.suspect();
            }
            _ => {}
        }
    }
}
