use itsme_core::{Credentials, Recording, Replayed, SendFailure, drive};

use crate::World;

/// Replays a recorded flow, such as a failed login, as a test.
///
/// `recording` is the text of a [`Recording`], and `credentials` are those of the client for which
/// it was sealed. Replaying needs no network and takes no time. The outcome stays the same until
/// the library or the credentials change.
///
/// A recording is personal data, and a key that opens it is a secret. Don't commit either, unless
/// both come from a sandbox.
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use itsme_core::{AuthorizationRequest, Client};
/// use itsme_testkit::{FakeOp, Fault, Person, SERVICE, World, play, private_keys, replay};
///
/// # let (mut world, kept) = (World::new(), Arc::new(Mutex::new(String::new())));
/// # let mut op = FakeOp::new(world.clock());
/// # let keep = Arc::clone(&kept);
/// # let client = Client::new(op.settings())?
/// #     .on_failure(move |recording| *keep.lock().unwrap() = recording.as_text().to_owned());
/// # let login = play(client.authorize(AuthorizationRequest::login(SERVICE)), &mut op, &mut world)?;
/// # let callback = op.approve(&login.url, &Person::ann());
/// # Fault::named("ID token: another issuer").unwrap().inject(&mut op);
/// # assert!(play(client.finish_login(login.state, callback), &mut op, &mut world).is_err());
/// # let recording = kept.lock().unwrap().clone();
/// let replayed = replay(&recording, private_keys());
/// assert_eq!(
///     replayed.outcome,
///     "the ID token failed verification: it was issued by a different issuer (`iss`)"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// If the text is not a recording, or cannot be opened with these credentials. To open a recording
/// with [external](itsme_core::PrivateKeys::external) keys, use [`Recording::open`].
pub fn replay(recording: &str, credentials: impl Into<Credentials>) -> Replayed {
    let recording: Recording = recording.parse().expect("the text of a recording");
    let nothing_is_sent = |_| Err((SendFailure::NotSent, SendFailure::NotSent));
    let opened = drive(recording.open(credentials), &mut World::new(), nothing_is_sent, |_| ());
    opened.expect("the credentials of the recorded client").run()
}
