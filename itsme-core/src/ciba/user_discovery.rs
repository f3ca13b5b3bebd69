use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    pace::{Pace, retry_after, says_later},
    qr::QrCode,
    request::{UserIdentifierToken, check_client},
    ticket,
};
use crate::{
    client_auth::{
        inner::ClientInner,
        parties::{Parties, Prepared},
    },
    error::{Error, RequestError},
    flow::{
        machine::Context,
        retry::Retry,
        single_request::{Exchange, SingleRequest},
    },
    ground::{
        opaque::opaque,
        secret::Secret,
        time::{ClockShift, UnixTime},
        version::Version,
    },
    http::{Response, endpoint::Endpoint, form, response},
    settings::identity::ClientIdentity,
};

/// How long to wait for a user to scan the code (itsme: user discovery).
const LIFETIME: Duration = Duration::from_secs(10 * 60);

const ENDPOINT: Endpoint = Endpoint::UserDiscovery;

/// The flow behind [`Client::discover_user`](crate::Client::discover_user).
pub(crate) type DiscoverUser = SingleRequest<BeginUserDiscovery>;

/// The flow behind [`Client::poll_user_discovery`](crate::Client::poll_user_discovery).
pub(crate) type PollUserDiscovery = SingleRequest<UserDiscoveryPoll>;

/// A QR code that is waiting to be scanned.
///
/// It is serializable with serde and versioned, so that another process can continue with it. It contains the
/// time of the next poll, and expires after ten minutes. It belongs to one client, and its `Debug` output shows none
/// of its content.
#[derive(Serialize, Deserialize)]
pub struct UserDiscoveryTicket {
    v: Version<2>,
    session_id: SessionId,
    client: ClientIdentity,
    pace: Pace,
    qr: QrCode,
}

/// A session identifier that is safe to use as a single path segment. It is checked both when it is received and when a
/// stored ticket is deserialized.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct SessionId(String);

impl TryFrom<String> for SessionId {
    type Error = &'static str;

    fn try_from(id: String) -> Result<Self, Self::Error> {
        // URL parsing removes the segments `.` and `..`, even if they are percent-encoded.
        if id.is_empty() || id.len() > 256 || id == "." || id == ".." {
            return Err("it has no usable `user_discovery_session_id`");
        }
        Ok(Self(id))
    }
}

impl From<SessionId> for String {
    fn from(id: SessionId) -> Self {
        id.0
    }
}

/// The result of a poll for the user who scans the QR code.
#[derive(Debug)]
#[allow(clippy::exhaustive_enums, reason = "a caller must handle every result of a poll")]
pub enum UserDiscovery {
    /// No user has scanned the code yet. Poll again with this ticket.
    Waiting(UserDiscoveryTicket),
    /// No user has scanned the code yet, and the OP has sent a new code. Show the new code, and poll again with this
    /// ticket.
    Redraw(UserDiscoveryTicket),
    /// A user has scanned the code. Send them your request with this token.
    Found(UserIdentifierToken),
}

/// The first request of a discovery.
pub(crate) struct BeginUserDiscovery;

/// One poll for the user who scans the QR code.
pub(crate) struct UserDiscoveryPoll(UserDiscoveryTicket);

pub(crate) fn discover_user(client: &Arc<ClientInner>) -> Result<DiscoverUser, RequestError> {
    check_client(&client.settings)?;
    Ok(SingleRequest::new(client, BeginUserDiscovery))
}

pub(crate) fn poll_user_discovery(
    client: &Arc<ClientInner>,
    ticket: UserDiscoveryTicket,
) -> PollUserDiscovery {
    SingleRequest::new(client, UserDiscoveryPoll(ticket))
}

impl UserDiscoveryTicket {
    /// The same ticket, with its times adjusted to a different clock.
    pub(crate) fn shifted(self, shift: ClockShift) -> Self {
        Self { pace: self.pace.shifted(shift), ..self }
    }

    /// The QR code to show.
    pub fn qr(&self) -> &QrCode {
        &self.qr
    }

    /// The OP's identifier for the session. Store the ticket under it.
    pub fn session_id(&self) -> &str {
        &self.session_id.0
    }

    /// The time at which polling stops. The OP itself waits a few minutes longer.
    pub fn expires_at(&self) -> UnixTime {
        self.pace.deadline()
    }
}

fn prepare(
    parties: &Parties,
    session_id: Option<&SessionId>,
    made: &[String],
    cx: &mut Context<'_>,
) -> Result<Prepared, Error> {
    let metadata = &parties.provider.metadata;
    let rules = &parties.client.provider.rules;
    let url = metadata.user_discovery(session_id.map(|id| id.0.as_str()), rules)?;
    // The audience of the client assertion is the backchannel endpoint (itsme: user discovery).
    let audience = metadata.backchannel(rules)?;
    parties.authenticated(audience, made.first(), cx, |authentication| {
        form::post((ENDPOINT, &url), &[], authentication)
    })
}

