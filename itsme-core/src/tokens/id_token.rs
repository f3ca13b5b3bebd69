use super::{
    claims::{TokenClaims, TokenParties, TokenTimes, known},
    requested::Requested,
};
use crate::{
    claims::acr::Acr,
    error::TokenError,
    ground::{
        check::{Rule, Ruling, Subject, Told, Verdict, rules},
        json::Members,
        secret::Secret,
        time::UnixTime,
    },
    jose,
    settings::Settings,
};

/// The claims of an ID token whose signature is valid, and what to check them against (OIDC Core
/// §3.1.3.7).
pub(crate) struct IdTokenClaims<'a> {
    pub(crate) claims: TokenClaims<'a>,
    pub(crate) parties: TokenParties<'a>,
    pub(crate) settings: &'a Settings,
    /// The login; unknown only when explaining.
    pub(crate) login: Option<IdTokenLogin<'a>>,
    pub(crate) now: UnixTime,
}

/// The login that an ID token completes.
#[derive(Clone, Copy)]
pub(crate) struct IdTokenLogin<'a> {
    pub(crate) binding: &'a Binding,
    pub(crate) requested: &'a Requested,
    /// The access token; unknown only when explaining.
    pub(crate) access_token: Option<&'a Secret>,
}

/// What binds an ID token to its request.
pub(crate) enum Binding {
    /// The `nonce` sent through the browser.
    Nonce(Secret),
    /// The polled `auth_req_id`, which a token may contain (CIBA Core §10.3.1). A `nonce` in such a token
    /// was not sent by this client.
    AuthReqId(Secret),
}

/// What a checked ID token contains about the authentication itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Authentication {
    pub(crate) sub: String,
    pub(crate) acr: Option<Acr>,
    pub(crate) auth_time: Option<UnixTime>,
}

const REQUIRED: &[&str] = &["iss", "aud", "exp", "iat"];
const AUTH_REQ_ID: &str = "urn:openid:params:jwt:claim:auth_req_id";

type Checked = Verdict<TokenError>;

impl Subject for IdTokenClaims<'_> {
    type Error = TokenError;

    fn rules<'r>() -> &'r [Rule<Self>]
    where
        Self: 'r,
    {
        rules! {
            "required claims", "OIDC Core §2", "`iss`, `aud`, `exp` and `iat` are present" =>
                |it| it.claims.check_presence(REQUIRED), |it| it.claims.tell_presence(REQUIRED);
            "events", "RFC 8417 §2.2", "no `events`: the token is about a login, not a logout or another event" =>
                |it| it.claims.check_kind(), |it| it.claims.tell_events();
            "iss", "OIDC Core §3.1.3.7 (2)", "the OP's issuer, byte for byte" =>
                |it| it.claims.check_issuer(it.parties), |it| it.claims.tell_issuer(it.parties);
            "aud", "OIDC Core §3.1.3.7 (3)", "a string or a list of strings that contains the client" =>
                |it| it.claims.check_audience(it.parties), |it| it.claims.tell_audience(it.parties);
            "other aud", "OIDC Core §3.1.3.7 (3)", "besides the client, only audiences that the settings allow" =>
                |it| it.claims.check_other_audiences(it.parties),
                |it| it.claims.tell_other_audiences(it.parties);
            "azp", "OIDC Core §3.1.3.7 (4–5)", "the client; required if `aud` has several entries" =>
                Self::check_authorized_party, Self::tell_authorized_party;
            "times", "RFC 7519 §2", "`exp` and `iat` are seconds since 1970" =>
                |it| it.claims.check_time_form(), |it| it.claims.tell_time_form();
            "exp", "OIDC Core §3.1.3.7 (9)", "not in the past, allowing for the clock leeway" =>
                |it| it.claims.check_expiry(it.times()), |it| it.claims.tell_expiry(it.times());
            "iat", "OIDC Core §3.1.3.7 (10)", "not in the future, allowing for the clock leeway" =>
                |it| it.claims.check_issued(it.times()), |it| it.claims.tell_issued(it.times());
            "age", "OIDC Core §3.1.3.7 (10)", "`iat` is at most ten minutes before the request" =>
                |it| it.claims.check_age(it.times()), |it| it.claims.tell_age(it.times());
            "span", "RFC 7519 §4.1.4", "`exp` is not before `iat`" =>
                |it| it.claims.check_span(), |it| it.claims.tell_span();
            "nbf", "RFC 7519 §4.1.5", "if present, not in the future" =>
                |it| it.claims.check_not_before(it.times()),
                |it| it.claims.tell_not_before(it.times());
            "nonce", "OIDC Core §3.1.3.7 (11)", "the `nonce` sent with the request" =>
                Self::check_nonce, Self::tell_nonce;
            "auth_req_id", "CIBA Core §10.3.1", "if present, the `auth_req_id` that was polled" =>
                Self::check_auth_req_id, Self::tell_auth_req_id;
            "sub", "OIDC Core §2", "1 to 255 characters, without control characters" =>
                |it| it.claims.check_subject(), |it| it.claims.tell_subject();
            "known user", "OIDC Core §3.1.2.2", "the known user's `sub`, if a known user was requested" =>
                |it| it.claims.check_same_subject(it.sub()),
                |it| it.claims.tell_same_subject(it.sub());
            "acr", "OIDC Core §3.1.3.7 (12)", "no weaker than requested" =>
                Self::check_acr, Self::tell_acr;
            "auth_time", "OIDC Core §3.1.3.7 (13)", "if `max_age` was requested, at most `max_age` before the request" =>
                Self::check_auth_time, Self::tell_auth_time;
            "at_hash", "OIDC Core §3.1.3.8", "if present, the hash of the access token" =>
                Self::check_access_token_hash, |it| it.claims.tell_kind("at_hash", "a hash");
        }
    }
}

