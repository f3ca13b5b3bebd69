use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde_json::Value;
use thiserror::Error as ThisError;

use super::ticket::CibaTicket;
use crate::{
    ground::{json, opaque::opaque, secret::Secret},
    http::Response,
};

const MAX_BODY: usize = 4 * 1024;

/// The OP's notification that a user has responded (CIBA Core §10.2). It is well formed but not yet authenticated.
///
/// Look up the ticket by [`auth_req_id`](Self::auth_req_id) and remove it from your store, so that a second ping finds
/// no ticket. Then [`authenticate`](Self::authenticate) the ping, and poll immediately. Pings can get lost, so if
/// a ticket has received no ping, poll with it anyway before it [expires](CibaTicket::expires_at).
///
/// ```
/// # use itsme_core::{CibaTicket, Ping, PingError, Response};
/// use std::{collections::HashMap, sync::Mutex};
///
/// /// Returns each ticket only once. In a database, delete and return the row in one statement,
/// /// and don't make it visible to other processes before the ticket has been redeemed.
/// #[derive(Default)]
/// struct Tickets(Mutex<HashMap<String, CibaTicket>>);
///
/// impl Tickets {
///     fn put(&self, ticket: CibaTicket) {
///         let mut tickets = self.0.lock().expect("the lock is not poisoned");
///         tickets.insert(ticket.auth_req_id().to_owned(), ticket);
///     }
///
///     fn take(&self, auth_req_id: &str) -> Option<CibaTicket> {
///         self.0.lock().expect("the lock is not poisoned").remove(auth_req_id)
///     }
/// }
///
/// /// Returns the response to the OP, and the ticket to poll with.
/// fn on_ping(
///     tickets: &Tickets,
///     request: &http::Request<Vec<u8>>,
/// ) -> (Response, Option<CibaTicket>) {
///     let ping = match Ping::read(request) {
///         Ok(ping) => ping,
///         Err(stranger) => return (stranger.response(), None),
///     };
///     let Some(ticket) = tickets.take(ping.auth_req_id()) else {
///         return (PingError::Unknown.response(), None);
///     };
///     match ping.authenticate(ticket) {
///         Ok(ticket) => (ping.response(), Some(ticket)),
///         Err(rejected) => {
///             tickets.put(rejected.ticket);
///             (rejected.error.response(), None)
///         }
///     }
/// }
/// # use itsme_core::{AuthorizationRequest, Backchannel, BackchannelRequest, Client};
/// # use itsme_testkit::{FakeOp, Person, SERVICE, World, play};
/// # let mut world = World::new();
/// # let mut op = FakeOp::new(world.clock());
/// # op.ping_at("https://rp.example/itsme/ping");
/// # let itsme = Client::new(op.settings().ping())?;
/// # let request = BackchannelRequest::known_user(op.sub_of(&Person::ann()), AuthorizationRequest::login(SERVICE));
/// # let ticket = play(itsme.start_backchannel(request), &mut op, &mut world)?;
/// # op.approve_backchannel(ticket.auth_req_id());
/// # let tickets = Tickets::default();
/// # tickets.put(ticket);
/// # let ping = op.pings().remove(0);
/// # let mut forged = ping.clone();
/// # forged.headers_mut().insert("authorization", "Bearer guessed".parse()?);
/// # let (answer, ticket) = on_ping(&tickets, &forged);
/// # assert!(answer.status() == 401 && ticket.is_none());
/// # let (answer, ticket) = on_ping(&tickets, &ping);
/// # assert_eq!(answer.status(), 204);
/// # let ticket = ticket.expect("a forged ping does not consume the ticket");
/// # let answer = play(itsme.poll_backchannel(ticket), &mut op, &mut world)?;
/// # assert!(matches!(answer, Backchannel::LoggedIn(_)));
/// # let (answer, ticket) = on_ping(&tickets, &ping);
/// # assert!(answer.status() == 404 && ticket.is_none(), "a replay finds no ticket");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Ping {
    auth_req_id: Secret,
    bearer: Secret,
}