/// The token for the user who has scanned the code, if the response contains one.
fn found(answer: &mut Map<String, Value>) -> Result<Option<UserIdentifierToken>, Error> {
    match answer.get("status").and_then(Value::as_str) {
        Some("PENDING_USER_DISCOVERY") => Ok(None),
        Some("USER_DISCOVERED") => match answer.remove("user_identifier_token") {
            Some(Value::String(token)) if !token.is_empty() => {
                Ok(Some(UserIdentifierToken(Secret::new(token))))
            }
            _ => Err(Error::malformed(ENDPOINT, "it has no `user_identifier_token`")),
        },
        _ => Err(Error::malformed(
            ENDPOINT,
            "its `status` is neither PENDING_USER_DISCOVERY nor USER_DISCOVERED",
        )),
    }
}

fn session_id(answer: &Map<String, Value>) -> Result<SessionId, Error> {
    let id = answer.get("user_discovery_session_id").and_then(Value::as_str).unwrap_or_default();
    id.to_owned().try_into().map_err(|what| Error::malformed(ENDPOINT, what))
}

impl Exchange for BeginUserDiscovery {
    const RETRY: Retry = Retry::Idempotent;
    type Output = UserDiscoveryTicket;

    fn prepare(
        &mut self,
        parties: &Parties,
        made: &[String],
        cx: &mut Context<'_>,
    ) -> Result<Prepared, Error> {
        prepare(parties, None, made, cx)
    }

    fn read(
        self,
        response: Response,
        parties: Parties,
        now: UnixTime,
    ) -> Result<UserDiscoveryTicket, Error> {
        let answer = response::json_object(ENDPOINT, response)?.into();
        Ok(UserDiscoveryTicket {
            v: Version,
            session_id: session_id(&answer)?,
            client: parties.client.identity.clone(),
            pace: Pace::new(now, &answer, LIFETIME),
            qr: QrCode::read(&answer).map_err(|what| Error::malformed(ENDPOINT, what))?,
        })
    }
}

impl Exchange for UserDiscoveryPoll {
    const RETRY: Retry = Retry::ByDeadline;
    type Output = UserDiscovery;

    fn begin(&self, client: &ClientInner, now: UnixTime) -> Result<Option<UserDiscovery>, Error> {
        ticket::check(&self.0.client, &self.0.pace, client, now)?;
        Ok(None)
    }

    fn not_before(&self) -> UnixTime {
        self.0.pace.not_before()
    }

    fn prepare(
        &mut self,
        parties: &Parties,
        made: &[String],
        cx: &mut Context<'_>,
    ) -> Result<Prepared, Error> {
        prepare(parties, Some(&self.0.session_id), made, cx)
    }

    fn read(self, response: Response, _: Parties, now: UnixTime) -> Result<UserDiscovery, Error> {
        let Self(mut ticket) = self;
        let pause = retry_after(response.headers());
        let status = response.status();
        let mut answer = match response::json_object(ENDPOINT, response) {
            Ok(answer) => answer.into(),
            Err(error) if says_later(status, &error) => {
                ticket.pace.slow_down(now, pause);
                return Ok(UserDiscovery::Waiting(ticket));
            }
            Err(error) => return Err(error),
        };
        if let Some(user) = found(&mut answer)? {
            return Ok(UserDiscovery::Found(user));
        }
        ticket.pace.lengthen(&answer);
        ticket.pace.pause(now, pause);
        // If the response has no readable code, the current code remains valid (itsme: user discovery).
        let Ok(qr) = QrCode::read(&answer) else { return Ok(UserDiscovery::Waiting(ticket)) };
        let is_another = qr.image != ticket.qr.image;
        ticket.qr = qr;
        Ok(if is_another { UserDiscovery::Redraw(ticket) } else { UserDiscovery::Waiting(ticket) })
    }

    /// Polls again later. The OP has not received this poll, because the client assertion could not be signed.
    fn unsigned(self, now: UnixTime) -> Option<UserDiscovery> {
        let Self(mut ticket) = self;
        ticket.pace.pause(now, None);
        Some(UserDiscovery::Waiting(ticket))
    }

    /// Polls again later, at a longer interval.
    fn unanswered(self, now: UnixTime) -> Option<UserDiscovery> {
        let Self(mut ticket) = self;
        ticket.pace.slow_down(now, None);
        Some(UserDiscovery::Waiting(ticket))
    }
}

opaque!(UserDiscoveryTicket);
