use std::{fmt, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{
    claims::acr::Acr,
    evidence::Evidence,
    ground::{
        secret::{Secret, StoredSecret},
        time::UnixTime,
        version::Version,
    },
    user::User,
};

/// A user who has logged in. Every check has passed (see the table on the crate's front page).
///
/// It can be serialized with serde, in a versioned format, so that one server instance can pass it to another
/// until the response is sent to the browser. Keep it as secret as a session. For the long term, store the
/// [`evidence`](Self::evidence) and what you need from the `user`.
#[non_exhaustive]
pub struct LoggedIn {
    /// The user. Boxed because it has forty fields.
    pub user: Box<User>,
    /// How strongly the user was authenticated, if the OP returned a level that itsme defines.
    pub acr: Option<Acr>,
    /// When the user was authenticated, if the OP returned the time.
    pub auth_time: Option<UnixTime>,
    /// The token for the userinfo endpoint and the picture, valid for a few minutes. Do not store it.
    pub access_token: Secret,
    /// How long the access token is valid, if the OP returned it.
    pub expires_in: Option<Duration>,
    /// Proof of this login, for archiving.
    pub evidence: Evidence,
}

impl fmt::Debug for LoggedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoggedIn").field("user", &self.user).finish_non_exhaustive()
    }
}

#[derive(Serialize, Deserialize)]
struct Stored<U, E> {
    v: Version<2>,
    user: U,
    acr: Option<Acr>,
    auth_time: Option<UnixTime>,
    access_token: StoredSecret,
    /// In seconds.
    expires_in: Option<u64>,
    evidence: E,
}

impl Serialize for LoggedIn {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let stored = Stored {
            v: Version,
            user: &self.user,
            acr: self.acr,
            auth_time: self.auth_time,
            access_token: StoredSecret(self.access_token.clone()),
            expires_in: self.expires_in.map(|expires_in| expires_in.as_secs()),
            evidence: &*self.evidence.to_text(),
        };
        stored.serialize(to)
    }
}

impl<'de> Deserialize<'de> for LoggedIn {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let stored = Stored::<Box<User>, StoredSecret>::deserialize(from)?;
        let evidence = Evidence::from_text(stored.evidence.0.expose()).map_err(D::Error::custom)?;
        Ok(Self {
            user: stored.user,
            acr: stored.acr,
            auth_time: stored.auth_time,
            access_token: stored.access_token.0,
            expires_in: stored.expires_in.map(Duration::from_secs),
            evidence,
        })
    }
}
