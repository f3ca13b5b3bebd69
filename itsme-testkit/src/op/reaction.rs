//! Failures that a test can inject into a request or its response.

use std::time::Duration;

use itsme_core::{MAX_RESPONSE_BYTES, Response, SendFailure, UnixTime};
use serde_json::{Map, Value};

use super::FakeOp;
use crate::jose::{Forger, Stage};

/// A request that the OP received.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Asked {
    /// Time at which the request arrived.
    pub at: UnixTime,
    /// Method and path under the issuer, such as `POST /token`.
    pub request: String,
}

/// What happens to a request instead of the normal response.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Reaction {
    /// The request is not sent.
    NotSent,
    /// The request is lost in transit: the OP does not see it, but the client cannot know that.
    Lost,
    /// The OP processes the request, but its response is lost.
    AnswerLost,
    /// The OP returns this response without processing the request.
    Reply(Response),
    /// The OP processes the request, and its response then suffers this network failure.
    Wire(Wire),
}

/// What the network does to a response. Only a [`Server`](crate::Server) can simulate all of these.
/// In memory, a [`Late`](Self::Late) response arrives after the clock has advanced, and every other
/// variant makes the request fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wire {
    /// Nothing arrives, and the connection stays open.
    Silence,
    /// The head of the response arrives, and nothing after it.
    SilenceAfterHead,
    /// The body arrives at one byte per second.
    Trickle,
    /// The body arrives in chunks and never ends.
    Endless,
    /// The body has this many bytes and starts with the OP's own body.
    Large(u64),
    /// The connection is closed after this many bytes of the response, including its head.
    Closed {
        /// Number of bytes that still get through.
        after: usize,
    },
    /// The connection is reset after this many bytes of the response, including its head.
    Reset {
        /// Number of bytes that still get through.
        after: usize,
    },
    /// The whole response arrives, but this much later.
    Late(Duration),
}

/// A document from the OP that a test can [alter](FakeOp::alter) before it is signed or sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Document {
    /// The members of the response to a backchannel authentication request.
    BackchannelAnswer,
    /// The discovery document.
    Discovery,
    /// The claims of ID tokens.
    IdToken,
    /// The key set.
    KeySet,
    /// The members of the response to a token request.
    TokenAnswer,
    /// The members of user discovery responses.
    UserDiscovery,
    /// The claims of userinfo responses.
    Userinfo,
}

type Decision = Box<dyn FnMut(&Asked) -> Option<Reaction> + Send>;
type Alteration = Box<dyn FnMut(&mut Map<String, Value>) + Send>;
type Tampering = Box<dyn FnMut(&mut Response) + Send>;

/// All injected failures.
#[derive(Default)]
pub(super) struct Mischief {
    decisions: Vec<Decision>,
    alterations: Vec<(Document, Alteration)>,
    forgeries: Vec<(Document, Forger)>,
    tamperings: Vec<(String, Tampering)>,
    pub(super) forged_kid: Option<String>,
    /// A suffix for the identifiers of user discovery sessions.
    pub(super) session_id_ends_in: String,
    /// The names of the injected faults.
    pub(super) faults: Vec<String>,
    /// How far the OP's clock runs ahead, and how far behind.
    pub(super) skew: (Duration, Duration),
}

impl Mischief {
    pub(super) fn decide(&mut self, asked: &Asked) -> Option<Reaction> {
        self.decisions.iter_mut().find_map(|decide| decide(asked))
    }

    pub(super) fn alter(&mut self, document: Document, value: &mut Value) {
        let Value::Object(members) = value else { return };
        for (_, change) in self.alterations.iter_mut().filter(|(altered, _)| *altered == document) {
            change(members);
        }
    }

    pub(super) fn forge(&mut self, document: Document, mut stage: Stage<'_>) {
        for (_, change) in self.forgeries.iter_mut().filter(|(forged, _)| *forged == document) {
            change(&mut stage);
        }
    }

    pub(super) fn tamper(&mut self, path: &str, response: &mut Response) {
        for (_, change) in self.tamperings.iter_mut().filter(|(tampered, _)| tampered == path) {
            change(response);
        }
    }
}

impl FakeOp {
    /// Sets how the OP reacts to the next request to `path` (such as `/token`).
    pub fn react(&mut self, path: &str, reaction: Reaction) {
        let (path, mut reaction) = (path.to_owned(), Some(reaction));
        self.react_when(move |asked| {
            let is_it = asked.request.ends_with(&path) && reaction.is_some();
            if is_it { reaction.take() } else { None }
        });
    }

    /// From now on, uses `decide` to choose a reaction to every request. If it returns `None`,
    /// the OP responds normally. If several functions were added, the first one that returns a
    /// reaction wins.
    pub fn react_when(&mut self, decide: impl FnMut(&Asked) -> Option<Reaction> + Send + 'static) {
        self.mischief.decisions.push(Box::new(decide));
    }

    /// From now on, changes this document whenever the OP is about to sign or send it.
    pub fn alter(
        &mut self,
        document: Document,
        change: impl FnMut(&mut Map<String, Value>) + Send + 'static,
    ) {
        self.mischief.alterations.push((document, Box::new(change)));
    }

    /// From now on, changes every response to requests to `path` (such as `/token`) before the OP
    /// sends it.
    pub fn tamper(&mut self, path: &str, change: impl FnMut(&mut Response) + Send + 'static) {
        self.mischief.tamperings.push((path.to_owned(), Box::new(change)));
    }

    /// From now on, changes tokens while they are being built.
    pub(crate) fn forge(
        &mut self,
        document: Document,
        forge: impl FnMut(&mut Stage<'_>) + Send + 'static,
    ) {
        self.mischief.forgeries.push((document, Box::new(forge)));
    }

    /// Puts this `kid` into the header of everything that the OP signs, regardless of which key it
    /// signs with. `None` restores the real `kid`.
    pub fn forge_kid(&mut self, kid: Option<&str>) {
        self.mischief.forged_kid = kid.map(str::to_owned);
    }

    /// Makes user discovery session identifiers end in this text.
    pub(crate) fn end_session_ids_in(&mut self, end: &str) {
        self.mischief.session_id_ends_in = end.to_owned();
    }

    /// The names of the faults and quirks [injected](crate::Fault::inject) since the OP last
    /// [recovered](Self::recover).
    pub fn injected(&self) -> &[String] {
        &self.mischief.faults
    }

    /// Records that a fault was injected.
    pub(crate) fn note_fault(&mut self, name: &str) {
        self.mischief.faults.push(name.to_owned());
    }

    /// Removes all reactions, alterations and other injected failures. Rotated keys stay rotated.
    pub fn recover(&mut self) {
        self.mischief = Mischief::default();
    }
}

impl Wire {
    /// Applies this failure to a response in memory.
    pub(super) fn in_memory(self, op: &FakeOp, answer: Response) -> Result<Response, SendFailure> {
        match self {
            Self::Late(time) => {
                op.clock.advance(time);
                Ok(answer)
            }
            Self::Large(length) if length > MAX_RESPONSE_BYTES as u64 => Err(SendFailure::TooLarge),
            Self::Silence | Self::SilenceAfterHead | Self::Trickle => Err(SendFailure::TimedOut),
            _ => Err(SendFailure::Lost),
        }
    }
}
