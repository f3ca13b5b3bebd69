//! Recorded logins: what `inspect` reports for each fault, and how `replay` replays them.

use std::{
    process::{Command, Stdio},
    thread,
};

use itsme_core::{
    AuthorizationRequest, BackchannelRequest, Client, ClientSecret, DriveError, Flow, PrivateKeys,
    QrLogin, Recording, SendFailure, drive,
};
use itsme_examples::inspect::{Given, Kind, Layer, Outcome, layers};
use itsme_testkit::{
    CLIENT_SECRET, Document, FakeOp, Fault, Person, SERVICE, World, faults, private_keys,
};
use serde_json::{Map, Value, json};

use crate::{
    recorded::Recorded,
    room::{Ended, Room},
    secrecy::Secrets,
    why::rotated,
};

fn given(secret: Option<ClientSecret>) -> Given {
    Given {
        now: itsme_core::UnixTime::from_secs(0),
        reveal: false,
        client_id: None,
        environment: None,
        redirect_uri: None,
        keys: secret.is_none().then(private_keys),
        secret,
        hs256: false,
        op_keys: None,
        provider: None,
        login: None,
    }
}

/// Opens a recording with either the keys or the secret, and returns its layers.
fn inspected(recording: &Recording) -> Vec<Layer> {
    let by = |secret| {
        let (kind, layers) = layers(recording.as_text().as_bytes(), &given(secret)).expect("known");
        assert_eq!(kind, Kind::Recording);
        (!layers[0].has_failed()).then_some(layers)
    };
    by(None)
        .or_else(|| by(Some(ClientSecret::new(CLIENT_SECRET))))
        .expect("the keys or the secret open the recording")
}

/// Returns the name that the list of faults uses for this document.
fn document(layer: &str) -> &str {
    match layer {
        "ID token: claims" => "ID token",
        "userinfo answer: claims" => "userinfo answer",
        "the OP's key set" => "key set",
        _ if layer.ends_with(": encryption") => "encryption of a token",
        _ if layer.ends_with(": signature") => "signature of a token",
        _ if layer.starts_with("key ") => "key of the set",
        _ if layer.ends_with("_endpoint") => "endpoint of a service",
        other => other,
    }
}

/// Returns what is reported for the recording of this fault: the failed checks, each once, and the
/// outcome of the login.
fn failed_under(fault: Fault) -> (Vec<String>, String) {
    let (recorded, name) = (Recorded::default(), fault.name().to_owned());
    faults::in_memory_with(vec![fault], |client| client.on_failure(recorded.recorder()));
    let taken = recorded.take();
    let [recording] = &taken[..] else { panic!("{name}: {} have failed", taken.len()) };
    let layers = inspected(recording);
    let ended = layers[0].shown[0].1["ended"].as_str().expect("a text").to_owned();
    let (mut failed, mut is_refused) = (Vec::new(), false);
    for layer in &layers {
        for finding in layer.findings.iter().filter(|finding| finding.has_failed()) {
            let Outcome::Failed { error: Some(error), .. } = &finding.outcome else {
                panic!("{name}: {finding:?}")
            };
            if !layer.is_passed_over && !is_refused {
                is_refused = true;
                assert!(ended.ends_with(error.as_str()), "{name}: {ended}, not {error}");
            }
            let check = format!("{}: {}", document(&layer.name), finding.name);
            if !failed.contains(&check) {
                failed.push(check);
            }
        }
    }
    (failed, ended)
}

/// For every fault that makes a check fail, `inspect` reports exactly the checks in the list,
/// starting with the login's error. A quirk leaves no recording. Recordings that only an external
/// key can open are covered by the tests of `itsme-core`.
#[test]
fn each_recorded_fault_fails_the_checks_that_are_stated() {
    let mut all = Fault::all();
    all.retain(|fault| fault.failing_checks().count() > 0 && !fault.is_at_key_holder());
    let tried = all.len();
    let mut halves: [Vec<Fault>; 2] = Default::default();
    for (place, fault) in all.into_iter().enumerate() {
        halves[place % 2].push(fault);
    }
    thread::scope(|scope| {
        for half in halves {
            scope.spawn(move || {
                for fault in half {
                    let name = fault.name().to_owned();
                    let stated: Vec<_> = fault.failing_checks().collect();
                    let (failed, ended) = failed_under(fault);
                    assert_eq!(failed, stated, "{name}, which ended: {ended}");
                }
            });
        }
    });
    assert!(tried > 500, "{tried}");
}

