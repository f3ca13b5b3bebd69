use std::{fmt, sync::Arc};

use serde::Serialize;
use zeroize::Zeroizing;

use crate::{
    error::{KeysError, PassedOver},
    http::{Response, response},
    jose::{OwnKey, PublicJwk, Usage},
    settings::{
        key_check::{Checked, CheckedKey, Held},
        key_entry::Entry,
        key_file,
        key_rotation::new_key,
    },
};

/// The client's own keys, which are parsed and checked once (itsme: keys).
///
/// The keys form a JWK set (RFC 7517 §5) with at least one RSA key for `"use": "sig"` and one for `"use": "enc"`. Each
/// key must have at least 2048 bits and a unique `kid`. The order of the keys matters, so that they can be rotated
/// without downtime:
///
/// * The first `sig` key signs. All `sig` keys are published.
/// * The first `enc` key is published. The other `enc` keys only decrypt, because the OP may keep encrypting to an old
///   key for about a day after a rotation.
///
/// A key whose `kty`, `crv` or `alg` shows that it has a different purpose is [ignored](Self::passed_over): it is
/// neither used nor published, and [`to_json`](Self::to_json) writes it back unchanged. A `null` member counts as
/// absent. White space and `=` padding in a key's numbers are accepted, because templates break long lines and some
/// libraries pad. Neither makes a number ambiguous.
///
/// The private half of a key is either in the set ([`from_json`](Self::from_json)) or outside this process, in an HSM
/// or a KMS ([`external`](Self::external)). If it is outside, flows request each operation with the key through
/// [`Step::UseKey`](crate::Step::UseKey).
///
/// `Clone` is cheap. `Debug` shows only the keys' `kid`s.
#[derive(Clone)]
pub struct PrivateKeys(Arc<Keys>);

struct Keys {
    /// All keys in the order in which they were read, so that they can be written back.
    entries: Vec<Entry>,
    signing: Vec<Arc<OwnKey>>,
    decryption: Vec<Arc<OwnKey>>,
    published: Vec<PublicJwk>,
    passed_over: Vec<PassedOver>,
}

/// A JWK set (RFC 7517 §5).
#[derive(Serialize)]
struct KeySetRef<'a, K> {
    keys: &'a [K],
}

impl PrivateKeys {
    /// Reads a private JWK set file, as text or as raw bytes. A leading byte order mark is ignored.
    ///
    /// Checking takes about 40 ms per key, so read the file once, at startup.
    ///
    /// # Errors
    /// [`KeysError`] says which key cannot be used and why. A single bad key, such as one without its private part,
    /// makes the whole set unusable. If the file is in PEM, PKCS #12 or another common key format,
    /// [`KeysError::Form`] says how to convert it to a JWK set.
    pub fn from_json(file: &(impl AsRef<[u8]> + ?Sized)) -> Result<Self, KeysError> {
        Self::from_entries(key_file::read(file.as_ref())?, Held::Here)
    }

    /// Reads the *public* JWK set for private keys that an HSM or a KMS holds. [`KeyOperation`](crate::KeyOperation)s
    /// refer to a key by its `kid`. A key with an `alg` is used only for that algorithm. During a rotation, the set
    /// must also contain the old decryption keys, although they are no longer [published](Self::public_jwks).
    ///
    /// This function does not check that the key holder has the matching private keys. Use
    /// [`Client::check_keys`](crate::Client::check_keys) for that.
    ///
    /// ```
    /// # use itsme_core::PrivateKeys;
    /// # let public = PrivateKeys::generate()?.public_jwks();
    /// let keys = PrivateKeys::external(&public)?;
    /// assert_eq!(keys.public_jwks(), public);
    /// # Ok::<(), itsme_core::KeysError>(())
    /// ```
    ///
    /// # Errors
    /// [`KeysError`], as for [`from_json`](Self::from_json). A key that contains its private part is refused.
    pub fn external(public_jwks: &(impl AsRef<[u8]> + ?Sized)) -> Result<Self, KeysError> {
        Self::from_entries(key_file::read(public_jwks.as_ref())?, Held::Outside)
    }