/// The reason that a request was not accepted as a ping. Respond to it with [`response`](Self::response).
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
#[non_exhaustive]
pub enum PingError {
    /// The method is not POST.
    #[error("a ping must be a POST")]
    Method,
    /// The media type is not `application/json`.
    #[error("a ping must be application/json")]
    MediaType,
    /// The body is larger than 4 KiB.
    #[error("the body of a ping must not exceed 4 KiB")]
    TooLarge,
    /// The body is not a JSON object with an `auth_req_id`.
    #[error("a ping must be a JSON object with an `auth_req_id`")]
    Malformed,
    /// The request has no bearer token, or more than one.
    #[error("a ping must have exactly one bearer token")]
    NoBearer,
    /// The bearer token is not the one that the client sent to the OP with this ticket's request.
    #[error("the ping's bearer token is wrong")]
    Bearer,
    /// The ticket belongs to a different request, or its request did not ask for a ping.
    #[error("the ping is for a different request")]
    ForeignTicket,
    /// No ticket is stored for the `auth_req_id`: the ticket was used, has expired, or never existed.
    #[error("no ticket is waiting for this ping")]
    Unknown,
}

/// A ticket that the ping does not match. Put the ticket back into your store.
#[derive(Debug)]
#[non_exhaustive]
pub struct RejectedPing {
    /// The reason.
    pub error: PingError,
    /// The unchanged ticket.
    pub ticket: CibaTicket,
}

impl Ping {
    /// Parses a request to the notification endpoint.
    ///
    /// # Errors
    /// The request does not have the format of a ping. Respond to it with [`PingError::response`].
    pub fn read<B: AsRef<[u8]>>(request: &http::Request<B>) -> Result<Self, PingError> {
        if request.method() != Method::POST {
            return Err(PingError::Method);
        }
        let media_type = request.headers().get(header::CONTENT_TYPE);
        if !media_type.is_some_and(is_json) {
            return Err(PingError::MediaType);
        }
        let body = request.body().as_ref();
        if body.len() > MAX_BODY {
            return Err(PingError::TooLarge);
        }
        let bearer = bearer(request.headers()).ok_or(PingError::NoBearer)?;
        let members = json::object(body).map_err(|_| PingError::Malformed)?;
        let id = members.get("auth_req_id").and_then(Value::as_str);
        let id = id.filter(|id| !id.is_empty()).ok_or(PingError::Malformed)?;
        Ok(Self { auth_req_id: Secret::new(id), bearer })
    }

    /// The `auth_req_id` of the request to which the user has responded.
    pub fn auth_req_id(&self) -> &str {
        self.auth_req_id.expose()
    }

    /// Returns the ticket, ready to poll immediately, if the ping is authentic.
    ///
    /// # Errors
    /// The ping is not for this ticket, or not from the OP. The error contains the ticket.
    #[allow(
        clippy::result_large_err,
        reason = "called once per login, and a box would have to be unpacked"
    )]
    pub fn authenticate(&self, mut ticket: CibaTicket) -> Result<CibaTicket, RejectedPing> {
        let error = match &ticket.notification_token {
            Some(_) if ticket.auth_req_id.0 != self.auth_req_id => PingError::ForeignTicket,
            Some(token) if token.0 != self.bearer => PingError::Bearer,
            Some(_) => {
                ticket.pace.hurry();
                return Ok(ticket);
            }
            None => PingError::ForeignTicket,
        };
        Err(RejectedPing { error, ticket })
    }

    /// The response to the OP after the ping has been authenticated.
    pub fn response(&self) -> Response {
        status(StatusCode::NO_CONTENT)
    }
}

impl PingError {
    /// The response to the sender of the request.
    pub fn response(self) -> Response {
        let (code, header) = match self {
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, Some((header::ALLOW, "POST"))),
            Self::MediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, None),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, None),
            Self::Malformed | Self::ForeignTicket => (StatusCode::BAD_REQUEST, None),
            Self::NoBearer | Self::Bearer => {
                (StatusCode::UNAUTHORIZED, Some((header::WWW_AUTHENTICATE, "Bearer")))
            }
            Self::Unknown => (StatusCode::NOT_FOUND, None),
        };
        let mut response = status(code);
        let header = header.map(|(name, value)| (name, HeaderValue::from_static(value)));
        response.headers_mut().extend(header);
        response
    }
}

fn status(status: StatusCode) -> Response {
    let mut response = Response::new(Vec::new());
    *response.status_mut() = status;
    response
}

fn is_json(media_type: &HeaderValue) -> bool {
    let media_type = media_type.to_str().unwrap_or_default();
    media_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

fn bearer(headers: &HeaderMap) -> Option<Secret> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (value, None) = (values.next()?.to_str().ok()?, values.next()) else { return None };
    let (scheme, token) = value.split_once(' ')?;
    let is_bearer = scheme.eq_ignore_ascii_case("Bearer") && !token.is_empty();
    is_bearer.then(|| Secret::new(token))
}

opaque!(Ping);
