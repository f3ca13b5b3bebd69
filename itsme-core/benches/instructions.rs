//! How many instructions a warm login takes, within libcrypto and outside it, counted by
//! valgrind. See README.md.

mod profile;
mod warm_login;

use std::{
    env,
    error::Error,
    hint::black_box,
    io::ErrorKind,
    process::{Command, Stdio},
};

use profile::Profile;
use warm_login::WarmLogin;

/// The maximum number of instructions of a warm login outside libcrypto.
const MOST: u64 = 120_000;

/// Valgrind counts from here …
#[inline(never)]
fn counted(login: &mut WarmLogin) {
    drop(login.run(&mut |run| not_counted(run)));
    black_box(());
}

/// … but not here.
#[inline(never)]
fn not_counted(run: &mut dyn FnMut()) {
    run();
    // Otherwise the call above would be a jump, which valgrind takes for a return.
    black_box(());
}

fn main() -> Result<(), Box<dyn Error>> {
    let is = |wanted: &str| env::args().any(|argument| argument == wanted);
    if is("--one-login") {
        let mut login = WarmLogin::new();
        // Whatever OpenSSL does only once.
        drop(login.run(&mut |run| run()));
        counted(&mut login);
    } else if is("--bench") {
        measure()?;
    }
    Ok(())
}

fn measure() -> Result<(), Box<dyn Error>> {
    let file = env::temp_dir().join(format!("itsme-instructions-{}", std::process::id()));
    let status = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet", "--collect-atstart=no"])
        .args([
            "--toggle-collect=instructions::counted",
            "--toggle-collect=instructions::not_counted",
        ])
        .arg(format!("--callgrind-out-file={}", file.display()))
        .arg(env::current_exe()?)
        .arg("--one-login")
        .stdout(Stdio::null())
        .status();
    match status {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            println!("instructions: not counted, because valgrind is not installed");
            return Ok(());
        }
        status => assert!(status?.success(), "valgrind has failed"),
    }
    let profile = Profile::read(&std::fs::read_to_string(&file)?);
    println!("instructions of a warm login (profile: {})", file.display());
    println!("    {:<28} {:>12}", "within libcrypto", profile.within_libcrypto);
    let beside = profile.total - profile.within_libcrypto;
    println!("    {:<28} {:>12}", "outside it", beside);
    assert!(beside <= MOST, "at most {MOST} instructions may be outside libcrypto");
    Ok(())
}