    /// Reads a set in which some keys contain their private part and the others are external, for example during a
    /// migration from a file to an HSM. [`to_json`](Self::to_json) writes such sets.
    ///
    /// # Errors
    /// [`KeysError`], as for [`from_json`](Self::from_json).
    pub fn mixed(file: &(impl AsRef<[u8]> + ?Sized)) -> Result<Self, KeysError> {
        Self::from_entries(key_file::read(file.as_ref())?, Held::Either)
    }

    pub(super) fn from_entries(entries: Vec<Entry>, held: Held) -> Result<Self, KeysError> {
        let (mut signing, mut decryption, mut published) = (Vec::new(), Vec::new(), Vec::new());
        let Checked { keys, passed_over } = Checked::new(&entries, held)?;
        for CheckedKey { usage, public, key } in keys {
            if usage == Usage::Signature || decryption.is_empty() {
                published.push(public);
            }
            let role = match usage {
                Usage::Signature => &mut signing,
                Usage::Encryption => &mut decryption,
            };
            role.push(Arc::new(key));
        }
        if signing.is_empty() {
            return Err(KeysError::NoSigningKey { passed_over });
        }
        if decryption.is_empty() {
            return Err(KeysError::NoEncryptionKey { passed_over });
        }
        Ok(Self(Arc::new(Keys { entries, signing, decryption, published, passed_over })))
    }

    /// Generates a new set: one 2048-bit key for signing and one for decrypting.
    ///
    /// ```
    /// use itsme_core::PrivateKeys;
    ///
    /// let keys = PrivateKeys::generate()?;
    /// // Keep this file secret, readable only by the application:
    /// let private = keys.to_json();
    /// assert!(PrivateKeys::from_json(&private).is_ok());
    /// // Serve the public keys at a URL that is registered with itsme:
    /// let public = keys.public_jwks();
    /// # assert!(!public.contains("\"d\""));
    /// # Ok::<(), itsme_core::KeysError>(())
    /// ```
    ///
    /// # Errors
    /// [`KeysError::Generation`] if OpenSSL cannot generate keys.
    pub fn generate() -> Result<Self, KeysError> {
        Self::from_entries(
            vec![new_key(Usage::Signature)?, new_key(Usage::Encryption)?],
            Held::Here,
        )
    }

    /// Returns the text of the JWK set file. It contains all keys in their order, including the private part of each
    /// local key, and the [ignored](Self::passed_over) keys unchanged. The text is as secret as the keys in it, so
    /// write it to a file that only the application can read.
    ///
    /// Read the text with [`from_json`](Self::from_json) if all keys are local, with [`external`](Self::external) if
    /// all keys are external (the text then contains no secret), and with [`mixed`](Self::mixed) otherwise.
    pub fn to_json(&self) -> Zeroizing<String> {
        // The capacity is large enough that the text is never reallocated, since that would leave a copy in memory.
        let mut text =
            Zeroizing::new(Vec::with_capacity(self.entries().iter().map(Entry::size).sum()));
        let file = KeySetRef { keys: self.entries() };
        serde_json::to_writer_pretty(&mut *text, &file).expect("a JWK is JSON");
        text.push(b'\n');
        Zeroizing::new(String::from_utf8(std::mem::take(&mut text)).expect("JSON is text"))
    }

    /// The `kid`s of the signing keys; the first one signs.
    pub fn signing_kids(&self) -> Vec<&str> {
        self.0.signing.iter().map(|key| key.kid.as_str()).collect()
    }

    /// The `kid`s of the encryption keys; the first one is published.
    pub fn encryption_kids(&self) -> Vec<&str> {
        self.0.decryption.iter().map(|key| key.kid.as_str()).collect()
    }

