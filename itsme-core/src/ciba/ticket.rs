use serde::{Deserialize, Serialize};

use super::pace::Pace;
use crate::{
    client_auth::inner::ClientInner,
    error::Error,
    ground::{
        opaque::opaque,
        secret::StoredSecret,
        time::{ClockShift, UnixTime},
        version::Version,
    },
    settings::identity::ClientIdentity,
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
    pub(super) v: Version<2>,
    pub(super) auth_req_id: StoredSecret,
    /// What the OP must say when it pings; none where it does not.
    pub(super) notification_token: Option<StoredSecret>,
    pub(super) client: ClientIdentity,
    pub(super) pace: Pace,
    pub(crate) requested: Requested,
    /// The `claims` that were sent.
    pub(super) claims: Option<String>,
}

/// Whether a ticket can be polled with: by the client that got it, and in time.
pub(super) fn check(
    owner: &ClientIdentity,
    pace: &Pace,
    client: &ClientInner,
    now: UnixTime,
) -> Result<(), Error> {
    if *owner != client.identity {
        return Err(Error::ForeignTicket);
    }
    if pace.is_over(now, client.settings.clock_leeway) {
        return Err(Error::LoginExpired);
    }
    Ok(())
}

impl CibaTicket {
    /// As if another clock had been read.
    pub(crate) fn shifted(mut self, shift: ClockShift) -> Self {
        self.requested.at = shift.of(self.requested.at);
        Self { pace: self.pace.shifted(shift), ..self }
    }

    /// The OP's name for the request: what a ping carries, and what to store the ticket under.
    pub fn auth_req_id(&self) -> &str {
        self.auth_req_id.0.expose()
    }

    /// The `claims` that were sent, with the text or payment of a confirmation in it: to archive beside
    /// the [`Evidence`](crate::Evidence), which has its digest.
    pub fn claims(&self) -> Option<&str> {
        self.claims.as_deref()
    }

    /// Whether the OP [pings](crate::Ping) when the person has answered.
    pub fn awaits_ping(&self) -> bool {
        self.notification_token.is_some()
    }

    /// After this, the person can no longer answer.
    pub fn expires_at(&self) -> UnixTime {
        self.pace.deadline()
    }
}

opaque!(CibaTicket);
