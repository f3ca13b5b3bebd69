//! Proof Key for Code Exchange: a code is useless without its verifier (RFC 7636).

use crate::{ground::secret::Secret, jose};

/// The S256 challenge of a code verifier (RFC 7636 §4.2).
pub(crate) fn code_challenge(verifier: &Secret) -> String {
    jose::base64url(jose::sha256(&[verifier.expose().as_bytes()]))
}

pub(crate) fn is_code_verifier(text: &str) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    (43..=128).contains(&text.len()) && text.bytes().all(unreserved)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636, appendix B.
    #[test]
    fn the_challenge_is_s256() {
        let verifier = Secret::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(code_challenge(&verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
