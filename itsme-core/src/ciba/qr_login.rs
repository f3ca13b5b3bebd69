use std::sync::Arc;

use super::{
    poll::{Backchannel, PollBackchannel},
    qr::QrCode,
    request::{BackchannelRequest, UserIdentifierToken},
    start::{BackchannelStart, StartBackchannel},
    ticket::CibaTicket,
    user_discovery::{
        BeginUserDiscovery, DiscoverUser, PollUserDiscovery, UserDiscovery, UserDiscoveryPoll,
    },
};
use crate::{
    authorization::{checked::Wish, request::AuthorizationRequest},
    client_auth::inner::ClientInner,
    error::Error,
    flow::machine::{Context, Event, Machine, Next},
    ground::time::UnixTime,
    tokens::logged_in::LoggedIn,
};

/// A login by QR code on the way from [`Client::qr_login`](crate::Client::qr_login) to a person, one
/// [`next_qr_step`](crate::Client::next_qr_step) after the other.
///
/// It lives in one process. To go on in another one, use the four flows that it is made of, whose
/// tickets can be stored.
pub struct QrLogin(Stage);

enum Stage {
    Begin(Wish),
    Discovering(super::UserDiscoveryTicket, Wish),
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

/// The flow behind [`Client::next_qr_step`](crate::Client::next_qr_step): as many polls as it takes until there is
/// something new.
pub(crate) struct NextProgress {
    client: Arc<ClientInner>,
    call: Call,
}

/// Each makes requests.
enum Call {
    Begin(DiscoverUser, Wish),
    Discover(PollUserDiscovery, Wish),
    Start(StartBackchannel),
    Poll(PollBackchannel),
}

impl QrLogin {
    pub(crate) fn new<S>(what: AuthorizationRequest<S>) -> Self {
        Self(Stage::Begin(what.into_wish()))
    }

    /// Until when the next [`next_qr_step`](crate::Client::next_qr_step) waits for the person at the most; `None` where
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
    pub(crate) fn of(client: &Arc<ClientInner>, login: QrLogin) -> Self {
        let call = match login.0 {
            Stage::Begin(wish) => {
                Call::Begin(DiscoverUser::new(client, BeginUserDiscovery::new()), wish)
            }
            Stage::Discovering(ticket, wish) => Call::Discover(
                PollUserDiscovery::new(client, UserDiscoveryPoll::with(ticket)),
                wish,
            ),
            Stage::Found(who, wish) => {
                let request = BackchannelRequest::of(who, wish);
                Call::Start(StartBackchannel::new(client, BackchannelStart::of(request)))
            }
            Stage::Asked(ticket) => Call::Poll(PollBackchannel::new(client, ticket)),
        };
        Self { client: Arc::clone(client), call }
    }

    fn with(client: Arc<ClientInner>, call: Call) -> Self {
        Self { client, call }
    }
}

type Going = Result<Next<NextProgress>, Error>;

/// There is news.
fn news(progress: Progress) -> Going {
    Ok(Next::Done(progress))
}

fn begin(client: Arc<ClientInner>, wish: Wish, next: Next<DiscoverUser>) -> Going {
    next.within(
        (client, wish),
        |flow, (client, wish)| NextProgress::with(client, Call::Begin(flow, wish)),
        |ticket, (_, wish)| {
            let code = ticket.qr().clone();
            news(Progress::Scan { code, then: QrLogin(Stage::Discovering(ticket, wish)) })
        },
    )
}

fn discover(
    client: Arc<ClientInner>,
    wish: Wish,
    next: Next<PollUserDiscovery>,
    cx: &mut Context<'_>,
) -> Going {
    next.within(
        (client, wish),
        |flow, (client, wish)| NextProgress::with(client, Call::Discover(flow, wish)),
        |discovery, (client, wish)| match discovery {
            UserDiscovery::Waiting(ticket) => {
                NextProgress::of(&client, QrLogin(Stage::Discovering(ticket, wish)))
                    .step(Event::Begin, cx)
            }
            UserDiscovery::Redraw(ticket) => {
                let code = ticket.qr().clone();
                news(Progress::Scan { code, then: QrLogin(Stage::Discovering(ticket, wish)) })
            }
            UserDiscovery::Found(who) => {
                news(Progress::Scanned { then: QrLogin(Stage::Found(who, wish)) })
            }
        },
    )
}

fn start(client: Arc<ClientInner>, next: Next<StartBackchannel>) -> Going {
    next.within(
        client,
        |flow, client| NextProgress::with(client, Call::Start(flow)),
        |ticket, _| news(Progress::Waiting { then: QrLogin(Stage::Asked(ticket)) }),
    )
}

fn poll(client: Arc<ClientInner>, next: Next<PollBackchannel>, cx: &mut Context<'_>) -> Going {
    next.within(
        client,
        |flow, client| NextProgress::with(client, Call::Poll(flow)),
        |answer, client| match answer {
            Backchannel::Pending(ticket) => {
                NextProgress::of(&client, QrLogin(Stage::Asked(ticket))).step(Event::Begin, cx)
            }
            Backchannel::LoggedIn(who) => news(Progress::LoggedIn(who)),
        },
    )
}

impl Machine for NextProgress {
    type Output = Progress;

    fn step(self, event: Event, cx: &mut Context<'_>) -> Going {
        let Self { client, call } = self;
        match call {
            Call::Begin(flow, wish) => {
                if let Event::Begin = event {
                    wish.check_backchannel(&client.settings)?;
                }
                begin(client, wish, flow.step(event, cx)?)
            }
            Call::Discover(flow, wish) => discover(client, wish, flow.step(event, cx)?, cx),
            Call::Start(flow) => start(client, flow.step(event, cx)?),
            Call::Poll(flow) => poll(client, flow.step(event, cx)?, cx),
        }
    }
}

impl std::fmt::Debug for QrLogin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("QrLogin(..)")
    }
}
