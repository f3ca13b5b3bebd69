//! JOSE as itsme uses it. Only this module uses josekit and openssl directly.
//!
//! josekit parses the OP's keys and performs the RSA operations with them. Our own keys are used through openssl,
//! with contexts that are kept. Everything between the dots is read and written here, because josekit 0.10.3 decrypts
//! before it checks a tag, accepts one-byte tags and IVs of any length, ignores `crit`, inflates `zip` without a
//! limit, lets the last of two duplicate members win, and panics on some malformed tokens and times.
//!
//! ```text
//! nested.rs       a JWS in a JWE
//! jws.rs jwe.rs   one layer each: verify and sign, open and encrypt
//! jws_checks.rs jwe_checks.rs           their checks
//! header.rs       the members of a header
//! content.rs      A128CBC-HS256, A256GCM            hmac.rs   HMAC-SHA256
//! key_set.rs      the OP's key set                  public_key.rs  one of its keys
//! key_set_checks.rs key_checks.rs       their checks
//! own_jwk.rs      our keys as JWKs                  own_key.rs     local or external
//! rsa_key.rs      the local private keys            contexts.rs    OpenSSL's contexts for them
//! seal.rs         encrypts what is not a JWT
//! error.rs        reasons why a token or a key cannot be used
//! ```

mod base64url;
mod content;
mod contexts;
mod error;
mod header;
mod hmac;
mod jwe;
pub(crate) mod jwe_checks;
mod jws;
pub(crate) mod jws_checks;
pub(crate) mod key_checks;
mod key_set;
pub(crate) mod key_set_checks;
mod nested;
mod own_jwk;
mod own_key;
mod public_key;
mod rsa_key;
mod seal;

#[allow(unused_imports, reason = "some are only for vectors and fuzz targets")]
pub use self::{
    base64url::{
        append as base64url_append, decode as base64url_decode, decode_any as base64_decode,
        encode as base64url, encode_standard as base64,
    },
    content::{ContentEncryption, Undecryptable},
    error::{JoseError, RsaKeyError},
    hmac::hmac_sha256,
    jwe::{Decryption, Direct, KeyEncryption, Opening, WrappedJwe, encrypt, open},
    jws::{SignatureCheck, Signer, UnsignedJws, Verified, verify},
    key_set::KeySet,
    key_set_checks::KeySetError,
    nested::{MAX_TOKEN, encrypt_jws, inner},
    own_jwk::OwnJwk,
    own_key::{KeyHome, OwnKey},
    public_key::PublicKey,
    rsa_key::RsaPrivateKey,
};

pub(crate) use self::{
    public_key::{Alg, PublicJwk, Usage},
    seal::{SealTo, seal},
};

/// SHA-256 of the concatenation of `parts`.
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = openssl::sha::Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finish()
}

/// Compares in constant time: the duration depends only on the lengths.
pub fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && openssl::memcmp::eq(a, b)
}
