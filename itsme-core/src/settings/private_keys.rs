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

/// Our own keys, parsed and checked once (itsme: keys).
///
/// Made from a JWK set (RFC 7517 §5) with at least one RSA key for `"use": "sig"` and one
/// for `"use": "enc"`, each of 2048 bits or more and with a `kid` of its own. The order matters,
/// so that keys can be rotated without a pause:
///
/// * the first `sig` key signs; all of them are published;
/// * the first `enc` key is published; the later ones only decrypt, for the day or so that the
///   OP goes on encrypting to the key it knows.
///
/// A key whose `kty`, `crv` or `alg` says that it is for something else is [passed over](Self::passed_over): it is
/// neither used nor published, and [`to_json`](Self::to_json) writes it as it came. A member that is `null` is as
/// good as absent. White space and `=` padding in the numbers of a key are ignored: templates break long lines, and
/// some libraries pad; neither leaves a doubt about the number.
///
/// The private half of a key is in the set ([`from_json`](Self::from_json)), or it is kept outside of this
/// process, in an HSM or a KMS ([`external`](Self::external)): the flows then ask for each operation by
/// [`Step::UseKey`](crate::Step::UseKey).
///
/// `Clone` is cheap. `Debug` shows the names of the keys and nothing else.
#[derive(Clone)]
pub struct PrivateKeys(Arc<Keys>);

struct Keys {
    /// As they came, in their order, to be written again.
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
    /// Reads a private JWK set file: its text, or its bytes as they are on the disk. A byte order mark in front is
    /// ignored.
    ///
    /// This checks every key, which takes some 40 ms a key: do it once, at the start.
    ///
    /// # Errors
    /// [`KeysError`] says which key cannot be used and why; a set with one bad key is refused whole. A
    /// key without its private part is one. [`KeysError::Form`] tells PEM, PKCS #12 and what else people keep keys
    /// in, and how to make a set of it.
    pub fn from_json(file: &(impl AsRef<[u8]> + ?Sized)) -> Result<Self, KeysError> {
        Self::from_entries(key_file::read(file.as_ref())?, Held::Here)
    }

    /// Reads the text of a *public* JWK set, whose private keys an HSM or a KMS holds. The `kid` of a key is
    /// the handle by which [`KeyOperation`](crate::KeyOperation)s ask for it, and a key with an `alg` is asked
    /// for nothing else. During a rotation it has the old decryption keys, too, which the set that is
    /// [published](Self::public_jwks) has not.
    ///
    /// The set is not checked against what the key holder has: [`Client::check_keys`](crate::Client::check_keys)
    /// does that.
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
    /// [`KeysError`], as [`from_json`](Self::from_json); a key with a private part is refused.
    pub fn external(public_jwks: &(impl AsRef<[u8]> + ?Sized)) -> Result<Self, KeysError> {
        Self::from_entries(key_file::read(public_jwks.as_ref())?, Held::Outside)
    }

    /// Reads the text of a set in which some keys have their private part and the others are kept outside: on
    /// the way from a file to an HSM, and what [`to_json`](Self::to_json) writes of it.
    ///
    /// # Errors
    /// [`KeysError`], as [`from_json`](Self::from_json).
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

    /// A new set: one key of 2048 bits to sign and one to decrypt.
    ///
    /// ```
    /// use itsme_core::PrivateKeys;
    ///
    /// let keys = PrivateKeys::generate()?;
    /// // The file to keep secret, readable by the application alone:
    /// let private = keys.to_json();
    /// assert!(PrivateKeys::from_json(&private).is_ok());
    /// // What the public half of it is to be served as, at an address that itsme knows:
    /// let public = keys.public_jwks();
    /// # assert!(!public.contains("\"d\""));
    /// # Ok::<(), itsme_core::KeysError>(())
    /// ```
    ///
    /// # Errors
    /// [`KeysError::Generation`]: OpenSSL cannot make keys.
    pub fn generate() -> Result<Self, KeysError> {
        Self::from_entries(
            vec![new_key(Usage::Signature)?, new_key(Usage::Encryption)?],
            Held::Here,
        )
    }

    /// The text of the JWK set file: all keys in their order, with the private part of each that is here, and
    /// those that were [passed over](Self::passed_over) as they came. It is
    /// as secret as these: write it where the application alone can read it. A set whose keys are all outside has
    /// nothing secret in it, and [`external`](Self::external) reads it; one of both kinds is read by
    /// [`mixed`](Self::mixed).
    pub fn to_json(&self) -> Zeroizing<String> {
        // Room enough that the text is never moved, which would leave a copy behind.
        let mut text =
            Zeroizing::new(Vec::with_capacity(self.entries().iter().map(Entry::size).sum()));
        let file = KeySetRef { keys: self.entries() };
        serde_json::to_writer_pretty(&mut *text, &file).expect("a JWK is JSON");
        text.push(b'\n');
        Zeroizing::new(String::from_utf8(std::mem::take(&mut text)).expect("JSON is text"))
    }

    /// The names of the signing keys, the one that signs first.
    pub fn signing_kids(&self) -> Vec<&str> {
        self.0.signing.iter().map(|key| key.kid.as_str()).collect()
    }

    /// The names of the encryption keys, the one that is published first.
    pub fn encryption_kids(&self) -> Vec<&str> {
        self.0.decryption.iter().map(|key| key.kid.as_str()).collect()
    }

    /// The keys of the file that are for something else, and what shows it: keys on elliptic curves, or for PS256.
    /// A rotation keeps them in the file, and [`without`](Self::without) takes none of them out.
    pub fn passed_over(&self) -> &[PassedOver] {
        &self.0.passed_over
    }

    /// The public JWK set, as text to print, send to itsme or put on a web server: every signing
    /// key and the first encryption key.
    pub fn public_jwks(&self) -> String {
        let set = KeySetRef { keys: &self.0.published };
        serde_json::to_string_pretty(&set).expect("texts are JSON") + "\n"
    }

    /// The response that serves [`public_jwks`](Self::public_jwks) at the address registered with
    /// itsme. It may be cached for an hour; itsme wants 30 minutes at least, and the answer within
    /// a second (itsme: keys).
    pub fn public_jwks_response(&self) -> Response {
        let set = KeySetRef { keys: &self.0.published };
        let set = serde_json::to_vec(&set).expect("texts are JSON");
        response::document(set, "application/json", "public, max-age=3600")
    }

    /// As they came, in their order.
    pub(super) fn entries(&self) -> &[Entry] {
        &self.0.entries
    }

    /// The key that signs.
    pub(crate) fn signing_key(&self) -> &Arc<OwnKey> {
        self.0.signing.first().expect("a set without a signing key is refused")
    }

    /// It, and those that are published beside it.
    pub(crate) fn signing_keys(&self) -> &[Arc<OwnKey>] {
        &self.0.signing
    }

    /// The keys that decrypt.
    pub(crate) fn decryption_keys(&self) -> &[Arc<OwnKey>] {
        &self.0.decryption
    }

    /// The same keys in the same order, wherever their private halves are.
    pub(crate) fn are_same(&self, other: &Self) -> bool {
        let same = |own: &[Arc<OwnKey>], others: &[Arc<OwnKey>]| {
            own.len() == others.len()
                && own.iter().zip(others).all(|(own, other)| own.is_same(other))
        };
        same(&self.0.signing, &other.0.signing) && same(&self.0.decryption, &other.0.decryption)
    }

    /// Whether it has this very decryption key.
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
