use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::{
    document::{Document, Explanation},
    provider::NotJson,
    token::{self, OpenedToken, ReadToken},
};
use crate::{
    authorization::{callback::Callback, callback_checks::CallbackAnswer, state::LoginState},
    ciba::CibaTicket,
    ground::{
        check::Subject,
        json::{self, Members},
        secret::Secret,
        time::UnixTime,
    },
    jose::{KeySet, MAX_TOKEN},
    provider::{Provider, endpoint_rules::EndpointRules},
    settings::{Settings, identity::ClientIdentity},
    tokens::{
        claims::{TokenClaims, TokenParties, TokenTimes},
        id_token::{Binding, IdTokenClaims, IdTokenLogin},
        requested::Requested,
        response_checks::TokenMembers,
        userinfo::UserinfoClaims,
    },
};

/// Runs the checks of a login on individual documents. You provide whatever is known about the client, the OP and the
/// login; checks that need something that you have not provided are [not
/// applicable](super::CheckOutcome::NotApplicable).
///
/// It cannot be used to skip checks, or to log a user in.
pub struct Explainer<'a> {
    pub(super) settings: &'a Settings,
    pub(super) rules: EndpointRules,
    now: UnixTime,
    provider: Option<&'a Provider>,
    op_keys: Option<KeySet>,
    login: Option<&'a LoginState>,
    asked: Option<(Binding, &'a Requested)>,
    access_token: Option<Secret>,
    unwrapped: Option<&'a [Zeroizing<Vec<u8>>]>,
}

impl<'a> Explainer<'a> {
    /// Creates an explainer from the settings of the client whose login fails and the time to use in the checks: the
    /// current time or the time of the failure. Tokens are decrypted with the private keys or the secret in the
    /// settings.
    pub fn new(settings: &'a Settings, now: UnixTime) -> Self {
        Self {
            settings,
            rules: EndpointRules::new(settings),
            now,
            provider: None,
            op_keys: None,
            login: None,
            asked: None,
            access_token: None,
            unwrapped: None,
        }
    }

    /// Provides the OP's metadata and keys as they were at the time of the login, including the exact issuer.
    #[must_use]
    pub fn provider(self, provider: &'a Provider) -> Self {
        Self { provider: Some(provider), ..self }
    }

    /// Provides the OP's JWK set, which is used instead of a [provider](Self::provider)'s keys. Text that is
    /// not a JWK set is treated as a set without keys; [`key_set`](Self::key_set) explains what is wrong with it.
    #[must_use]
    pub fn op_keys(self, text: &[u8]) -> Self {
        Self { op_keys: Some(KeySet::explain(text).usable), ..self }
    }

    /// Provides the login to which a callback or a token claims to belong.
    #[must_use]
    pub fn login(self, login: &'a LoginState) -> Self {
        let asked = (Binding::Nonce(login.nonce.0.clone()), &login.requested);
        Self { login: Some(login), asked: Some(asked), ..self }
    }

    /// Provides the browserless request (CIBA) to which a token claims to belong.
    #[must_use]
    pub fn ticket(self, ticket: &'a CibaTicket) -> Self {
        let asked = (Binding::AuthReqId(Secret::new(ticket.auth_req_id())), &ticket.requested);
        Self { asked: Some(asked), ..self }
    }

    /// Provides the access token that was received together with an ID token.
    #[must_use]
    pub fn access_token(self, access_token: impl Into<String>) -> Self {
        Self { access_token: Some(Secret::new(access_token)), ..self }
    }

    /// Provides the content encryption keys that external keys decrypted from a token, if they are known.
    pub(crate) fn unwrapped(self, unwrapped: Option<&'a [Zeroizing<Vec<u8>>]>) -> Self {
        Self { unwrapped, ..self }
    }

    /// Explains a callback, which is checked against the [login](Self::login). If no login is provided, no check
    /// applies.
    pub fn callback(&self, callback: impl Into<Callback>) -> Explanation {
        let parameters = callback.into().parameters();
        let checks = match self.login {
            None => CallbackAnswer::explain_absence(),
            Some(login) => {
                let mut answer = CallbackAnswer {
                    parameters: &parameters,
                    login,
                    identity: &self.settings.identity(),
                    settings: self.settings,
                    metadata: self.provider.map(|provider| &provider.metadata),
                    now: Some(self.now),
                };
                answer.explain()
            }
        };
        Explanation::new(Document::Callback, checks)
    }

    /// Explains the token endpoint's response, if it is not an error. The token in it is not opened.
    ///
    /// # Errors
    /// The text is not a JSON object, or has the same member twice.
    pub fn token_answer(&self, text: &[u8]) -> Result<Explanation, NotJson> {
        let members = json::members(text)?.without_nulls();
        Ok(Explanation::new(Document::TokenAnswer, TokenMembers(&members).explain()))
    }

    /// Explains the outer layer (a JWE) of a token as received from the OP. It is decrypted only with the keys in this
    /// process, not with [external keys](crate::PrivateKeys::external).
    pub fn encrypted_token(&self, token: &str) -> OpenedToken {
        let limit = self.asked.as_ref().map_or(MAX_TOKEN, |(_, asked)| asked.token_limit());
        token::open(token, self.settings.keyring.decryption(), limit, self.unwrapped)
    }

    /// Explains the inner layer (a JWS) of a token. It is verified with the OP's keys or the secret in the settings.
    pub fn signed_token(&self, jws: &str) -> ReadToken {
        let none = KeySet::empty();
        let published = self.provider.map(|provider| &provider.keys);
        let keys = self.op_keys.as_ref().or(published).unwrap_or(&none);
        let credentials = self.settings.keyring.current();
        token::read(jws, credentials.signature_check(keys))
    }

    /// Explains the claims of an ID token.
    pub fn id_token(&self, claims: &Map<String, Value>) -> Explanation {
        let login = self.asked.as_ref().map(|(binding, requested)| IdTokenLogin {
            binding,
            requested,
            access_token: self.access_token.as_ref(),
        });
        let claims = Members::from(claims.clone()).without_nulls();
        let client = &self.identity();
        let mut token = IdTokenClaims {
            claims: TokenClaims::new(&claims),
            parties: self.parties(client),
            settings: self.settings,
            login,
            now: self.now,
        };
        Explanation::new(Document::IdToken, token.explain())
    }

    /// Explains the claims of a userinfo response. `sub` is the `sub` of the ID token that preceded it, if known.
    pub fn userinfo(&self, claims: &Map<String, Value>, sub: Option<&str>) -> Explanation {
        let claims = Members::from(claims.clone()).without_nulls();
        let client = &self.identity();
        let asked = self.asked.as_ref().map(|(_, requested)| requested.at);
        let mut userinfo = UserinfoClaims {
            claims: TokenClaims::new(&claims),
            parties: self.parties(client),
            sub,
            times: TokenTimes { asked, now: self.now, leeway: self.settings.clock_leeway },
        };
        Explanation::new(Document::Userinfo, userinfo.explain())
    }

    /// The client's identity, with the exact issuer that the OP uses if it is known.
    fn identity(&self) -> ClientIdentity {
        let identity = self.settings.identity();
        match self.provider {
            Some(provider) => ClientIdentity { issuer: provider.issuer().to_owned(), ..identity },
            None => identity,
        }
    }

    fn parties<'b>(&'b self, client: &'b ClientIdentity) -> TokenParties<'b> {
        TokenParties { client, other_audiences: &self.settings.other_audiences }
    }
}