    /// The ignored keys in the file, each with the reason. A key is ignored if it has a different purpose, such as an
    /// elliptic-curve key or a key for PS256. Rotations keep ignored keys in the file, and [`without`](Self::without)
    /// never removes them.
    pub fn passed_over(&self) -> &[PassedOver] {
        &self.0.passed_over
    }

    /// Returns the text of the public JWK set, which contains every signing key and the first encryption key. You can
    /// send it to itsme or put it on a web server.
    pub fn public_jwks(&self) -> String {
        let set = KeySetRef { keys: &self.0.published };
        serde_json::to_string_pretty(&set).expect("texts are JSON") + "\n"
    }

    /// The HTTP response that serves [`public_jwks`](Self::public_jwks) at the URL registered with itsme. Its
    /// `Cache-Control` header allows caching for an hour; itsme requires at least 30 minutes. itsme also requires your
    /// server to respond within a second (itsme: keys).
    pub fn public_jwks_response(&self) -> Response {
        let set = KeySetRef { keys: &self.0.published };
        let set = serde_json::to_vec(&set).expect("texts are JSON");
        response::document(set, "application/json", "public, max-age=3600")
    }

    /// All keys in the order in which they were read.
    pub(super) fn entries(&self) -> &[Entry] {
        &self.0.entries
    }

    /// The key that signs.
    pub(crate) fn signing_key(&self) -> &Arc<OwnKey> {
        self.0.signing.first().expect("a set without a signing key is refused")
    }

    /// All signing keys: the one that signs, then the ones that are only published.
    pub(crate) fn signing_keys(&self) -> &[Arc<OwnKey>] {
        &self.0.signing
    }

    /// The keys that decrypt.
    pub(crate) fn decryption_keys(&self) -> &[Arc<OwnKey>] {
        &self.0.decryption
    }

    /// Whether both sets have the same keys in the same order, wherever the private halves are.
    pub(crate) fn are_same(&self, other: &Self) -> bool {
        let same = |own: &[Arc<OwnKey>], others: &[Arc<OwnKey>]| {
            own.len() == others.len()
                && own.iter().zip(others).all(|(own, other)| own.is_same(other))
        };
        same(&self.0.signing, &other.0.signing) && same(&self.0.decryption, &other.0.decryption)
    }

    /// Whether the set contains this decryption key.
    pub(crate) fn has(&self, key: &OwnKey) -> bool {
        self.0.decryption.iter().any(|own| own.is_same(key))
    }
}

impl fmt::Debug for PrivateKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kids =
            |keys: &[Arc<OwnKey>]| keys.iter().map(|key| key.kid.clone()).collect::<Vec<_>>();
        f.debug_struct("PrivateKeys")
            .field("signing", &kids(&self.0.signing))
            .field("decryption", &kids(&self.0.decryption))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// New keys, as JSON.
    fn generated() -> Value {
        let keys = PrivateKeys::generate().expect("OpenSSL makes keys");
        serde_json::from_str(&keys.to_json()).expect("JSON")
    }

    /// These keys, with these names for signing and decrypting.
    fn named(mut set: Value, names: [&str; 2]) -> PrivateKeys {
        for (key, name) in set["keys"].as_array_mut().expect("keys").iter_mut().zip(names) {
            key["kid"] = name.into();
        }
        PrivateKeys::from_json(&set.to_string()).expect("keys")
    }

    #[test]
    fn keys_are_the_same_only_if_names_and_numbers_are() {
        let set = generated();
        let keys = named(set.clone(), ["s", "e"]);
        assert!(keys.are_same(&named(set.clone(), ["s", "e"])));
        assert!(!keys.are_same(&named(set.clone(), ["s", "e2"])));
        assert!(!keys.are_same(&named(set, ["s2", "e"])));
        assert!(!keys.are_same(&named(generated(), ["s", "e"])));
    }
}
