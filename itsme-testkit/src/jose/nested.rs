//! Builds nested tokens, which are signed and then encrypted. A [`Forger`] can change a token at
//! each stage; without one, the token is correct.

use openssl::{rsa::Padding, symm::Cipher};
use serde_json::{Value, json};

use super::{
    OwnKey, Refused, cbc_hmac, encode, encode_json, hmac_sha256, keys, oaep_digest, oaep_encrypt,
    public_key, random, refused,
};
use crate::registration::{Credentials, RegisteredClient};

/// Changes a token at one of its stages.
pub(crate) type Forger = Box<dyn FnMut(&mut Stage<'_>) + Send>;

/// The stages that a forger can change, in order.
pub(crate) enum Stage<'a> {
    Unsigned(&'a mut Unsigned),
    Unencrypted(&'a mut Unencrypted),
    /// The five parts: the header as text, followed by the other parts as bytes.
    Encrypted(&'a mut [Vec<u8>; 5]),
    Finished(&'a mut String),
}

/// A JWS before it is signed.
pub(crate) struct Unsigned {
    pub(crate) header: Value,
    pub(crate) payload: Vec<u8>,
    pub(crate) signer: SignedBy,
}

/// The key with which a token is signed.
pub(crate) enum SignedBy {
    /// The OP's key.
    Op,
    /// An RSA key that does not belong to the OP.
    Stranger,
    /// HS256 with this secret.
    Secret(Vec<u8>),
    /// HS256 with the PEM of the OP's public key, which a client that trusts the header's `alg`
    /// would accept.
    PublicKey,
    /// No key: the signature is empty.
    Nobody,
}

/// A JWE before encryption. Encryption follows whatever the header specifies.
pub(crate) struct Unencrypted {
    pub(crate) header: Value,
    pub(crate) plaintext: Vec<u8>,
    /// The public JWK to encrypt to: the client's, or a different one.
    pub(crate) recipient: Value,
    pub(crate) iv: Vec<u8>,
    /// The content encryption key.
    pub(crate) content_key: Vec<u8>,
}

/// A key that belongs to neither the OP nor the client. It is generated once and shared by all
/// tests.
pub(crate) fn stranger() -> &'static OwnKey {
    static KEY: std::sync::OnceLock<OwnKey> = std::sync::OnceLock::new();
    KEY.get_or_init(|| OwnKey::generate("stranger", "sig"))
}

/// Signs claims with the OP's key, or with the client's secret if that was agreed on, and encrypts
/// them to the client.
pub(crate) fn nested(
    (key, kid): (&OwnKey, &str),
    client: &RegisteredClient,
    claims: &Value,
    forge: &mut dyn FnMut(Stage<'_>),
) -> Result<String, Refused> {
    let mut unsigned = Unsigned {
        header: json!({ "alg": "RS256", "kid": kid }),
        payload: claims.to_string().into_bytes(),
        signer: SignedBy::Op,
    };
    if let Credentials::Secret { secret, hs256: true } = &client.credentials {
        unsigned.header = json!({ "alg": "HS256" });
        unsigned.signer = SignedBy::Secret(secret.as_bytes().to_vec());
    }
    forge(Stage::Unsigned(&mut unsigned));
    let jws = unsigned.sign(key)?;
    let mut unencrypted = Unencrypted::to(client, jws.into_bytes())?;
    forge(Stage::Unencrypted(&mut unencrypted));
    let mut parts = unencrypted.encrypt()?;
    forge(Stage::Encrypted(&mut parts));
    let mut token = compact(&parts);
    forge(Stage::Finished(&mut token));
    Ok(token)
}

/// Encrypts to the first encryption key in `jwks`, and returns a compact JWE.
#[cfg(test)]
pub(crate) fn encrypt_to(jwks: &Value, plaintext: &str) -> Result<String, Refused> {
    Unencrypted::to_keys(jwks, plaintext.into())?.compact()
}

fn compact([header, parts @ ..]: &[Vec<u8>; 5]) -> String {
    let header = String::from_utf8_lossy(header).into_owned();
    parts.iter().fold(header, |jwe, part| jwe + "." + &encode(part))
}

impl Unsigned {
    /// Signs with the OP's key, or with the key that `signer` specifies.
    pub(crate) fn sign(&self, key: &OwnKey) -> Result<String, Refused> {
        let message = format!("{}.{}", encode_json(&self.header), encode(&self.payload));
        let signature = match &self.signer {
            SignedBy::Op => key.signature(&message),
            SignedBy::Stranger => stranger().signature(&message),
            SignedBy::Secret(secret) => hmac_sha256(secret, &message)?,
            SignedBy::PublicKey => hmac_sha256(&key.public_pem()?, &message)?,
            SignedBy::Nobody => Vec::new(),
        };
        Ok(format!("{message}.{}", encode(&signature)))
    }
}

impl Unencrypted {
    fn to(client: &RegisteredClient, plaintext: Vec<u8>) -> Result<Self, Refused> {
        match &client.credentials {
            Credentials::Keys(jwks) => Self::to_keys(jwks, plaintext),
            Credentials::Secret { secret, .. } => {
                let header = json!({ "alg": "dir", "enc": "A256GCM" });
                let content_key = openssl::sha::sha256(secret.as_bytes()).to_vec();
                let iv = random::<12>().to_vec();
                Ok(Self { header, plaintext, recipient: Value::Null, iv, content_key })
            }
        }
    }

    fn to_keys(jwks: &Value, plaintext: Vec<u8>) -> Result<Self, Refused> {
        let recipient = keys(jwks).find(|key| key["use"] == "enc");
        let recipient = recipient.ok_or("the client does not publish an encryption key")?.clone();
        let alg = recipient["alg"].as_str().unwrap_or("RSA-OAEP-256");
        let mut header = json!({ "alg": alg, "enc": "A128CBC-HS256", "cty": "JWT" });
        if let Some(kid) = recipient.get("kid") {
            header["kid"] = kid.clone();
        }
        let (iv, content_key) = (random::<16>().to_vec(), random::<32>().to_vec());
        Ok(Self { header, plaintext, recipient, iv, content_key })
    }

    pub(crate) fn compact(&self) -> Result<String, Refused> {
        Ok(compact(&self.encrypt()?))
    }

    fn encrypt(&self) -> Result<[Vec<u8>; 5], Refused> {
        let header = encode_json(&self.header).into_bytes();
        let key = match self.header["alg"].as_str() {
            Some("dir") => Vec::new(),
            Some("RSA1_5") => self.encrypt_key_in_the_old_way()?,
            alg => {
                let digest =
                    oaep_digest(alg.unwrap_or_default()).or(oaep_digest("RSA-OAEP-256"))?;
                let key = public_key(&self.recipient)?;
                oaep_encrypt(&key, digest, &self.content_key)?
            }
        };
        let (text, tag) = match self.header["enc"].as_str() {
            Some("A256GCM") => self.gcm(&header)?,
            _ => self.cbc(&header)?,
        };
        Ok([header, key, self.iv.clone(), text, tag])
    }

    fn encrypt_key_in_the_old_way(&self) -> Result<Vec<u8>, Refused> {
        let key = public_key(&self.recipient)?.rsa().map_err(refused)?;
        let mut out = vec![0; key.size() as usize];
        key.public_encrypt(&self.content_key, &mut out, Padding::PKCS1).map_err(refused)?;
        Ok(out)
    }

    fn gcm(&self, aad: &[u8]) -> Result<(Vec<u8>, Vec<u8>), Refused> {
        let mut tag = vec![0; 16];
        let (cipher, iv) = (Cipher::aes_256_gcm(), Some(&self.iv[..]));
        let (key, text) = (&self.content_key, &self.plaintext);
        let text = openssl::symm::encrypt_aead(cipher, key, iv, aad, text, &mut tag);
        Ok((text.map_err(refused)?, tag))
    }

    /// Encrypts with CBC and computes a valid tag even if the IV has the wrong length, as a real OP
    /// could.
    fn cbc(&self, aad: &[u8]) -> Result<(Vec<u8>, Vec<u8>), Refused> {
        let mut key = self.content_key.clone();
        key.resize(32, 0);
        let (mac, cipher) = key.split_at(16);
        let mut iv = self.iv.clone();
        iv.resize(16, 0);
        let text =
            openssl::symm::encrypt(Cipher::aes_128_cbc(), cipher, Some(&iv), &self.plaintext);
        let text = text.map_err(refused)?;
        let tag = cbc_hmac(mac, aad, &self.iv, &text)?;
        Ok((text, tag))
    }
}
