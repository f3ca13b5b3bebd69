//! The checks on a compact JWE before it is decrypted (RFC 7516 §5.2, RFC 8725), and on its content.

use std::sync::Arc;

use super::{
    ContentEncryption, Decryption, JoseError, KeyEncryption, OwnKey,
    header::{Header, decode_part, malformed, parts},
};
use crate::ground::{
    check::{Rule, Ruling, Subject, Told, Verdict, rules},
    json::Members,
    text::printable,
    wiped::Wiped,
};

/// A compact JWE, and how it must have been encrypted for us.
pub(crate) struct SealedToken<'a> {
    token: &'a str,
    limit: usize,
    pub(super) decryption: Decryption,
    parts: Option<[&'a str; 5]>,
    header: Header,
    pub(super) enc: Option<ContentEncryption>,
    pub(super) decoded: Option<Decoded>,
    /// The error to return if none of our keys opens the token.
    pub(super) if_none_opens: JoseError,
}

/// The parts of a JWE after its header.
pub(super) struct Decoded {
    /// The length of the header in the token.
    pub(super) protected: usize,
    pub(super) encrypted_key: Vec<u8>,
    pub(super) iv: Vec<u8>,
    pub(super) ciphertext: Vec<u8>,
    pub(super) tag: Vec<u8>,
}

type Checked = Verdict<JoseError>;

impl Subject for SealedToken<'_> {
    type Error = JoseError;

    fn rules<'r>() -> &'r [Rule<Self>]
    where
        Self: 'r,
    {
        rules! {
            "size", "itsme-core's own limit", "at most 64 KiB, or 512 KiB if a photo was requested" =>
                |it| it.check_size(), |it| it.tell_size();
            "encryption", "OIDC Core §16.14, itsme: ID token", "five parts, because itsme encrypts every token" =>
                |it| it.check_form(), |it| it.tell_form();
            "header", "RFC 7516 §4", "a JSON object without repeated members, at most 4 KiB as base64url" =>
                |it| it.header.check_form(it.parts.map(|[header, ..]| header)),
                |it| it.header.tell_form();
            "extensions", "RFC 7516 §4.1.13, RFC 8725 §3.6", "no `crit`, `zip` or `b64`" =>
                |it| it.header.check_extensions(), |it| it.header.tell_extensions();
            "cty", "RFC 7519 §5.2", "if present, `JWT`" =>
                |it| it.header.check_content_type(), |it| it.header.tell("cty");
            "header names", "RFC 7516 §4.1", "`alg` is present; `alg`, `enc` and `kid` are strings" =>
                |it| it.header.check_names(), |it| it.header.tell_names();
            "enc", "RFC 7518 §5", "`A128CBC-HS256` or `A256GCM`" =>
                |it| it.check_content_encryption(), |it| it.header.tell("enc");
            "parts", "RFC 7516 §7.1", "base64url" =>
                |it| it.decode(), |it| it.tell_parts();
            "alg", "RFC 8725 §3.1", "`RSA-OAEP` or `RSA-OAEP-256`, or `dir` for a client with a secret" =>
                |it| it.check_algorithm(), |it| it.header.tell("alg");
            "direct enc", "itsme: client secret", "`A256GCM`, for a client with a secret" =>
                |it| it.check_direct_encryption(), |it| it.header.tell("enc");
            "direct key", "RFC 7516 §5.2 (10)", "an empty encrypted key, for a client with a secret" =>
                |it| it.check_direct_key(), |it| it.tell_parts();
            "kid", "RFC 7516 §4.1.6", "one of our keys, or absent" =>
                |it| it.find_keys(), |it| it.tell_keys();
        }
    }
}

impl<'a> SealedToken<'a> {
    pub(crate) fn new(token: &'a str, decryption: Decryption, limit: usize) -> Self {
        Self {
            token,
            limit,
            decryption,
            parts: None,
            header: Header::default(),
            enc: None,
            decoded: None,
            if_none_opens: JoseError::Decryption,
        }
    }

    pub(crate) fn header(&self) -> Option<&Members> {
        self.header.members()
    }

    /// How the content key is encrypted.
    pub(super) fn wrapping(&self) -> Option<KeyEncryption> {
        KeyEncryption::from_name(self.header.get("alg")?)
    }

    fn check_size(&self) -> Checked {
        if self.token.len() > self.limit {
            return Err(JoseError::TooLarge { limit: self.limit });
        }
        Ok(Ruling::Held)
    }

    fn tell_size(&self) -> Told {
        let expected = format!("at most {} characters", self.limit);
        Told::found(format!("{} characters", self.token.len())).expected(expected)
    }

    fn check_form(&mut self) -> Checked {
        let parts = parts(self.token).map_err(|count| match count {
            3 => JoseError::NotEncrypted,
            _ => malformed("an encrypted token must have five parts"),
        })?;
        self.parts = Some(parts);
        Ok(Ruling::Held)
    }

    fn tell_form(&self) -> Told {
        Told::found(match self.token.split('.').count() {
            3 => "three parts, so it is only signed".to_owned(),
            count => format!("{count} parts"),
        })
    }

    fn check_content_encryption(&mut self) -> Checked {
        if self.header.members().is_none() {
            return Ok(Ruling::NotApplicable);
        }
        let name = self.header.get("enc");
        let name = name.ok_or(malformed("an encrypted token's header has no `enc`"))?;
        let found = || JoseError::EncryptionAlgorithm { found: printable(name) };
        self.enc = Some(ContentEncryption::from_name(name).ok_or_else(found)?);
        Ok(Ruling::Held)
    }

