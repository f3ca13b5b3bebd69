use std::sync::Arc;

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::{
    claims::Expected,
    id_token::{Authentication, Binding, IdTokenChecks},
    logged_in::LoggedIn,
    requested::Requested,
    response::TokenResponse,
    userinfo,
};
use crate::{
    client_auth::parties::Parties,
    error::{Error, TokenError},
    evidence::{Evidence, Signed},
    flow::{
        machine::{Context, Event, Machine, Next},
        retry::Retry,
    },
    ground::secret::Secret,
    jose::{self, JoseError, Verified},
    provider::fetch::{FetchProvider, Need},
    settings::identity::ClientIdentity,
    user::User,
};

/// From a token response to a person: verifies the ID token, asks for userinfo if something is
/// missing, and verifies that. Every flow that logs somebody in ends with it.
pub(crate) struct VerifyTokens {
    verification: Verification,
    state: State,
}

/// What the tokens are held against.
pub(crate) struct Verification {
    parties: Parties,
    /// The client at the issuer as the OP calls itself.
    identity: ClientIdentity,
    binding: Binding,
    requested: Requested,
    tokens: TokenResponse,
    /// The OP's keys were fetched anew for an unknown `kid`; that is done once.
    refetched: bool,
}

enum State {
    /// A token is there.
    Verify(Token),
    /// It waits for other keys of the OP.
    Keys(Token, FetchProvider),
    /// Userinfo was asked.
    Userinfo { id: Identified, retry: Retry },
}

/// Which token is to be verified.
enum Token {
    Id,
    Userinfo { id: Identified, token: Secret },
}

/// A verified and checked ID token.
struct Identified {
    authentication: Authentication,
    claims: Map<String, Value>,
    evidence: Evidence,
}

impl VerifyTokens {
    pub(crate) fn new(verification: Verification) -> Self {
        Self { verification, state: State::Verify(Token::Id) }
    }
}

impl Verification {
    pub(crate) fn new(
        parties: Parties,
        (binding, requested): (Binding, Requested),
        tokens: TokenResponse,
    ) -> Self {
        let client_id = parties.client.identity.client_id.clone();
        let identity =
            ClientIdentity { issuer: parties.provider.metadata.issuer.clone(), client_id };
        Self { parties, identity, binding, requested, tokens, refetched: false }
    }

    fn with(self, state: State) -> VerifyTokens {
        VerifyTokens { verification: self, state }
    }

    fn open(&self, token: &Secret) -> Result<(Zeroizing<String>, Verified), JoseError> {
        let credentials = &self.parties.client.settings.credentials;
        let limit = self.requested.token_limit();
        let inner = jose::open(token.expose(), credentials.decryption(), limit)?;
        let verified =
            jose::verify(&inner, credentials.signature_check(&self.parties.provider.keys))?;
        Ok((inner, verified))
    }

    fn check_id_token(&self, cx: &Context<'_>) -> Result<Identified, TokenError> {
        let (jws, Verified { claims, key }) = self.open(&self.tokens.id_token)?;
        let checks = IdTokenChecks {
            client: &self.identity,
            settings: &self.parties.client.settings,
            binding: &self.binding,
            access_token: &self.tokens.access_token,
            requested: &self.requested,
        };
        let authentication = checks.check(&claims, cx.now)?;
        let signed = Signed { jws, key };
        let evidence = Evidence::new(signed, self.identity.clone(), self.requested.clone());
        Ok(Identified { authentication, claims, evidence })
    }

    /// Adds the claims of a checked userinfo answer to those of the ID token.
    fn add_userinfo(
        &self,
        id: &mut Identified,
        token: &Secret,
        cx: &Context<'_>,
    ) -> Result<(), TokenError> {
        let (jws, Verified { claims, key }) = self.open(token)?;
        let sub = Some(id.authentication.sub.as_str());
        let expected = Expected { client: &self.identity, sub };
        userinfo::check(&claims, expected, (cx.now, self.parties.client.settings.clock_leeway))?;
        for (name, value) in claims {
            // Where both speak, the ID token was made for this very login.
            if !id.claims.keys().any(|known| known.eq_ignore_ascii_case(&name)) {
                id.claims.insert(name, value);
            }
        }
        id.evidence.add_userinfo(Signed { jws, key });
        Ok(())
    }

