use std::time::Duration;

use super::{
    claims::{TokenClaims, TokenParties, TokenTimes},
    id_token::{self, Authentication, Binding, IdTokenLogin},
    logged_in::LoggedIn,
    open::OpenToken,
    requested::Requested,
    response::TokenResponse,
    userinfo::{self, UserinfoClaims},
};
use crate::{
    client_auth::parties::Parties,
    dialect::names::WireName,
    error::{Error, TokenError},
    evidence::{Evidence, Signed},
    flow::{
        machine::{Context, Event, Machine, Next},
        retry::Retry,
    },
    ground::{check::Subject, json::Members, secret::Secret, time::UnixTime, wiped::Wiped},
    jose::{JoseError, Verified},
    provider::fetch::{FetchProvider, Need},
    settings::identity::ClientIdentity,
    user::User,
};

/// From a token response to a user: verifies the ID token, requests userinfo if something is missing, and verifies that
/// response. Every login flow ends with this.
pub(crate) struct VerifyTokens {
    /// Boxed, because a state machine is moved at every step.
    verification: Box<Verification>,
    state: State,
}

/// What the tokens are checked against.
struct Verification {
    parties: Parties,
    /// The client, with the issuer exactly as in the OP's metadata.
    identity: ClientIdentity,
    binding: Binding,
    requested: Requested,
    access_token: Secret,
    expires_in: Option<Duration>,
    /// Whether the OP's keys have been fetched again because of an unknown `kid`, which is done only once.
    refetched: bool,
}

enum State {
    /// Opening a token.
    Open(Token, OpenToken),
    /// Waiting for the OP's newer keys, to verify the content of a token.
    Keys(Token, Jws, FetchProvider),
    /// Waiting for userinfo.
    Userinfo { id: Box<Identified>, retry: Retry },
}

/// Which token is being verified.
enum Token {
    Id,
    /// Boxed, because most logins have none.
    Userinfo(Box<Identified>),
}

/// The claims that state whether another claim is verified (OIDC Core §5.1).
const VERIFIED: [(&str, &str); 2] =
    [("email", "email_verified"), ("phone_number", "phone_number_verified")];

/// The content of a decrypted token, not yet verified.
type Jws = Wiped<String>;

/// An ID token that has been verified and checked.
struct Identified {
    authentication: Authentication,
    claims: Members,
    id_token: Signed,
    userinfo: Option<Signed>,
}

impl VerifyTokens {
    pub(crate) fn new(
        parties: Parties,
        (binding, requested): (Binding, Requested),
        tokens: TokenResponse,
    ) -> Self {
        let client_id = parties.client.identity.client_id.clone();
        let identity =
            ClientIdentity { issuer: parties.provider.metadata.issuer.clone(), client_id };
        let TokenResponse { access_token, id_token, expires_in } = tokens;
        let verification = Box::new(Verification {
            parties,
            identity,
            binding,
            requested,
            access_token,
            expires_in,
            refetched: false,
        });
        verification.open(Token::Id, id_token)
    }
}

impl Verification {
    fn with(self: Box<Self>, state: State) -> VerifyTokens {
        VerifyTokens { verification: self, state }
    }

