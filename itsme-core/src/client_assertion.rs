use std::time::Duration;

use serde_json::{Value, json};

use crate::time::UnixTime;

const LIFETIME: Duration = Duration::from_secs(300);

/// The claims of an assertion for `audience` (OIDC Core §9, itsme: token request). The five minutes
/// are for clocks that differ; each attempt has a `jti` of its own.
pub(crate) fn claims(client_id: &str, audience: &str, jti: String, now: UnixTime) -> Value {
    json!({
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "jti": jti,
        "iat": now.as_secs(),
        "exp": now.after(LIFETIME).as_secs(),
    })
}
