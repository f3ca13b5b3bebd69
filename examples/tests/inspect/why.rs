//! Tests that the transcripts in the guide match the programs' output. With `UPDATE_DOCS=1`,
//! rewrites them.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, SystemTime},
};

use http::{HeaderValue, header};
use itsme_core::{Advice, AuthorizationRequest, Client, PrivateKeys};
use itsme_testkit::{
    CLIENT_ID, Clock, Document, FakeOp, Person, SERVICE, Server, World, play, private_keys,
};
use serde_json::{Value, json};

use crate::{recorded::Recorded, room::Room};

/// The address of the fake itsme in the chapter.
const ADDRESS: &str = "127.0.0.1:8811";

/// Creates the documents that five broken deployments leave behind, under the file names used in
/// the chapter.
fn broken_deployments() -> Room {
    let mut room = Room::new("why");
    room.log_in(None).expect("a login");
    let read = |room: &Room, file: &str| fs::read_to_string(room.path.join(file)).expect("a file");
    let (url, answer) = (read(&room, "url.txt"), read(&room, "token"));
    room.keep("wrong-client-id.txt", &url);
    room.keep("trailing-slash.txt", url.replace("%2Fcallback", "%2Fcallback%2F"));
    room.keep("fast-clock.json", &answer);
    room.keep("jwks_private.json", read(&room, "keys.json"));
    room.keep("itsme.json", read(&room, "op.json"));

    room.keep("fast-clock.recording", recorded_by_a_fast_clock());

    room.keep("old-keys.json", &answer);
    room.keep("published.json", private_keys().public_jwks());
    room.keep("rotated.json", rotated().to_json().as_bytes());

    // The keys of production differ from those of the sandbox.
    room.op = FakeOp::with_issuer("https://idp.prd.itsme.services/v2", room.world.clock());
    for _ in 0..3 {
        room.op.rotate_signing_key();
    }
    let keys = room.get("/jwkSet");
    room.keep("production.json", keys);
    room.op = FakeOp::with_issuer("https://idp.e2e.itsme.services/v2", room.world.clock());
    room.log_in(None).expect("a login");
    room.keep("sandbox.json", read(&room, "token"));
    room
}

/// Records a login at an itsme whose tokens are ten minutes behind the client's clock, which is
/// what a client with a fast clock sees. A strict OP would reject the client's assertion because it
/// comes from the future, but itsme's documentation does not require this.
fn recorded_by_a_fast_clock() -> String {
    let mut world = World::new();
    world.advance(Duration::from_secs(600));
    let mut op = FakeOp::new(world.clock());
    op.alter(Document::IdToken, |claims| {
        for name in ["iat", "exp", "auth_time"] {
            let time = claims.get(name).and_then(Value::as_u64);
            claims.extend(time.map(|time| (name.to_owned(), json!(time - 600))));
        }
    });
    let recorded = Recorded::default();
    let client = Client::new(op.settings()).expect("sound").on_failure(recorded.recorder());
    let login = AuthorizationRequest::login(SERVICE);
    let redirect = play(client.authorize(login), &mut op, &mut world).expect("a URL");
    let callback = op.approve(&redirect.url, &Person::ann());
    assert!(play(client.finish_login(redirect.state, callback), &mut op, &mut world).is_err());
    recorded.take().pop().expect("it failed").as_text().to_owned()
}

/// Replaces the encryption key with a new one, whose name is always the same.
pub fn rotated() -> PrivateKeys {
    let keys = private_keys();
    let old = keys.encryption_kids()[0].to_owned();
    let keys = keys.with_new_encryption_key().and_then(|keys| keys.without(&old)).expect("keys");
    let text = keys.to_json().replace(keys.encryption_kids()[0], "enc-2026-01");
    PrivateKeys::from_json(&text).expect("the same keys")
}

/// Returns a key set without its old signing key.
pub fn rotated_signing_key() -> String {
    let keys = private_keys();
    let old = keys.signing_kids().into_iter().map(str::to_owned).collect::<Vec<_>>();
    let mut keys = keys.with_new_signing_key().expect("a key");
    for kid in old {
        keys = keys.without(&kid).expect("a different key signs");
    }
    keys.to_json().to_string()
}

