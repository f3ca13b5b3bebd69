//! Tests of `--json` and the exit codes, on which scripts rely.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

const LOGINS: [&str; 4] = [
    env!("CARGO_BIN_EXE_login"),
    env!("CARGO_BIN_EXE_login-blocking"),
    env!("CARGO_BIN_EXE_qr-login"),
    env!("CARGO_BIN_EXE_qr-login-blocking"),
];
const SHARE_DATA: &str = env!("CARGO_BIN_EXE_share-data");
const CONFIRM: &str = env!("CARGO_BIN_EXE_confirm");
const DOCTOR: &str = env!("CARGO_BIN_EXE_doctor");
const INSPECT: &str = env!("CARGO_BIN_EXE_inspect");
const KEYS: &str = env!("CARGO_BIN_EXE_keys");

struct Ended {
    code: Option<i32>,
    /// The JSON object on standard output.
    object: Value,
    progress: String,
}

/// Runs a program with `--json`. Its standard output must be a single line.
#[track_caller]
fn run(program: &str, arguments: &[&str]) -> Ended {
    let output = Command::new(program)
        .args(arguments)
        .arg("--json")
        .env("NO_PROXY", "127.0.0.1")
        .stdin(Stdio::null())
        .output()
        .expect("it runs");
    let progress = String::from_utf8(output.stderr).expect("UTF-8");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(text.lines().count(), 1, "{text}{progress}");
    let object = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    Ended { code: output.status.code(), object, progress }
}

#[test]
fn a_login_ends_in_one_object_with_the_person() {
    for program in LOGINS {
        let ended = run(program, &["--user", "ioana"]);
        assert_eq!(ended.code, Some(0), "{}", ended.progress);
        assert_eq!(ended.object["result"], "done");
        assert_eq!(ended.object["user"]["name"], "Ioana Popescu", "{}", ended.object);
        assert!(ended.object["user"]["sub"].is_string(), "{}", ended.object);
        for step in ["A fake itsme is listening at ", "1. ", "2. ", "3. ", "4. "] {
            assert!(ended.progress.contains(step), "no {step} in {}", ended.progress);
        }
        assert!(!ended.progress.contains("Popescu"), "the result must be only on standard output");
    }
}

#[test]
fn waiting_for_the_scan_and_for_the_answer_is_told_with_the_time_that_is_left() {
    for program in &LOGINS[2..] {
        let progress = run(program, &[]).progress;
        let (before, after) = progress.split_once("2. ").expect("the second step");
        for part in [before, after] {
            let told = part.lines().find_map(|line| line.strip_prefix("Waiting, "));
            let told = told.unwrap_or_else(|| panic!("no line in {part}"));
            assert!(told.ends_with(" left") && !told.starts_with("0:00"), "{told}");
        }
        assert!(!progress.contains('\r'), "standard error is not a terminal: {progress:?}");
    }
}

#[test]
fn what_was_shared_and_confirmed_is_there() {
    let shared = run(SHARE_DATA, &[]).object;
    assert_eq!(shared["user"]["birthdate"], "1987-04-12");
    assert_eq!(shared["valid_until"], "2030-01-02");
    let confirmed = run(CONFIRM, &["--text", "Close <b>it</b>?"]).object;
    assert!(confirmed["confirmed"].as_str().is_some_and(|it| it.contains("Close <b>it</b>?")));
    let evidence = confirmed["evidence"].as_str().expect("a text");
    assert!(itsme_core::Evidence::from_text(evidence).is_ok());
}

#[test]
fn a_refusal_is_a_result() {
    for program in LOGINS.iter().chain(&[SHARE_DATA, CONFIRM]) {
        let ended = run(program, &["--deny"]);
        assert_eq!((ended.code, ended.object), (Some(3), json!({ "result": "refused" })));
    }
}

#[test]
fn a_failure_has_its_reason() {
    // Nothing is listening on this port: expect a reason and its causes.
    let issuer = ["--issuer", "http://127.0.0.1:9/v2", "--client-id", "x", "--service", "x"];
    let keys = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("json.json");
    std::fs::write(&keys, itsme_testkit::private_jwks()).expect("a file");
    let keys = ["--keys", keys.to_str().expect("a path of text")];
    let redirect_uri = ["--redirect-uri", "https://rp.example/cb"];
    for (program, more) in LOGINS.iter().zip([&redirect_uri[..], &redirect_uri, &[], &[]]) {
        let ended = run(program, &[&issuer[..], &keys, more].concat());
        assert_eq!((ended.code, &ended.object["result"]), (Some(1), &json!("failed")));
        let reason = ended.object["reason"].as_str().expect("a reason");
        assert!(reason.starts_with("no response from the discovery endpoint ("), "{reason}");
        assert_ne!(ended.object["because"], json!([]));
        assert!(ended.progress.contains(reason), "the reason is also printed for people");
    }
    let ended = run(DOCTOR, &[&issuer[..], &keys, &redirect_uri].concat());
    assert_eq!((ended.code, &ended.object["result"]), (Some(1), &json!("failed")));
    assert_eq!(
        ended.object["checks"].as_array().map(Vec::len),
        Some(1),
        "the checks that were run before the failure"
    );
}

#[test]
fn the_doctor_lists_what_it_looked_at() {
    let ended = run(DOCTOR, &[]);
    assert_eq!((ended.code, &ended.object["result"]), (Some(0), &json!("done")));
    let checks = ended.object["checks"].as_array().expect("a list");
    assert_eq!(checks.len(), 7);
    assert!(checks.iter().all(|check| check["ok"] == true && check["what"].is_string()));
}

#[test]
fn keys_are_listed_and_published() {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("json_keys.json");
    let _ = std::fs::remove_file(&file);
    let path = file.to_str().expect("a path of text");
    let made = run(KEYS, &["generate", path]).object;
    let listed = run(KEYS, &["check", path]).object;
    assert_eq!(made, listed);
    let does: Vec<&Value> = (0..2).map(|place| &listed["keys"][place]["does"]).collect();
    assert_eq!(does, ["signs", "decrypts"]);
    let public = run(KEYS, &["public", path]).object;
    assert_eq!(public["jwks"]["keys"][0]["kid"], listed["keys"][0]["kid"]);
    assert!(public["jwks"]["keys"][0].get("d").is_none(), "{public}");
    let missing = run(KEYS, &["check", "/nowhere/keys.json"]);
    assert_eq!((missing.code, &missing.object["result"]), (Some(1), &json!("failed")));
}

#[test]
fn every_program_says_its_exit_codes_and_gives_examples() {
    for program in LOGINS.iter().chain(&[SHARE_DATA, CONFIRM, DOCTOR, INSPECT, KEYS]) {
        let output = Command::new(program).arg("--help").output().expect("it runs");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(text.contains("Exit codes: 0 ") && text.contains("2 invalid options"), "{text}");
        assert!(text.contains("Examples:") && text.contains("--json"), "{text}");
        let wrong = Command::new(program).arg("--no-such-option").output().expect("it runs");
        assert_eq!(wrong.status.code(), Some(2), "{program}");
    }
}