    fn token_parties(&self) -> TokenParties<'_> {
        let others = self.parties.client.settings.other_audiences.as_slice();
        TokenParties { client: &self.identity, other_audiences: others }
    }

    fn open(self: Box<Self>, which: Token, token: Secret) -> VerifyTokens {
        let decryption = self.parties.client.settings.keyring.decryption();
        let open = OpenToken::new(token, decryption, self.requested.token_limit());
        self.with(State::Open(which, open))
    }

    fn verify(
        mut self: Box<Self>,
        token: Token,
        jws: Jws,
        cx: &mut Context<'_>,
    ) -> Result<Next<VerifyTokens>, Error> {
        let Parties { client, provider } = &self.parties;
        match client.settings.keyring.verify(&jws, &provider.keys) {
            Ok(Verified { claims, key }) => self.check(token, claims, Signed { jws, key }, cx),
            // The OP may have newer keys, so try once more.
            Err(JoseError::UnknownSigningKey { .. }) if !self.refetched => {
                let fetch = FetchProvider::new(&client.provider, Need::NewKeys(provider.clone()));
                self.refetched = true;
                self.with(State::Keys(token, jws, fetch)).step(Event::Begin, cx)
            }
            Err(error) => {
                // The OP may have replaced a key without changing its `kid`, which cannot be noticed otherwise, so have
                // the next flow fetch the keys again.
                if error == JoseError::Signature {
                    client.provider.cache.suspect();
                }
                Err(token.refused(error))
            }
        }
    }

    fn check(
        self: Box<Self>,
        token: Token,
        claims: Members,
        signed: Signed,
        cx: &mut Context<'_>,
    ) -> Result<Next<VerifyTokens>, Error> {
        let id = match token {
            Token::Id => {
                let id = self.identify(claims, signed, cx.now).map_err(Error::IdToken)?;
                let dialect = self.parties.client.settings.dialect();
                if self.requested.needs_userinfo(&id.claims, dialect) {
                    return self.ask_userinfo(Box::new(id), Retry::Idempotent);
                }
                id
            }
            Token::Userinfo(id) => {
                self.add_userinfo(*id, claims, signed, cx.now).map_err(Error::Userinfo)?
            }
        };
        Ok(Next::Done(self.logged_in(id)))
    }

    fn identify(
        &self,
        claims: Members,
        signed: Signed,
        now: UnixTime,
    ) -> Result<Identified, TokenError> {
        let client = (self.token_parties(), &self.parties.client.settings);
        let login = IdTokenLogin {
            binding: &self.binding,
            requested: &self.requested,
            access_token: Some(&self.access_token),
        };
        let authentication = id_token::check(&claims, client, login, now)?;
        Ok(Identified { authentication, claims, id_token: signed, userinfo: None })
    }

    /// Checks the claims of a userinfo response and adds them to those of the ID token.
    fn add_userinfo(
        &self,
        mut id: Identified,
        mut claims: Members,
        signed: Signed,
        now: UnixTime,
    ) -> Result<Identified, TokenError> {
        let leeway = self.parties.client.settings.clock_leeway;
        let mut userinfo = UserinfoClaims {
            claims: TokenClaims::new(&claims),
            parties: self.token_parties(),
            sub: Some(&id.authentication.sub),
            times: TokenTimes { asked: Some(self.requested.at), now, leeway },
        };
        userinfo.verify()?;
        for (value, verified) in VERIFIED {
            // A `…_verified` claim refers to the value in its own token.
            match (id.claims.get(value), claims.get(value)) {
                (Some(known), found) if found != Some(known) => drop(claims.remove(verified)),
                (None, Some(_)) => drop(id.claims.remove(verified)),
                _ => {}
            }
        }
        for (name, value) in claims {
            // If both tokens contain a claim, use the ID token's, because it was issued for this login.
            let is_same = |known: &str| WireName::of(known).is_same_claim(WireName::of(&name));
            if !id.claims.keys().any(is_same) {
                id.claims.push(name, value);
            }
        }
        Ok(Identified { userinfo: Some(signed), ..id })
    }

    fn ask_userinfo(
        self: Box<Self>,
        id: Box<Identified>,
        retry: Retry,
    ) -> Result<Next<VerifyTokens>, Error> {
        let request = userinfo::request(&self.parties.provider.metadata, &self.access_token)?;
        Ok(Next::Send(request, self.with(State::Userinfo { id, retry })))
    }

    fn logged_in(self, id: Identified) -> LoggedIn {
        let Identified { authentication, claims, id_token, userinfo } = id;
        let Authentication { sub, acr, auth_time } = authentication;
        LoggedIn {
            user: User::read(sub, claims),
            acr,
            auth_time,
            access_token: self.access_token,
            expires_in: self.expires_in,
            evidence: Evidence::new((id_token, userinfo), self.identity, self.requested),
        }
    }
}

impl Token {
    fn refused(&self, error: JoseError) -> Error {
        match self {
            Self::Id => Error::IdToken(error.into()),
            Self::Userinfo(_) => Error::Userinfo(error.into()),
        }
    }
}

impl Machine for VerifyTokens {
    type Output = LoggedIn;

    fn step(self, event: Event, cx: &mut Context<'_>) -> Result<Next<Self>, Error> {
        let Self { verification, state } = self;
        match (state, event) {
            (State::Open(token, open), event) => open.step(event, cx)?.within(
                (verification, token),
                |open, (verification, token)| verification.with(State::Open(token, open)),
                |opened, (verification, token)| match opened {
                    Ok(jws) => verification.verify(token, jws, cx),
                    Err(error) => Err(token.refused(error)),
                },
            ),
            (State::Keys(token, jws, fetch), event) => fetch.step(event, cx)?.within(
                (verification, token, jws),
                |fetch, (verification, token, jws)| {
                    verification.with(State::Keys(token, jws, fetch))
                },
                |provider, (mut verification, token, jws)| {
                    verification.parties.provider = provider;
                    verification.verify(token, jws, cx)
                },
            ),
            (State::Userinfo { id, .. }, Event::Response(response)) => {
                let token = userinfo::token(response)?;
                verification.open(Token::Userinfo(id), token).step(Event::Begin, cx)
            }
            (State::Userinfo { id, retry }, Event::Failed(why)) => match retry.again(why) {
                Some(retry) => verification.ask_userinfo(id, retry),
                None => Ok(Next::GiveUp),
            },
            (State::Userinfo { .. }, Event::Begin | Event::KeyUsed(_)) => {
                unreachable!("a request is either answered or not")
            }
        }
    }
}
