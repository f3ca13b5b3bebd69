//! The commands of the guide, run as it prints them.

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Command, Output},
};

use crate::sandbox;

const SECTION: &str = "## From a shell, in any language";

/// The first block of shell commands in that section of the guide.
fn commands() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guide/testing.md");
    let guide = fs::read_to_string(file).expect("the guide is beside the crate");
    let (_, section) = guide.split_once(SECTION).expect("the guide has the section");
    let (_, block) = section.split_once("```sh\n").expect("it has commands");
    block.split("```").next().unwrap_or_default().to_owned()
}

fn bash(script: &str) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_itsme-op"));
    let programs = program.parent().expect("it is in a directory").display();
    let path = std::env::var("PATH").unwrap_or_default();
    Command::new("bash")
        .args(["-euo", "pipefail", "-c", script])
        .current_dir(sandbox::directory("guide"))
        .env("PATH", format!("{programs}:{path}"))
        .env("no_proxy", "127.0.0.1")
        .output()
        .expect("bash is needed for this test")
}

#[test]
fn the_commands_of_the_guide_do_what_it_says() {
    let curl = Command::new("curl").arg("--version").output();
    assert!(curl.is_ok_and(|it| it.status.success()), "curl is needed for this test: install it");

    // Somebody may be using the port that the guide names.
    let free = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port");
    let commands = commands().replace("8811", &free.port().to_string());
    let output = bash(&format!("trap 'kill $(jobs -p) || true' EXIT\n{commands}"));
    let (told, errors) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{told}\n{errors}");

    let mut rest: &str = &told;
    for expected in [
        "\"kind\":\"login\"",
        "\"redirect\":\"http://127.0.0.1:8080/itsme/callback?code=",
        "\"active\":[\"in maintenance, midway\"]",
        "<title>Maintenance</title>",
        "\"outcome\":\"503\",\"reason\":null,\"faults\":[\"in maintenance, midway\"]",
        "\"active\":[]",
        "\"ahead\":200",
        "\"error\":\"invalid_grant\"",
        "\"reason\":\"invalid_grant: the code has expired\"",
        "\"ahead\":0",
    ] {
        let Some((_, after)) = rest.split_once(expected) else {
            panic!("no {expected} in {rest}\nof {told}\n{errors}");
        };
        rest = after;
    }
}
