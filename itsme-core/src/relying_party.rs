use crate::{
    cache::Cache,
    client_assertion,
    error::{Error, MetadataError},
    flow::machine::Moment,
    provider::Provider,
    settings::Settings,
};

/// What all flows of a client share: checked settings, and what is known of the OP.
pub(crate) struct RelyingParty {
    pub(crate) settings: Settings,
    pub(crate) cache: Cache<Provider>,
}

impl RelyingParty {
    /// A fresh client assertion for the token endpoint.
    pub(crate) fn client_assertion(
        &self,
        provider: &Provider,
        at: &mut Moment<'_>,
    ) -> Result<String, Error> {
        let Settings { client_id, keys, client_assertion: form, .. } = &self.settings;
        let audience = &provider.metadata.token_endpoint;
        let claims = client_assertion::claims(client_id, audience, at.random_text()?, at.now);
        let made = form.make(&claims, keys.signing_key(), provider, |buf| Ok(at.fill(buf)?));
        if let Err(Error::Metadata(MetadataError::NoEncryptionKey)) = made {
            self.cache.suspect();
        }
        made
    }
}
