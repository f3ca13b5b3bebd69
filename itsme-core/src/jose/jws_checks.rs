//! The checks on a compact JWS (RFC 7515 §5.2, RFC 8725).

use std::sync::Arc;

use super::{
    JoseError, KeySet, PublicKey, SignatureCheck, constant_time_eq,
    header::{Header, decode_part, malformed, parts},
    hmac_sha256,
};
use crate::ground::{
    check::{Rule, Ruling, Subject, Told, Verdict, rules},
    json::{self, Members},
    text::printable,
    wiped::Wiped,
};

/// A compact JWS, and how it must have been signed.
pub(crate) struct SignedToken<'a> {
    jws: &'a str,
    check: SignatureCheck<'a>,
    parts: Option<[&'a str; 3]>,
    pub(super) header: Header,
    signature: Option<Vec<u8>>,
    signer: Option<Signature>,
    claims: Option<Members>,
}

/// A valid signature.
struct Signature {
    /// The key that created the signature; `None` for a shared secret.
    key: Option<Arc<PublicKey>>,
}

type Checked = Verdict<JoseError>;

impl Subject for SignedToken<'_> {
    type Error = JoseError;

    fn rules<'r>() -> &'r [Rule<Self>]
    where
        Self: 'r,
    {
        rules! {
            "form", "RFC 7515 §7.1", "three parts" =>
                |it| it.check_form(), |it| it.tell_form();
            "header", "RFC 7515 §4", "a JSON object without repeated members, at most 4 KiB as base64url" =>
                |it| it.header.check_form(it.parts.map(|[header, ..]| header)),
                |it| it.header.tell_form();
            "extensions", "RFC 7515 §4.1.11, RFC 7797 §6", "no `crit`, `zip` or `b64`" =>
                |it| it.header.check_extensions(), |it| it.header.tell_extensions();
            "cty", "RFC 7519 §5.2", "if present, `JWT`" =>
                |it| it.header.check_content_type(), |it| it.header.tell("cty");
            "header names", "RFC 7515 §4.1", "`alg` is present; `alg`, `enc` and `kid` are strings" =>
                |it| it.header.check_names(), |it| it.header.tell_names();
            "typ", "RFC 8725 §3.11", "not another kind of JWT, such as `at+jwt`" =>
                |it| it.header.check_kind(), |it| it.header.tell("typ");
            "signature form", "RFC 7515 §5.2", "base64url" =>
                |it| it.check_signature_form(), |it| it.tell_signature_form();
            "alg", "RFC 8725 §3.1", "the agreed algorithm, which is never taken from the header" =>
                |it| it.check_algorithm(), |it| it.tell_algorithm();
            "signature", "RFC 7515 §5.2, OIDC Core §10.1", "made with one of the OP's published keys, which must be the one with the header's `kid` if there is one" =>
                |it| it.check_signature(), |it| it.tell_signature();
            "claims", "RFC 7519 §7.2", "a JSON object without repeated members, at any depth" =>
                |it| it.read_claims(), |it| it.tell_claims();
        }
    }
}

impl<'a> SignedToken<'a> {
    pub(crate) fn new(jws: &'a str, check: SignatureCheck<'a>) -> Self {
        let header = Header::default();
        Self { jws, check, parts: None, header, signature: None, signer: None, claims: None }
    }

    /// The claims, and the key that signed them, once the checks have passed.
    pub(super) fn verified(self) -> Option<(Members, Option<Arc<PublicKey>>)> {
        Some((self.claims?, self.signer?.key))
    }

    /// The header and the claims, even if the signature is not valid.
    pub(crate) fn unverified(self) -> (Option<Members>, Option<Members>) {
        (self.header.members().cloned(), self.claims)
    }

    fn check_form(&mut self) -> Checked {
        self.parts = Some(parts(self.jws).map_err(|_| JoseError::NotSigned)?);
        Ok(Ruling::Held)
    }

    fn tell_form(&self) -> Told {
        Told::found(format!("{} parts", self.jws.split('.').count()))
    }

    fn check_signature_form(&mut self) -> Checked {
        let Some([.., signature]) = self.parts else { return Ok(Ruling::NotApplicable) };
        self.signature = Some(decode_part(signature)?);
        Ok(Ruling::Held)
    }

