//! The usual way: the same operations with the calls that the documentation of the `openssl`
//! crate shows, with the keys ready.

use openssl::{
    encrypt::{Decrypter, Encrypter},
    hash::MessageDigest,
    memcmp,
    pkey::{PKey, PKeyRef, Private, Public},
    rsa::Padding,
    sign::{Signer, Verifier},
    symm::{self, Cipher},
};

use crate::tokens::{ContentKey, Sealed, Signed};

fn tag(key: &[u8], sealed: &Sealed, ciphertext: &[u8]) -> Vec<u8> {
    let key = PKey::hmac(key).expect("a key");
    let mut signer = Signer::new(MessageDigest::sha256(), &key).expect("HMAC");
    let bits = (sealed.protected.len() as u64 * 8).to_be_bytes();
    for part in [sealed.protected.as_bytes(), &sealed.iv, ciphertext, &bits] {
        signer.update(part).expect("HMAC");
    }
    signer.sign_to_vec().expect("HMAC")
}

/// Decrypts a nested token and verifies its content.
pub fn open(own: &PKeyRef<Private>, theirs: &PKeyRef<Public>, sealed: &Sealed, signed: &Signed) {
    let mut oaep = Decrypter::new(own).expect("a key that decrypts");
    oaep.set_rsa_padding(Padding::PKCS1_OAEP).expect("OAEP");
    oaep.set_rsa_oaep_md(MessageDigest::sha256()).expect("SHA-256");
    oaep.set_rsa_mgf1_md(MessageDigest::sha256()).expect("SHA-256");
    let mut key = vec![0; oaep.decrypt_len(&sealed.encrypted_key).expect("a length")];
    let length = oaep.decrypt(&sealed.encrypted_key, &mut key).expect("a content key");
    let (mac_key, key) = key[..length].split_at(16);
    let tag = tag(mac_key, sealed, &sealed.ciphertext);
    assert!(memcmp::eq(&tag[..16], &sealed.tag), "the tag is right");
    let plaintext = symm::decrypt(Cipher::aes_128_cbc(), key, Some(&sealed.iv), &sealed.ciphertext);
    drop(plaintext.expect("the padding"));
    let mut verifier = Verifier::new(MessageDigest::sha256(), theirs).expect("a key that verifies");
    let right = verifier.verify_oneshot(&signed.signature, signed.message.as_bytes());
    assert!(right.expect("a signature"), "the signature is right");
}

/// RS256.
pub fn sign(own: &PKeyRef<Private>, message: &str) -> Vec<u8> {
    let mut signer = Signer::new(MessageDigest::sha256(), own).expect("a key that signs");
    signer.sign_oneshot_to_vec(message.as_bytes()).expect("a signature")
}

/// Signs, then encrypts: a token like `sealed`, around `signed`.
pub fn seal(
    own: &PKeyRef<Private>,
    theirs: &PKeyRef<Public>,
    (sealed, signed): (&Sealed, &Signed),
    content_key: &ContentKey,
) {
    sign(own, &signed.message);
    let mut oaep = Encrypter::new(theirs).expect("a key that encrypts");
    oaep.set_rsa_padding(Padding::PKCS1_OAEP).expect("OAEP");
    oaep.set_rsa_oaep_md(MessageDigest::sha256()).expect("SHA-256");
    oaep.set_rsa_mgf1_md(MessageDigest::sha256()).expect("SHA-256");
    let mut encrypted_key = vec![0; oaep.encrypt_len(content_key).expect("a length")];
    oaep.encrypt(content_key, &mut encrypted_key).expect("a key");
    let (mac_key, key) = content_key.split_at(16);
    let (iv, plaintext) = (Some(&sealed.iv[..]), signed.compact.as_bytes());
    let ciphertext = symm::encrypt(Cipher::aes_128_cbc(), key, iv, plaintext).expect("a key");
    tag(mac_key, sealed, &ciphertext);
}
