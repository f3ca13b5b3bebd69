use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    error::{KeyError, KeysError},
    ground::text::printable,
    http::{Response, response},
    jose::{Alg, KeyHome, OwnJwk, OwnKey, PublicJwk, PublicKey, RsaPrivateKey, Usage},
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
/// The private half of a key is in the set ([`from_json`](Self::from_json)), or it is kept outside of this
/// process, in an HSM or a KMS ([`external`](Self::external)): the flows then ask for each operation by
/// [`Step::UseKey`](crate::Step::UseKey).
///
/// `Clone` is cheap. `Debug` shows the names of the keys and nothing else.
#[derive(Clone)]
pub struct PrivateKeys(Arc<Keys>);

struct Keys {
    /// As they came, in their order, to be written again.
    jwks: Vec<OwnJwk>,
    signing: Vec<Arc<OwnKey>>,
    decryption: Vec<Arc<OwnKey>>,
    published: Vec<PublicJwk>,
}

/// Where the private half of a key may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Held {
    Here,
    Outside,
    Either,
}

#[derive(Deserialize)]
struct KeyFile {
    keys: Vec<OwnJwk>,
}

/// A JWK set (RFC 7517 §5).
#[derive(Serialize)]
struct KeySetRef<'a, K> {
    keys: &'a [K],
}

