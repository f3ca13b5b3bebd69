//! A recording is unreadable without the keys: no credential, and nothing about the person.

use std::{collections::BTreeSet, time::Instant};

use itsme_core::{
    AuthorizationRequest, BackchannelRequest, Callback, Claim, Client, ClientSecret, Country,
    DriveError, Error, Flow, FreeText, Progress, QrLogin, Recording, RecordingError, Scope,
    SendFailure, drive, internals::recording_all,
};
use itsme_testkit::{
    CONFIRM_SERVICE, Document, FakeOp, Fault, Person, Reaction, SERVICE, World, play, private_keys,
};
use serde_json::json;

use crate::{
    common::Scene,
    recorded::{Recorded, open, replay},
    secrecy::Secrets,
};

/// The maximum number of response bytes that are kept.
const ROOM: usize = 1024 * 1024;

/// The most personal data.
fn login() -> AuthorizationRequest {
    AuthorizationRequest::login(SERVICE)
        .claim(Claim::NationalNumber(Country::Belgium))
        .scope(Scope::Profile)
        .scope(Scope::Email)
        .scopes_by_userinfo()
}

/// Runs a flow, and collects the secrets that pass through it.
fn run<T>(
    flow: Flow<T>,
    (op, world, secrets): (&mut FakeOp, &mut World, &mut Secrets),
) -> Result<T, DriveError<SendFailure>> {
    let send = |request| {
        secrets.add_request(&request);
        let response = op.handle(request).map_err(|why| (why, why))?;
        secrets.add_response(&response);
        Ok(response)
    };
    let clock = world.clock();
    drive(flow, world, send, |time| clock.advance(time))
}

/// A header names the encryption and the key, and starts like that of any token.
fn is_bare(header: &str) -> bool {
    let header = itsme_core::internals::base64url_decode(header).expect("base64url");
    let header: serde_json::Value = serde_json::from_slice(&header).expect("JSON");
    let sealed = |alg: &str| json!({ "alg": alg, "enc": "A256GCM", "typ": "itsme-recording" });
    let mut to_key = sealed("RSA-OAEP-256");
    to_key["kid"] = json!("rp-enc-1");
    header == to_key || header == sealed("dir")
}

/// Neither in its text nor in any of its decoded parts.
fn assert_hidden(secrets: &Secrets, what: &str, recordings: &[Recording]) {
    for recording in recordings {
        secrets.assert_hidden_in(what, &format!("{recording:?}"));
        let sealed = recording.as_text().strip_prefix("itsme-recording:1:").expect("its name");
        let (header, sealed) = sealed.split_once('.').expect("a JWE");
        assert!(is_bare(header), "{header}");
        secrets.assert_hidden_in(what, sealed);
        for part in sealed.split('.') {
            let bytes = itsme_core::internals::base64url_decode(part).expect("base64url");
            let latin_1: String = bytes.into_iter().map(char::from).collect();
            secrets.assert_hidden_in(what, &latin_1);
        }
    }
}

#[test]
fn no_fault_is_readable() {
    let (begun, mut recordings) = (Instant::now(), 0);
    for fault in Fault::all() {
        let recorded = Recorded::default();
        let mut world = World::new();
        let mut op = FakeOp::new(world.clock());
        let client = Client::new(fault.settings(&mut op)).expect("the settings are sound");
        let client = recording_all(client, recorded.recorder());
        let mut secrets = Secrets::of(&Person::ann());
        if !fault.is_midway() {
            fault.inject(&mut op);
        }
        if let Ok(redirect) = run(client.authorize(login()), (&mut op, &mut world, &mut secrets)) {
            let callback = op.approve(&redirect.url, &Person::ann());
            if fault.is_midway() {
                fault.inject(&mut op);
            }
            secrets.add_login(&redirect.state, &callback);
            let flow = client.finish_login(redirect.state, callback);
            let _ = run(flow, (&mut op, &mut world, &mut secrets));
        }
        // The last flow contains everything that the earlier ones had.
        let last = recorded.take().pop().expect("a flow");
        recordings += 1;
        assert_hidden(&secrets, fault.name(), &[last]);
    }
    println!("{recordings} recordings: {:?}", begun.elapsed());
    assert!(recordings > 500, "{recordings} recordings");
}

