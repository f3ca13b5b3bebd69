use itsme_core::{Credentials, Recording, Replayed, SendFailure, drive};

use crate::World;

/// Runs a recorded flow again: a login that failed once, as a test.
///
/// `recording` is the text of a [`Recording`], and `credentials` are those of the client that it was sealed to. No
/// network is needed and no time passes; the outcome is the same each time, until the library or the credentials are
/// others.
///
/// A recording is personal data, and a key that opens it is a secret: commit neither, unless both are of a sandbox.
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
///     "the ID token failed verification: it was issued by someone else (`iss`)"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// The text is no recording, or does not open with these credentials. Keys that are
/// [kept outside](itsme_core::PrivateKeys::external) open it by [`Recording::open`] alone.
pub fn replay(recording: &str, credentials: impl Into<Credentials>) -> Replayed {
    let recording: Recording = recording.parse().expect("the text of a recording");
    let nothing_is_sent = |_| Err((SendFailure::NotSent, SendFailure::NotSent));
    let opened = drive(recording.open(credentials), &mut World::new(), nothing_is_sent, |_| ());
    opened.expect("the credentials of the recorded client").run()
}
