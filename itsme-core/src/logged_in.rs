use std::{fmt, ops::Deref, sync::Arc, time::Duration};

use serde_json::Value;
use zeroize::Zeroizing;

use crate::{
    acr::Acr, asked::Asked, claims::Scope, jose::PublicKey, secret::Secret, time::UnixTime,
    user::User,
};

/// A person who has logged in: every check was made (see the table in the crate's front page).
///
/// Reads like its [`User`]: `who.sub`, `who.email`.
#[non_exhaustive]
pub struct LoggedIn {
    /// Who it is.
    pub user: User,
    /// How strongly they were authenticated, if the OP said it in a way that itsme defines.
    pub acr: Option<Acr>,
    /// When they were authenticated, if the OP said it.
    pub auth_time: Option<UnixTime>,
    /// Opens the userinfo endpoint and the picture for a few minutes. Do not store it.
    pub access_token: Secret,
    /// How long the access token is good from now, if the OP said it.
    pub expires_in: Option<Duration>,
    /// What proves all this later.
    pub evidence: Evidence,
}

impl Deref for LoggedIn {
    type Target = User;

    fn deref(&self) -> &User {
        &self.user
    }
}

impl fmt::Debug for LoggedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoggedIn").field("user", &self.user).finish_non_exhaustive()
    }
}

/// The signed ID token as it came, who signed it and what had been asked: to keep, so that an
/// identification can be proved later. It holds personal data and shows none in `Debug`.
pub struct Evidence {
    pub(crate) id_token: Zeroizing<String>,
    pub(crate) key: Option<Arc<PublicKey>>,
    pub(crate) asked: Asked,
}

impl Evidence {
    /// The ID token, decrypted, as the compact JWS that the OP signed.
    pub fn id_token(&self) -> &str {
        &self.id_token
    }

    /// The OP's public key that verifies the ID token, as a JWK; none if it was signed with a
    /// shared secret, which proves nothing to others.
    pub fn signing_key(&self) -> Option<Value> {
        self.key.as_ref().map(|key| key.to_jwk())
    }

    /// The SHA-256 thumbprint of that key, base64url (RFC 7638).
    pub fn signing_key_thumbprint(&self) -> Option<String> {
        self.key.as_ref().map(|key| key.thumbprint())
    }

    /// When the login was begun.
    pub fn asked_at(&self) -> UnixTime {
        self.asked.at
    }

    /// The scopes that were asked for.
    pub fn asked_scopes(&self) -> &[Scope] {
        &self.asked.scopes
    }

    /// The authentication level that was asked for.
    pub fn asked_acr(&self) -> Option<Acr> {
        self.asked.acr
    }
}

impl fmt::Debug for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evidence").finish_non_exhaustive()
    }
}
