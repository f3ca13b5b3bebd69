use openssl::{
    bn::{BigNum, BigNumContext, BigNumRef},
    error::ErrorStack,
    pkey::{PKey, Private},
    rsa::{Rsa, RsaPrivateKeyBuilder},
};
use zeroize::Zeroizing;

pub(super) use super::own_jwk::OwnJwk;
use super::{KeyEncryption, RsaKeyError, base64url, base64url_decode, contexts::Contexts, sha256};

/// The accepted sizes of an RSA modulus, in bits.
pub(super) const MODULUS_BITS: std::ops::RangeInclusive<i32> = 2048..=8192;

/// What is wrong with a key that is being parsed. OpenSSL's own errors are not passed on.
struct ParseError(RsaKeyError);

impl From<RsaKeyError> for ParseError {
    fn from(error: RsaKeyError) -> Self {
        Self(error)
    }
}

impl From<ErrorStack> for ParseError {
    fn from(_: ErrorStack) -> Self {
        Self(RsaKeyError::Inconsistent)
    }
}

/// One of our private RSA keys, parsed once: it signs or decrypts.
pub struct RsaPrivateKey {
    signing: Contexts<Private>,
    oaep: Contexts<Private>,
    oaep_256: Contexts<Private>,
    modulus_bytes: usize,
    n: String,
    e: String,
}

impl RsaPrivateKey {
    /// Checks that the numbers are present, large enough and consistent. If a key set contains only `n`, `e` and `d`,
    /// the primes are computed, so that every key works at full speed.
    pub fn from_jwk(jwk: &OwnJwk) -> Result<Self, RsaKeyError> {
        Self::parse(jwk).map_err(|ParseError(error)| error)
    }

    fn parse(jwk: &OwnJwk) -> Result<Self, ParseError> {
        let d = jwk.d.as_deref().ok_or(RsaKeyError::PublicOnly)?;
        let ((n, e), d) = (public_numbers(jwk)?, number("d", d)?);
        if d.num_bits() > n.num_bits() {
            return Err(RsaKeyError::Inconsistent.into());
        }
        let (n_text, e_text) = (base64url(n.to_vec()), base64url(e.to_vec()));
        let key = match (&jwk.p, &jwk.q, &jwk.dp, &jwk.dq, &jwk.qi) {
            (Some(p), Some(q), Some(dp), Some(dq), Some(qi)) => RsaPrivateKeyBuilder::new(n, e, d)?
                .set_factors(number("p", p)?, number("q", q)?)?
                .set_crt_params(number("dp", dp)?, number("dq", dq)?, number("qi", qi)?)?
                .build(),
            _ => with_primes(n, e, d)?,
        };
        if !key.check_key()? {
            return Err(RsaKeyError::Inconsistent.into());
        }
        let modulus_bytes = key.size() as usize;
        let key = PKey::from_rsa(key)?;
        Ok(Self {
            signing: Contexts::signing(&key),
            oaep: Contexts::unwrapping(&key, KeyEncryption::RsaOaep),
            oaep_256: Contexts::unwrapping(&key, KeyEncryption::RsaOaep256),
            modulus_bytes,
            n: n_text,
            e: e_text,
        })
    }

    /// The modulus and the public exponent, base64url.
    pub fn public_numbers(&self) -> (&str, &str) {
        (&self.n, &self.e)
    }

    /// Signs with RS256. Returns `None` if OpenSSL fails, for example because it is out of memory.
    pub fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let (digest, mut signature) = (sha256(&[message]), vec![0; self.modulus_bytes]);
        let signed = self.signing.run(|context| context.sign(&digest, Some(&mut signature)));
        signed.is_ok_and(|length| length == signature.len()).then_some(signature)
    }

    /// Decrypts with RSA-OAEP. Returns `None` if the bytes are not as long as the modulus, or cannot be decrypted.
    pub fn decrypt(&self, alg: KeyEncryption, encrypted: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        if encrypted.len() != self.modulus_bytes {
            return None;
        }
        let unwrapping = match alg {
            KeyEncryption::RsaOaep => &self.oaep,
            KeyEncryption::RsaOaep256 => &self.oaep_256,
        };
        let mut decrypted = Zeroizing::new(vec![0; self.modulus_bytes]);
        let length =
            unwrapping.run(|context| context.decrypt(encrypted, Some(&mut decrypted))).ok()?;
        decrypted.truncate(length);
        Some(decrypted)
    }
}

/// The modulus and the public exponent, within their limits.
pub(super) fn public_numbers(jwk: &OwnJwk) -> Result<(BigNum, BigNum), RsaKeyError> {
    let modulus = jwk.n.as_deref().ok_or(RsaKeyError::Missing("n"))?;
    let exponent = jwk.e.as_deref().ok_or(RsaKeyError::Missing("e"))?;
    let (n, e) = (number("n", modulus)?, number("e", exponent)?);
    if !MODULUS_BITS.contains(&n.num_bits()) {
        return Err(RsaKeyError::Size(n.num_bits()));
    }
    if !n.is_bit_set(0) || !e.is_bit_set(0) || e.num_bits() < 2 {
        return Err(RsaKeyError::Inconsistent);
    }
    Ok((n, e))
}

