//! The known facts that a document is checked against.

use std::sync::Arc;

use itsme_core::{
    ClientSecret, Credentials, Environment, LoginState, PrivateKeys, Provider, Settings, UnixTime,
    explain::{Document, Explainer},
};
use itsme_testkit::private_keys;

/// The facts that a document is checked against. Checks that need an unknown fact are not run, and
/// the output names the option for it.
#[derive(Debug)]
pub struct Given {
    /// The time at which the document is checked.
    pub now: UnixTime,
    /// Whether to show the values of personal data.
    pub reveal: bool,
    /// The client ID assigned by the OP.
    pub client_id: Option<String>,
    /// The environment of the OP.
    pub environment: Option<Environment>,
    /// The registered redirect URI.
    pub redirect_uri: Option<String>,
    /// The client's private keys.
    pub keys: Option<PrivateKeys>,
    /// The client's secret.
    pub secret: Option<ClientSecret>,
    /// Whether ID tokens are signed with the secret.
    pub hs256: bool,
    /// The OP's key set as text.
    pub op_keys: Option<Vec<u8>>,
    /// The OP's metadata and keys.
    pub provider: Option<Arc<Provider>>,
    /// The login that the document belongs to.
    pub login: Option<LoginState>,
}

/// The options for the facts that checks need.
const OP_KEYS: &str = "--op-keys";
const ISSUER: &str = "--environment or --issuer";
const CLIENT_ID: &str = "--client-id";
const LOGIN: &str = "--login";
const FETCH: &str = "--fetch";

impl Given {
    /// The option for the keys that open encrypted tokens and sealed recordings.
    pub(super) const CREDENTIALS: &str = "--keys";

    /// Returns settings with everything that is known, and placeholders for the rest.
    /// [`lacks`](Self::lacks) returns the results that this makes meaningless.
    pub fn settings(&self) -> Settings {
        self.settings_at(self.environment.clone().unwrap_or(Environment::Production))
    }

    /// Returns the credentials that open tokens and recordings.
    pub fn credentials(&self) -> Option<Credentials> {
        let keys = self.keys.clone().map(Credentials::from);
        keys.or_else(|| self.secret.clone().map(Credentials::from))
    }

    /// Returns settings for this environment.
    pub fn settings_at(&self, environment: Environment) -> Settings {
        // The placeholder keys only open tokens from the fake itsme, which are never inspected
        // here.
        let credentials = self.credentials().unwrap_or_else(|| private_keys().into());
        let is_plain = environment.issuer().starts_with("http://");
        let client_id = self.client_id.as_deref().unwrap_or("unknown");
        let settings = Settings::new(client_id, credentials, environment);
        if is_plain { settings.danger_http_on_loopback() } else { settings }
    }

    /// Creates an explainer with these settings.
    pub fn explainer<'a>(&'a self, settings: &'a Settings) -> Explainer<'a> {
        let explainer = Explainer::new(settings, self.now);
        let explainer = match &self.provider {
            Some(provider) => explainer.provider(provider),
            None => explainer,
        };
        let explainer = match &self.op_keys {
            Some(text) => explainer.op_keys(text),
            None => explainer,
        };
        match &self.login {
            Some(login) => explainer.login(login),
            None => explainer,
        }
    }

    /// Whether tokens can be opened.
    pub fn has_credentials(&self) -> bool {
        self.keys.is_some() || self.secret.is_some()
    }

    /// Returns the option that a check needs, if it was not given.
    pub fn lacks(&self, document: Document, check: &str) -> Option<&'static str> {
        let needed: &[&str] = match (document, check) {
            (
                Document::Encryption,
                "alg" | "direct enc" | "direct key" | "kid" | "decryption" | "content",
            ) => &[Self::CREDENTIALS],
            (Document::Signature, "signature") => &[OP_KEYS],
            (Document::IdToken | Document::Userinfo | Document::Metadata, "iss" | "issuer") => {
                &[ISSUER]
            }
            (Document::IdToken | Document::Userinfo, "aud" | "other aud") => &[CLIENT_ID],
            (Document::IdToken, "azp") => &[CLIENT_ID],
            (Document::IdToken, "nonce" | "known user" | "acr" | "auth_time" | "age") => &[LOGIN],
            (Document::Userinfo, "age") => &[LOGIN],
            (Document::Callback, "client") => &[LOGIN, CLIENT_ID, ISSUER],
            (Document::Callback, "iss") => &[LOGIN, ISSUER],
            (Document::Callback, "promised iss") => &[LOGIN, FETCH],
            (Document::Callback, _) => &[LOGIN],
            _ => &[],
        };
        needed.iter().copied().find(|option| !self.has(option))
    }

    fn has(&self, option: &str) -> bool {
        match option {
            Self::CREDENTIALS => self.has_credentials(),
            OP_KEYS => self.op_keys.is_some() || self.provider.is_some() || self.hs256,
            ISSUER => self.environment.is_some(),
            CLIENT_ID => self.client_id.is_some(),
            LOGIN => self.login.is_some(),
            _ => self.provider.is_some(),
        }
    }
}
