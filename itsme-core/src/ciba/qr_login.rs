use std::sync::Arc;

use super::{
    discovery::{BeginDiscovery, DiscoverUser, Discovery, DiscoveryPoll, PollDiscovery},
    poll::{Backchannel, PollBackchannel},
    qr::QrCode,
    request::{BackchannelRequest, UserIdentifierToken},
    start::{BackchannelStart, StartBackchannel},
    ticket::CibaTicket,
};
use crate::{
    authorization::{checked::Wish, request::AuthorizationRequest},
    client_auth::inner::RelyingParty,
    error::Error,
    flow::machine::{Event, Machine, Moment, Next},
    ground::time::UnixTime,
    tokens::logged_in::LoggedIn,
};

/// A login by QR code on the way from [`Client::qr_login`](crate::Client::qr_login) to a person, one
/// [`next`](crate::Client::next) after the other.
///
/// It lives in one process. To go on in another one, use the four flows that it is made of, whose
/// tickets can be stored.
pub struct QrLogin(Stage);

enum Stage {
    Begin(Wish),
    Discovering(super::DiscoveryTicket, Wish),
    Found(UserIdentifierToken, Wish),
    Asked(CibaTicket),
}

/// What is new.
#[derive(Debug)]
#[allow(clippy::exhaustive_enums, reason = "whoever waits must go on with each of them")]
pub enum Progress {
    /// Show this code, in place of an earlier one.
    Scan {
        /// The code.
        code: QrCode,
        /// What comes then.
        then: QrLogin,
    },
    /// Somebody has scanned the code: take it away.
    Scanned {
        /// What comes then: they are asked.
        then: QrLogin,
    },
    /// They are asked in the app.
    Waiting {
        /// What comes then: their answer.
        then: QrLogin,
    },
    /// They have approved.
    LoggedIn(Box<LoggedIn>),
}

/// The flow behind [`Client::next`](crate::Client::next): as many polls as it takes until there is
/// something new.
pub(crate) struct NextProgress {
    rp: Arc<RelyingParty>,
    call: Call,
}

/// Each makes requests.
enum Call {
    Begin(DiscoverUser, Wish),
    Discover(PollDiscovery, Wish),
    Start(StartBackchannel),
    Poll(PollBackchannel),
}

impl QrLogin {
    pub(crate) fn new<S>(what: AuthorizationRequest<S>) -> Self {
        Self(Stage::Begin(what.into_wish()))
    }

    /// Until when the next [`next`](crate::Client::next) waits for the person at the most; `None` where
    /// it does not wait for them.
    pub fn expires_at(&self) -> Option<UnixTime> {
        match &self.0 {
            Stage::Begin(_) | Stage::Found(..) => None,
            Stage::Discovering(ticket, _) => Some(ticket.expires_at()),
            Stage::Asked(ticket) => Some(ticket.expires_at()),
        }
    }
}

impl NextProgress {
    pub(crate) fn of(rp: &Arc<RelyingParty>, login: QrLogin) -> Self {
        let call = match login.0 {
            Stage::Begin(wish) => Call::Begin(DiscoverUser::new(rp, BeginDiscovery::new()), wish),
            Stage::Discovering(ticket, wish) => {
                Call::Discover(PollDiscovery::new(rp, DiscoveryPoll::with(ticket)), wish)
            }
            Stage::Found(who, wish) => {
                let request = BackchannelRequest::of(who, wish);
                Call::Start(StartBackchannel::new(rp, BackchannelStart::of(request)))
            }
            Stage::Asked(ticket) => Call::Poll(PollBackchannel::new(rp, ticket)),
        };
        Self { rp: Arc::clone(rp), call }
    }

    fn with(rp: Arc<RelyingParty>, call: Call) -> Self {
        Self { rp, call }
    }
}

type Going = Result<Next<NextProgress>, Error>;

/// There is news.
fn news(progress: Progress) -> Going {
    Ok(Next::Done(progress))
}

fn begin(rp: Arc<RelyingParty>, wish: Wish, next: Next<DiscoverUser>) -> Going {
    next.within(
        (rp, wish),
        |flow, (rp, wish)| NextProgress::with(rp, Call::Begin(flow, wish)),
        |ticket, (_, wish)| {
            let code = ticket.qr().clone();
            news(Progress::Scan { code, then: QrLogin(Stage::Discovering(ticket, wish)) })
        },
    )
}

fn discover(
    rp: Arc<RelyingParty>,
    wish: Wish,
    next: Next<PollDiscovery>,
    at: &mut Moment<'_>,
) -> Going {
    next.within(
        (rp, wish),
        |flow, (rp, wish)| NextProgress::with(rp, Call::Discover(flow, wish)),
        |discovery, (rp, wish)| match discovery {
            Discovery::Waiting(ticket) => {
                NextProgress::of(&rp, QrLogin(Stage::Discovering(ticket, wish)))
                    .step(Event::Begin, at)
            }
            Discovery::Redraw(ticket) => {
                let code = ticket.qr().clone();
                news(Progress::Scan { code, then: QrLogin(Stage::Discovering(ticket, wish)) })
            }
            Discovery::Found(who) => {
                news(Progress::Scanned { then: QrLogin(Stage::Found(who, wish)) })
            }
        },
    )
}

fn start(rp: Arc<RelyingParty>, next: Next<StartBackchannel>) -> Going {
    next.within(
        rp,
        |flow, rp| NextProgress::with(rp, Call::Start(flow)),
        |ticket, _| news(Progress::Waiting { then: QrLogin(Stage::Asked(ticket)) }),
    )
}

fn poll(rp: Arc<RelyingParty>, next: Next<PollBackchannel>, at: &mut Moment<'_>) -> Going {
    next.within(
        rp,
        |flow, rp| NextProgress::with(rp, Call::Poll(flow)),
        |answer, rp| match answer {
            Backchannel::Pending(ticket) => {
                NextProgress::of(&rp, QrLogin(Stage::Asked(ticket))).step(Event::Begin, at)
            }
            Backchannel::LoggedIn(who) => news(Progress::LoggedIn(who)),
        },
    )
}

impl Machine for NextProgress {
    type Output = Progress;

    fn step(self, event: Event, at: &mut Moment<'_>) -> Going {
        let Self { rp, call } = self;
        match call {
            Call::Begin(flow, wish) => {
                if let Event::Begin = event {
                    wish.check_backchannel(&rp.settings)?;
                }
                begin(rp, wish, flow.step(event, at)?)
            }
            Call::Discover(flow, wish) => discover(rp, wish, flow.step(event, at)?, at),
            Call::Start(flow) => start(rp, flow.step(event, at)?),
            Call::Poll(flow) => poll(rp, flow.step(event, at)?, at),
        }
    }
}

impl std::fmt::Debug for QrLogin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("QrLogin(..)")
    }
}
