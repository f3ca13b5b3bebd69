//! Logins and confirmations without a browser (OpenID CIBA Core, itsme: CIBA).
//!
//! ```text
//! request.rs         whom to ask for what          pace.rs    when to poll, and for how long
//! user_discovery.rs  who is scanning the QR code   qr.rs      the code
//! start.rs           asks the person               ticket.rs  a request waiting for its answer
//! poll.rs            polls for the answer          ping.rs    the OP says that there is one
//! qr_login.rs        all of it in sequence
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
