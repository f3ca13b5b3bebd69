use std::fmt;

use serde::{Deserialize, Serialize};

use super::pace::Pace;
use crate::{
    ground::{
        secret::{self, Secret},
        time::UnixTime,
        version::Version1,
    },
    tokens::requested::Requested,
};

/// A person has been asked, and has yet to answer.
///
/// It is serde and versioned, so that another process or machine can poll for the answer: it knows
/// when, and until when. Like a [`LoginState`](crate::LoginState) it is opaque, is used up by
/// polling, and belongs to one client. Whoever reads it can take the login over: keep it as secret
/// as a session.
#[derive(Serialize, Deserialize)]
pub struct CibaTicket {
    pub(super) v: Version1,
    #[serde(serialize_with = "secret::serialize", deserialize_with = "secret::deserialize")]
    pub(super) auth_req_id: Secret,
    /// What the OP must say when it pings; none where it does not.
    pub(super) notification_token: Option<StoredSecret>,
    pub(super) client_id: String,
    pub(super) issuer: String,
    pub(super) pace: Pace,
    pub(super) asked: Requested,
    /// The `claims` that were sent.
    pub(super) claims: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct StoredSecret(
    #[serde(serialize_with = "secret::serialize", deserialize_with = "secret::deserialize")]
    pub(super) Secret,
);

impl CibaTicket {
    /// The OP's name for the request: what a ping carries, and what to store the ticket under.
    pub fn auth_req_id(&self) -> &str {
        self.auth_req_id.expose()
    }

    /// The `claims` that were sent, with the text or payment of a confirmation in it: to archive beside
    /// the [`Evidence`](crate::Evidence), which has its digest.
    pub fn claims(&self) -> Option<&str> {
        self.claims.as_deref()
    }

    /// After this, the person can no longer answer.
    pub fn expires_at(&self) -> UnixTime {
        self.pace.deadline()
    }
}

impl fmt::Debug for CibaTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CibaTicket").finish_non_exhaustive()
    }
}
