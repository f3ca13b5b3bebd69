use std::{fmt, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    pace::{Pace, retry_after, says_later},
    qr::QrCode,
    request::{UserIdentifierToken, check_client},
};
use crate::{
    client_auth::inner::RelyingParty,
    error::Error,
    flow::{
        machine::Moment,
        retry::Retry,
        single_request::{Call, OneCall},
    },
    ground::{secret::Secret, time::UnixTime, version::Version1},
    http::{Request, Response, endpoint::Endpoint, form, response},
    provider::Provider,
};

/// After this, whoever has not scanned the code will not (itsme: user discovery).
const LIFETIME: Duration = Duration::from_secs(10 * 60);

const ENDPOINT: Endpoint = Endpoint::UserDiscovery;

/// The flow behind [`Client::discover_user`](crate::Client::discover_user).
pub(crate) type DiscoverUser = OneCall<BeginDiscovery>;

/// The flow behind [`Client::poll_discovery`](crate::Client::poll_discovery).
pub(crate) type PollDiscovery = OneCall<DiscoveryPoll>;

/// A QR code that waits to be scanned.
///
/// It is serde and versioned, so that another process can go on with it: it knows when to poll, and
/// it ends after ten minutes. It belongs to one client, and shows nothing in `Debug`.
#[derive(Serialize, Deserialize)]
pub struct DiscoveryTicket {
    v: Version1,
    session_id: SessionId,
    client_id: String,
    issuer: String,
    pace: Pace,
    qr: QrCode,
}

/// An identifier that can stand in a path as it is, wherever it comes from.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct SessionId(String);

impl TryFrom<String> for SessionId {
    type Error = &'static str;

