//! The OP's own JOSE implementation, which uses only OpenSSL. It shares no code with the client's,
//! so that a mistake there is not repeated here.

mod nested;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use openssl::{
    bn::BigNum,
    encrypt::{Decrypter, Encrypter},
    hash::MessageDigest,
    md::Md,
    pkey::{PKey, PKeyRef, Private, Public},
    pkey_ctx::PkeyCtx,
    rsa::{Padding, Rsa, RsaPrivateKeyBuilder},
    sign::{Signer, Verifier},
    symm::{Cipher, decrypt, decrypt_aead},
};
use serde_json::{Map, Value, json};

pub(crate) use self::nested::*;

/// The reason why the OP refused a token, which is returned in `detail`.
pub(crate) type Refused = String;

/// A private key of the OP and its public JWK.
pub(crate) struct OwnKey {
    pub(crate) kid: String,
    key: PKey<Private>,
    public: Value,
}

impl OwnKey {
    /// Loads a private JWK, which must have all RSA parameters.
    pub(crate) fn from_jwk(jwk: &Value) -> Self {
        let read = |name: &str| number(jwk, name).expect("a fixture key is whole");
        let rsa = RsaPrivateKeyBuilder::new(read("n"), read("e"), read("d"))
            .and_then(|builder| builder.set_factors(read("p"), read("q")))
            .and_then(|builder| builder.set_crt_params(read("dp"), read("dq"), read("qi")))
            .expect("a fixture key is sound")
            .build();
        let usage = jwk["use"].as_str().unwrap_or_default();
        Self::new(jwk["kid"].as_str().unwrap_or_default(), usage, rsa)
    }

    pub(crate) fn generate(kid: &str, usage: &str) -> Self {
        Self::new(kid, usage, Rsa::generate(2048).expect("openssl generates keys"))
    }

    fn new(kid: &str, usage: &str, rsa: Rsa<Private>) -> Self {
        let public = json!({
            "kty": "RSA", "use": usage, "kid": kid,
            "n": encode(&rsa.n().to_vec()), "e": encode(&rsa.e().to_vec()),
        });
        let key = PKey::from_rsa(rsa).expect("an RSA key is a key");
        Self { kid: kid.to_owned(), key, public }
    }

    pub(crate) fn public_jwk(&self) -> &Value {
        &self.public
    }

    /// Signs a SHA-256 digest with RS256.
    pub(crate) fn sign_digest(&self, digest: &[u8]) -> Result<Vec<u8>, Refused> {
        let mut context = PkeyCtx::new(&self.key).map_err(refused)?;
        context.sign_init().map_err(refused)?;
        context.set_rsa_padding(Padding::PKCS1).map_err(refused)?;
        context.set_signature_md(Md::sha256()).map_err(refused)?;
        let mut signature = Vec::new();
        context.sign_to_vec(digest, &mut signature).map_err(refused)?;
        Ok(signature)
    }

    /// Decrypts a content key with an RSA-OAEP algorithm.
    pub(crate) fn unwrap_key(&self, alg: &str, encrypted: &[u8]) -> Result<Vec<u8>, Refused> {
        oaep_decrypt(&self.key, oaep_digest(alg)?, encrypted)
    }

    /// Signs a message with RS256.
    fn signature(&self, message: &str) -> Vec<u8> {
        let mut signer = Signer::new(MessageDigest::sha256(), &self.key).expect("a signer");
        signer.sign_oneshot_to_vec(message.as_bytes()).expect("openssl signs")
    }

    fn public_pem(&self) -> Result<Vec<u8>, Refused> {
        self.key.public_key_to_pem().map_err(refused)
    }

    /// Decrypts a compact JWE addressed to this key.
    pub(crate) fn decrypt(&self, jwe: &str) -> Result<String, Refused> {
        let parts: Vec<&str> = jwe.split('.').collect();
        let [header, key, iv, text, tag] = parts[..] else {
            return Err("an encrypted JWT must have five parts".to_owned());
        };
        let members = decode_json(header)?;
        if members.get("kid").is_some_and(|kid| *kid != self.kid.as_str()) {
            let found = members["kid"].as_str().unwrap_or_default();
            return Err(format!("encrypted to the key `{found}` instead of `{}`", self.kid));
        }
        if members.get("cty") != Some(&json!("JWT")) {
            return Err("the cty in the JWE header must be JWT".to_owned());
        }
        let digest = oaep_digest(members["alg"].as_str().unwrap_or_default())?;
        let content_key = oaep_decrypt(&self.key, digest, &decode(key)?)?;
        let enc = members.get("enc").and_then(Value::as_str).unwrap_or_default();
        let parts = (decode(iv)?, decode(text)?, decode(tag)?);
        let plaintext = open(enc, &content_key, header, parts)?;
        String::from_utf8(plaintext).map_err(|_| "the decrypted content is not text".to_owned())
    }
}

