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

/// A login by QR code, for a user whose browser you cannot redirect to itsme or who has no browser. Call
/// [`next_qr_step`](crate::Client::next_qr_step) repeatedly until the user is logged in.
///
/// A `QrLogin` cannot be stored. If another process must be able to continue the login, use the four flows that a
/// `QrLogin` combines; their tickets can be stored.
pub struct QrLogin(pub(crate) Stage);

/// The stage that a login has reached.
pub(crate) enum Stage {
    Begin(Box<AuthorizationRequest>),
    Discovering(UserDiscoveryTicket, CheckedContent),
    /// The user was discovered. The first field is the client that discovered them.
    Found(ClientIdentity, UserIdentifierToken, CheckedContent),
    Asked(CibaTicket),
}

/// The progress of a login by QR code.
#[derive(Debug)]
#[allow(clippy::exhaustive_enums, reason = "a caller must handle every kind of progress")]
pub enum Progress {
    /// Show this code in place of any earlier code.
    Scan {
        /// The code.
        code: QrCode,
        /// The login to continue with.
        then: QrLogin,
    },
    /// A user has scanned the code. Stop showing it.
    Scanned {
        /// The login to continue with. The next step sends the request to the user's app.
        then: QrLogin,
    },
    /// The app is showing the request to the user.
    Waiting {
        /// The login to continue with. The next step waits for the user's response.
        then: QrLogin,
    },
    /// The user has approved.
    LoggedIn(Box<LoggedIn>),
}

/// The flow behind [`Client::next_qr_step`](crate::Client::next_qr_step). It polls until there is progress to report.
pub(crate) struct NextProgress {
    client: Arc<ClientInner>,
    part: Part,
}

/// The inner flow that is running.
enum Part {
    Begin(DiscoverUser, CheckedContent),
    Discover(PollUserDiscovery, CheckedContent),
    Start(StartBackchannel),
    Poll(PollBackchannel),
}

impl QrLogin {
    /// Creates a login. Nothing is sent before its first step, which also checks the request.
    pub fn new(what: AuthorizationRequest) -> Self {
        Self(Stage::Begin(Box::new(what)))
    }

    /// The time by which the next call to [`next_qr_step`](crate::Client::next_qr_step) stops waiting for the user;
    /// `None` if it does not wait for the user.
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

/// The progress that asks the application to show the ticket's code.
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
