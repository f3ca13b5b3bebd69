//! The transcripts in the guide are what the programs print. `UPDATE_DOCS=1` writes them anew.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, SystemTime},
};

use http::{HeaderValue, header};
use itsme_core::PrivateKeys;
use itsme_testkit::{CLIENT_ID, Clock, FakeOp, Server, private_keys};

use crate::room::Room;

/// Where the fake itsme of the chapter listens.
const ADDRESS: &str = "127.0.0.1:8811";

/// What five broken deployments have left, by the names in the chapter.
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

    room.keep("old-keys.json", &answer);
    room.keep("published.json", private_keys().public_jwks());
    room.keep("rotated.json", rotated().to_json().as_bytes());

    // Production has other keys than the sandbox.
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

/// With a new encryption key in place of the old one, by a name that is the same each time.
pub fn rotated() -> PrivateKeys {
    let keys = private_keys();
    let old = keys.encryption_kids()[0].to_owned();
    let keys = keys.with_new_encryption_key().and_then(|keys| keys.without(&old)).expect("keys");
    let text = keys.to_json().replace(keys.encryption_kids()[0], "enc-2026-01");
    PrivateKeys::from_json(&text).expect("the same keys")
}

/// A set whose old signing key is gone.
pub fn rotated_signing_key() -> String {
    let keys = private_keys();
    let old = keys.signing_kids().into_iter().map(str::to_owned).collect::<Vec<_>>();
    let mut keys = keys.with_new_signing_key().expect("a key");
    for kid in old {
        keys = keys.without(&kid).expect("another key signs");
    }
    keys.to_json().to_string()
}

/// A fake itsme whose clock is ten minutes behind ours: what a fast clock looks like from here.
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

/// What a command of the chapter prints.
fn run(command: &str, room: &Room, server: &Server) -> String {
    let issuer = server.op().issuer().to_owned();
    let address = issuer.split('/').nth(2).expect("an address");
    let command = command.replace(ADDRESS, address);
    let mut words = command.split(' ');
    let program = match words.next() {
        Some("inspect") => env!("CARGO_BIN_EXE_inspect"),
        Some("doctor") => env!("CARGO_BIN_EXE_doctor"),
        other => panic!("{other:?} is no program"),
    };
    let mut program = Command::new(program);
    program.args(words).current_dir(&room.path).env("NO_PROXY", "127.0.0.1").stdin(Stdio::null());
    let output = program.output().expect("it runs");
    assert_eq!(output.status.code(), Some(1), "{command}: {output:?}");
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8(printed).expect("UTF-8").replace(address, ADDRESS);
    printed.lines().map(|line| timeless(line) + "\n").collect()
}

/// A line without what is another time each time.
fn timeless(line: &str) -> String {
    let mut line = line.to_owned();
    for (before, instead) in [("keys in ", "8.1ms"), ("the clocks are ", "600s")] {
        if let Some((begin, rest)) = line.split_once(before) {
            let rest = rest.split_once(' ').map(|(_, rest)| format!(" {rest}"));
            line = format!("{begin}{before}{instead}{}", rest.unwrap_or_default());
        }
    }
    line
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
    assert_eq!(commands, 7, "one for each of five deployments, and two more");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&chapter, &made).expect("the chapter can be written");
    }
    assert!(written.contains(CLIENT_ID));
    let written = fs::read_to_string(&chapter).expect("the chapter");
    assert!(made == written, "why.md: run it with UPDATE_DOCS=1, and look at what has changed");
}
