use openssl::{bn::BigNumRef, rsa::Rsa};
use serde::{Deserialize, Deserializer, Serialize};
use zeroize::Zeroizing;

use super::{base64url, sha256};

/// One of our keys as a JWK (RFC 7518 §6.3), with or without its private part. The numbers are still in base64url.
#[derive(Clone, Deserialize, Serialize)]
pub struct OwnJwk {
    #[serde(skip_serializing_if = "Option::is_none")]
    /// `RSA`, or a type that cannot be used here.
    pub kty: Option<String>,
    /// `sig` or `enc`.
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    pub usage: Option<String>,
    /// The key's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// The algorithm that the key is meant for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
    #[serde(default, deserialize_with = "number", skip_serializing_if = "Option::is_none")]
    pub(super) n: Option<String>,
    #[serde(default, deserialize_with = "number", skip_serializing_if = "Option::is_none")]
    pub(super) e: Option<String>,
    #[serde(default, deserialize_with = "secret_number", skip_serializing_if = "Option::is_none")]
    pub(super) d: Option<Zeroizing<String>>,
    #[serde(default, deserialize_with = "secret_number", skip_serializing_if = "Option::is_none")]
    pub(super) p: Option<Zeroizing<String>>,
    #[serde(default, deserialize_with = "secret_number", skip_serializing_if = "Option::is_none")]
    pub(super) q: Option<Zeroizing<String>>,
    #[serde(default, deserialize_with = "secret_number", skip_serializing_if = "Option::is_none")]
    pub(super) dp: Option<Zeroizing<String>>,
    #[serde(default, deserialize_with = "secret_number", skip_serializing_if = "Option::is_none")]
    pub(super) dq: Option<Zeroizing<String>>,
    #[serde(default, deserialize_with = "secret_number", skip_serializing_if = "Option::is_none")]
    pub(super) qi: Option<Zeroizing<String>>,
}

impl OwnJwk {
    /// The JWK members that are read.
    pub const MEMBERS: [&str; 12] =
        ["kty", "use", "kid", "alg", "n", "e", "d", "p", "q", "dp", "dq", "qi"];

    /// Whether this is only the public half of a key.
    pub fn is_public(&self) -> bool {
        self.n.is_some() && !self.has_private_part()
    }

    /// Whether it contains anything secret.
    pub fn has_private_part(&self) -> bool {
        let numbers = [&self.d, &self.p, &self.q, &self.dp, &self.dq, &self.qi];
        numbers.iter().any(|number| number.is_some())
    }

    /// Generates a 2048-bit key, named after its use and its thumbprint, with OpenSSL's randomness.
    pub fn generate(usage: &str, alg: &str) -> Option<Self> {
        let key = Rsa::generate(2048).ok()?;
        let text = |number: &BigNumRef| base64url(number.to_vec());
        let secret = |number: &BigNumRef| Zeroizing::new(text(number));
        let (n, e) = (text(key.n()), text(key.e()));
        let thumbprint = format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#);
        let thumbprint = base64url(sha256(&[thumbprint.as_bytes()]));
        Some(Self {
            kty: Some("RSA".to_owned()),
            usage: Some(usage.to_owned()),
            kid: Some(format!("{usage}-{}", &thumbprint[..8])),
            alg: Some(alg.to_owned()),
            n: Some(n),
            e: Some(e),
            d: Some(secret(key.d())),
            p: Some(secret(key.p()?)),
            q: Some(secret(key.q()?)),
            dp: Some(secret(key.dmp1()?)),
            dq: Some(secret(key.dmq1()?)),
            qi: Some(secret(key.iqmp()?)),
        })
    }
}

/// Reads a number, ignoring what templates and other libraries add to base64url: padding, and whitespace where a long
/// line was wrapped. Neither can change the number, and the file is the client's own.
fn number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(secret_number(from)?.map(|number| (*number).clone()))
}

fn secret_number<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Zeroizing<String>>, D::Error> {
    let mut number = Option::<Zeroizing<String>>::deserialize(from)?;
    if let Some(number) = &mut number {
        number.retain(|c| !c.is_ascii_whitespace());
        let unpadded = number.trim_end_matches('=').len();
        number.truncate(unpadded);
    }
    Ok(number)
}
