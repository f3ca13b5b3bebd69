use crate::{
    error::{Error, Refusal, TokenError},
    ground::{
        check::{Rule, Subject, rules},
        secret::Secret,
    },
    http::{Request, Response, endpoint::Endpoint, get::get, response},
    provider::metadata::Metadata,
    tokens::claims::{TokenClaims, TokenParties, TokenTimes},
};
use http::{HeaderValue, header};

/// The userinfo request (OIDC Core §5.3.1).
pub(crate) fn request(metadata: &Metadata, access_token: &Secret) -> Result<Request, Error> {
    let url = &metadata.userinfo_endpoint;
    // itsme documents the response as JSON, but sends a JWT.
    with_bearer(get(Endpoint::Userinfo, url, "application/jwt, application/json"), access_token)
}

/// The nested JWT in the response. Any media type is accepted, and surrounding white space is trimmed.
pub(crate) fn token(response: Response) -> Result<Secret, Error> {
    let endpoint = Endpoint::Userinfo;
    if let Some(refusal) = refusal(endpoint, &response)? {
        return Err(refusal.into());
    }
    let body = response::body(endpoint, response)?;
    let text = std::str::from_utf8(&body);
    let text = text.map_err(|_| Error::malformed(endpoint, "it is not text"))?;
    let text = text.trim_start_matches('\u{feff}').trim();
    // Some OPs send the token as a JSON string.
    let quoted = serde_json::from_str::<String>(text).ok();
    Ok(Secret::new(quoted.as_deref().map_or(text, str::trim)))
}

/// Adds the access token, marked sensitive to keep it out of logs (RFC 6750 §2.1).
pub(crate) fn with_bearer(mut request: Request, access_token: &Secret) -> Result<Request, Error> {
    let bearer = HeaderValue::try_from(format!("Bearer {}", access_token.expose()));
    let what = "its `access_token` cannot be sent in a header";
    let mut bearer = bearer.map_err(|_| Error::malformed(Endpoint::Token, what))?;
    bearer.set_sensitive(true);
    request.headers_mut().insert(header::AUTHORIZATION, bearer);
    Ok(request)
}

/// Reads an error response, in JSON or as a challenge.
pub(crate) fn refusal(endpoint: Endpoint, response: &Response) -> Result<Option<Refusal>, Error> {
    Ok(response::refusal(endpoint, response)?.or_else(|| challenge(response)))
}

/// Reads an error from `WWW-Authenticate` (RFC 6750 §3).
fn challenge(response: &Response) -> Option<Refusal> {
    let challenge = response.headers().get(header::WWW_AUTHENTICATE)?.to_str().ok()?;
    let (scheme, parameters) = challenge.split_once(' ').unwrap_or((challenge, ""));
    if !scheme.eq_ignore_ascii_case("Bearer") || response.status().is_success() {
        return None;
    }
    let quoted = |name: &str| {
        let (_, rest) = parameters.split_once(&format!("{name}=\""))?;
        rest.split_once('"').map(|(value, _)| value)
    };
    let code = quoted("error").unwrap_or("invalid_token");
    Refusal::read(Some(response.status().as_u16()), |member| match member {
        "error" => Some(code),
        "error_description" => quoted("error_description"),
        _ => None,
    })
}

/// The claims of a userinfo response whose signature is valid, and what to check them against (OIDC Core
/// §5.3.4).
pub(crate) struct UserinfoClaims<'a> {
    pub(crate) claims: TokenClaims<'a>,
    pub(crate) parties: TokenParties<'a>,
    /// The `sub` of the ID token; unknown only when explaining.
    pub(crate) sub: Option<&'a str>,
    pub(crate) times: TokenTimes,
}

impl Subject for UserinfoClaims<'_> {
    type Error = TokenError;

    fn rules<'r>() -> &'r [Rule<Self>]
    where
        Self: 'r,
    {
        rules! {
            "sub", "OIDC Core §5.3.2", "1 to 255 characters, without control characters" =>
                |it| it.claims.check_subject(), |it| it.claims.tell_subject();
            "same sub", "OIDC Core §5.3.4", "the same `sub` as the ID token" =>
                |it| it.claims.check_same_subject(it.sub),
                |it| it.claims.tell_same_subject(it.sub);
            "events", "RFC 8417 §2.2", "no `events`: the token is about a user, not a logout or another event" =>
                |it| it.claims.check_kind(), |it| it.claims.tell_events();
            "iss", "OIDC Core §5.3.2", "if present, the OP's issuer, byte for byte" =>
                |it| it.claims.check_issuer(it.parties), |it| it.claims.tell_issuer(it.parties);
            "aud", "OIDC Core §5.3.2", "if present, a string or a list of strings that contains the client" =>
                |it| it.claims.check_audience(it.parties), |it| it.claims.tell_audience(it.parties);
            "other aud", "OIDC Core §3.1.3.7 (3)", "besides the client, only audiences that the settings allow" =>
                |it| it.claims.check_other_audiences(it.parties),
                |it| it.claims.tell_other_audiences(it.parties);
            "times", "RFC 7519 §2", "if present, `exp` and `iat` are seconds since 1970" =>
                |it| it.claims.check_time_form(), |it| it.claims.tell_time_form();
            "exp", "RFC 7519 §4.1.4", "not in the past, allowing for the clock leeway" =>
                |it| it.claims.check_expiry(it.times), |it| it.claims.tell_expiry(it.times);
            "iat", "RFC 7519 §4.1.6", "not in the future, allowing for the clock leeway" =>
                |it| it.claims.check_issued(it.times), |it| it.claims.tell_issued(it.times);
            "age", "RFC 7519 §4.1.6", "`iat` is at most ten minutes before the request" =>
                |it| it.claims.check_age(it.times), |it| it.claims.tell_age(it.times);
            "span", "RFC 7519 §4.1.4", "`exp` is not before `iat`" =>
                |it| it.claims.check_span(), |it| it.claims.tell_span();
            "nbf", "RFC 7519 §4.1.5", "if present, not in the future" =>
                |it| it.claims.check_not_before(it.times), |it| it.claims.tell_not_before(it.times);
        }
    }
}
