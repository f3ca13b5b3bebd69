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

/// A person who has logged in; every check has passed (see the table on the crate's front page).
///
/// Serializable with serde and versioned, so that one server instance can hand it to another for the few seconds
/// until the browser is answered. Keep it as secret as a session. For the long term, store the
/// [`evidence`](Self::evidence) and whatever you need of the `user`.
#[non_exhaustive]
pub struct LoggedIn {
    /// The person; boxed, because a user has forty fields.
    pub user: Box<User>,
    /// How strongly they were authenticated, if the OP named a level that itsme defines.
    pub acr: Option<Acr>,
    /// When they were authenticated, if the OP said so.
    pub auth_time: Option<UnixTime>,
    /// Gives access to the userinfo endpoint and the picture for a few minutes. Do not store it.
    pub access_token: Secret,
    /// How long the access token remains valid, if the OP said so.
    pub expires_in: Option<Duration>,
    /// Proof of this login for later.
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
