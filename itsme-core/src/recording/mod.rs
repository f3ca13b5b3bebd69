//! Recorded flows that can be run again.
//!
//! ```text
//! recorder.rs   observes a flow and encrypts its recording      payload.rs  the content of a recording
//! input.rs request.rs settings.rs  the input of a flow          surroundings.rs  the state of the cache
//! open.rs       from an encrypted recording to a replay
//! replay.rs     runs the flow again     cursor.rs  responds to it    replayed.rs  the result
//! documents.rs  every check on the documents in it
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

/// A flow recorded from beginning to end, encrypted to the client's keys.
/// [`Client::on_failure`](crate::Client::on_failure) creates it.
///
/// It contains the flow's input, every response from the OP with its time, the results of external keys, and the random
/// bytes that were used. When [opened](Self::open) with the client's keys, the flow can therefore be run again exactly
/// as it was. Without the keys, the recording cannot be read: it is a JWE, encrypted to the client's encryption key or
/// with its secret.
///
/// **It is personal data**, and may contain live credentials: an unredeemed code, an access token, a ticket, the text
/// of a confirmation, or a user's claims. Refresh tokens are left out. Store it with your most sensitive data, for as
/// long as you may need to find out why the login failed (two weeks is plenty), and delete it afterwards. It is useless
/// to anyone without the keys. Anyone who knows your public key can create a recording, so its content proves nothing.
///
/// Its text is one line of at most about 2 MB. Responses beyond a total of 1 MiB are truncated, and
/// [`Replay::missing_bytes`] returns how much is missing.
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
/// // In the application, keep the recordings of failed flows.
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
/// // When debugging, with the client's keys:
/// let recording: Recording = kept.lock().unwrap()[0].parse()?;
/// # let send = |_| Err((SendFailure::NotSent, SendFailure::NotSent));
/// let replay = drive(recording.open(keys), &mut platform, send, |_| ())?;
/// let replayed = replay.run();
/// assert!(replayed.is_same());
/// assert_eq!(
///     replayed.outcome,
///     "the ID token failed verification: it was issued by a different issuer (`iss`)"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Recording(String);

/// The text is `itsme-recording:FORMAT:JWE`.
const NAME: &str = "itsme-recording";
const FORMAT: u32 = 1;

impl Recording {
    /// Wraps a compact JWE.
    fn sealed(jwe: &str) -> Self {
        Self(format!("{NAME}:{FORMAT}:{jwe}"))
    }

    /// The recording as one line of text, for storage.
    pub fn as_text(&self) -> &str {
        &self.0
    }

    fn jwe(&self) -> &str {
        self.0.rsplit(':').next().unwrap_or_default()
    }
}

impl FromStr for Recording {
    type Err = RecordingError;

    /// Reads the text of [`as_text`](Self::as_text); surrounding white space is ignored. Nothing is decrypted yet.
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
