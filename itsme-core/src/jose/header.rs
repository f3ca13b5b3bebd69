use memchr::memchr_iter;
use serde::Serialize;
use serde_json::Value;

use super::{JoseError, base64url_decode};
use crate::ground::{
    check::{Ruling, Told, Verdict},
    json::{self, Members},
    text::printable,
};

const MAX_HEADER: usize = 4 * 1024;

/// Members that change how the rest of a token must be read: critical extensions, compression and unencoded payloads.
const UNSUPPORTED: [&str; 3] = ["crit", "zip", "b64"];

type Checked = Verdict<JoseError>;

/// A protected header. Only the members that this library acts on are read, never those that supply keys (`jwk`,
/// `jku`, `x5u`, `x5c`). The checks here are shared by JWS and JWE.
#[derive(Default)]
pub(super) struct Header {
    /// `None` if the header has not been read or cannot be read.
    members: Option<Members>,
}

impl Header {
    /// Reads the header from its base64url part.
    pub(super) fn check_form(&mut self, part: Option<&str>) -> Checked {
        let Some(part) = part else { return Ok(Ruling::NotApplicable) };
        if part.len() > MAX_HEADER {
            return Err(JoseError::TooLarge { limit: MAX_HEADER });
        }
        let text = base64url_decode(part).map_err(|_| malformed("a header is not base64url"))?;
        let members = json::members(&text).map_err(|error| malformed(error.as_str()))?;
        self.members = Some(members);
        Ok(Ruling::Held)
    }

    pub(super) fn check_extensions(&self) -> Checked {
        let Some(members) = &self.members else { return Ok(Ruling::NotApplicable) };
        match UNSUPPORTED.into_iter().find(|member| members.contains_key(member)) {
            Some(member) => Err(JoseError::Header { member }),
            None => Ok(Ruling::Held),
        }
    }

    pub(super) fn check_content_type(&self) -> Checked {
        match self.text("cty")? {
            Some(cty) if !cty.eq_ignore_ascii_case("JWT") => {
                Err(JoseError::Header { member: "cty" })
            }
            cty => Ok(Ruling::held_if(cty.is_some())),
        }
    }

    pub(super) fn check_names(&self) -> Checked {
        if self.members.is_none() {
            return Ok(Ruling::NotApplicable);
        }
        self.text("alg")?.ok_or(malformed("a header has no `alg`"))?;
        self.text("enc")?;
        self.text("kid")?;
        Ok(Ruling::Held)
    }

    /// Rejects the `typ` of any kind of JWT other than an ID token or a userinfo response (RFC 8725 §3.11), for
    /// example that of an access token or a logout token.
    pub(super) fn check_kind(&self) -> Checked {
        let Ok(Some(typ)) = self.text("typ") else { return Ok(Ruling::NotApplicable) };
        let media_type = typ.split(';').next().unwrap_or_default();
        if media_type.trim().to_ascii_lowercase().ends_with("+jwt") {
            return Err(JoseError::Header { member: "typ" });
        }
        Ok(Ruling::Held)
    }

    fn text(&self, name: &str) -> Result<Option<&str>, JoseError> {
        match self.members.as_ref().and_then(|members| members.get(name)) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(malformed("a header member that must be a string has a different type")),
        }
    }

    /// A string member, or `None` if it is missing or not a string (this is checked separately).
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.text(name).unwrap_or_default()
    }

    /// All members, for explaining.
    pub(super) fn members(&self) -> Option<&Members> {
        self.members.as_ref()
    }

    pub(super) fn tell_form(&self) -> Told {
        Told::found(if self.members.is_some() { "a JSON object" } else { "something else" })
    }

    pub(super) fn tell_extensions(&self) -> Told {
        let members = self.members.iter().flat_map(Members::keys);
        let found: Vec<_> = members
            .filter(|member| UNSUPPORTED.contains(member))
            .map(|member| format!("`{member}`"))
            .collect();
        Told::found(if found.is_empty() { "none".to_owned() } else { found.join(", ") })
    }

    pub(super) fn tell_names(&self) -> Told {
        let names = ["alg", "enc", "kid"].map(|name| match self.text(name) {
            Ok(Some(text)) => format!("`{name}` is `{}`", printable(text)),
            Ok(None) => format!("no `{name}`"),
            Err(_) => format!("`{name}` is not a string"),
        });
        Told::found(names.join(", "))
    }

    pub(super) fn tell(&self, name: &'static str) -> Told {
        Told::found(match self.text(name) {
            Ok(Some(text)) => format!("`{}`", printable(text)),
            Ok(None) => "nothing".to_owned(),
            Err(_) => "not a string".to_owned(),
        })
    }
}

/// The protected header of a token that we create.
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

pub(super) fn malformed(what: &'static str) -> JoseError {
    JoseError::Malformed { what }
}

/// Splits a compact serialization into exactly `N` parts, or returns how many there are.
pub(super) fn parts<const N: usize>(token: &str) -> Result<[&str; N], usize> {
    let (mut parts, mut count, mut start) = ([""; N], 0, 0);
    for end in memchr_iter(b'.', token.as_bytes()).chain([token.len()]) {
        if let Some(part) = parts.get_mut(count) {
            *part = &token[start..end];
        }
        count += 1;
        start = end + 1;
    }
    if count == N { Ok(parts) } else { Err(count) }
}

/// Decodes a base64url part.
pub(super) fn decode_part(part: &str) -> Result<Vec<u8>, JoseError> {
    base64url_decode(part).map_err(|_| malformed("a part is not base64url"))
}
