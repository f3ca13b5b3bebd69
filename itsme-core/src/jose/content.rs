use openssl::{cipher::Cipher, cipher_ctx::CipherCtx, error::ErrorStack};

use super::{constant_time_eq, hmac_sha256};
use crate::ground::wiped::Wiped;

const TAG: usize = 16;

/// The two JWE content encryption algorithms that itsme uses (RFC 7518 §5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(clippy::exhaustive_enums)]
pub enum ContentEncryption {
    /// `A128CBC-HS256`, RFC 7518 §5.2.3.
    A128CbcHs256,
    /// `A256GCM`, RFC 7518 §5.3.
    A256Gcm,
}

/// The content cannot be decrypted. The reason is deliberately withheld.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Undecryptable;

impl From<ErrorStack> for Undecryptable {
    fn from(_: ErrorStack) -> Self {
        Self
    }
}

impl ContentEncryption {
    /// The length of a content encryption key in bytes, the same for both algorithms.
    pub const KEY: usize = 32;

    /// Finds the algorithm by its name in the `enc` header.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::A128CbcHs256, Self::A256Gcm].into_iter().find(|enc| enc.name() == name)
    }

    /// The name in the `enc` header.
    pub fn name(self) -> &'static str {
        match self {
            Self::A128CbcHs256 => "A128CBC-HS256",
            Self::A256Gcm => "A256GCM",
        }
    }

    /// The length of an initialization vector in bytes.
    pub fn iv(self) -> usize {
        match self {
            Self::A128CbcHs256 => 16,
            Self::A256Gcm => 12,
        }
    }

    /// Returns the ciphertext and its tag. `iv` must have the length [`iv`](Self::iv).
    pub fn encrypt(
        self,
        key: &[u8; Self::KEY],
        iv: &[u8],
        aad: &[u8],
        plaintext: &[u8],
    ) -> Result<(Vec<u8>, [u8; TAG]), ErrorStack> {
        let mut ciphertext = Vec::with_capacity(plaintext.len() + 16);
        let mut context = CipherCtx::new()?;
        match self {
            Self::A128CbcHs256 => {
                let (mac_key, cipher_key) = key.split_at(16);
                context.encrypt_init(Some(Cipher::aes_128_cbc()), Some(cipher_key), Some(iv))?;
                context.cipher_update_vec(plaintext, &mut ciphertext)?;
                context.cipher_final_vec(&mut ciphertext)?;
                let tag = cbc_tag(mac_key, aad, iv, &ciphertext);
                Ok((ciphertext, tag))
            }
            Self::A256Gcm => {
                context.encrypt_init(Some(Cipher::aes_256_gcm()), Some(key), Some(iv))?;
                context.cipher_update(aad, None)?;
                context.cipher_update_vec(plaintext, &mut ciphertext)?;
                context.cipher_final_vec(&mut ciphertext)?;
                let mut tag = [0; TAG];
                context.tag(&mut tag)?;
                Ok((ciphertext, tag))
            }
        }
    }

    /// Returns the plaintext if the tag is valid. CBC decryption starts only after the tag has been checked, so there
    /// is no padding oracle. IVs and tags of the wrong length are rejected.
    pub fn decrypt(
        self,
        key: &[u8; Self::KEY],
        iv: &[u8],
        aad: &[u8],
        ciphertext: &[u8],
        tag: &[u8],
    ) -> Result<Wiped<Vec<u8>>, Undecryptable> {
        if iv.len() != self.iv() || tag.len() != TAG {
            return Err(Undecryptable);
        }
        let mut plaintext = Wiped::new(Vec::with_capacity(ciphertext.len() + 16));
        match self {
            Self::A128CbcHs256 => {
                let (mac_key, cipher_key) = key.split_at(16);
                let whole_blocks = !ciphertext.is_empty() && ciphertext.len().is_multiple_of(16);
                if !constant_time_eq(&cbc_tag(mac_key, aad, iv, ciphertext), tag) || !whole_blocks {
                    return Err(Undecryptable);
                }
                let mut context = CipherCtx::new()?;
                context.decrypt_init(Some(Cipher::aes_128_cbc()), Some(cipher_key), Some(iv))?;
                context.cipher_update_vec(ciphertext, &mut plaintext)?;
                context.cipher_final_vec(&mut plaintext)?;
            }
            Self::A256Gcm => {
                let mut context = CipherCtx::new()?;
                context.decrypt_init(Some(Cipher::aes_256_gcm()), Some(key), Some(iv))?;
                context.set_tag(tag)?;
                context.cipher_update(aad, None)?;
                context.cipher_update_vec(ciphertext, &mut plaintext)?;
                context.cipher_final_vec(&mut plaintext)?;
            }
        }
        Ok(plaintext)
    }
}

/// RFC 7518 §5.2.2.1: the first half of HMAC(AAD ‖ IV ‖ ciphertext ‖ length of AAD in bits).
fn cbc_tag(mac_key: &[u8], aad: &[u8], iv: &[u8], ciphertext: &[u8]) -> [u8; TAG] {
    let aad_bits = (aad.len() as u64 * 8).to_be_bytes();
    let mac = hmac_sha256(mac_key, &[aad, iv, ciphertext, &aad_bits]);
    let mut tag = [0; TAG];
    tag.copy_from_slice(&mac[..TAG]);
    tag
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: [ContentEncryption; 2] =
        [ContentEncryption::A128CbcHs256, ContentEncryption::A256Gcm];

    #[test]
    fn what_was_encrypted_decrypts() {
        for enc in BOTH {
            for length in [0, 1, 15, 16, 17, 1000] {
                let (key, iv, text) = ([7; 32], vec![9; enc.iv()], vec![b'x'; length]);
                let (ciphertext, tag) = enc.encrypt(&key, &iv, b"aad", &text).expect("encrypts");
                let plain = enc.decrypt(&key, &iv, b"aad", &ciphertext, &tag).expect("decrypts");
                assert_eq!(*plain, text);
            }
        }
    }

    #[test]
    fn every_change_is_noticed() {
        for enc in BOTH {
            let (key, iv) = ([7; 32], vec![9; enc.iv()]);
            let (mut text, tag) = enc.encrypt(&key, &iv, b"aad", b"hello").expect("encrypts");
            assert_eq!(enc.decrypt(&[8; 32], &iv, b"aad", &text, &tag), Err(Undecryptable));
            assert_eq!(enc.decrypt(&key, &iv, b"aae", &text, &tag), Err(Undecryptable));
            assert_eq!(enc.decrypt(&key, &iv[1..], b"aad", &text, &tag), Err(Undecryptable));
            assert_eq!(enc.decrypt(&key, &[], b"aad", &text, &tag), Err(Undecryptable));
            for short in [0, 1, 12, 15] {
                assert_eq!(
                    enc.decrypt(&key, &iv, b"aad", &text, &tag[..short]),
                    Err(Undecryptable)
                );
            }
            text[0] ^= 1;
            assert_eq!(enc.decrypt(&key, &iv, b"aad", &text, &tag), Err(Undecryptable));
        }
    }

    /// An authentic ciphertext that is not a whole number of blocks, which only an OP could make.
    #[test]
    fn cbc_wants_whole_blocks() {
        let enc = ContentEncryption::A128CbcHs256;
        for length in [0, 15, 17] {
            let text = vec![1; length];
            let tag = cbc_tag(&[7; 16], b"", &[9; 16], &text);
            assert_eq!(enc.decrypt(&[7; 32], &[9; 16], b"", &text, &tag), Err(Undecryptable));
        }
    }
}
