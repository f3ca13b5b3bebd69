use std::time::Duration;

use serde::{Deserialize, Serialize, Serializer};

use super::request::{RecordedBackchannelRequest, RecordedContent, RecordedRequest};
use crate::{
    authorization::{
        callback::{Callback, MAX_CALLBACK, Source},
        request::AuthorizationRequest,
        state::LoginState,
    },
    ciba::{
        BackchannelRequest, CibaTicket, QrLogin, Stage, UserDiscoveryTicket, UserIdentifierToken,
    },
    ground::{secret::StoredSecret, time::ClockShift},
    settings::identity::ClientIdentity,
};

/// The input of a flow: the method of [`Client`](crate::Client) and its arguments.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Input {
    Authorize(RecordedRequest),
    RequestObject { request: RecordedRequest, request_uri: String, lifetime: Duration },
    FinishLogin { login: LoginState, callback: Source },
    NextQrStep(RecordedStage),
    DiscoverUser,
    PollUserDiscovery(UserDiscoveryTicket),
    StartBackchannel(RecordedBackchannelRequest),
    PollBackchannel(CibaTicket),
}

impl Input {
    /// The flow's name.
    pub(super) fn flow(&self) -> &'static str {
        match self {
            Self::Authorize(_) => "authorize",
            Self::RequestObject { .. } => "request_object",
            Self::FinishLogin { .. } => "finish_login",
            Self::NextQrStep(_) => "next_qr_step",
            Self::DiscoverUser => "discover_user",
            Self::PollUserDiscovery(_) => "poll_user_discovery",
            Self::StartBackchannel(_) => "start_backchannel",
            Self::PollBackchannel(_) => "poll_backchannel",
        }
    }
}

impl Input {
    /// Shifts its times to a different clock.
    pub(super) fn shifted(self, shift: ClockShift) -> Self {
        match self {
            Self::FinishLogin { mut login, callback } => {
                login.requested.at = shift.of(login.requested.at);
                Self::FinishLogin { login, callback }
            }
            Self::NextQrStep(RecordedStage::Discovering { ticket, content }) => {
                let ticket = ticket.shifted(shift);
                Self::NextQrStep(RecordedStage::Discovering { ticket, content })
            }
            Self::NextQrStep(RecordedStage::Asked(ticket)) => {
                Self::NextQrStep(RecordedStage::Asked(ticket.shifted(shift)))
            }
            Self::PollUserDiscovery(ticket) => Self::PollUserDiscovery(ticket.shifted(shift)),
            Self::PollBackchannel(ticket) => Self::PollBackchannel(ticket.shifted(shift)),
            no_times => no_times,
        }
    }
}

/// The input of a flow, borrowed from the flow.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum InputRef<'a> {
    Authorize(#[serde(serialize_with = "write_request")] &'a AuthorizationRequest),
    RequestObject {
        #[serde(serialize_with = "write_request")]
        request: &'a AuthorizationRequest,
        request_uri: &'a str,
        lifetime: Duration,
    },
    FinishLogin {
        login: &'a LoginState,
        #[serde(serialize_with = "write_callback")]
        callback: &'a Callback,
    },
    NextQrStep(#[serde(serialize_with = "write_stage")] &'a QrLogin),
    DiscoverUser,
    PollUserDiscovery(&'a UserDiscoveryTicket),
    StartBackchannel(#[serde(serialize_with = "write_backchannel_request")] &'a BackchannelRequest),
    PollBackchannel(&'a CibaTicket),
}

/// The stage of a login by QR code.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RecordedStage {
    Begin(RecordedRequest),
    Discovering { ticket: UserDiscoveryTicket, content: RecordedContent },
    Found { by: ClientIdentity, who: StoredSecret, content: RecordedContent },
    Asked(CibaTicket),
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum StageRef<'a> {
    Begin(RecordedRequest),
    Discovering { ticket: &'a UserDiscoveryTicket, content: RecordedContent },
    Found { by: &'a ClientIdentity, who: StoredSecret, content: RecordedContent },
    Asked(&'a CibaTicket),
}

impl RecordedStage {
    pub(super) fn login(self) -> Option<QrLogin> {
        Some(QrLogin(match self {
            Self::Begin(what) => Stage::Begin(Box::new(what.request()?)),
            Self::Discovering { ticket, content } => Stage::Discovering(ticket, content.content()?),
            Self::Found { by, who: StoredSecret(who), content } => {
                Stage::Found(by, UserIdentifierToken(who), content.content()?)
            }
            Self::Asked(ticket) => Stage::Asked(ticket),
        }))
    }
}

fn write_request<S: Serializer>(it: &&AuthorizationRequest, to: S) -> Result<S::Ok, S::Error> {
    RecordedRequest::of(it).serialize(to)
}

fn write_backchannel_request<S: Serializer>(
    it: &&BackchannelRequest,
    to: S,
) -> Result<S::Ok, S::Error> {
    RecordedBackchannelRequest::of(it).serialize(to)
}

/// A callback that is too long is rejected for its length, so only enough of it is kept to show that.
fn write_callback<S: Serializer>(it: &&Callback, to: S) -> Result<S::Ok, S::Error> {
    if it.0.len() > MAX_CALLBACK {
        return Source::Text("…".repeat(MAX_CALLBACK / "…".len() + 1)).serialize(to);
    }
    it.0.serialize(to)
}

fn write_stage<S: Serializer>(it: &&QrLogin, to: S) -> Result<S::Ok, S::Error> {
    let stage = match &it.0 {
        Stage::Begin(what) => StageRef::Begin(RecordedRequest::of(what)),
        Stage::Discovering(ticket, content) => {
            StageRef::Discovering { ticket, content: RecordedContent::of(content) }
        }
        Stage::Found(by, UserIdentifierToken(who), content) => StageRef::Found {
            by,
            who: StoredSecret(who.clone()),
            content: RecordedContent::of(content),
        },
        Stage::Asked(ticket) => StageRef::Asked(ticket),
    };
    stage.serialize(to)
}