/// Verifies a compact JWS with HS256 and this secret, and returns its claims.
pub(crate) fn verify_hs256(secret: &str, jws: &str) -> Result<Map<String, Value>, Refused> {
    let (message, signature) = jws.rsplit_once('.').ok_or("a signed JWT must have three parts")?;
    let (header, payload) = message.split_once('.').ok_or("a signed JWT must have three parts")?;
    if decode_json(header)?.get("alg") != Some(&json!("HS256")) {
        return Err("the signature algorithm is not HS256".to_owned());
    }
    if decode(signature)? != hmac_sha256(secret.as_bytes(), message)? {
        return Err("the signature is wrong".to_owned());
    }
    decode_json(payload)
}

fn hmac_sha256(secret: &[u8], message: &str) -> Result<Vec<u8>, Refused> {
    let key = PKey::hmac(secret).map_err(refused)?;
    let mut signer = Signer::new(MessageDigest::sha256(), &key).map_err(refused)?;
    signer.sign_oneshot_to_vec(message.as_bytes()).map_err(refused)
}

/// Verifies a compact JWS with RS256 and one of the signing keys in `jwks`, and returns its claims.
pub(crate) fn verify(jwks: &Value, jws: &str) -> Result<Map<String, Value>, Refused> {
    let parts: Vec<&str> = jws.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        return Err("a signed JWT must have three parts".to_owned());
    };
    let members = decode_json(header)?;
    if members.get("alg") != Some(&json!("RS256")) {
        return Err("the signature algorithm is not RS256".to_owned());
    }
    let kid = members.get("kid").ok_or("the JWS header has no kid")?;
    let key = keys(jwks)
        .find(|key| key["kid"] == *kid)
        .ok_or_else(|| format!("the client does not publish a key {kid}"))?;
    if key["use"] != "sig" {
        return Err(format!("the client's key {kid} is not for signatures"));
    }
    let key = public_key(key)?;
    let mut verifier = Verifier::new(MessageDigest::sha256(), &key).map_err(refused)?;
    let message = format!("{header}.{payload}");
    let right = verifier.verify_oneshot(&decode(signature)?, message.as_bytes());
    match right {
        Ok(true) => decode_json(payload),
        _ => Err("the signature is wrong".to_owned()),
    }
}

/// Returns the claims of a JWT whose header declares it unsigned (RFC 7519 §6).
pub(crate) fn decode_unsigned(jwt: &str) -> Result<Map<String, Value>, Refused> {
    let parts: Vec<&str> = jwt.split('.').collect();
    let [header, payload, ""] = parts[..] else {
        return Err("an unsigned JWT must have three parts, the last of them empty".to_owned());
    };
    if decode_json(header)?.get("alg") != Some(&json!("none")) {
        return Err("a JWT without a signature must have the alg none".to_owned());
    }
    decode_json(payload)
}

/// The SHA-256 hash of a string in base64url, for PKCE verifiers.
pub(crate) fn sha256_base64url(text: &str) -> String {
    encode(&openssl::sha::sha256(text.as_bytes()))
}

