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

/// A person who has logged in: every check was made (see the table in the crate's front page).
///
/// It is serde and versioned, so that one instance of a server can hand it to another: for the seconds until their
/// browser is told, and kept as secret as a session. What to keep for good is the [`evidence`](Self::evidence), and of
/// the `user` what is needed.
#[non_exhaustive]
pub struct LoggedIn {
    /// Who it is; in a box, because a person has forty fields.
    pub user: Box<User>,
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
    /// Seconds.
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