    fn tell_signature_form(&self) -> Told {
        Told::found(match &self.signature {
            Some(signature) => format!("{} bytes", signature.len()),
            None => "something else".to_owned(),
        })
    }

    fn agreed(&self) -> &'static str {
        match self.check {
            SignatureCheck::Rs256(_) => "RS256",
            SignatureCheck::Hs256(_) => "HS256",
        }
    }

    fn check_algorithm(&self) -> Checked {
        match self.header.get("alg") {
            Some(alg) if alg != self.agreed() => {
                Err(JoseError::SignatureAlgorithm { found: printable(alg) })
            }
            alg => Ok(Ruling::held_if(alg.is_some())),
        }
    }

    fn tell_algorithm(&self) -> Told {
        self.header.tell("alg").expected(format!("`{}`", self.agreed()))
    }

    fn check_signature(&mut self) -> Checked {
        let (Some([header, payload, _]), Some(signature)) = (self.parts, &self.signature) else {
            return Ok(Ruling::NotApplicable);
        };
        if self.header.get("alg") != Some(self.agreed()) {
            return Ok(Ruling::NotApplicable);
        }
        let message = &self.jws.as_bytes()[..header.len() + 1 + payload.len()];
        let key = match self.check {
            SignatureCheck::Rs256(keys) => {
                Some(signing_key(keys, self.header.get("kid"), message, signature)?)
            }
            SignatureCheck::Hs256(secret) => {
                if !constant_time_eq(&hmac_sha256(secret, &[message]), signature) {
                    return Err(JoseError::Signature);
                }
                None
            }
        };
        self.signer = Some(Signature { key });
        Ok(Ruling::Held)
    }

    fn tell_signature(&self) -> Told {
        let name = self.header.get("kid").map(|kid| format!("`{}`", printable(kid)));
        let named = name.as_deref().unwrap_or("an unnamed key");
        match (self.check, &self.signer) {
            (SignatureCheck::Rs256(keys), signer) => {
                let published: Vec<_> = keys
                    .verifiers(None)
                    .take(8)
                    .map(|key| key.kid().map_or("an unnamed key".to_owned(), printable))
                    .collect();
                let found = match signer {
                    Some(_) => format!("signed by {named}"),
                    None => format!("not signed by a published key; the header names {named}"),
                };
                Told::found(found).expected(format!("signed by one of {}", published.join(", ")))
            }
            (SignatureCheck::Hs256(_), Some(_)) => Told::found("made with the client secret"),
            (SignatureCheck::Hs256(_), None) => Told::found("not made with the client secret"),
        }
    }

    /// Reads the claims, whoever signed them. Without a valid signature, they are useful only for diagnostics.
    fn read_claims(&mut self) -> Checked {
        let Some([_, payload, _]) = self.parts else { return Ok(Ruling::NotApplicable) };
        let claims = json::members(&Wiped::new(decode_part(payload)?));
        let claims = claims.map_err(|error| malformed(error.as_str()))?;
        self.claims = Some(claims.without_nulls());
        Ok(Ruling::Held)
    }

    fn tell_claims(&self) -> Told {
        Told::found(match &self.claims {
            Some(claims) => format!("{} claims", claims.len()),
            None => "something else".to_owned(),
        })
    }
}

fn signing_key(
    keys: &KeySet,
    kid: Option<&str>,
    message: &[u8],
    signature: &[u8],
) -> Result<Arc<PublicKey>, JoseError> {
    let mut candidates = keys.verifiers(kid).peekable();
    let is_known = kid.is_some_and(|kid| keys.has_verifier(kid));
    let unknown = || JoseError::UnknownSigningKey {
        kid: kid.map(printable),
        published: keys
            .verifiers(None)
            .filter_map(|key| key.kid())
            .map(printable)
            .take(8)
            .collect(),
    };
    if candidates.peek().is_none() {
        return Err(unknown());
    }
    match candidates.find(|key| key.has_signed(message, signature)) {
        Some(key) => Ok(Arc::clone(key)),
        None if is_known => Err(JoseError::Signature),
        // The key may have been published in the meantime.
        None => Err(unknown()),
    }
}
