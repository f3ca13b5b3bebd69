//! Recognizes what kind of document some text is.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::value::RawValue;
use url::form_urlencoded;

/// A kind of document that can be inspected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A token with five parts.
    EncryptedToken,
    /// A three-part token that is about a user.
    SignedToken,
    /// A three-part token that contains the parameters of a request.
    RequestObject,
    /// A token endpoint response.
    TokenAnswer,
    /// A response in which the OP refuses a request.
    Refusal,
    /// The URL that a browser came back to.
    Callback,
    /// The URL to which a browser was sent.
    AuthorizationUrl,
    /// A discovery document.
    Metadata,
    /// A public JWK set.
    KeySet,
    /// A file with private keys, in any form.
    PrivateKeys,
    /// An archived `Evidence`.
    Evidence,
    /// A recorded flow.
    Recording,
}

impl Kind {
    /// Returns the name to use in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::EncryptedToken => "an encrypted token",
            Self::SignedToken => "a signed token",
            Self::RequestObject => "a request object",
            Self::TokenAnswer => "a token endpoint response",
            Self::Refusal => "a refusal",
            Self::Callback => "a callback",
            Self::AuthorizationUrl => "an authorization URL",
            Self::Metadata => "a discovery document",
            Self::KeySet => "a public key set",
            Self::PrivateKeys => "a file with private keys",
            Self::Evidence => "archived evidence",
            Self::Recording => "a recording",
        }
    }

    /// Recognizes the kind of these bytes, if possible. Copies nothing from them, because they
    /// might be keys.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        // These are DER, as in PKCS #12, or UTF-16.
        if bytes.starts_with(&[0x30, 0x82]) || bytes.starts_with(&[0xff, 0xfe]) {
            return Some(Self::PrivateKeys);
        }
        let text = std::str::from_utf8(bytes).ok()?.trim_start_matches('\u{feff}').trim();
        match text.as_bytes().first()? {
            b'{' => of_object(text),
            b'[' => Some(Self::PrivateKeys),
            _ if text.starts_with("-----BEGIN ") => Some(Self::PrivateKeys),
            _ if text.starts_with("itsme-evidence:") => Some(Self::Evidence),
            _ if text.starts_with("itsme-recording:") => Some(Self::Recording),
            _ => of_token(text).or_else(|| of_address(text)),
        }
    }
}

type Members<'a> = BTreeMap<String, &'a RawValue>;

fn of_object(text: &str) -> Option<Kind> {
    let members: Members<'_> = serde_json::from_str(text).ok()?;
    let has = |name: &str| members.contains_key(name);
    if let Some(keys) = members.get("keys") {
        let keys: Vec<Members<'_>> = serde_json::from_str(keys.get()).unwrap_or_default();
        let private = keys.iter().any(is_private);
        return Some(if private { Kind::PrivateKeys } else { Kind::KeySet });
    }
    if has("kty") {
        return Some(Kind::PrivateKeys);
    }
    if has("id_token") {
        return Some(Kind::TokenAnswer);
    }
    if has("error") {
        return Some(Kind::Refusal);
    }
    // Stored evidence in the first format looks like this.
    if has("v") && has("requested") {
        return Some(Kind::Evidence);
    }
    let endpoints = ["issuer", "jwks_uri", "token_endpoint", "authorization_endpoint"];
    (endpoints.into_iter().filter(|name| has(name)).count() > 1).then_some(Kind::Metadata)
}

fn is_private(key: &Members<'_>) -> bool {
    ["d", "p", "q", "dp", "dq", "qi", "k"].iter().any(|member| key.contains_key(*member))
}

fn of_token(text: &str) -> Option<Kind> {
    let mut parts = text.split('.');
    // A file name can have several parts as well, but none of them is JSON.
    members_of(parts.next()?)?;
    match (text.split('.').count(), parts.next()) {
        (5, _) => Some(Kind::EncryptedToken),
        (3, Some(payload)) => {
            let claims = members_of(payload).unwrap_or_default();
            let asks = ["response_type", "redirect_uri", "client_id"];
            let is_request = asks.iter().any(|name| claims.contains_key(*name));
            Some(if is_request { Kind::RequestObject } else { Kind::SignedToken })
        }
        _ => None,
    }
}

