//! The programs that log in by QR code, run as a newcomer runs them.

use std::process::{Command, Output};

use rqrr::PreparedImage;

const PROGRAMS: [&str; 2] =
    [env!("CARGO_BIN_EXE_qr-login"), env!("CARGO_BIN_EXE_qr-login-blocking")];

fn run(program: &str, arguments: &[&str]) -> Output {
    Command::new(program).args(arguments).output().expect("it runs")
}

/// What a phone's camera reads from the terminal.
fn scan(text: &str) -> Option<String> {
    const MODULE: usize = 4;
    let mut rows: Vec<Vec<bool>> = Vec::new();
    for line in text.lines() {
        let Some(line) = line.strip_prefix("\x1b[30;107m") else { continue };
        let line = line.strip_suffix("\x1b[0m").expect("the colours end with the line");
        rows.push(line.chars().map(|c| matches!(c, '█' | '▀')).collect());
        rows.push(line.chars().map(|c| matches!(c, '█' | '▄')).collect());
    }
    let (width, height) = (rows.first()?.len() * MODULE, rows.len() * MODULE);
    let luma = |x: usize, y: usize| if rows[y / MODULE][x / MODULE] { 0 } else { 255 };
    let mut image = PreparedImage::prepare_from_greyscale(width, height, luma);
    let (_, content) = image.detect_grids().first()?.decode().ok()?;
    Some(content)
}

#[test]
fn the_code_in_the_terminal_can_be_scanned_and_leads_to_a_login() {
    for program in PROGRAMS {
        let output = run(program, &["--user", "ioana"]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let content = scan(&text).unwrap_or_else(|| panic!("no code can be read in:\n{text}"));
        assert!(content.starts_with("http://127.0.0.1:"), "{content}");
        let steps = ["1. ", "2. ", "3. ", "4. "].map(|step| text.find(step));
        assert!(steps.is_sorted() && steps.iter().all(Option::is_some), "{text}");
        assert!(text.contains("Ioana"), "{text}");
    }
}

#[test]
fn a_refusal_has_its_exit_code() {
    for program in PROGRAMS {
        let output = run(program, &["--deny"]);
        assert_eq!(output.status.code(), Some(3));
    }
}