fn replay(room: &Room, arguments: &[&str]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_replay"));
    command.args(arguments).current_dir(&room.path).stdin(Stdio::null());
    Ended::of(command.output().expect("it runs"))
}

/// A fake itsme at which Ann logs in with a client that records, and the secrets of that login.
struct Desk {
    op: FakeOp,
    world: World,
    client: Client,
    recorded: Recorded,
    secrets: Secrets,
}

impl Desk {
    fn new(by_secret: bool) -> Self {
        let world = World::new();
        let op = FakeOp::new(world.clock());
        let settings = if by_secret { op.secret_settings() } else { op.settings() };
        let recorded = Recorded::default();
        let client = Client::new(settings).expect("sound").on_failure(recorded.recorder());
        Self { op, world, client, recorded, secrets: Secrets::of(&Person::ann()) }
    }

    /// Runs a flow and remembers the secrets in it.
    fn run<T>(&mut self, flow: Flow<T>) -> Result<T, DriveError<SendFailure>> {
        let Self { op, world, secrets, .. } = self;
        let send = |request| {
            secrets.add_request(&request);
            let response = op.handle(request).map_err(|why| (why, why))?;
            secrets.add_response(&response);
            Ok(response)
        };
        let clock = world.clock();
        drive(flow, world, send, |time| clock.advance(time))
    }

    fn inject(&mut self, fault: &str) {
        Fault::named(fault).expect("there is such a fault").inject(&mut self.op);
    }

    /// Returns the text of the single new recording.
    fn recording(&self) -> String {
        let taken = self.recorded.take();
        let [recording] = &taken[..] else { panic!("{} have failed", taken.len()) };
        recording.as_text().to_owned()
    }

    /// Starts a login, calls `wrong` to make it fail, and returns the text of the recording.
    fn refused(mut self, wrong: impl FnOnce(&mut Self)) -> (String, Self) {
        let request = AuthorizationRequest::login(SERVICE);
        let flow = self.client.authorize(request);
        let redirect = self.run(flow).expect("a URL");
        let callback = self.op.approve(&redirect.url, &Person::ann());
        self.secrets.add_login(&redirect.state, &callback);
        wrong(&mut self);
        let flow = self.client.finish_login(redirect.state, callback);
        assert!(self.run(flow).is_err());
        (self.recording(), self)
    }

    /// Checks that neither a credential nor any of Ann's data is printed, in any form.
    fn assert_told_nothing(&self, ended: &Ended) {
        let printed = format!("{}{}", ended.stdout, ended.stderr);
        self.secrets.assert_hidden_in("what is printed", &printed);
        for datum in super::of_ann(&self.op).into_iter().chain(["eyJ".to_owned()]) {
            assert!(!printed.contains(&datum), "{datum} in {printed}");
        }
    }

    /// Checks that nothing secret is printed for this recording, whatever the options, including
    /// with `inspect`.
    fn assert_nothing_is_told_of(&self, room: &Room, known: &[&str]) {
        self.secrets.assert_seen();
        for more in [&[][..], &["--all"], &["--json"], &["--clock", "+1h"]] {
            self.assert_told_nothing(&replay(room, &[known, more].concat()));
        }
        for more in [&[][..], &["--failed"], &["--json"]] {
            self.assert_told_nothing(&room.run(&[known, more].concat()));
        }
    }
}

/// Logs Ann in with a fault that makes the login fail, and returns the text of its recording.
fn recorded_under(fault: &str, by_secret: bool) -> (String, Desk) {
    Desk::new(by_secret).refused(|desk| desk.inject(fault))
}

