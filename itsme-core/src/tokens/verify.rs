use std::sync::Arc;

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::{
    client_auth::inner::ClientInner,
    error::{Error, TokenError},
    evidence::{Evidence, Signed},
    flow::{
        machine::{Context, Event, Machine, Next},
        retry::Retry,
    },
    ground::secret::Secret,
    jose::{self, Verified},
    provider::{Provider, fetch::FetchProvider},
    tokens::{
        id_token::{Authentication, Binding, Expected},
        logged_in::LoggedIn,
        requested::Requested,
        response::TokenResponse,
        userinfo,
    },
    user::User,
};

/// From a token answer to a person: verifies the ID token, asks for userinfo if something is
/// missing, and verifies that. Every flow that logs somebody in ends with it.
pub(crate) struct VerifyTokens {
    job: Verification,
    call: Call,
}

/// What the tokens are held against.
pub(crate) struct Verification {
    pub(crate) client: Arc<ClientInner>,
    pub(crate) provider: Arc<Provider>,
    pub(crate) binding: Binding,
    pub(crate) asked: Requested,
    pub(crate) answer: TokenResponse,
    /// The OP's keys were fetched anew for an unknown `kid`; that is done once.
    pub(crate) refetched: bool,
}

/// Each but the first is a request.
enum Call {
    Start,
    KeysForIdToken(FetchProvider),
    Userinfo { id: Identified, retry: Retry },
    KeysForUserinfo { id: Identified, token: Secret, fetch: FetchProvider },
}

/// A verified and checked ID token.
struct Identified {
    authentication: Authentication,
    claims: Map<String, Value>,
    evidence: Evidence,
}

impl VerifyTokens {
    pub(crate) fn new(job: Verification) -> Self {
        Self { job, call: Call::Start }
    }
}

impl Verification {
    fn with(self, call: Call) -> VerifyTokens {
        VerifyTokens { job: self, call }
    }

    /// Whether newer keys of the OP may help, and this is the first time to hope so. A wrong signature
    /// does not wait for them; but where another key was put under a name that we know, nothing
    /// else tells, so the next flow fetches them.
    fn refetch(&mut self, error: &TokenError) -> Option<FetchProvider> {
        if *error == TokenError::Signature {
            self.client.cache.suspect();
        }
        if self.refetched || !matches!(error, TokenError::UnknownSigningKey { .. }) {
            return None;
        }
        self.refetched = true;
        Some(FetchProvider::new_keys(&self.client, &self.provider))
    }

    fn verify(&self, token: &Secret) -> Result<(Zeroizing<String>, Verified), TokenError> {
        let credentials = &self.client.settings.credentials;
        let limit = self.asked.token_limit();
        let inner = jose::open(token.expose(), credentials.decryption(), limit)?;
        let verified = jose::verify(&inner, credentials.signature_check(&self.provider.keys))?;
        Ok((inner, verified))
    }

    fn check_id_token(&self, cx: &Context<'_>) -> Result<Identified, TokenError> {
        let (inner, Verified { claims, key }) = self.verify(&self.answer.id_token)?;
        let settings = &self.client.settings;
        let expected = Expected {
            issuer: &self.provider.metadata.issuer,
            client_id: &settings.client_id,
            binding: &self.binding,
            access_token: &self.answer.access_token,
            asked: &self.asked,
            leeway: settings.clock_leeway,
            accept_weaker_acr: settings.danger_accept_weaker_acr,
            require_auth_time: settings.require_auth_time,
        };
        let authentication = expected.check(&claims, cx.now)?;
        let who = (expected.issuer, expected.client_id);
        let evidence = Evidence::new(Signed { jws: inner, key }, who, self.asked.clone());
        Ok(Identified { authentication, claims, evidence })
    }

    fn check_userinfo(
        &self,
        id: &Identified,
        token: &Secret,
        cx: &Context<'_>,
    ) -> Result<(Map<String, Value>, Signed), TokenError> {
        let (inner, Verified { claims, key }) = self.verify(token)?;
        let settings = &self.client.settings;
        let (issuer, sub) = (&self.provider.metadata.issuer, &id.authentication.sub);
        let who = (issuer.as_str(), settings.client_id.as_str(), sub.as_str());
        userinfo::check(&claims, who, (cx.now, settings.clock_leeway))?;
        Ok((claims, Signed { jws: inner, key }))
    }