    fn try_from(id: String) -> Result<Self, Self::Error> {
        let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-._~".contains(&octet);
        if id.is_empty() || id.len() > 256 || !id.bytes().all(plain) || id.starts_with('.') {
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

/// What a poll for the person before the QR code has brought.
#[derive(Debug)]
#[allow(clippy::exhaustive_enums, reason = "whoever polls must go on with each ticket")]
pub enum Discovery {
    /// Nobody has scanned it yet.
    Waiting(DiscoveryTicket),
    /// Nobody has scanned it yet, and the code is another one now: draw it anew.
    Redraw(DiscoveryTicket),
    /// Somebody has scanned it: ask them what you want to know.
    Found(UserIdentifierToken),
}

/// The first request of a discovery.
pub(crate) struct BeginDiscovery(());

/// A later one.
pub(crate) struct DiscoveryPoll(DiscoveryTicket);

impl DiscoveryTicket {
    /// The code to show.
    pub fn qr(&self) -> &QrCode {
        &self.qr
    }

    /// The OP's name for it, to store it under.
    pub fn session_id(&self) -> &str {
        &self.session_id.0
    }

    /// After this, it is polled no more. (The OP itself waits some minutes longer.)
    pub fn expires_at(&self) -> UnixTime {
        self.pace.deadline()
    }
}

impl BeginDiscovery {
    pub(crate) fn new() -> Self {
        Self(())
    }
}

impl DiscoveryPoll {
    pub(crate) fn with(ticket: DiscoveryTicket) -> Self {
        Self(ticket)
    }
}

fn request(
    rp: &RelyingParty,
    provider: &Provider,
    session_id: Option<&SessionId>,
    at: &mut Moment<'_>,
) -> Result<Request, Error> {
    let (metadata, plain_http) = (&provider.metadata, rp.settings.plain_http());
    let url = metadata.user_discovery(session_id.map(|id| id.0.as_str()), plain_http)?;
    // Protocol: the audience is the other endpoint (itsme: user discovery).
    let authentication = rp.authentication(provider, metadata.backchannel(plain_http)?, at)?;
    Ok(form::post((ENDPOINT, &url), &[], &authentication))
}

fn malformed(what: &'static str) -> Error {
    Error::Malformed { endpoint: ENDPOINT, what }
}

fn answer(response: Response, rp: &RelyingParty) -> Result<Map<String, Value>, Error> {
    response::json_object(ENDPOINT, response).map_err(|error| rp.told(error))
}

/// The person, if the answer says who it is.
fn found(answer: &mut Map<String, Value>) -> Result<Option<UserIdentifierToken>, Error> {
    match answer.get("status").and_then(Value::as_str) {
        Some("PENDING_USER_DISCOVERY") => Ok(None),
        Some("USER_DISCOVERED") => match answer.remove("user_identifier_token") {
            Some(Value::String(token)) if !token.is_empty() => {
                Ok(Some(UserIdentifierToken(Secret::new(token))))
            }
            _ => Err(malformed("it has no `user_identifier_token`")),
        },
        _ => Err(malformed("its `status` is neither of the two that there are")),
    }
}

fn session_id(answer: &Map<String, Value>) -> Result<SessionId, Error> {
    let id = answer.get("user_discovery_session_id").and_then(Value::as_str).unwrap_or_default();
    id.to_owned().try_into().map_err(malformed)
}

impl Call for BeginDiscovery {
    const RETRY: Retry = Retry::Idempotent;
    type Output = DiscoveryTicket;

    fn begin(&self, rp: &RelyingParty, _: UnixTime) -> Result<Option<DiscoveryTicket>, Error> {
        check_client(&rp.settings)?;
        Ok(None)
    }

    fn request(
        &mut self,
        rp: &RelyingParty,
        provider: &Provider,
        at: &mut Moment<'_>,
    ) -> Result<Request, Error> {
        request(rp, provider, None, at)
    }

    fn read(
        self,
        response: Response,
        rp: &RelyingParty,
        _: Arc<Provider>,
        now: UnixTime,
    ) -> Result<DiscoveryTicket, Error> {
        let answer = answer(response, rp)?;
        Ok(DiscoveryTicket {
            v: Version1,
            session_id: session_id(&answer)?,
            client_id: rp.settings.client_id.clone(),
            issuer: rp.settings.environment.issuer().to_owned(),
            pace: Pace::new(now, &answer, LIFETIME),
            qr: QrCode::read(&answer).ok_or(malformed("it has no `qr_code`"))?,
        })
    }
}

impl Call for DiscoveryPoll {
    const RETRY: Retry = Retry::ByDeadline;
    type Output = Discovery;

    fn begin(&self, rp: &RelyingParty, now: UnixTime) -> Result<Option<Discovery>, Error> {
        let DiscoveryTicket { client_id, issuer, pace, .. } = &self.0;
        rp.check_ticket(client_id, issuer)?;
        pace.check(now, &rp.settings)?;
        Ok(None)
    }

    fn not_before(&self) -> UnixTime {
        self.0.pace.not_before()
    }

    fn request(
        &mut self,
        rp: &RelyingParty,
        provider: &Provider,
        at: &mut Moment<'_>,
    ) -> Result<Request, Error> {
        request(rp, provider, Some(&self.0.session_id), at)
    }

    fn read(
        self,
        response: Response,
        rp: &RelyingParty,
        _: Arc<Provider>,
        now: UnixTime,
    ) -> Result<Discovery, Error> {
        let Self(mut ticket) = self;
        let pause = retry_after(response.headers());
        let status = response.status();
        let mut answer = match answer(response, rp) {
            Ok(answer) => answer,
            Err(error) if says_later(status, &error) => {
                ticket.pace.slow_down(now, pause);
                return Ok(Discovery::Waiting(ticket));
            }
            Err(error) => return Err(error),
        };
        if let Some(user) = found(&mut answer)? {
            return Ok(Discovery::Found(user));
        }
        ticket.pace.lengthen(&answer);
        ticket.pace.pause(now, pause);
        let qr = QrCode::read(&answer).ok_or(malformed("it has no `qr_code`"))?;
        let is_another = qr.image != ticket.qr.image;
        ticket.qr = qr;
        Ok(if is_another { Discovery::Redraw(ticket) } else { Discovery::Waiting(ticket) })
    }

    /// It is polled again, more slowly.
    fn unanswered(self, now: UnixTime) -> Option<Discovery> {
        let Self(mut ticket) = self;
        ticket.pace.slow_down(now, None);
        Some(Discovery::Waiting(ticket))
    }
}

impl fmt::Debug for DiscoveryTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DiscoveryTicket").finish_non_exhaustive()
    }
}
