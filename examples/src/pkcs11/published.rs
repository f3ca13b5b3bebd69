//! The public keys on a token.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use cryptoki::{
    object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle},
    session::Session,
};
use itsme_core::PrivateKeys;
use openssl::{
    bn::BigNum, encrypt::Encrypter, error::ErrorStack, hash::MessageDigest, pkey::PKey,
    rsa::Padding, rsa::Rsa,
};
use serde_json::{Value, json};

use super::{Token, TokenError, oaep, only_object, private_key};

const OAEP_256: &str = "RSA-OAEP-256";

struct Numbers {
    n: Vec<u8>,
    e: Vec<u8>,
}

impl Token {
    /// Returns the public JWK set of all RSA keys on the token, sorted by label. The first signing
    /// key is used for signing. Each key needs a private and a public object with the same label.
    /// `CKA_SIGN` makes it a signing key, and `CKA_DECRYPT` a decryption key.
    ///
    /// # Errors
    /// [`TokenError`] if a key is incomplete or has two uses, or the token cannot be reached.
    pub fn public_jwks(&self) -> Result<String, TokenError> {
        let keys = self.with_session(|session| {
            let mut labels = labels(session)?;
            labels.sort();
            labels.iter().map(|label| public_jwk(session, label)).collect::<Result<Vec<_>, _>>()
        })?;
        Ok(format!("{:#}\n", json!({ "keys": keys })))
    }

    /// Returns the keys for a client whose keys are all on the token.
    ///
    /// # Errors
    /// The same as [`public_jwks`](Self::public_jwks), or [`TokenError::Keys`] if the keys cannot
    /// be used.
    pub fn keys(&self) -> Result<PrivateKeys, TokenError> {
        Ok(PrivateKeys::external(&self.public_jwks()?)?)
    }
}

fn labels(session: &Session) -> Result<Vec<String>, TokenError> {
    let all = [Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::KeyType(KeyType::RSA)];
    let label = |key| {
        let label = session.get_attributes(key, &[AttributeType::Label])?.pop();
        let Some(Attribute::Label(label)) = label else { return Err(TokenError::Unnamed) };
        let label = String::from_utf8(label).ok().filter(|label| !label.is_empty());
        label.ok_or(TokenError::Unnamed)
    };
    session.find_objects(&all)?.into_iter().map(label).collect()
}

fn public_jwk(session: &Session, label: &str) -> Result<Value, TokenError> {
    let private = private_key(session, label)?;
    let public = only_object(session, ObjectClass::PUBLIC_KEY, label.as_bytes())?;
    let numbers = numbers(session, public)?;
    let numbers = numbers.ok_or_else(|| TokenError::NoNumbers(label.to_owned()))?;
    let uses = session.get_attributes(private, &[AttributeType::Sign, AttributeType::Decrypt])?;
    let (signs, decrypts) =
        (uses.contains(&Attribute::Sign(true)), uses.contains(&Attribute::Decrypt(true)));
    let (usage, alg) = match (signs, decrypts) {
        (true, false) => ("sig", "RS256"),
        (false, true) if does_oaep_256(session, private, label, &numbers)? => ("enc", OAEP_256),
        (false, true) => ("enc", "RSA-OAEP"),
        _ => return Err(TokenError::Uses(label.to_owned())),
    };
    let [n, e] = [&numbers.n, &numbers.e].map(|number| URL_SAFE_NO_PAD.encode(number));
    Ok(json!({ "kty": "RSA", "use": usage, "alg": alg, "kid": label, "n": n, "e": e }))
}

fn numbers(session: &Session, public: ObjectHandle) -> Result<Option<Numbers>, TokenError> {
    let wanted = [AttributeType::Modulus, AttributeType::PublicExponent];
    let (mut n, mut e) = (None, None);
    for attribute in session.get_attributes(public, &wanted)? {
        match attribute {
            Attribute::Modulus(number) => n = Some(shortest(number)),
            Attribute::PublicExponent(number) => e = Some(shortest(number)),
            _ => {}
        }
    }
    Ok(n.zip(e).map(|(n, e)| Numbers { n, e }))
}

/// Strips leading zeros, which some modules add but a JWK must not have (RFC 7518 §2).
fn shortest(number: Vec<u8>) -> Vec<u8> {
    number.into_iter().skip_while(|byte| *byte == 0).collect()
}

/// Whether the key can decrypt with RSA-OAEP-256. Modules list OAEP without its hash, and SoftHSM
/// only supports SHA-1, so this tries it. OpenSSL creates the ciphertext, because a module that
/// ignores the hash might ignore it when encrypting as well.
fn does_oaep_256(
    session: &Session,
    private: ObjectHandle,
    label: &str,
    numbers: &Numbers,
) -> Result<bool, TokenError> {
    let sent = b"does it decrypt this?";
    let encrypted = encrypt(numbers, sent);
    let encrypted = encrypted.map_err(|error| TokenError::PublicKey(label.to_owned(), error))?;
    match session.decrypt(&oaep(OAEP_256), private, &encrypted).map_err(TokenError::from) {
        Ok(read) => Ok(read == sent),
        Err(error) if error.is_unavailable() => Err(error),
        Err(_) => Ok(false),
    }
}

fn encrypt(Numbers { n, e }: &Numbers, data: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let key = Rsa::from_public_components(BigNum::from_slice(n)?, BigNum::from_slice(e)?)?;
    let key = PKey::from_rsa(key)?;
    let mut encrypter = Encrypter::new(&key)?;
    encrypter.set_rsa_padding(Padding::PKCS1_OAEP)?;
    encrypter.set_rsa_oaep_md(MessageDigest::sha256())?;
    encrypter.set_rsa_mgf1_md(MessageDigest::sha256())?;
    let mut encrypted = vec![0; encrypter.encrypt_len(data)?];
    let length = encrypter.encrypt(data, &mut encrypted)?;
    encrypted.truncate(length);
    Ok(encrypted)
}
