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

/// The client's own keys, parsed and checked once (itsme: keys).
///
/// A JWK set (RFC 7517 §5) with at least one RSA key for `"use": "sig"` and one for `"use": "enc"`, each of at
/// least 2048 bits and with a unique `kid`. The order matters, so that keys can be rotated without downtime:
///
/// * the first `sig` key signs; all `sig` keys are published;
/// * the first `enc` key is published; later ones only decrypt, for the day or so that the OP keeps encrypting to
///   the key it knows.
///
/// A key whose `kty`, `crv` or `alg` shows that it is for something else is [ignored](Self::passed_over): it is
/// neither used nor published, and [`to_json`](Self::to_json) writes it back unchanged. A `null` member counts as
/// absent. White space and `=` padding in a key's numbers are accepted, because templates break long lines and some
/// libraries pad; neither makes the number ambiguous.
///
/// The private half of a key is either in the set ([`from_json`](Self::from_json)) or outside this process, in an
/// HSM or a KMS ([`external`](Self::external)): flows then request each operation through
/// [`Step::UseKey`](crate::Step::UseKey).
///
/// `Clone` is cheap. `Debug` shows only the keys' `kid`s.
#[derive(Clone)]
pub struct PrivateKeys(Arc<Keys>);

struct Keys {
    /// The keys as read, in their order, to write back.
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
    /// Checking takes about 40 ms per key: do it once, at startup.
    ///
    /// # Errors
    /// [`KeysError`] says which key cannot be used and why; one bad key, such as one without its private part,
    /// makes the whole set unusable. [`KeysError::Form`] recognizes PEM, PKCS #12 and other forms that people keep
    /// keys in, and says how to turn them into a set.
    pub fn from_json(file: &(impl AsRef<[u8]> + ?Sized)) -> Result<Self, KeysError> {
        Self::from_entries(key_file::read(file.as_ref())?, Held::Here)
    }

    /// Reads a *public* JWK set whose private keys an HSM or a KMS holds. A key's `kid` is the handle that
    /// [`KeyOperation`](crate::KeyOperation)s use, and a key with an `alg` is used only for that algorithm. During
    /// a rotation this set also contains the old decryption keys, which the [published](Self::public_jwks) set does
    /// not.
    ///
    /// This does not check the set against the key holder; [`Client::check_keys`](crate::Client::check_keys) does.
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
    /// [`KeysError`], as for [`from_json`](Self::from_json); a key with a private part is refused.
    pub fn external(public_jwks: &(impl AsRef<[u8]> + ?Sized)) -> Result<Self, KeysError> {
        Self::from_entries(key_file::read(public_jwks.as_ref())?, Held::Outside)
    }

    /// Reads a set in which some keys have their private part and the others are external, as when moving from a
    /// file to an HSM. [`to_json`](Self::to_json) writes such sets.
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

    /// Generates a new set: one 2048-bit key to sign and one to decrypt.
    ///
    /// ```
    /// use itsme_core::PrivateKeys;
    ///
    /// let keys = PrivateKeys::generate()?;
    /// // The file to keep secret, readable only by the application:
    /// let private = keys.to_json();
    /// assert!(PrivateKeys::from_json(&private).is_ok());
    /// // The public half, to serve at a URL that itsme knows:
    /// let public = keys.public_jwks();
    /// # assert!(!public.contains("\"d\""));
    /// # Ok::<(), itsme_core::KeysError>(())
    /// ```
    ///
    /// # Errors
    /// [`KeysError::Generation`]: OpenSSL cannot generate keys.
    pub fn generate() -> Result<Self, KeysError> {
        Self::from_entries(
            vec![new_key(Usage::Signature)?, new_key(Usage::Encryption)?],
            Held::Here,
        )
    }

    /// The text of the JWK set file: all keys in their order, with the private part of each local key, and the
    /// [ignored](Self::passed_over) keys unchanged. It is as secret as the keys in it: write it where only the
    /// application can read it. If all keys are external it contains no secret, and [`external`](Self::external)
    /// reads it; [`mixed`](Self::mixed) reads a set of both kinds.
    pub fn to_json(&self) -> Zeroizing<String> {
        // Large enough that the text is never reallocated, which would leave a copy in memory.
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

    /// The keys of the file that are for something else, with the reason, such as elliptic-curve keys or keys for
    /// PS256. A rotation keeps them in the file, and [`without`](Self::without) never removes them.
    pub fn passed_over(&self) -> &[PassedOver] {
        &self.0.passed_over
    }

    /// The public JWK set, as text to print, send to itsme or put on a web server: every signing key and the first
    /// encryption key.
    pub fn public_jwks(&self) -> String {
        let set = KeySetRef { keys: &self.0.published };
        serde_json::to_string_pretty(&set).expect("texts are JSON") + "\n"
    }

    /// The response that serves [`public_jwks`](Self::public_jwks) at the URL registered with itsme. It may be
    /// cached for an hour; itsme requires at least 30 minutes, and an answer within a second (itsme: keys).
    pub fn public_jwks_response(&self) -> Response {
        let set = KeySetRef { keys: &self.0.published };
        let set = serde_json::to_vec(&set).expect("texts are JSON");
        response::document(set, "application/json", "public, max-age=3600")
    }

    /// The keys as read, in their order.
    pub(super) fn entries(&self) -> &[Entry] {
        &self.0.entries
    }

    /// The key that signs.
    pub(crate) fn signing_key(&self) -> &Arc<OwnKey> {
        self.0.signing.first().expect("a set without a signing key is refused")
    }

    /// The key that signs, and those published beside it.
    pub(crate) fn signing_keys(&self) -> &[Arc<OwnKey>] {
        &self.0.signing
    }

    /// The keys that decrypt.
    pub(crate) fn decryption_keys(&self) -> &[Arc<OwnKey>] {
        &self.0.decryption
    }

    /// Whether these are the same keys in the same order, wherever their private halves are.
    pub(crate) fn are_same(&self, other: &Self) -> bool {
        let same = |own: &[Arc<OwnKey>], others: &[Arc<OwnKey>]| {
            own.len() == others.len()
                && own.iter().zip(others).all(|(own, other)| own.is_same(other))
        };
        same(&self.0.signing, &other.0.signing) && same(&self.0.decryption, &other.0.decryption)
    }

    /// Whether the set has this exact decryption key.
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