impl<'a> IdTokenClaims<'a> {
    /// Returns what the token contains about the authentication. Call it after all checks have passed.
    pub(crate) fn authentication(&self) -> Result<Authentication, TokenError> {
        Ok(Authentication {
            sub: self.claims.subject()?.to_owned(),
            acr: self.claims.text("acr").unwrap_or_default().and_then(Acr::read),
            auth_time: known(&self.claims.time("auth_time")),
        })
    }

    fn requested(&self) -> Option<&'a Requested> {
        self.login.map(|login| login.requested)
    }

    fn sub(&self) -> Option<&'a str> {
        self.requested()?.sub.as_deref()
    }

    fn times(&self) -> TokenTimes {
        let asked = self.requested().map(|requested| requested.at);
        TokenTimes { asked, now: self.now, leeway: self.settings.clock_leeway }
    }

    /// Checks who requested the token, which is required if it has several audiences.
    fn check_authorized_party(&mut self) -> Checked {
        match self.claims.text("azp")?.filter(|azp| !azp.is_empty()) {
            Some(azp) if azp != self.parties.client.client_id => Err(TokenError::AuthorizedParty),
            None if self.claims.has_several_audiences() => {
                Err(TokenError::Missing { claim: "azp" })
            }
            azp => Ok(Ruling::held_if(azp.is_some())),
        }
    }

    fn tell_authorized_party(&self) -> Told {
        self.claims.tell("azp").expected(format!("`{}`", self.parties.client.client_id))
    }

    fn check_nonce(&mut self) -> Checked {
        let Some(IdTokenLogin { binding: Binding::Nonce(expected), .. }) = self.login else {
            return Ok(Ruling::NotApplicable);
        };
        let nonce = self.claims.text("nonce")?.ok_or(TokenError::Missing { claim: "nonce" })?;
        if is(nonce, expected) { Ok(Ruling::Held) } else { Err(TokenError::Nonce) }
    }

    fn tell_nonce(&self) -> Told {
        let sent = match self.login.map(|login| login.binding) {
            Some(Binding::Nonce(sent)) => Some(sent),
            _ => None,
        };
        let nonce = self.claims.text("nonce").unwrap_or_default();
        let same = nonce.zip(sent).is_some_and(|(nonce, sent)| is(nonce, sent));
        self.claims.tell_kind("nonce", if same { "the same" } else { "a different login's" })
    }

    fn check_auth_req_id(&mut self) -> Checked {
        let Some(IdTokenLogin { binding: Binding::AuthReqId(expected), .. }) = self.login else {
            return Ok(Ruling::NotApplicable);
        };
        match self.claims.text(AUTH_REQ_ID)? {
            Some(id) if !is(id, expected) => Err(TokenError::AuthReqId),
            id => Ok(Ruling::held_if(id.is_some())),
        }
    }

    fn tell_auth_req_id(&self) -> Told {
        self.claims.tell_kind(AUTH_REQ_ID, "a request id")
    }

    /// The query with `acr_values` passes through the user's browser, which could remove it, so check the level that
    /// the token contains. Basic is the lowest level, so only a higher one needs to be present and readable.
    fn check_acr(&mut self) -> Checked {
        let Some(wanted) = self.wanted_acr() else { return Ok(Ruling::NotApplicable) };
        let found = self.claims.text("acr")?.and_then(Acr::read);
        let is_weaker = found.is_none_or(|found| found < wanted);
        if is_weaker && !self.settings.danger_accept_weaker_acr {
            return Err(TokenError::Acr);
        }
        Ok(Ruling::Held)
    }

    fn wanted_acr(&self) -> Option<Acr> {
        self.requested()?.acr.filter(|wanted| *wanted > Acr::Basic)
    }

    fn tell_acr(&self) -> Told {
        let wanted = self.wanted_acr().map_or("any", |wanted| wanted.name(self.settings.dialect()));
        self.claims.tell("acr").expected(format!("`{wanted}` or stronger"))
    }

    /// Compares with the time of the request, not that of the response, because nobody could approve a request with
    /// `max_age=1` quickly enough. If no `max_age` was requested, an unreadable `auth_time` is ignored.
    fn check_auth_time(&mut self) -> Checked {
        let Some(Requested { at, max_age: Some(max_age), .. }) = self.requested() else {
            return Ok(Ruling::NotApplicable);
        };
        let Settings { clock_leeway, require_auth_time, .. } = self.settings;
        match self.claims.time("auth_time")? {
            Some(time) if time < clock_leeway.earliest(at.before(*max_age)) => {
                Err(TokenError::AuthTime)
            }
            None if *require_auth_time => Err(TokenError::Missing { claim: "auth_time" }),
            time => Ok(Ruling::held_if(time.is_some())),
        }
    }

    fn tell_auth_time(&self) -> Told {
        match self.requested() {
            Some(requested) => self.claims.tell_auth_time(requested.at),
            None => self.claims.tell("auth_time"),
        }
    }

    fn check_access_token_hash(&mut self) -> Checked {
        let Some(access_token) = self.login.and_then(|login| login.access_token) else {
            return Ok(Ruling::NotApplicable);
        };
        match self.claims.text("at_hash")? {
            Some(hash) if hash != access_token_hash(access_token) => {
                Err(TokenError::AccessTokenHash)
            }
            hash => Ok(Ruling::held_if(hash.is_some())),
        }
    }
}

/// Checks the claims of an ID token whose signature is valid.
pub(crate) fn check(
    claims: &Members,
    (parties, settings): (TokenParties<'_>, &Settings),
    login: IdTokenLogin<'_>,
    now: UnixTime,
) -> Result<Authentication, TokenError> {
    let claims = TokenClaims::new(claims);
    let mut token = IdTokenClaims { claims, parties, settings, login: Some(login), now };
    token.verify()?;
    token.authentication()
}

/// The left half of the access token's SHA-256 (OIDC Core §3.1.3.6).
fn access_token_hash(access_token: &Secret) -> String {
    jose::base64url(&jose::sha256(&[access_token.expose().as_bytes()])[..16])
}

/// Compares in constant time.
fn is(text: &str, expected: &Secret) -> bool {
    jose::constant_time_eq(text.as_bytes(), expected.expose().as_bytes())
}