/// Starts a fake itsme whose clock is ten minutes behind, which is what a client with a fast clock
/// sees.
fn itsme_as_a_fast_clock_sees_it() -> Server {
    let server = Server::start(Clock::system()).expect("loopback has a free port");
    for path in ["/.well-known/openid-configuration", "/jwkSet"] {
        server.op().tamper(path, |response| {
            let then = SystemTime::now() - Duration::from_secs(600);
            let date = HeaderValue::try_from(httpdate::fmt_http_date(then)).expect("a date");
            response.headers_mut().insert(header::DATE, date);
        });
    }
    server
}

/// Returns the output of one of the chapter's commands.
fn run(command: &str, room: &Room, server: &Server) -> String {
    let issuer = server.op().issuer().to_owned();
    let address = issuer.split('/').nth(2).expect("an address");
    let command = command.replace(ADDRESS, address);
    let mut words = command.split(' ');
    let program = match words.next() {
        Some("inspect") => env!("CARGO_BIN_EXE_inspect"),
        Some("doctor") => env!("CARGO_BIN_EXE_doctor"),
        Some("replay") => env!("CARGO_BIN_EXE_replay"),
        other => panic!("{other:?} is not a program"),
    };
    let mut program = Command::new(program);
    program.args(words).current_dir(&room.path).env("NO_PROXY", "127.0.0.1").stdin(Stdio::null());
    let output = program.output().expect("it runs");
    // `replay` succeeds if the login ends as recorded.
    let is_as_it_was = command.starts_with("replay") && !command.contains("--clock");
    assert_eq!(output.status.code(), Some(i32::from(!is_as_it_was)), "{command}: {output:?}");
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8(printed).expect("UTF-8").replace(address, ADDRESS);
    printed.lines().map(|line| timeless(line) + "\n").collect()
}

/// Replaces durations, which vary between runs.
fn timeless(line: &str) -> String {
    let mut line = line.to_owned();
    for (before, instead) in [("metadata and keys in ", "8.1ms"), ("the clocks are ", "600s")] {
        if let Some((begin, rest)) = line.split_once(before) {
            let rest = rest.split_once(' ').map(|(_, rest)| format!(" {rest}"));
            line = format!("{begin}{before}{instead}{}", rest.unwrap_or_default());
        }
    }
    line
}

/// Every [`Advice`] has a row in the table that leads from the log line to the solution.
#[test]
fn each_advice_has_a_row() {
    let chapter = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guide/why.md");
    let chapter = fs::read_to_string(&chapter).expect("the chapter");
    for advice in [Advice::Cancelled, Advice::StartOver, Advice::TryLater, Advice::OurFault] {
        match advice {
            // A new variant would need a row in the table.
            Advice::Cancelled | Advice::StartOver | Advice::TryLater | Advice::OurFault => {}
        }
        assert!(chapter.contains(&format!("| `{advice:?}` |")), "{advice:?}");
    }
}

#[test]
fn the_transcripts_are_what_the_programs_print() {
    let chapter = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guide/why.md");
    let written = fs::read_to_string(&chapter).expect("the chapter");
    let (room, server) = (broken_deployments(), itsme_as_a_fast_clock_sees_it());
    let (mut made, mut commands) = (String::new(), 0);
    let mut blocks = written.split("```console\n");
    made.push_str(blocks.next().expect("a beginning"));
    for block in blocks {
        let (transcript, rest) = block.split_once("```\n").expect("an end");
        let command = transcript.lines().next().and_then(|line| line.strip_prefix("$ "));
        let command = command.expect("a command");
        let printed = run(command, &room, &server);
        made.push_str(&format!("```console\n$ {command}\n{printed}```\n{rest}"));
        commands += 1;
    }
    assert_eq!(
        commands, 9,
        "the chapter has one command for each of five deployments, two more, and two replays"
    );
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&chapter, &made).expect("the chapter can be written");
    }
    assert!(written.contains(CLIENT_ID));
    let written = fs::read_to_string(&chapter).expect("the chapter");
    assert!(
        made == written,
        "why.md is out of date: run this test with UPDATE_DOCS=1, and review the changes"
    );
}
