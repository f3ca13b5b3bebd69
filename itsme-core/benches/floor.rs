//! The floor: the bare OpenSSL operations that a token requires. Keys, cipher and buffers are ready,
//! no base64 or JSON is read or written, and only the tag and the signature are checked.

use openssl::{
    cipher::{Cipher, CipherRef},
    cipher_ctx::CipherCtx,
    md::Md,
    memcmp,
    pkey::{PKey, Private, Public},
    pkey_ctx::PkeyCtx,
    rsa::Padding,
    sha::{Sha256, sha256},
};

use crate::tokens::{ContentKey, Sealed, Signed};

/// AES-128-CBC and HMAC-SHA256 (RFC 7518 §5.2).
struct Content {
    cipher: Cipher,
    context: CipherCtx,
    buffer: Vec<u8>,
}

impl Content {
    fn new() -> Self {
        let cipher = Cipher::fetch(None, "AES-128-CBC", None).expect("OpenSSL has it");
        let context = CipherCtx::new().expect("a context");
        Self { cipher, context, buffer: vec![0; 1024 * 1024] }
    }

    fn tag(key: &[u8], sealed: &Sealed, ciphertext: &[u8]) -> [u8; 32] {
        let bits = (sealed.protected.len() as u64 * 8).to_be_bytes();
        let padded = |pad: u8| {
            let mut block = [pad; 64];
            block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
            let mut hash = Sha256::new();
            hash.update(&block);
            hash
        };
        let mut inner = padded(0x36);
        for part in [sealed.protected.as_bytes(), &sealed.iv, ciphertext, &bits] {
            inner.update(part);
        }
        let mut outer = padded(0x5c);
        outer.update(&inner.finish());
        outer.finish()
    }

    fn decrypt(&mut self, key: &[u8], sealed: &Sealed) -> usize {
        let (mac_key, key) = key.split_at(16);
        let tag = Self::tag(mac_key, sealed, &sealed.ciphertext);
        assert!(memcmp::eq(&tag[..16], &sealed.tag), "the tag is right");
        let cipher: Option<&CipherRef> = Some(&self.cipher);
        self.context.decrypt_init(cipher, Some(key), Some(&sealed.iv)).expect("a key");
        self.update(&sealed.ciphertext)
    }

    fn encrypt(&mut self, key: &ContentKey, sealed: &Sealed, plaintext: &[u8]) -> [u8; 32] {
        let (mac_key, key) = key.split_at(16);
        let cipher: Option<&CipherRef> = Some(&self.cipher);
        self.context.encrypt_init(cipher, Some(key), Some(&sealed.iv)).expect("a key");
        let length = self.update(plaintext);
        Self::tag(mac_key, sealed, &self.buffer[..length])
    }

    fn update(&mut self, input: &[u8]) -> usize {
        let (context, buffer) = (&mut self.context, &mut self.buffer);
        let length = context.cipher_update(input, Some(buffer)).expect("whole blocks");
        length + context.cipher_final(&mut buffer[length..]).expect("the padding")
    }
}

fn oaep_256<T>(context: &mut PkeyCtx<T>) {
    context.set_rsa_padding(Padding::PKCS1_OAEP).expect("OAEP");
    context.set_rsa_oaep_md(Md::sha256()).expect("SHA-256");
    context.set_rsa_mgf1_md(Md::sha256()).expect("SHA-256");
}

fn pkcs1<T>(context: &mut PkeyCtx<T>) {
    context.set_rsa_padding(Padding::PKCS1).expect("PKCS #1");
    context.set_signature_md(Md::sha256()).expect("SHA-256");
}

/// Decrypts a nested token and verifies its content.
pub struct Opening {
    own: PKey<Private>,
    theirs: PKey<Public>,
    content: Content,
    content_key: Vec<u8>,
}

impl Opening {
    pub fn new(own: PKey<Private>, theirs: PKey<Public>) -> Self {
        let content_key = vec![0; own.size()];
        Self { own, theirs, content: Content::new(), content_key }
    }

    pub fn open(&mut self, sealed: &Sealed, signed: &Signed) {
        let mut oaep = PkeyCtx::new(&self.own).expect("a context");
        oaep.decrypt_init().expect("a key that decrypts");
        oaep_256(&mut oaep);
        let key = Some(&mut self.content_key[..]);
        let length = oaep.decrypt(&sealed.encrypted_key, key).expect("a content key");
        self.content.decrypt(&self.content_key[..length], sealed);
        let mut rs256 = PkeyCtx::new(&self.theirs).expect("a context");
        rs256.verify_init().expect("a key that verifies");
        pkcs1(&mut rs256);
        let digest = sha256(signed.message.as_bytes());
        assert!(rs256.verify(&digest, &signed.signature).expect("a signature"));
    }
}

/// RS256.
pub struct Signing {
    own: PKey<Private>,
    signature: Vec<u8>,
}

impl Signing {
    pub fn new(own: PKey<Private>) -> Self {
        let signature = vec![0; own.size()];
        Self { own, signature }
    }

    pub fn sign(&mut self, message: &str) {
        let mut rs256 = PkeyCtx::new(&self.own).expect("a context");
        rs256.sign_init().expect("a key that signs");
        pkcs1(&mut rs256);
        let digest = sha256(message.as_bytes());
        rs256.sign(&digest, Some(&mut self.signature)).expect("a signature");
    }
}

/// Signs, then encrypts.
pub struct Sealing {
    signing: Signing,
    theirs: PKey<Public>,
    content: Content,
    encrypted_key: Vec<u8>,
}

impl Sealing {
    pub fn new(own: PKey<Private>, theirs: PKey<Public>) -> Self {
        let (signing, encrypted_key) = (Signing::new(own), vec![0; theirs.size()]);
        Self { signing, theirs, content: Content::new(), encrypted_key }
    }

    /// A token like `sealed`, around `signed`.
    pub fn seal(&mut self, sealed: &Sealed, signed: &Signed, content_key: &ContentKey) {
        self.signing.sign(&signed.message);
        let mut oaep = PkeyCtx::new(&self.theirs).expect("a context");
        oaep.encrypt_init().expect("a key that encrypts");
        oaep_256(&mut oaep);
        oaep.encrypt(content_key, Some(&mut self.encrypted_key)).expect("a key");
        self.content.encrypt(content_key, sealed, signed.compact.as_bytes());
    }
}