/// Returns the member names in a part of a token, if it is a JSON object.
fn members_of(part: &str) -> Option<BTreeMap<String, ()>> {
    let text = URL_SAFE_NO_PAD.decode(part).ok()?;
    let members: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(&text).ok()?;
    Some(members.into_keys().map(|name| (name, ())).collect())
}

/// Recognizes a URL, a path with a query, or a query.
fn of_address(text: &str) -> Option<Kind> {
    let query = text.split_once('?').map_or(text, |(_, query)| query);
    let names: Vec<String> =
        form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name.into_owned()).collect();
    let has = |name: &str| names.iter().any(|known| known == name);
    if text.contains(char::is_whitespace) || !query.contains('=') {
        return None;
    }
    if has("client_id") {
        return Some(Kind::AuthorizationUrl);
    }
    (has("code") || has("error") || has("state")).then_some(Kind::Callback)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn token(header: Value, claims: Value, parts: usize) -> String {
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let rest = vec!["AAAA"; parts - 2].join(".");
        format!("{}.{}.{rest}", part(header), part(claims))
    }

    #[test]
    fn each_kind_is_told_by_its_looks() {
        let header = || json!({ "alg": "x" });
        let about = json!({ "iss": "https://op.example", "sub": "x" });
        let asks = json!({ "iss": "C", "response_type": "code" });
        let private = json!({ "keys": [{ "kty": "RSA" }, { "kty": "RSA", "d": "AQAB" }] });
        let op = "https://op.example";
        for (text, kind) in [
            (token(header(), json!({}), 5), Kind::EncryptedToken),
            (format!("  {}\n", token(header(), json!({}), 5)), Kind::EncryptedToken),
            (token(header(), about, 3), Kind::SignedToken),
            (token(header(), asks, 3), Kind::RequestObject),
            (json!({ "access_token": "a", "id_token": "x" }).to_string(), Kind::TokenAnswer),
            (json!({ "error": "invalid_client" }).to_string(), Kind::Refusal),
            ("https://rp.example/cb?code=c&state=s".to_owned(), Kind::Callback),
            ("/cb?error=access_denied&state=s".to_owned(), Kind::Callback),
            ("code=c&state=s".to_owned(), Kind::Callback),
            (format!("{op}/authorization?client_id=C&state=s"), Kind::AuthorizationUrl),
            (json!({ "issuer": op, "jwks_uri": op }).to_string(), Kind::Metadata),
            (format!("\u{feff}{}", json!({ "keys": [] })), Kind::KeySet),
            (json!({ "keys": {} }).to_string(), Kind::KeySet),
            (private.to_string(), Kind::PrivateKeys),
            (json!({ "kty": "RSA", "n": "x" }).to_string(), Kind::PrivateKeys),
            ("[{}]".to_owned(), Kind::PrivateKeys),
            ("-----BEGIN PRIVATE KEY-----\n".to_owned(), Kind::PrivateKeys),
            ("itsme-evidence:2:x:{}".to_owned(), Kind::Evidence),
            ("\nitsme-recording:9:x".to_owned(), Kind::Recording),
        ] {
            assert_eq!(Kind::of(text.as_bytes()), Some(kind), "{text}");
        }
        assert_eq!(Kind::of(&[0x30, 0x82, 0xff]), Some(Kind::PrivateKeys));
    }

    #[test]
    fn what_is_nothing_known_is_nothing() {
        let two_parts = token(json!({ "alg": "x" }), json!({}), 2);
        let four_parts = token(json!({ "alg": "x" }), json!({}), 4);
        for text in [
            "",
            " ",
            "token.jwt",
            "a.b.c",
            "a.b.c.d.e",
            "https://op.example/v2",
            "what is code=c?",
            "{",
            "{}",
            r#"{"issuer":"https://op.example"}"#,
            "\"x\"",
            two_parts.trim_end_matches('.'),
            &four_parts,
        ] {
            assert_eq!(Kind::of(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Kind::of(&[0xc0, 0x80]), None);
    }
}
