use std::sync::Arc;

use super::{
    poll::{Backchannel, PollBackchannel, poll_backchannel},
    qr::QrCode,
    request::{Hint, UserIdentifierToken},
    start::{StartBackchannel, start},
    ticket::CibaTicket,
    user_discovery::{
        DiscoverUser, PollUserDiscovery, UserDiscovery, UserDiscoveryTicket, discover_user,
        poll_user_discovery,
    },
};
use crate::{
    authorization::{checked::CheckedContent, request::AuthorizationRequest},
    client_auth::inner::ClientInner,
    error::Error,
    flow::machine::{Context, Event, Machine, Next},
    ground::{opaque::opaque, time::UnixTime},
    settings::identity::ClientIdentity,
    tokens::logged_in::LoggedIn,
};

/// A login by QR code, for a person in another browser or without one: one
/// [`next_qr_step`](crate::Client::next_qr_step) after another leads to that person.
///
/// It lives in one process. To continue in another, use the four flows that it consists of; their tickets can be
/// stored.
pub struct QrLogin(pub(crate) Stage);

/// The stage that a login has reached.
pub(crate) enum Stage {
    Begin(Box<AuthorizationRequest>),
    Discovering(UserDiscoveryTicket, CheckedContent),
    /// Found by this client.
    Found(ClientIdentity, UserIdentifierToken, CheckedContent),
    Asked(CibaTicket),
}

/// News of a login by QR code.
#[derive(Debug)]
#[allow(clippy::exhaustive_enums, reason = "whoever waits must go on with each of them")]
pub enum Progress {
    /// Show this code, replacing any earlier one.
    Scan {
        /// The code.
        code: QrCode,
        /// The login to continue with.
        then: QrLogin,
    },
    /// Someone has scanned the code: remove it.
    Scanned {
        /// The login to continue with, to ask the person.
        then: QrLogin,
    },
    /// The person is being asked in the app.
    Waiting {
        /// The login to continue with, to get their answer.
        then: QrLogin,
    },
    /// The person has approved.
    LoggedIn(Box<LoggedIn>),
}

/// The flow behind [`Client::next_qr_step`](crate::Client::next_qr_step): as many polls as it takes until there is
/// news.
pub(crate) struct NextProgress {
    client: Arc<ClientInner>,
    part: Part,
}

/// The flow that is running; each sends requests.
enum Part {
    Begin(DiscoverUser, CheckedContent),
    Discover(PollUserDiscovery, CheckedContent),
    Start(StartBackchannel),
    Poll(PollBackchannel),
}

impl QrLogin {
    /// Creates a login. Nothing happens before its first step, which also checks the request.
    pub fn new(what: AuthorizationRequest) -> Self {
        Self(Stage::Begin(Box::new(what)))
    }

    /// The latest time until which the next [`next_qr_step`](crate::Client::next_qr_step) waits for the person;
    /// `None` if it does not wait for them.
    pub fn expires_at(&self) -> Option<UnixTime> {
        match &self.0 {
            Stage::Begin(_) | Stage::Found(..) => None,
            Stage::Discovering(ticket, _) => Some(ticket.expires_at()),
            Stage::Asked(ticket) => Some(ticket.expires_at()),
        }
    }
}

impl NextProgress {
    pub(crate) fn new(client: &Arc<ClientInner>, login: QrLogin) -> Result<Self, Error> {
        let part = match login.0 {
            Stage::Begin(what) => {
                let discover = discover_user(client)?;
                Part::Begin(discover, CheckedContent::without_browser(&what, &client.settings)?)
            }
            Stage::Discovering(ticket, content) => {
                Part::Discover(poll_user_discovery(client, ticket), content)
            }
            Stage::Found(owner, ..) if owner != client.identity => {
                return Err(Error::ForeignTicket);
            }
            Stage::Found(_, who, content) => {
                Part::Start(start(client, content, Hint::Discovered(who), None))
            }
            Stage::Asked(ticket) => Part::Poll(poll_backchannel(client, ticket)),
        };
        Ok(Self { client: Arc::clone(client), part })
    }
}

/// The code of a ticket, to show.
fn scan(ticket: UserDiscoveryTicket, content: CheckedContent) -> Progress {
    let code = ticket.qr().clone();
    Progress::Scan { code, then: QrLogin(Stage::Discovering(ticket, content)) }
}

impl Machine for NextProgress {
    type Output = Progress;

    fn step(self, event: Event, cx: &mut Context<'_>) -> Result<Next<Self>, Error> {
        let Self { client, part } = self;
        match part {
            Part::Begin(flow, content) => flow.step(event, cx)?.within(
                (client, content),
                |flow, (client, content)| Self { client, part: Part::Begin(flow, content) },
                |ticket, (_, content)| Ok(Next::Done(scan(ticket, content))),
            ),
            Part::Discover(flow, content) => flow.step(event, cx)?.within(
                (client, content),
                |flow, (client, content)| Self { client, part: Part::Discover(flow, content) },
                |discovery, (client, content)| match discovery {
                    UserDiscovery::Waiting(ticket) => {
                        let part = Part::Discover(poll_user_discovery(&client, ticket), content);
                        Self { client, part }.step(Event::Begin, cx)
                    }
                    UserDiscovery::Redraw(ticket) => Ok(Next::Done(scan(ticket, content))),
                    UserDiscovery::Found(who) => {
                        let owner = client.identity.clone();
                        let then = QrLogin(Stage::Found(owner, who, content));
                        Ok(Next::Done(Progress::Scanned { then }))
                    }
                },
            ),
            Part::Start(flow) => flow.step(event, cx)?.within(
                client,
                |flow, client| Self { client, part: Part::Start(flow) },
                |ticket, _| {
                    Ok(Next::Done(Progress::Waiting { then: QrLogin(Stage::Asked(ticket)) }))
                },
            ),
            Part::Poll(flow) => flow.step(event, cx)?.within(
                client,
                |flow, client| Self { client, part: Part::Poll(flow) },
                |answer, client| match answer {
                    Backchannel::Pending(ticket) => {
                        let part = Part::Poll(poll_backchannel(&client, ticket));
                        Self { client, part }.step(Event::Begin, cx)
                    }
                    Backchannel::LoggedIn(who) => Ok(Next::Done(Progress::LoggedIn(who))),
                },
            ),
        }
    }
}

opaque!(QrLogin);