#[test]
fn neither_a_known_user_nor_what_they_confirm_is_readable() {
    let text = "Close the account for good?";
    let recorded = Recorded::default();
    let Scene { mut world, mut op, client } = Scene::new();
    let client = recording_all(client, recorded.recorder());
    let sub = op.sub_of(&Person::ann());
    let mut secrets = Secrets::of(&Person::ann());
    secrets.add_texts(&json!([sub, text]));
    let confirm = || AuthorizationRequest::confirm(CONFIRM_SERVICE, FreeText::new(text));
    for what in [confirm().known_user(&sub), login().claim(Claim::Photo).known_user(&sub)] {
        let redirect = run(client.authorize(what), (&mut op, &mut world, &mut secrets));
        let redirect = redirect.expect("a URL");
        let callback = op.approve(&redirect.url, &Person::ann());
        secrets.add_login(&redirect.state, &callback);
        let flow = client.finish_login(redirect.state, callback);
        run(flow, (&mut op, &mut world, &mut secrets)).expect("Ann");
    }
    let asked = BackchannelRequest::known_user(&sub, confirm());
    let ticket = run(client.start_backchannel(asked), (&mut op, &mut world, &mut secrets));
    let polled = client.poll_backchannel(ticket.expect("a ticket"));
    run(polled, (&mut op, &mut world, &mut secrets)).expect("she has not answered yet");

    let mut login = QrLogin::new(confirm());
    loop {
        let flow = client.next_qr_step(login);
        login = match run(flow, (&mut op, &mut world, &mut secrets)).expect("progress") {
            Progress::Scan { then, .. } => {
                let session = op.pending_sessions()[0].to_owned();
                secrets.add_texts(&json!(session));
                op.scan(&session, &Person::ann());
                then
            }
            Progress::Scanned { then } => then,
            Progress::Waiting { then } => {
                let asked = op.pending_backchannel().pop().expect("she is asked").auth_req_id;
                secrets.add_texts(&json!(asked));
                op.approve_backchannel(&asked);
                then
            }
            Progress::LoggedIn(_) => break,
        };
    }
    let taken = recorded.take();
    assert_eq!(taken.len(), 10);
    assert_hidden(&secrets, "a known user", &taken);
    secrets.assert_seen();
    // With the keys, everything can be read.
    assert!(taken.iter().all(|recording| replay(recording).is_same()));
}

/// Content keys and IVs are fresh, even if nothing else differs.
#[test]
fn no_two_recordings_are_alike() {
    let recorded = Recorded::default();
    let mut scene = Scene::new();
    scene.client = scene.client.clone().on_failure(recorded.recorder());
    for _ in 0..10 {
        let refused = scene.client.authorize(AuthorizationRequest::login(""));
        assert!(scene.play(refused).is_err());
    }
    let taken = recorded.take();
    for part in 0..5 {
        let of_one = |recording: &Recording| {
            recording.as_text().split('.').nth(part).expect("a JWE").to_owned()
        };
        let different: BTreeSet<_> = taken.iter().map(of_one).collect();
        assert_eq!(different.len(), if part == 0 { 1 } else { 10 }, "part {part}");
    }
}

