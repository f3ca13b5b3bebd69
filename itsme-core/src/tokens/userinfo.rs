use http::{HeaderValue, header};
use serde_json::{Map, Value};

use crate::{
    error::{Error, Refusal, TokenError},
    ground::secret::Secret,
    http::{Request, Response, endpoint::Endpoint, get::get, response},
    provider::metadata::Metadata,
    tokens::claims::{Expected, TokenClaims, TokenTimes},
};

/// The userinfo request (OIDC Core §5.3.1).
pub(crate) fn request(metadata: &Metadata, access_token: &Secret) -> Result<Request, Error> {
    let url = &metadata.userinfo_endpoint;
    // itsme documents the answer as JSON, in which it is a JWT.
    with_bearer(get(Endpoint::Userinfo, url, "application/jwt, application/json"), access_token)
}

/// The nested JWT of the answer. Its media type is not insisted on; white space around it is cut.
pub(crate) fn token(response: Response) -> Result<Secret, Error> {
    let endpoint = Endpoint::Userinfo;
    if let Some(refusal) = refusal(endpoint, &response)? {
        return Err(refusal.into());
    }
    let body = response::body(endpoint, response)?;
    let text = std::str::from_utf8(&body);
    let text = text.map_err(|_| Error::malformed(endpoint, "it is not text"))?;
    let text = text.trim_start_matches('\u{feff}').trim();
    // Some wrap it in a JSON string.
    let quoted = serde_json::from_str::<String>(text).ok();
    Ok(Secret::new(quoted.as_deref().map_or(text, str::trim)))
}

/// Adds the access token (RFC 6750 §2.1), kept out of logs.
pub(crate) fn with_bearer(mut request: Request, access_token: &Secret) -> Result<Request, Error> {
    let bearer = HeaderValue::try_from(format!("Bearer {}", access_token.expose()));
    let what = "its `access_token` cannot stand in a header";
    let mut bearer = bearer.map_err(|_| Error::malformed(Endpoint::Token, what))?;
    bearer.set_sensitive(true);
    request.headers_mut().insert(header::AUTHORIZATION, bearer);
    Ok(request)
}

/// A refusal by JSON, or by challenge.
pub(crate) fn refusal(endpoint: Endpoint, response: &Response) -> Result<Option<Refusal>, Error> {
    Ok(response::refusal(endpoint, response)?.or_else(|| challenge(response)))
}

/// A refusal in `WWW-Authenticate` (RFC 6750 §3), of which only the code is told.
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

/// Checks the claims of a userinfo answer whose signature is right (OIDC Core §5.3.4).
pub(crate) fn check(
    claims: &Map<String, Value>,
    expected: Expected<'_>,
    times: TokenTimes,
) -> Result<(), TokenError> {
    let token = TokenClaims(claims);
    token.check(expected)?;
    token.check_times(times)
}
