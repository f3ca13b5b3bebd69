//! What can be made to happen to a request or its answer.

use std::time::Duration;

use itsme_core::{MAX_RESPONSE_BYTES, Response, SendFailure, UnixTime};
use serde_json::{Map, Value};

use super::FakeOp;
use crate::jose::{Forger, Stage};

/// One request that the OP has got.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Asked {
    /// When.
    pub at: UnixTime,
    /// Method and path below the issuer, as `POST /token`.
    pub request: String,
}

/// What happens to a request instead of an honest answer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Reaction {
    /// It does not arrive.
    NotSent,
    /// It is lost on the way: the OP does not see it, which the client cannot know.
    Lost,
    /// The OP acts on it, and its answer is lost.
    AnswerLost,
    /// It is answered with this.
    Reply(Response),
    /// The OP acts on it, and its answer meets with this.
    Wire(Wire),
}

/// What the wire does to an answer. In memory all but [`Late`](Self::Late) are answers that are
/// lost; a [`Server`](crate::Server) does them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wire {
    /// Nothing comes, and the connection stays open.
    Silence,
    /// The head comes, and nothing after it.
    SilenceAfterHead,
    /// The body comes one byte a second.
    Trickle,
    /// The body comes in chunks and does not end.
    Endless,
    /// The body is as many bytes long, and begins like the OP's.
    Large(u64),
    /// The connection is closed after so many bytes of the answer, head included.
    Closed {
        /// Bytes.
        after: usize,
    },
    /// The connection is reset after so many bytes of the answer, head included.
    Reset {
        /// Bytes.
        after: usize,
    },
    /// All of it comes, so much later.
    Late(Duration),
}

/// What an OP writes, and a test can [alter](FakeOp::alter) before it is signed or sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Document {
    /// The members of the answer to a backchannel authentication request.
    BackchannelAnswer,
    /// The discovery document.
    Discovery,
    /// The claims of ID tokens.
    IdToken,
    /// The key set.
    KeySet,
    /// The members of the answer to a token request.
    TokenAnswer,
    /// The members of the answers of user discovery.
    UserDiscovery,
    /// The claims of userinfo answers.
    Userinfo,
}

type Decision = Box<dyn FnMut(&Asked) -> Option<Reaction> + Send>;
type Alteration = Box<dyn FnMut(&mut Map<String, Value>) + Send>;
type Tampering = Box<dyn FnMut(&mut Response) + Send>;

/// All that is not as it should be.
#[derive(Default)]
pub(super) struct Mischief {
    decisions: Vec<Decision>,
    alterations: Vec<(Document, Alteration)>,
    forgeries: Vec<(Document, Forger)>,
    tamperings: Vec<(String, Tampering)>,
    pub(super) forged_kid: Option<String>,
    /// What the identifiers of user discovery sessions end in.
    pub(super) session_id_ends_in: String,
    /// Names of the faults that were injected.
    pub(super) faults: Vec<String>,
    /// How much its clock goes ahead, and how much behind.
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
    /// The next request to `path` (as `/token`) meets with this; reactions queue up.
    pub fn react(&mut self, path: &str, reaction: Reaction) {
        let (path, mut reaction) = (path.to_owned(), Some(reaction));
        self.react_when(move |asked| {
            let is_it = asked.request.ends_with(&path) && reaction.is_some();
            if is_it { reaction.take() } else { None }
        });
    }

    /// From now on, every request meets with what this says, if it says something. The first one that
    /// was given is asked first.
    pub fn react_when(&mut self, decide: impl FnMut(&Asked) -> Option<Reaction> + Send + 'static) {
        self.mischief.decisions.push(Box::new(decide));
    }

    /// From now on, changes what the OP writes before it signs or sends it.
    pub fn alter(
        &mut self,
        document: Document,
        change: impl FnMut(&mut Map<String, Value>) + Send + 'static,
    ) {
        self.mischief.alterations.push((document, Box::new(change)));
    }

    /// From now on, changes the answers to requests for `path` (as `/token`) before they are sent.
    pub fn tamper(&mut self, path: &str, change: impl FnMut(&mut Response) + Send + 'static) {
        self.mischief.tamperings.push((path.to_owned(), Box::new(change)));
    }

    /// From now on, changes tokens while they are made.
    pub(crate) fn forge(
        &mut self,
        document: Document,
        forge: impl FnMut(&mut Stage<'_>) + Send + 'static,
    ) {
        self.mischief.forgeries.push((document, Box::new(forge)));
    }

    /// Puts this `kid` into the header of what it signs, whatever key it signs with.
    pub fn forge_kid(&mut self, kid: Option<&str>) {
        self.mischief.forged_kid = kid.map(str::to_owned);
    }

    /// Gives user discovery sessions identifiers that end in this.
    pub(crate) fn end_session_ids_in(&mut self, end: &str) {
        self.mischief.session_id_ends_in = end.to_owned();
    }

    /// The names of the faults and quirks that were [injected](crate::Fault::inject) since it last
    /// [recovered](Self::recover).
    pub fn injected(&self) -> &[String] {
        &self.mischief.faults
    }

    /// A fault was injected.
    pub(crate) fn note_fault(&mut self, name: &str) {
        self.mischief.faults.push(name.to_owned());
    }

    /// All is well again: takes back all reactions, alterations and whatever else was made to happen.
    /// Keys that were rotated stay so.
    pub fn recover(&mut self) {
        self.mischief = Mischief::default();
    }
}

impl Wire {
    /// What becomes of an answer in memory.
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
