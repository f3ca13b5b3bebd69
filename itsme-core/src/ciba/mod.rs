//! Logins and confirmations without a browser (OpenID CIBA Core, itsme: CIBA).
//!
//! ```text
//! request.rs    who is asked for what          pace.rs    when to poll, and for how long
//! discovery.rs  who stands before the QR code  qr.rs      the code
//! start.rs      asking the person              ticket.rs  a request that waits for its answer
//! poll.rs       their answer                   ping.rs    the OP says that there is one
//! qr_login.rs   all of it in a row
//! ```

mod discovery;
mod pace;
mod ping;
mod poll;
mod qr;
mod qr_login;
mod request;
mod start;
mod ticket;

pub(crate) use self::{
    discovery::{BeginDiscovery, DiscoverUser, DiscoveryPoll, PollDiscovery},
    poll::PollBackchannel,
    qr_login::NextProgress,
    start::{BackchannelStart, StartBackchannel},
};
pub use self::{
    discovery::{Discovery, DiscoveryTicket},
    ping::{Ping, PingError, Unredeemed},
    poll::Backchannel,
    qr::QrCode,
    qr_login::{Progress, QrLogin},
    request::{BackchannelRequest, UserIdentifierToken},
    ticket::CibaTicket,
};
