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

/// A request that is waiting for the user's response.
///
/// It is serializable with serde and versioned, so that another process or machine can poll for the response. It
/// contains the time of the next poll and the deadline. Like a [`LoginState`](crate::LoginState), it is opaque, belongs
/// to one client, and is consumed by polling. Anyone who can read it can take over the login, so keep it as secret as a
/// session.
#[derive(Serialize, Deserialize)]
pub struct CibaTicket {
    pub(super) v: Version<2>,
    pub(super) auth_req_id: StoredSecret,
    /// The token that the OP must send with a ping; `None` if the OP does not ping.
    pub(super) notification_token: Option<StoredSecret>,
    pub(super) client: ClientIdentity,
    pub(super) pace: Pace,
    pub(crate) requested: Requested,
    /// The `claims` parameter as sent.
    pub(super) claims: Option<String>,
}

/// Checks that this client may poll with the ticket, and that it has not expired.
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
    /// The same ticket, with its times adjusted to a different clock.
    pub(crate) fn shifted(mut self, shift: ClockShift) -> Self {
        self.requested.at = shift.of(self.requested.at);
        Self { pace: self.pace.shifted(shift), ..self }
    }

    /// The OP's identifier for the request. A ping contains it, so store the ticket under it.
    pub fn auth_req_id(&self) -> &str {
        self.auth_req_id.0.expose()
    }

    /// The `claims` parameter as sent, including the text or payment of a confirmation. Archive it
    /// together with the [`Evidence`](crate::Evidence), which contains its digest.
    pub fn claims(&self) -> Option<&str> {
        self.claims.as_deref()
    }

    /// Whether the OP sends a [ping](crate::Ping) when the user has responded.
    pub fn awaits_ping(&self) -> bool {
        self.notification_token.is_some()
    }

    /// The time after which the user can no longer respond.
    pub fn expires_at(&self) -> UnixTime {
        self.pace.deadline()
    }
}

opaque!(CibaTicket);