#[test]
fn a_recording_is_run_again_as_it_ended() {
    let room = Room::new("replay");
    for (by_secret, credentials) in
        [(false, ["--keys", "keys.json"]), (true, ["--client-secret-file", "secret.txt"])]
    {
        let (text, desk) = recorded_under("ID token: another issuer", by_secret);
        room.keep("a.recording", text + "\n");
        room.keep("keys.json", private_keys().to_json().as_bytes());
        room.keep("secret.txt", CLIENT_SECRET);
        let ended = replay(&room, &[&["a.recording"][..], &credentials].concat());
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        for line in [
            "POST to the token endpoint at op.example, attempt 1: 200 OK",
            "ok   callback",
            "BAD  iss: ",
            "Outcome: the ID token failed verification: it was issued by a different issuer (`iss`)",
        ] {
            assert!(ended.stdout.contains(line), "{line}: {}", ended.stdout);
        }
        desk.assert_nothing_is_told_of(&room, &[&["a.recording"][..], &credentials].concat());

        let object = replay(&room, &[&["a.recording", "--json"][..], &credentials].concat());
        let object = object.json();
        assert_eq!((&object["same_end"], &object["result"]), (&json!(true), &json!("done")));
        assert_eq!(object["same_steps"], true);
        assert_eq!(object["flow"]["name"], "finish_login");
        let all = replay(&room, &[&["a.recording", "--all"][..], &credentials].concat());
        assert!(all.stdout.contains("ok   nonce"), "{}", all.stdout);

        let ended = room.run(&[&["a.recording"][..], &credentials].concat());
        assert_eq!(ended.code, Some(1));
        let told =
            "Failed: the ID token failed verification: it was issued by a different issuer (`iss`)";
        assert!(ended.stderr.contains(told), "{}", ended.stderr);
    }
}

/// With the right clock, a login that the wrong clock refused succeeds. With the right keys, a
/// token that could not be opened is opened.
#[test]
fn another_clock_and_other_keys_end_otherwise() {
    let room = Room::new("what-if");
    let (text, desk) = recorded_under("ID token: expired an hour ago", false);
    room.keep("a.recording", text);
    room.keep("keys.json", private_keys().to_json().as_bytes());
    room.keep("rotated.json", rotated().to_json().as_bytes());
    let known = ["a.recording", "--keys", "keys.json"];
    let ended = replay(&room, &[&known[..], &["--clock", "-2h"]].concat());
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let outcome = "\nOutcome: the ID token failed verification: it was issued in the future";
    assert!(ended.stdout.contains(outcome), "{}", ended.stdout);
    let then = "it ended differently this time; the original outcome was: the ID token failed verification: it has \
        expired";
    assert!(ended.stderr.contains(then), "{}", ended.stderr);
    desk.assert_told_nothing(&ended);
    let ended = replay(&room, &[&known[..], &["--keys", "rotated.json"]].concat());
    desk.assert_told_nothing(&ended);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let told = "BAD  decryption: it cannot be decrypted";
    assert!(ended.stdout.contains(told), "{}", ended.stdout);
    let same = replay(&room, &[&known[..], &["--keys", "keys.json"]].concat());
    assert_eq!(same.code, Some(0), "{}", same.stderr);
}