    fn decode(&mut self) -> Checked {
        let Some([protected, encrypted_key, iv, ciphertext, tag]) = self.parts else {
            return Ok(Ruling::NotApplicable);
        };
        self.decoded = Some(Decoded {
            protected: protected.len(),
            encrypted_key: decode_part(encrypted_key)?,
            iv: decode_part(iv)?,
            ciphertext: decode_part(ciphertext)?,
            tag: decode_part(tag)?,
        });
        Ok(Ruling::Held)
    }

    fn tell_parts(&self) -> Told {
        Told::found(match &self.decoded {
            Some(Decoded { encrypted_key, iv, ciphertext, tag, .. }) => format!(
                "an encrypted key of {} bytes, an IV of {}, a ciphertext of {}, a tag of {}",
                encrypted_key.len(),
                iv.len(),
                ciphertext.len(),
                tag.len()
            ),
            None => "something else".to_owned(),
        })
    }

    fn is_direct(&self) -> bool {
        matches!(self.decryption, Decryption::Direct(_))
    }

    fn check_algorithm(&self) -> Checked {
        let Some(alg) = self.header.get("alg") else { return Ok(Ruling::NotApplicable) };
        let is_agreed = if self.is_direct() { alg == "dir" } else { self.wrapping().is_some() };
        if is_agreed { Ok(Ruling::Held) } else { Err(self.other_algorithm()) }
    }

    fn other_algorithm(&self) -> JoseError {
        JoseError::EncryptionAlgorithm {
            found: self.header.get("alg").map(printable).unwrap_or_default(),
        }
    }

    fn check_direct_encryption(&self) -> Checked {
        match self.enc.filter(|_| self.is_direct()) {
            Some(enc) if enc != ContentEncryption::A256Gcm => {
                Err(JoseError::EncryptionAlgorithm { found: enc.name().to_owned() })
            }
            enc => Ok(Ruling::held_if(enc.is_some())),
        }
    }

    fn check_direct_key(&self) -> Checked {
        match self.decoded.as_ref().filter(|_| self.is_direct()) {
            Some(decoded) if !decoded.encrypted_key.is_empty() => Err(JoseError::Decryption),
            decoded => Ok(Ruling::held_if(decoded.is_some())),
        }
    }

    /// Keeps only the keys that may match the header: the one with its `kid`, or else all of them. An unknown `kid`
    /// usually means that the OP has an outdated key set, but some OPs use their own names for a client's keys.
    fn find_keys(&mut self) -> Checked {
        let (kid, alg) = (self.header.get("kid"), self.wrapping());
        let (Decryption::PrivateKeys(keys), Some(alg)) = (&mut self.decryption, alg) else {
            return Ok(Ruling::NotApplicable);
        };
        let is_named = |own: &Arc<OwnKey>| kid == Some(own.kid.as_str());
        if keys.iter().any(is_named) {
            keys.retain(is_named);
        } else if kid.is_some() {
            let ours = keys.iter().map(|own| own.kid.clone()).collect();
            self.if_none_opens = JoseError::UnknownDecryptionKey { kid: kid.map(printable), ours };
        }
        keys.retain(|own| own.unwraps(alg));
        if keys.is_empty() {
            return Err(match &self.if_none_opens {
                JoseError::Decryption => self.other_algorithm(),
                unknown => unknown.clone(),
            });
        }
        // Try local keys first, because they are fast and always reachable.
        keys.sort_by_key(|own| own.is_outside());
        Ok(Ruling::Held)
    }

    fn tell_keys(&self) -> Told {
        let told = self.header.tell("kid");
        match &self.if_none_opens {
            JoseError::UnknownDecryptionKey { ours, .. } => {
                told.expected(format!("one of our keys: {}", ours.join(", ")))
            }
            _ => told,
        }
    }
}

/// The content of a JWE.
pub(crate) struct Content {
    /// The plaintext, or the reason why none of our keys opened it.
    opened: Result<Wiped<Vec<u8>>, JoseError>,
    jws: Option<Wiped<String>>,
}

impl Subject for Content {
    type Error = JoseError;

    fn rules<'r>() -> &'r [Rule<Self>]
    where
        Self: 'r,
    {
        rules! {
            "decryption", "RFC 7516 §5.2, §11.5", "its tag is valid for one of our keys (this is checked before anything is decrypted); the error is the same whatever is wrong" =>
                |it| it.check_opened(), |it| it.tell_opened();
            "content", "RFC 7519 §5.2", "the inner JWS as text" =>
                |it| it.read_text(), |it| it.tell_text();
        }
    }
}

impl Content {
    pub(crate) fn new(opened: Result<Wiped<Vec<u8>>, JoseError>) -> Self {
        Self { opened, jws: None }
    }

    /// The JWS, which is not yet verified, once the checks have passed.
    pub(crate) fn into_jws(self) -> Option<Wiped<String>> {
        self.jws
    }

    fn check_opened(&self) -> Checked {
        self.opened.as_ref().map(|_| Ruling::Held).map_err(JoseError::clone)
    }

    fn tell_opened(&self) -> Told {
        Told::found(if self.opened.is_ok() { "its tag is valid" } else { "it cannot be decrypted" })
    }

    fn read_text(&mut self) -> Checked {
        let Ok(plaintext) = &mut self.opened else { return Ok(Ruling::NotApplicable) };
        match String::from_utf8(std::mem::take(&mut **plaintext)) {
            Ok(text) => self.jws = Some(Wiped::new(text)),
            Err(error) => {
                drop(Wiped::new(error.into_bytes()));
                return Err(JoseError::NotSigned);
            }
        }
        Ok(Ruling::Held)
    }

    fn tell_text(&self) -> Told {
        Told::found(if self.jws.is_some() { "text" } else { "not text" })
    }
}