pub(crate) fn sha256_hex(text: &str) -> String {
    openssl::sha::sha256(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn keys(jwks: &Value) -> impl Iterator<Item = &Value> {
    jwks["keys"].as_array().into_iter().flatten()
}

fn public_key(jwk: &Value) -> Result<PKey<Public>, Refused> {
    let rsa = Rsa::from_public_components(number(jwk, "n")?, number(jwk, "e")?);
    rsa.and_then(PKey::from_rsa).map_err(refused)
}

fn number(jwk: &Value, name: &str) -> Result<BigNum, Refused> {
    let text = jwk[name].as_str().ok_or_else(|| format!("a JWK has no {name}"))?;
    BigNum::from_slice(&decode(text)?).map_err(refused)
}

fn oaep_digest(alg: &str) -> Result<MessageDigest, Refused> {
    match alg {
        "RSA-OAEP" => Ok(MessageDigest::sha1()),
        "RSA-OAEP-256" => Ok(MessageDigest::sha256()),
        other => Err(format!("key encryption {other:?} is not supported")),
    }
}

fn oaep_encrypt(
    key: &PKeyRef<Public>,
    digest: MessageDigest,
    text: &[u8],
) -> Result<Vec<u8>, Refused> {
    let mut encrypter = Encrypter::new(key).map_err(refused)?;
    encrypter.set_rsa_padding(Padding::PKCS1_OAEP).map_err(refused)?;
    encrypter.set_rsa_oaep_md(digest).map_err(refused)?;
    encrypter.set_rsa_mgf1_md(digest).map_err(refused)?;
    let mut out = vec![0; encrypter.encrypt_len(text).map_err(refused)?];
    let length = encrypter.encrypt(text, &mut out).map_err(refused)?;
    out.truncate(length);
    Ok(out)
}

fn oaep_decrypt(
    key: &PKeyRef<Private>,
    digest: MessageDigest,
    text: &[u8],
) -> Result<Vec<u8>, Refused> {
    let mut decrypter = Decrypter::new(key).map_err(refused)?;
    decrypter.set_rsa_padding(Padding::PKCS1_OAEP).map_err(refused)?;
    decrypter.set_rsa_oaep_md(digest).map_err(refused)?;
    decrypter.set_rsa_mgf1_md(digest).map_err(refused)?;
    let mut out = vec![0; decrypter.decrypt_len(text).map_err(refused)?];
    let length = decrypter.decrypt(text, &mut out).map_err(refused)?;
    out.truncate(length);
    Ok(out)
}

fn open(
    enc: &str,
    key: &[u8],
    header: &str,
    (iv, text, tag): (Vec<u8>, Vec<u8>, Vec<u8>),
) -> Result<Vec<u8>, Refused> {
    let (iv_length, wrong) = match enc {
        "A128CBC-HS256" => (16, key.len() != 32),
        "A256GCM" => (12, key.len() != 32),
        other => return Err(format!("content encryption {other:?} is not supported")),
    };
    if wrong || iv.len() != iv_length || tag.len() != 16 {
        return Err("a part of the JWE has the wrong length".to_owned());
    }
    let aad = header.as_bytes();
    if enc == "A256GCM" {
        let cipher = Cipher::aes_256_gcm();
        return decrypt_aead(cipher, key, Some(&iv), aad, &text, &tag).map_err(refused);
    }
    if cbc_hmac(&key[..16], aad, &iv, &text)? != tag {
        return Err("the tag of the JWE is wrong".to_owned());
    }
    decrypt(Cipher::aes_128_cbc(), &key[16..], Some(&iv), &text).map_err(refused)
}

fn cbc_hmac(key: &[u8], aad: &[u8], iv: &[u8], text: &[u8]) -> Result<Vec<u8>, Refused> {
    let key = PKey::hmac(key).map_err(refused)?;
    let mut signer = Signer::new(MessageDigest::sha256(), &key).map_err(refused)?;
    let bits = (aad.len() as u64) * 8;
    for part in [aad, iv, text, &bits.to_be_bytes()] {
        signer.update(part).map_err(refused)?;
    }
    let mut tag = signer.sign_to_vec().map_err(refused)?;
    tag.truncate(16);
    Ok(tag)
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    openssl::rand::rand_bytes(&mut bytes).expect("openssl has randomness");
    bytes
}

pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn encode_json(value: &Value) -> String {
    encode(value.to_string().as_bytes())
}

pub(crate) fn decode(text: &str) -> Result<Vec<u8>, Refused> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| "a part of a JWT is not base64url".to_owned())
}

/// Decodes one part of a JWT as a JSON object.
pub(crate) fn decode_json(text: &str) -> Result<Map<String, Value>, Refused> {
    let bytes = decode(text)?;
    serde_json::from_slice(&bytes).map_err(|_| "a part of a JWT is not a JSON object".to_owned())
}

fn refused(_: openssl::error::ErrorStack) -> Refused {
    "the cryptographic operation failed".to_owned()
}
