//! Logins and confirmations without a browser (OpenID CIBA Core, itsme: CIBA).
//!
//! ```text
//! request.rs         the application's request     pace.rs    when to poll, and for how long
//! user_discovery.rs  finds out who scans the code  qr.rs      the QR code
//! start.rs           sends the request             ticket.rs  a request waiting for its response
//! poll.rs            polls for the response        ping.rs    the OP's notification of a response
//! qr_login.rs        all of these in sequence
//! ```

mod pace;
mod ping;
mod poll;
mod qr;
mod qr_login;
mod request;
mod start;
mod ticket;
mod user_discovery;

pub use self::{
    ping::{Ping, PingError, RejectedPing},
    poll::Backchannel,
    qr::QrCode,
    qr_login::{Progress, QrLogin},
    request::{BackchannelRequest, UserIdentifierToken},
    ticket::CibaTicket,
    user_discovery::{UserDiscovery, UserDiscoveryTicket},
};
pub(crate) use self::{
    poll::poll_backchannel,
    qr_login::{NextProgress, Stage},
    request::Hint,
    start::start_backchannel,
    user_discovery::{discover_user, poll_user_discovery},
};