fn number(name: &'static str, text: &str) -> Result<BigNum, RsaKeyError> {
    let bytes = base64url_decode(text).map_err(|_| RsaKeyError::NotANumber(name))?;
    let bytes = Zeroizing::new(bytes);
    if bytes.is_empty() {
        return Err(RsaKeyError::Missing(name));
    }
    BigNum::from_slice(&bytes).map_err(|_| RsaKeyError::NotANumber(name))
}

/// Recovers the prime factors of `n` from the two exponents (NIST SP 800-56B, appendix C).
fn with_primes(n: BigNum, e: BigNum, d: BigNum) -> Result<Rsa<Private>, ParseError> {
    let mut context = BigNumContext::new_secure()?;
    let one = BigNum::from_u32(1)?;
    let mut odd = BigNum::new_secure()?;
    odd.checked_mul(&d, &e, &mut context)?;
    odd.sub_word(1)?;
    let mut twos = 0;
    while odd.num_bits() > 0 && !odd.is_bit_set(twos) {
        twos += 1;
    }
    let mut exponent = BigNum::new_secure()?;
    exponent.rshift(&odd, twos)?;

    // Each base splits n with probability of at least 1/2.
    for base in 2..=100 {
        let mut root = BigNum::new_secure()?;
        let base = BigNum::from_u32(base)?;
        root.mod_exp(&base, &exponent, &n, &mut context)?;
        for _ in 0..twos {
            let mut square = BigNum::new_secure()?;
            square.mod_sqr(&root, &n, &mut context)?;
            root.sub_word(1)?;
            let trivial = root.num_bits() == 0 || is_minus_two(&root, &n)?;
            if square == one && !trivial {
                let mut p = BigNum::new_secure()?;
                p.gcd(&root, &n, &mut context)?;
                return crt(n, e, d, p, &mut context);
            }
            root = square;
        }
    }
    Err(RsaKeyError::Inconsistent.into())
}

/// Whether `value` is n − 2, which is n − 1 after 1 has been subtracted.
fn is_minus_two(value: &BigNumRef, n: &BigNumRef) -> Result<bool, ErrorStack> {
    let mut sum = value.to_owned()?;
    sum.add_word(2)?;
    Ok(*sum == *n)
}

fn crt(
    n: BigNum,
    e: BigNum,
    d: BigNum,
    p: BigNum,
    context: &mut BigNumContext,
) -> Result<Rsa<Private>, ParseError> {
    let (new, one) = (BigNum::new_secure, BigNum::from_u32(1)?);
    let (mut q, mut dp, mut dq, mut qi) = (new()?, new()?, new()?, new()?);
    let (mut p_less_1, mut q_less_1) = (p.to_owned()?, new()?);
    q.checked_div(&n, &p, context)?;
    q_less_1.checked_sub(&q, &one)?;
    p_less_1.sub_word(1)?;
    dp.nnmod(&d, &p_less_1, context)?;
    dq.nnmod(&d, &q_less_1, context)?;
    qi.mod_inverse(&q, &p, context)?;
    Ok(RsaPrivateKeyBuilder::new(n, e, d)?.set_factors(p, q)?.set_crt_params(dp, dq, qi)?.build())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// OpenSSL accepts any `d` that is correct modulo (p − 1)(q − 1), no matter how long, and a long one could take
    /// arbitrarily long to use.
    #[test]
    fn d_is_no_longer_than_the_modulus() -> Result<(), ErrorStack> {
        let keys: serde_json::Value =
            serde_json::from_str(itsme_testkit::private_jwks()).expect("JSON");
        let mut jwk = keys["keys"][0].clone();
        let read = |name: &str| number("x", jwk[name].as_str().expect("text")).expect("a number");
        let (mut p, mut q, mut d) = (read("p"), read("q"), read("d"));
        p.sub_word(1)?;
        q.sub_word(1)?;
        let (mut order, mut shifted) = (BigNum::new()?, BigNum::new()?);
        let mut context = BigNumContext::new()?;
        order.checked_mul(&p, &q, &mut context)?;
        shifted.lshift(&order, 64)?;
        d = &d + &shifted;
        let error = |jwk: &serde_json::Value| {
            let jwk: OwnJwk = serde_json::from_value(jwk.clone()).expect("a JWK");
            RsaPrivateKey::from_jwk(&jwk).err()
        };
        assert_eq!(error(&jwk), None);
        jwk["d"] = base64url(d.to_vec()).into();
        assert_eq!(error(&jwk), Some(RsaKeyError::Inconsistent));
        Ok(())
    }

    #[test]
    fn the_smallest_exponent_is_3() {
        let keys: serde_json::Value =
            serde_json::from_str(itsme_testkit::private_jwks()).expect("JSON");
        for (exponent, is_accepted) in [(1, false), (2, false), (3, true), (4, false), (5, true)] {
            let jwk = serde_json::json!({ "n": keys["keys"][0]["n"], "e": base64url([exponent]) });
            let jwk: OwnJwk = serde_json::from_value(jwk).expect("a JWK");
            assert_eq!(public_numbers(&jwk).is_ok(), is_accepted, "{exponent}");
        }
    }
}
