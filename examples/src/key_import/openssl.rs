//! Private keys in PEM, PKCS #12 and DER, as read by OpenSSL.

use std::error::Error;

use itsme_core::{KeyFileForm, KeysError, PrivateKeys, RsaKeyError};
use openssl::{
    error::ErrorStack,
    pkcs12::Pkcs12,
    pkey::{Id, PKey, Private},
};
use serde_json::{Map, Value};

use super::{jwk, text::plain_pem};

type Read = Result<Map<String, Value>, Box<dyn Error>>;

const NO_PASSPHRASE: &str = "the key is encrypted; pass its passphrase with `--passphrase-env` or \
    `--passphrase-file`";
const WRONG_PASSPHRASE: &str = "the passphrase is wrong, or the file is damaged";
const DAMAGED: &str = "OpenSSL found no private key in the file: it was truncated or changed in transit, so copy it \
    again";
const NO_PRIVATE_DER: &str = "the file is DER, but OpenSSL found no private key in it. If it is a certificate or a \
    public key, find the file with its private key; if it is an encrypted key, its passphrase is missing or wrong";

/// Reads the single private key in a PEM file, ignoring certificates.
pub(super) fn pem(text: &str, passphrase: Option<&str>) -> Read {
    let pem = plain_pem(text);
    let label =
        |block: &str| block.split_once("-----").map(|(label, _)| label.ends_with("PRIVATE KEY"));
    let keys = pem.split("-----BEGIN ").filter(|block| label(block) == Some(true)).count();
    match (keys, form(text.as_bytes())) {
        (1, Some(form)) if form != KeyFileForm::OtherPem => {}
        (0 | 1, Some(form)) => return Err(form.into()),
        _ => {
            return Err(
                format!("the file has {keys} private keys; put each key in its own file").into()
            );
        }
    }
    let mut was_asked = false;
    // Without this callback, OpenSSL would prompt for a passphrase on the terminal.
    let read = PKey::private_key_from_pem_callback(pem.as_bytes(), |buffer| {
        was_asked = true;
        let passphrase = passphrase.unwrap_or_default().as_bytes();
        let room = buffer.get_mut(..passphrase.len());
        Ok(room.map_or(0, |room| {
            room.copy_from_slice(passphrase);
            passphrase.len()
        }))
    });
    match read {
        Ok(key) => rsa(&key),
        Err(_) if was_asked && passphrase.is_none() => Err(NO_PASSPHRASE.into()),
        Err(error) if is_legacy(&error) => {
            Err("the key is encrypted with an old cipher, which OpenSSL 3 reads only \
            with its legacy provider; convert it with `openssl pkey -in FILE -aes256 -out NEW.pem \
            -provider legacy -provider default`, and import the new file"
                .into())
        }
        Err(_) if was_asked => Err(WRONG_PASSPHRASE.into()),
        Err(_) => Err(DAMAGED.into()),
    }
}

/// Reads the private key in a PKCS #12 or DER file.
pub(super) fn binary(bytes: &[u8], passphrase: Option<&str>) -> Read {
    if let Ok(p12) = Pkcs12::from_der(bytes) {
        return pkcs12(&p12, passphrase);
    }
    let encrypted = || {
        PKey::private_key_from_pkcs8_passphrase(bytes, passphrase.unwrap_or_default().as_bytes())
    };
    match PKey::private_key_from_der(bytes).or_else(|_| encrypted()) {
        Ok(key) => rsa(&key),
        Err(_) => Err(match form(bytes) {
            Some(KeyFileForm::Der) => NO_PRIVATE_DER.into(),
            Some(KeyFileForm::Pkcs12) | None => DAMAGED.into(),
            Some(other) => other.into(),
        }),
    }
}

fn pkcs12(p12: &Pkcs12, passphrase: Option<&str>) -> Read {
    match p12.parse2(passphrase.unwrap_or_default()) {
        Ok(parsed) => match parsed.pkey {
            Some(key) => rsa(&key),
            None => {
                Err("the file has certificates but no private key; export it again with the private key"
                    .into())
            }
        },
        Err(error) if is_legacy(&error) => {
            Err("the key is encrypted with an old cipher (RC2), which OpenSSL 3 reads only \
            with its legacy provider; convert it with `openssl pkcs12 -legacy -in FILE -nocerts \
            -out NEW.pem`, and import the new file"
                .into())
        }
        Err(_) if passphrase.is_none() => Err(NO_PASSPHRASE.into()),
        Err(_) => Err(WRONG_PASSPHRASE.into()),
    }
}

fn rsa(key: &PKey<Private>) -> Read {
    let kind = match key.id() {
        Id::RSA => return checked(key),
        Id::RSA_PSS => "an RSA key that is only for PSS",
        Id::EC => "an elliptic-curve key",
        Id::ED25519 | Id::ED448 => "an Edwards-curve key",
        _ => "not an RSA key",
    };
    Err(format!("the key is {kind}, but itsme needs RSA keys; `keys generate` creates new ones")
        .into())
}

fn checked(key: &PKey<Private>) -> Read {
    let rsa = key.rsa()?;
    let bits = rsa.n().num_bits();
    if !(2048..=8192).contains(&bits) {
        let why = RsaKeyError::Size(bits);
        return Err(format!("{why}; `keys generate` creates new ones").into());
    }
    if !rsa.check_key().unwrap_or(false) {
        return Err(RsaKeyError::Inconsistent.into());
    }
    Ok(jwk::of_rsa(&rsa))
}

/// Whether the key's cipher is available only in OpenSSL's legacy provider.
fn is_legacy(error: &ErrorStack) -> bool {
    error.errors().iter().any(|error| {
        error.library() == Some("digital envelope routines")
            && error.reason() == Some("unsupported")
    })
}

/// Returns what `itsme-core` recognizes the file as.
fn form(file: &[u8]) -> Option<KeyFileForm> {
    match PrivateKeys::from_json(file) {
        Err(KeysError::Form(form)) => Some(form),
        _ => None,
    }
}
