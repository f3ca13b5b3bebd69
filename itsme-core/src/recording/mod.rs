//! Flows, written down to be run again.
//!
//! ```text
//! recorder.rs  who observes a flow, and seals what was seen     payload.rs  what is in a recording
//! input.rs request.rs settings.rs  what a flow was made of      surroundings.rs  and what it found
//! open.rs      from a sealed recording to a replay
//! replay.rs    the flow once more       cursor.rs  its answers     replayed.rs  what became of it
//! documents.rs  every check of what it met
//! ```

mod cursor;
mod documents;
mod input;
mod open;
mod payload;
mod recorder;
mod replay;
mod replayed;
mod request;
mod settings;
mod surroundings;

use std::{fmt, str::FromStr};

pub(crate) use self::{input::InputRef, recorder::Recorder};
pub use self::{
    replay::Replay,
    replayed::{ReplayError, Replayed, ReplayedStep, ReplayedWhat},
};
use crate::error::RecordingError;

/// A flow that was written down from beginning to end, sealed to the keys of the client: from
/// [`Client::on_failure`](crate::Client::on_failure).
///
/// It holds what the flow was made of, every answer of the OP with its time, what keys outside have made and the
/// random bytes that were drawn, so that [opened](Self::open) with the client's keys it runs again, exactly as it did.
/// Without them nothing in it can be read: it is a JWE to the client's encryption key, or under its secret.
///
/// **It is personal data**, and may hold live credentials: a code that was not redeemed, an access token, a ticket,
/// the text of a confirmation, the claims of a person. Refresh tokens are left out. Keep it where you keep what is
/// most personal, for as long as somebody may ask why the login failed (two weeks are plenty), and delete it when the
/// question is answered. Send it to nobody who has not the keys: to them it is noise. Anybody who knows your public key
/// can make one, so what is in it proves nothing.
///
/// Its text is one line of at most some 2 MB. Answers of more than 1 MiB together are cut, and
/// [`Replay::missing_bytes`] says so.
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use itsme_core::{AuthorizationRequest, Client, Recording, drive};
/// # use itsme_core::SendFailure;
/// # use itsme_testkit::{FakeOp, Fault, Person, SERVICE, World, play, private_keys};
/// # let mut world = World::new();
/// # let mut op = FakeOp::new(world.clock());
/// # let settings = op.settings();
///
/// // In the application: keep what failed.
/// let kept = Arc::new(Mutex::new(Vec::new()));
/// let keep = Arc::clone(&kept);
/// let itsme = Client::new(settings)?.on_failure(move |recording: Recording| {
///     keep.lock().unwrap().push(recording.as_text().to_owned());
/// });
/// # let login = play(itsme.authorize(AuthorizationRequest::login(SERVICE)), &mut op, &mut world)?;
/// # let callback = op.approve(&login.url, &Person::ann());
/// # Fault::named("ID token: another issuer").unwrap().inject(&mut op);
/// # assert!(play(itsme.finish_login(login.state, callback), &mut op, &mut world).is_err());
/// # let (mut platform, keys) = (world, private_keys());
///
/// // At a desk, with the keys of the client:
/// let recording: Recording = kept.lock().unwrap()[0].parse()?;
/// # let send = |_| Err((SendFailure::NotSent, SendFailure::NotSent));
/// let replay = drive(recording.open(keys), &mut platform, send, |_| ())?;
/// let replayed = replay.run();
/// assert!(replayed.is_same());
/// assert_eq!(
///     replayed.outcome,
///     "the ID token was refused: it was issued by somebody else (`iss`)"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Recording(String);

/// The text is `itsme-recording:FORMAT:JWE`.
const NAME: &str = "itsme-recording";
const FORMAT: u32 = 1;

impl Recording {
    /// Of a compact JWE.
    fn sealed(jwe: &str) -> Self {
        Self(format!("{NAME}:{FORMAT}:{jwe}"))
    }

    /// One line of text, to store.
    pub fn as_text(&self) -> &str {
        &self.0
    }

    fn jwe(&self) -> &str {
        self.0.rsplit(':').next().unwrap_or_default()
    }
}

impl FromStr for Recording {
    type Err = RecordingError;

    /// Reads a text of [`as_text`](Self::as_text); white space around it is ignored. Nothing is opened yet.
    fn from_str(text: &str) -> Result<Self, RecordingError> {
        let text = text.trim();
        let mut parts = text.split(':');
        let (Some(NAME), Some(format), Some(_), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(RecordingError::Malformed);
        };
        match format.parse() {
            Ok(FORMAT) if format == FORMAT.to_string() => Ok(Self(text.to_owned())),
            Err(_) | Ok(FORMAT) => Err(RecordingError::Malformed),
            Ok(found) => Err(RecordingError::OtherFormat { expected: FORMAT, found }),
        }
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recording({} bytes)", self.0.len())
    }
}
