use std::sync::Arc;

use crate::{
    error::{Error, ErrorCode, SettingsError},
    provider::{ProviderSource, cache::Cache, endpoint_rules::EndpointRules},
    settings::{Settings, credentials::Credentials, identity::ClientIdentity},
};

/// The state that all flows of a client share: the checked settings, and the OP's metadata and keys.
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

    /// Creates a second client in the same environment, which shares the cache of the OP's metadata and keys.
    pub(crate) fn sibling(&self, settings: Settings) -> Result<Self, Error> {
        settings.check()?;
        if EndpointRules::new(&settings) != self.provider.rules {
            return Err(SettingsError::OtherEnvironment.into());
        }
        Ok(Self { identity: settings.identity(), settings, provider: Arc::clone(&self.provider) })
    }

    /// If the OP returned an error that could mean that its encryption key has changed, makes the next flow
    /// fetch the OP's keys. The error is the only sign of such a change. `invalid_client` and
    /// `unauthorized_client` are ignored if the client has a secret, since it then sends no encrypted
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