#[test]
fn refresh_tokens_are_not_in_it() {
    let recorded = Recorded::default();
    let mut scene = Scene::new();
    scene.client = scene.client.clone().on_failure(recorded.recorder());
    let redirect = scene.authorize(login());
    let callback = scene.op.approve(&redirect.url, &Person::ann());
    for path in ["/token", "/userinfo"] {
        scene.op.react_when(move |asked| {
            let body = br#"{"access_token":"x","refresh_token":"to be kept by nobody"}"#.to_vec();
            asked.request.ends_with(path).then(|| Reaction::Reply(http::Response::new(body)))
        });
    }
    assert!(scene.play(scene.client.finish_login(redirect.state, callback)).is_err());
    let [recording] = &recorded.take()[..] else { panic!("one login has failed") };
    let opened = plaintext(recording);
    let body = |text: &str| itsme_core::internals::base64url(text)[..56].to_owned();
    assert!(opened.contains(&body(r#"{"access_token":"x","refresh_token":"dropped-"#)), "{opened}");
    assert!(!opened.contains(&body(r#"{"access_token":"x","refresh_token":"to be k"#)));
}

/// As someone with the keys reads it.
pub fn plaintext(recording: &Recording) -> String {
    let jwe = recording.as_text().rsplit(':').next().expect("a JWE");
    let decryption = itsme_core::internals::decryption(&private_keys());
    let opened = itsme_core::internals::open(jwe, decryption, usize::MAX).expect("it opens");
    opened.to_string()
}

#[test]
fn other_credentials_do_not_open_it() {
    let recorded = Recorded::default();
    let mut scene = Scene::new();
    scene.client = scene.client.clone().on_failure(recorded.recorder());
    assert!(scene.play(scene.client.authorize(AuthorizationRequest::login(""))).is_err());
    let [recording] = &recorded.take()[..] else { panic!("one login has failed") };
    let others = itsme_core::PrivateKeys::generate().expect("keys");
    let secret = ClientSecret::new("someone else's secret, which is long");
    for flow in [recording.open(others), recording.open(secret)] {
        let refused = play(flow, &mut scene.op, &mut scene.world).expect_err("not the keys");
        assert!(matches!(refused, DriveError::Flow(Error::Recording(RecordingError::Sealed(_)))));
    }
    // Every character matters.
    let text = recording.as_text();
    for place in (0..text.len()).step_by(text.len() / 60) {
        let mut changed = text.as_bytes().to_vec();
        changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).expect("text");
        let Ok(changed) = changed.parse::<Recording>() else { continue };
        let opened = play(changed.open(private_keys()), &mut scene.op, &mut scene.world);
        assert!(opened.is_err(), "place {place}");
    }
}

/// What exceeds the limit is cut, with a note; the login's own end does not change.
#[test]
fn a_recording_has_an_end() {
    let recorded = Recorded::default();
    let Scene { mut world, mut op, client } = Scene::new();
    let redirect = play(client.authorize(login()), &mut op, &mut world).expect("a URL");
    let callback = op.approve(&redirect.url, &Person::ann());
    let padding = |it: &mut serde_json::Map<_, _>| {
        it.insert("padding".to_owned(), json!("x".repeat(700 * 1024)));
    };
    op.alter(Document::Discovery, padding);
    op.alter(Document::TokenAnswer, padding);
    let cold = Client::new(op.settings()).expect("the settings are sound");
    let cold = recording_all(cold, recorded.recorder());
    play(cold.finish_login(redirect.state, callback), &mut op, &mut world).expect("Ann");
    let [recording] = &recorded.take()[..] else { panic!("one flow") };
    assert!(recording.as_text().len() < ROOM * 16 / 9 + 16 * 1024);
    assert_eq!(format!("{recording:?}"), format!("Recording({} bytes)", recording.as_text().len()));
    let replay = open(recording);
    let sent = 2 * 700 * 1024;
    assert!((sent - ROOM..sent - ROOM + 64 * 1024).contains(&replay.missing_bytes()));
    let replayed = replay.run();
    assert!(!replayed.is_same() && replayed.result.is_err(), "{}", replayed.outcome);
    assert_eq!(replayed.recorded_outcome, "it succeeded");
}

/// A callback that is too long is not kept, and is too long again in a replay.
#[test]
fn an_endless_callback_takes_no_room() {
    let recorded = Recorded::default();
    let mut scene = Scene::new();
    scene.client = scene.client.clone().on_failure(recorded.recorder());
    for callback in [
        Callback::from("x".repeat(2 * ROOM)),
        Callback::from_pairs([("code", "x".repeat(2 * ROOM))]),
    ] {
        let redirect = scene.authorize(login());
        assert!(scene.play(scene.client.finish_login(redirect.state, callback)).is_err());
        let [recording] = &recorded.take()[..] else { panic!("one flow") };
        assert!(recording.as_text().len() < 64 * 1024);
        let outcome = replay(recording).outcome;
        assert_eq!(outcome, "the callback does not belong to this login: it is longer than 16 KiB");
    }
    let redirect = scene.authorize(login());
    let longest = "x".repeat(16 * 1024);
    assert!(scene.play(scene.client.finish_login(redirect.state, longest)).is_err());
    let [recording] = &recorded.take()[..] else { panic!("one flow") };
    let outcome = replay(recording).outcome;
    assert!(!outcome.contains("longer"), "{outcome}");
}
