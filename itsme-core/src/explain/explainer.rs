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

/// What to check documents against, as far as it is known. Checks that need something unknown are [not
/// applicable](super::CheckOutcome::NotApplicable).
///
/// No check can be left out, and no token can be turned into a logged-in person.
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
    /// Creates an explainer with the settings of the client whose login fails, and the time to check against:
    /// now, or that of the failure. Tokens are opened with the private keys or the secret in the settings.
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

    /// What was known about the OP: its issuer as it names itself, what it promises, and its keys.
    #[must_use]
    pub fn provider(self, provider: &'a Provider) -> Self {
        Self { provider: Some(provider), ..self }
    }

    /// The OP's JWK set, used instead of the keys of a [provider](Self::provider). A text that is not a JWK set
    /// has no keys; [`key_set`](Self::key_set) says why.
    #[must_use]
    pub fn op_keys(self, text: &[u8]) -> Self {
        Self { op_keys: Some(KeySet::explain(text).usable), ..self }
    }

    /// The login that a callback or a token claims to belong to.
    #[must_use]
    pub fn login(self, login: &'a LoginState) -> Self {
        let asked = (Binding::Nonce(login.nonce.0.clone()), &login.requested);
        Self { login: Some(login), asked: Some(asked), ..self }
    }

    /// The request without a browser that a token claims to belong to.
    #[must_use]
    pub fn ticket(self, ticket: &'a CibaTicket) -> Self {
        let asked = (Binding::AuthReqId(Secret::new(ticket.auth_req_id())), &ticket.requested);
        Self { asked: Some(asked), ..self }
    }

    /// The access token that came with an ID token.
    #[must_use]
    pub fn access_token(self, access_token: impl Into<String>) -> Self {
        Self { access_token: Some(Secret::new(access_token)), ..self }
    }

    /// What external keys made of a token's encrypted key, if they were asked and answered.
    pub(crate) fn unwrapped(self, unwrapped: Option<&'a [Zeroizing<Vec<u8>>]>) -> Self {
        Self { unwrapped, ..self }
    }

    /// Explains a callback, checked against the [login](Self::login). Without a login, no check applies.
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
    /// The text is not a JSON object, or repeats a member.
    pub fn token_answer(&self, text: &[u8]) -> Result<Explanation, NotJson> {
        let members = json::members(text)?.without_nulls();
        Ok(Explanation::new(Document::TokenAnswer, TokenMembers(&members).explain()))
    }

    /// Explains the outer layer of a token as received from the OP. It is opened with the keys in this process;
    /// [external keys](crate::PrivateKeys::external) are not asked.
    pub fn encrypted_token(&self, token: &str) -> OpenedToken {
        let limit = self.asked.as_ref().map_or(MAX_TOKEN, |(_, asked)| asked.token_limit());
        token::open(token, self.settings.keyring.decryption(), limit, self.unwrapped)
    }

    /// Explains the inner layer of a token, a JWS, checked against the OP's keys or the secret in the settings.
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

    /// Explains the claims of a userinfo response; `sub` is that of the preceding ID token, if known.
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

    /// The client, at the issuer as the OP names itself, if that is known.
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