    fn verify(self, token: Token, cx: &mut Context<'_>) -> Result<Next<VerifyTokens>, Error> {
        match token {
            Token::Id => match self.check_id_token(cx) {
                Ok(id) => {
                    let dialect = self.parties.client.settings.dialect();
                    if self.requested.needs_userinfo(&id.claims, dialect) {
                        return self.ask_userinfo(id, Retry::Idempotent);
                    }
                    Ok(Next::Done(self.logged_in(id)))
                }
                Err(error) => self.refused(Token::Id, error, Error::IdToken, cx),
            },
            Token::Userinfo { mut id, token } => match self.add_userinfo(&mut id, &token, cx) {
                Ok(()) => Ok(Next::Done(self.logged_in(id))),
                Err(error) => {
                    self.refused(Token::Userinfo { id, token }, error, Error::Userinfo, cx)
                }
            },
        }
    }

    /// Newer keys of the OP may help if the key is not known, once. A wrong signature does not wait
    /// for them; but where another key was put under a name that we know, nothing else tells, so the
    /// next flow fetches them.
    fn refused(
        mut self,
        token: Token,
        error: TokenError,
        refusal: fn(TokenError) -> Error,
        cx: &mut Context<'_>,
    ) -> Result<Next<VerifyTokens>, Error> {
        match error {
            TokenError::Jose(JoseError::UnknownSigningKey { .. }) if !self.refetched => {
                self.refetched = true;
                let need = Need::NewKeys(Arc::clone(&self.parties.provider));
                let fetch = FetchProvider::new(&self.parties.client.provider, need);
                self.with(State::Keys(token, fetch)).step(Event::Begin, cx)
            }
            error => {
                if let TokenError::Jose(JoseError::Signature) = error {
                    self.parties.client.provider.cache.suspect();
                }
                Err(refusal(error))
            }
        }
    }

    fn ask_userinfo(self, id: Identified, retry: Retry) -> Result<Next<VerifyTokens>, Error> {
        let request =
            userinfo::request(&self.parties.provider.metadata, &self.tokens.access_token)?;
        Ok(Next::Send(request, self.with(State::Userinfo { id, retry })))
    }

    fn logged_in(self, id: Identified) -> LoggedIn {
        let Authentication { sub, acr, auth_time } = id.authentication;
        LoggedIn {
            user: User::read(sub, id.claims),
            acr,
            auth_time,
            access_token: self.tokens.access_token,
            expires_in: self.tokens.expires_in,
            evidence: id.evidence,
        }
    }
}

impl Machine for VerifyTokens {
    type Output = LoggedIn;

    fn step(self, event: Event, cx: &mut Context<'_>) -> Result<Next<Self>, Error> {
        let Self { verification, state } = self;
        match (state, event) {
            (State::Verify(token), _) => verification.verify(token, cx),
            (State::Keys(token, fetch), event) => fetch.step(event, cx)?.within(
                (verification, token),
                |fetch, (verification, token)| verification.with(State::Keys(token, fetch)),
                |provider, (mut verification, token)| {
                    verification.parties.provider = provider;
                    verification.verify(token, cx)
                },
            ),
            (State::Userinfo { id, .. }, Event::Response(response)) => {
                let token = userinfo::token(response)?;
                verification.verify(Token::Userinfo { id, token }, cx)
            }
            (State::Userinfo { id, retry }, Event::Failed(why)) => match retry.again(why) {
                Some(retry) => verification.ask_userinfo(id, retry),
                None => Ok(Next::GiveUp),
            },
            (State::Userinfo { id, retry }, Event::Begin) => verification.ask_userinfo(id, retry),
        }
    }
}