    fn id_token(mut self, cx: &mut Context<'_>) -> Result<Next<VerifyTokens>, Error> {
        match self.check_id_token(cx) {
            Ok(id) if self.asked.needs_userinfo(&id.claims, self.client.settings.dialect()) => {
                self.with(Call::Userinfo { id, retry: Retry::Idempotent }).step(Event::Begin, cx)
            }
            Ok(id) => Ok(Next::Done(self.logged_in(id))),
            Err(error) => match self.refetch(&error) {
                Some(fetch) => self.with(Call::KeysForIdToken(fetch)).step(Event::Begin, cx),
                None => Err(Error::IdToken(error)),
            },
        }
    }

    fn userinfo(
        mut self,
        mut id: Identified,
        token: Secret,
        cx: &mut Context<'_>,
    ) -> Result<Next<VerifyTokens>, Error> {
        match self.check_userinfo(&id, &token, cx) {
            Ok((claims, signed)) => {
                for (name, value) in claims {
                    // Where both speak, the ID token was made for this very login.
                    if !id.claims.keys().any(|known| known.eq_ignore_ascii_case(&name)) {
                        id.claims.insert(name, value);
                    }
                }
                id.evidence.add_userinfo(signed);
                Ok(Next::Done(self.logged_in(id)))
            }
            Err(error) => match self.refetch(&error) {
                Some(fetch) => {
                    self.with(Call::KeysForUserinfo { id, token, fetch }).step(Event::Begin, cx)
                }
                None => Err(Error::Userinfo(error)),
            },
        }
    }

    fn logged_in(self, id: Identified) -> LoggedIn {
        let Authentication { sub, acr, auth_time } = id.authentication;
        LoggedIn {
            user: User::read(sub, id.claims),
            acr,
            auth_time,
            access_token: self.answer.access_token,
            expires_in: self.answer.expires_in,
            evidence: id.evidence,
        }
    }

    fn keys_for_id_token(
        self,
        fetching: Next<FetchProvider>,
        cx: &mut Context<'_>,
    ) -> Result<Next<VerifyTokens>, Error> {
        fetching.within(
            self,
            |fetch, job| job.with(Call::KeysForIdToken(fetch)),
            |provider, job| Self { provider, ..job }.id_token(cx),
        )
    }

    fn keys_for_userinfo(
        self,
        id: Identified,
        token: Secret,
        fetching: Next<FetchProvider>,
        cx: &mut Context<'_>,
    ) -> Result<Next<VerifyTokens>, Error> {
        fetching.within(
            (self, id, token),
            |fetch, (job, id, token)| job.with(Call::KeysForUserinfo { id, token, fetch }),
            |provider, (job, id, token)| Self { provider, ..job }.userinfo(id, token, cx),
        )
    }
}

impl Machine for VerifyTokens {
    type Output = LoggedIn;

    fn step(self, event: Event, cx: &mut Context<'_>) -> Result<Next<Self>, Error> {
        let Self { job, call } = self;
        match (call, event) {
            (Call::Start, _) => job.id_token(cx),
            (Call::KeysForIdToken(fetch), event) => {
                job.keys_for_id_token(fetch.step(event, cx)?, cx)
            }
            (call @ Call::Userinfo { .. }, Event::Begin) => {
                let request = userinfo::request(&job.provider.metadata, &job.answer.access_token)?;
                Ok(Next::Send(request, job.with(call)))
            }
            (Call::Userinfo { id, .. }, Event::Response(response)) => {
                job.userinfo(id, userinfo::token(response)?, cx)
            }
            (Call::Userinfo { id, retry }, Event::Failed(why)) => match retry.again(why) {
                Some(retry) => job.with(Call::Userinfo { id, retry }).step(Event::Begin, cx),
                None => Ok(Next::GiveUp),
            },
            (Call::KeysForUserinfo { id, token, fetch }, event) => {
                job.keys_for_userinfo(id, token, fetch.step(event, cx)?, cx)
            }
        }
    }
}