impl PrivateKeys {
    /// Reads the text of a private JWK set file.
    ///
    /// This checks every key, which takes some 40 ms a key: do it once, at the start.
    ///
    /// # Errors
    /// [`KeysError`] says which key cannot be used and why; a set with one bad key is refused whole. A
    /// key without its private part is one.
    pub fn from_json(text: &str) -> Result<Self, KeysError> {
        Self::from_jwks(read_file(text)?, Held::Here)
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
    pub fn external(public_jwks: &str) -> Result<Self, KeysError> {
        Self::from_jwks(read_file(public_jwks)?, Held::Outside)
    }

    /// Reads the text of a set in which some keys have their private part and the others are kept outside: on
    /// the way from a file to an HSM, and what [`to_json`](Self::to_json) writes of it.
    ///
    /// # Errors
    /// [`KeysError`], as [`from_json`](Self::from_json).
    pub fn mixed(text: &str) -> Result<Self, KeysError> {
        Self::from_jwks(read_file(text)?, Held::Either)
    }

    fn from_jwks(jwks: Vec<OwnJwk>, held: Held) -> Result<Self, KeysError> {
        let (mut signing, mut decryption, mut published) = (Vec::new(), Vec::new(), Vec::new());
        for Read { usage, public, key } in read_all(&jwks, held)? {
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
            return Err(KeysError::NoSigningKey);
        }
        if decryption.is_empty() {
            return Err(KeysError::NoEncryptionKey);
        }
        Ok(Self(Arc::new(Keys { jwks, signing, decryption, published })))
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
        Self::from_jwks(vec![new_key(Usage::Signature)?, new_key(Usage::Encryption)?], Held::Here)
    }

    /// The text of the JWK set file: all keys in their order, with the private part of each that is here. It is
    /// as secret as these: write it where the application alone can read it. A set whose keys are all outside has
    /// nothing secret in it, and [`external`](Self::external) reads it; one of both kinds is read by
    /// [`mixed`](Self::mixed).
    pub fn to_json(&self) -> Zeroizing<String> {
        // Room enough that the text is never moved, which would leave a copy behind.
        let mut text = Zeroizing::new(Vec::with_capacity(16 * 1024 * self.0.jwks.len()));
        let file = KeySetRef { keys: &self.0.jwks };
        serde_json::to_writer_pretty(&mut *text, &file).expect("a JWK is JSON");
        text.push(b'\n');
        Zeroizing::new(String::from_utf8(std::mem::take(&mut text)).expect("JSON is text"))
    }

    /// Adds a new encryption key: it is the one that is published, and the old ones go on
    /// decrypting what itsme encrypts to them for the next 24 hours (itsme: keys).
    ///
    /// # Errors
    /// [`KeysError::Generation`]: OpenSSL cannot make keys. [`KeysError::Outside`]: they are not made here.
    pub fn with_new_encryption_key(&self) -> Result<Self, KeysError> {
        self.with_new_key(Usage::Encryption)
    }

    /// Adds a new signing key, published after the old ones, which still sign. Publish it,
    /// and when itsme has had time to fetch it (a day, to be sure), sign with it by
    /// [`signing_with`](Self::signing_with).
    ///
    /// # Errors
    /// [`KeysError::Generation`]: OpenSSL cannot make keys. [`KeysError::Outside`]: they are not made here.
    pub fn with_new_signing_key(&self) -> Result<Self, KeysError> {
        self.with_new_key(Usage::Signature)
    }

    fn with_new_key(&self, usage: Usage) -> Result<Self, KeysError> {
        if !self.0.jwks.iter().any(OwnJwk::has_private_part) {
            return Err(KeysError::Outside);
        }
        self.with(vec![new_key(usage)?])
    }

    /// Adds keys that an HSM or a KMS holds, by their public JWK set: an encryption key is the one that is
    /// published from now on, and a signing key is published after those that are there, as if they were made
    /// by [`with_new_encryption_key`](Self::with_new_encryption_key) and
    /// [`with_new_signing_key`](Self::with_new_signing_key).
    ///
    /// # Errors
    /// [`KeysError`]: a key cannot be used, or has the name of another.
    pub fn with_external(&self, public_jwks: &str) -> Result<Self, KeysError> {
        let added = read_file(public_jwks)?;
        read_all(&added, Held::Outside)?;
        self.with(added)
    }

    fn with(&self, added: Vec<OwnJwk>) -> Result<Self, KeysError> {
        let mut jwks = self.0.jwks.clone();
        let is_encryption = |jwk: &OwnJwk| jwk.usage.as_deref() == Some("enc");
        let (encryption, others): (Vec<_>, Vec<_>) = added.into_iter().partition(is_encryption);
        let first = jwks.iter().position(is_encryption).unwrap_or_default();
        jwks.splice(first..first, encryption);
        jwks.extend(others);
        Self::from_jwks(jwks, Held::Either)
    }

    /// Signs with the key of this name from now on.
    ///
    /// # Errors
    /// [`KeysError::UnknownKey`]: there is no signing key of this name.
    pub fn signing_with(&self, kid: &str) -> Result<Self, KeysError> {
        let mut jwks = self.0.jwks.clone();
        let named =
            |jwk: &OwnJwk| jwk.kid.as_deref() == Some(kid) && jwk.usage.as_deref() == Some("sig");
        let place = jwks.iter().position(named).ok_or(KeysError::UnknownKey)?;
        let key = jwks.remove(place);
        jwks.insert(0, key);
        Self::from_jwks(jwks, Held::Either)
    }

    /// Removes a retired key.
    ///
    /// # Errors
    /// [`KeysError::UnknownKey`], or what the set lacks without it.
    pub fn without(&self, kid: &str) -> Result<Self, KeysError> {
        let (mut jwks, all) = (self.0.jwks.clone(), self.0.jwks.len());
        jwks.retain(|jwk| jwk.kid.as_deref() != Some(kid));
        if jwks.len() == all {
            return Err(KeysError::UnknownKey);
        }
        Self::from_jwks(jwks, Held::Either)
    }

    /// The names of the signing keys, the one that signs first.
    pub fn signing_kids(&self) -> Vec<&str> {
        self.0.signing.iter().map(|key| key.kid.as_str()).collect()
    }

    /// The names of the encryption keys, the one that is published first.
    pub fn encryption_kids(&self) -> Vec<&str> {
        self.0.decryption.iter().map(|key| key.kid.as_str()).collect()
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

fn new_key(usage: Usage) -> Result<OwnJwk, KeysError> {
    let made = match usage {
        Usage::Signature => OwnJwk::generate("sig", "RS256"),
        Usage::Encryption => OwnJwk::generate("enc", "RSA-OAEP-256"),
    };
    made.ok_or(KeysError::Generation)
}

fn read_file(text: &str) -> Result<Vec<OwnJwk>, KeysError> {
    if text.trim().is_empty() {
        return Err(KeysError::Empty);
    }
    if text.trim_start().starts_with("-----BEGIN") {
        let why = "it is PEM; convert each key to a JWK with `use` and `kid`";
        return Err(KeysError::NotAKeySet(why.to_owned()));
    }
    let file: KeyFile = serde_json::from_str(text).map_err(|error| not_a_key_set(&error))?;
    Ok(file.keys)
}

/// Each key by itself, named by its place and `kid` if it cannot be used.
fn read_all(jwks: &[OwnJwk], held: Held) -> Result<Vec<Read>, KeysError> {
    let mut kids: Vec<&str> = Vec::new();
    let mut all = Vec::new();
    for (place, jwk) in jwks.iter().enumerate() {
        let kid = jwk.kid.as_deref().unwrap_or_default();
        let read = read(jwk, &kids, held).map_err(|error| {
            let mut key = format!("key {}", place + 1);
            if !kid.is_empty() {
                key.push_str(&format!(" (kid `{}`)", printable(kid)));
            }
            KeysError::Key { key, error }
        });
        all.push(read?);
        kids.push(kid);
    }
    Ok(all)
}

struct Read {
    usage: Usage,
    public: PublicJwk,
    key: OwnKey,
}

fn read(jwk: &OwnJwk, earlier: &[&str], held: Held) -> Result<Read, KeyError> {
    let kid = jwk.kid.as_deref().filter(|kid| !kid.is_empty()).ok_or(KeyError::NoKid)?;
    if earlier.contains(&kid) {
        return Err(KeyError::SameKid);
    }
    if jwk.kty.as_deref() != Some("RSA") {
        return Err(KeyError::KeyType);
    }
    let (usage, alg) = match (jwk.usage.as_deref(), jwk.alg.as_deref()) {
        (Some("sig"), None | Some("RS256")) => (Usage::Signature, Some(Alg::Rs256)),
        (Some("sig"), _) => return Err(KeyError::Algorithm("RS256")),
        (Some("enc"), None) => (Usage::Encryption, None),
        (Some("enc"), Some("RSA-OAEP")) => (Usage::Encryption, Some(Alg::RsaOaep)),
        (Some("enc"), Some("RSA-OAEP-256")) => (Usage::Encryption, Some(Alg::RsaOaep256)),
        (Some("enc"), _) => return Err(KeyError::Algorithm("RSA-OAEP or RSA-OAEP-256")),
        _ => return Err(KeyError::Use),
    };
    let is_outside = held != Held::Here && !jwk.has_private_part();
    if held == Held::Outside && !is_outside {
        return Err(KeyError::PrivatePart);
    }
    let home = if is_outside {
        KeyHome::Outside(PublicKey::of_outside_key((usage, alg), kid, jwk)?)
    } else {
        KeyHome::Here(RsaPrivateKey::from_jwk(jwk)?)
    };
    let key = OwnKey { kid: kid.to_owned(), home };
    let public = PublicJwk::new((usage, alg), kid, key.public_numbers());
    Ok(Read { usage, public, key })
}

/// Says where, and not what: serde_json's own errors can quote a private number.
fn not_a_key_set(error: &serde_json::Error) -> KeysError {
    let kind = match error.classify() {
        serde_json::error::Category::Data => "a member is missing or of the wrong type",
        serde_json::error::Category::Eof => "the text ends too early",
        _ => "a syntax error",
    };
    let (line, column) = (error.line(), error.column());
    KeysError::NotAKeySet(format!("{kind} (line {line}, column {column})"))
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