#[test]
fn what_does_not_open_is_refused_with_the_reason() {
    let room = Room::new("sealed");
    let (text, _) = recorded_under("ID token: another issuer", false);
    room.keep("keys.json", private_keys().to_json().as_bytes());
    room.keep("others.json", PrivateKeys::generate().expect("keys").to_json().as_bytes());
    room.keep("whole", &text);
    room.keep("cut", &text[..text.len() - 9]);
    room.keep("later", text.replace(":1:", ":9:"));
    room.keep("other", "nothing of the kind");
    for (arguments, why) in [
        (&["whole", "--keys", "others.json"][..], "it cannot be decrypted with these credentials"),
        (&["whole"], "--keys or a client secret is needed"),
        (
            &["whole", "--keys", "keys.json", "--keys", "keys.json", "--keys", "keys.json"],
            "give --keys at most twice",
        ),
        (&["cut", "--keys", "keys.json"], "it cannot be decrypted with these credentials"),
        (&["later", "--keys", "keys.json"], "its format is 9; this version reads format 1"),
        (&["other", "--keys", "keys.json"], "it is not the text of a recording"),
        (&["absent", "--keys", "keys.json"], "absent cannot be read"),
    ] {
        let ended = replay(&room, arguments);
        assert_eq!(ended.code, Some(2), "{arguments:?}");
        assert!(ended.stderr.contains(why), "{arguments:?}: {}", ended.stderr);
        assert!(ended.stderr.contains("Usage: replay "), "{}", ended.stderr);
    }
    let ended = room.run(&["whole", "--keys", "others.json", "--json"]);
    assert_eq!((ended.code, ended.failed()), (Some(1), vec!["recording: seal".to_owned()]));
    let ended = room.run(&["whole"]);
    assert_eq!(ended.code, Some(0), "no check fails without options");
    assert!(ended.stdout.contains("not checked without --keys: seal"), "{}", ended.stdout);
}

/// The same for flows without a browser.
#[test]
fn logins_without_a_browser_are_run_again() {
    let room = Room::new("without-a-browser");
    room.keep("keys.json", private_keys().to_json().as_bytes());
    let mut desk = Desk::new(false);
    let request = || AuthorizationRequest::login(SERVICE);
    let sub = desk.op.sub_of(&Person::ann());
    let flow = desk.client.start_backchannel(BackchannelRequest::known_user(&sub, request()));
    let ticket = desk.run(flow).expect("a ticket");
    desk.op.approve_backchannel(ticket.auth_req_id());
    desk.inject("ID token: another audience");
    let flow = desk.client.poll_backchannel(ticket);
    assert!(desk.run(flow).is_err());
    room.keep("polled", desk.recording());
    desk.op.recover();
    desk.inject("backchannel: user discovery: no identifier");
    let flow = desk.client.next_qr_step(QrLogin::new(request()));
    assert!(desk.run(flow).is_err());
    room.keep("qr", desk.recording());
    for (file, flow, told) in [
        ("polled", "poll_backchannel", "BAD  aud"),
        ("qr", "next_qr_step", "POST to the user discovery endpoint at op.example, attempt 1"),
    ] {
        let known = [file, "--keys", "keys.json"];
        let ended = replay(&room, &known);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        for line in [format!("recording of `{flow}`"), told.to_owned()] {
            assert!(ended.stdout.contains(&line), "{line}: {}", ended.stdout);
        }
        desk.assert_nothing_is_told_of(&room, &known);
    }
}

/// If a response was too large to record, this is printed before the replay ends differently
/// because of it.
#[test]
fn missing_bytes_are_said() {
    let room = Room::new("missing");
    room.keep("keys.json", private_keys().to_json().as_bytes());
    let (text, desk) = Desk::new(false).refused(|desk| {
        let padding = |members: &mut Map<String, Value>| {
            members.insert("padding".to_owned(), json!("x".repeat(700 * 1024)));
        };
        desk.op.alter(Document::Discovery, padding);
        desk.op.alter(Document::TokenAnswer, padding);
        desk.inject("ID token: another issuer");
        // Use a new client, whose cache is empty.
        let client = Client::new(desk.op.settings()).expect("sound");
        desk.client = client.on_failure(desk.recorded.recorder());
    });
    room.keep("cut.recording", text);
    let known = ["cut.recording", "--keys", "keys.json"];
    let ended = replay(&room, &known);
    assert_eq!(ended.code, Some(1), "{}", ended.stdout);
    assert!(
        ended.stdout.contains(" bytes of responses are missing from the recording"),
        "{}",
        ended.stdout
    );
    let object = replay(&room, &[&known[..], &["--json"]].concat()).json();
    assert!(object["flow"]["missing_bytes"].as_u64() > Some(0), "{object}");
    assert_eq!((&object["same_end"], &object["result"]), (&json!(false), &json!("failed")));
    desk.assert_nothing_is_told_of(&room, &known);
}
