use serde::Serialize;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::{JoseError, base64url_decode};
use crate::ground::json;

const MAX_HEADER: usize = 4 * 1024;

/// A protected header, read down to the members that this library acts on. Members that name keys
/// (`jwk`, `jku`, `x5u`, `x5c`) are never looked at.
pub(super) struct Header {
    pub(super) alg: String,
    pub(super) enc: Option<String>,
    pub(super) kid: Option<String>,
    /// What the token says it is, if it says so in text.
    pub(super) typ: Option<String>,
}

impl Header {
    /// Whether it names a kind of JWT (RFC 8725 §3.11) that neither an ID token nor a userinfo answer is: an access
    /// token, a log-out.
    pub(super) fn is_of_another_kind(&self) -> bool {
        let media_type = self.typ.as_deref().unwrap_or_default().split(';').next();
        let media_type = media_type.unwrap_or_default().trim().to_ascii_lowercase();
        media_type.ends_with("+jwt")
    }

    /// From its base64url part. Refuses what changes how the rest must be read: extensions that
    /// must be understood, compression, unencoded payloads, a content other than a JWT.
    pub(super) fn parse(part: &str) -> Result<Self, JoseError> {
        if part.len() > MAX_HEADER {
            return Err(JoseError::TooLarge { limit: MAX_HEADER });
        }
        let text = base64url_decode(part).map_err(|_| malformed("a header is not base64url"))?;
        let mut members = json::object(&text).map_err(|error| malformed(error.as_str()))?;
        for unsupported in ["crit", "zip", "b64"] {
            if members.contains_key(unsupported) {
                return Err(JoseError::Header { member: unsupported });
            }
        }
        let content = text_member(&mut members, "cty")?;
        if content.is_some_and(|cty| !cty.eq_ignore_ascii_case("JWT")) {
            return Err(JoseError::Header { member: "cty" });
        }
        Ok(Self {
            alg: text_member(&mut members, "alg")?.ok_or(malformed("a header has no alg"))?,
            enc: text_member(&mut members, "enc")?,
            kid: text_member(&mut members, "kid")?,
            typ: text_member(&mut members, "typ").unwrap_or_default(),
        })
    }
}

/// The protected header of a token of ours.
#[derive(Serialize)]
pub(super) struct OwnHeader<'a> {
    pub(super) alg: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) enc: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cty: Option<&'static str>,
    pub(super) typ: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kid: Option<&'a str>,
}

fn text_member(
    members: &mut Map<String, Value>,
    name: &'static str,
) -> Result<Option<String>, JoseError> {
    match members.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(malformed("a header member that must be text is none")),
    }
}

pub(super) fn malformed(what: &'static str) -> JoseError {
    JoseError::Malformed { what }
}

/// Splits a compact serialization into exactly `N` parts, or says how many there are.
pub(super) fn parts<const N: usize>(token: &str) -> Result<[&str; N], usize> {
    let count = token.matches('.').count() + 1;
    if count != N {
        return Err(count);
    }
    let mut parts = token.split('.');
    Ok(std::array::from_fn(|_| parts.next().unwrap_or_default()))
}

/// Base64url parts that hold something secret once decoded.
pub(super) fn decode_part(part: &str) -> Result<Zeroizing<Vec<u8>>, JoseError> {
    base64url_decode(part).map(Zeroizing::new).map_err(|_| malformed("a part is not base64url"))
}
