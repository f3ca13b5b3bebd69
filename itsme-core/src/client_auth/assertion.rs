use std::time::Duration;

use serde::Serialize;

use crate::ground::time::UnixTime;

const LIFETIME: Duration = Duration::from_secs(300);

/// The claims of a client assertion (OIDC Core §9, itsme: token request).
#[derive(Serialize)]
pub(crate) struct AssertionClaims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    jti: String,
    iat: u64,
    exp: u64,
}

/// Creates the claims of an assertion for `audience`. The lifetime of five minutes allows for differences between
/// clocks. Each attempt needs its own `jti`.
pub(crate) fn claims<'a>(
    client_id: &'a str,
    audience: &'a str,
    jti: String,
    now: UnixTime,
) -> AssertionClaims<'a> {
    AssertionClaims {
        iss: client_id,
        sub: client_id,
        aud: audience,
        jti,
        iat: now.as_secs(),
        exp: now.after(LIFETIME).as_secs(),
    }
}
