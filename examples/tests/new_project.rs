//! Creates a new project by following the guide's axum chapter to the letter, then builds and runs
//! it. The chapter's commands are for a Unix shell.
#![cfg(unix)]

use std::{
    env, fs,
    io::{BufRead as _, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use itsme_testkit::Browser;

/// The maximum number of lines in the code of a login, formatted with `rustfmt`, without blank
/// lines.
const MOST_LINES: usize = 25;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the repository exists")
}

/// Returns the chapter's code blocks in this language, with `…` replaced with the path of this
/// repository.
fn blocks(language: &str) -> Vec<String> {
    let path = repository().join("docs/guide/axum.md");
    let text = fs::read_to_string(path).expect("the chapter");
    let text = text.replace("…/", &format!("{}/", repository().display()));
    let (mut blocks, mut rest) = (Vec::new(), text.as_str());
    while let Some((_, block)) = rest.split_once("\n```") {
        let (info, block) = block.split_once('\n').expect("a line");
        let (code, after) = block.split_once("```").expect("its end");
        if info.split(',').next() == Some(language) {
            blocks.push(code.to_owned());
        }
        rest = after;
    }
    blocks
}

/// Returns an address with an unused port.
fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").to_string()
}

/// One of the chapter's commands, which runs until it is dropped.
struct Running(Child);

impl Running {
    /// Starts the command and waits until it prints its address.
    fn start(command: &str, directory: &Path, variables: &[(&str, &str)]) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("exec {command}")]).current_dir(directory);
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target directory");
        shell.env("CARGO_TARGET_DIR", target).env("CARGO_NET_OFFLINE", "true");
        shell.env("NO_PROXY", "127.0.0.1").envs(variables.iter().copied());
        // Cargo sets these variables for a test of its own package. Build scripts would apply them
        // to themselves, and everything would be rebuilt.
        let told = env::vars().map(|(name, _)| name).filter(|name| {
            name == "OUT_DIR"
                || name.starts_with("CARGO_PKG_")
                || name.starts_with("CARGO_MANIFEST_")
        });
        told.for_each(|name| {
            shell.env_remove(name);
        });
        let child = shell.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("a shell");
        let mut running = Self(child);
        let said = BufReader::new(running.0.stdout.take().expect("a pipe")).lines();
        let is_ready = said.map_while(Result::ok).any(|line| line.contains("http://127.0.0.1:"));
        assert!(is_ready, "the command ended before it listened: {command}");
        running
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // On Unix, `cargo run` replaces its own process with the program.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Approves on the sandbox's page, and returns the URL to which the browser is redirected.
fn approve(sandbox: &str, at_itsme: &str) -> String {
    let mut phone = Browser::new(format!("http://{sandbox}"));
    let page = phone.open(at_itsme).expect("a page");
    assert!(page.text.contains("name=\"decision\""), "{}", page.text);
    let (action, query) = at_itsme.split_once('?').expect("a query");
    let form = [("request", query), ("person", "ann"), ("decision", "approve")];
    phone.submit(action, &form).expect("a redirect").url
}

#[test]
fn the_chapters_project_logs_people_in() {
    let project = Path::new(env!("CARGO_TARGET_TMPDIR")).join("my-shop");
    let _ = fs::remove_dir_all(&project);
    fs::create_dir_all(project.join("src")).expect("a directory");
    // The ports in the chapter might be in use, so use free ones.
    let (sandbox, shop) = (free_address(), free_address());
    let with_ports =
        |text: &str| text.replace("127.0.0.1:8811", &sandbox).replace("127.0.0.1:8080", &shop);
    let manifest = &blocks("toml")[0];
    let program = with_ports(&blocks("rust")[0]);
    let commands = blocks("sh");
    let [start_sandbox, start_shop] = &commands[..] else { panic!("{commands:?}") };
    // A real project would not be inside this repository's workspace, so make it a workspace of its
    // own.
    fs::write(project.join("Cargo.toml"), format!("{manifest}\n[workspace]\n")).expect("a file");
    fs::write(project.join("src/main.rs"), program).expect("a file");
    // Use the versions of dependencies that are available here, because nothing is downloaded.
    fs::copy(repository().join("Cargo.lock"), project.join("Cargo.lock")).expect("a file");

    let start_sandbox = format!("{} --listen {sandbox}", with_ports(start_sandbox.trim()));
    let _itsme = Running::start(&start_sandbox, &project, &[]);
    // Build dependencies as in the workspace, where OpenSSL has already been built.
    let _shop = Running::start(start_shop.trim(), &project, &[("CARGO_PROFILE_DEV_DEBUG", "0")]);

    let mut browser = Browser::new(format!("http://{shop}"));
    let mut open = |url: &str| browser.open(url).expect("a page");
    assert!(open("/").text.starts_with("Nobody is logged in"));
    let back = approve(&sandbox, &open("/itsme/login?return_to=/%3Forders").url);
    let page = open(&back);
    assert_eq!((page.text.as_str(), page.url), ("Hello Ann", format!("http://{shop}/?orders")));
    // Logging out ends the session and any login in progress.
    let back = approve(&sandbox, &open("/itsme/login").url);
    let page = browser.submit("/log-out", &[]).expect("a page");
    assert!(page.text.starts_with("Nobody is logged in"), "{}", page.text);
    assert_eq!(browser.cookies().count(), 0);
    assert_eq!(browser.open(&back).expect("a page").status, 400);
}

#[test]
fn a_login_takes_few_lines() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("formatted");
    fs::create_dir_all(&directory).expect("a directory");
    // Format with the defaults of a new project instead of this repository's settings.
    fs::write(directory.join("rustfmt.toml"), "").expect("a file");
    let file = directory.join("main.rs");
    fs::write(&file, &blocks("rust")[0]).expect("a file");
    let mut rustfmt = Command::new("rustfmt");
    rustfmt.args(["--edition", "2024"]).arg(&file);
    assert!(rustfmt.status().expect("rustfmt is installed").success());
    let program = fs::read_to_string(&file).expect("a file");
    let (_, rest) = program
        .split_once("// Login with itsme, from here …\n")
        .expect("the beginning of the login's code");
    let (lines, _) = rest.split_once("// … to here.").expect("it ends");
    let lines: Vec<_> = lines.lines().filter(|line| !line.is_empty()).collect();
    assert!(lines.len() <= MOST_LINES, "{}: {lines:#?}", lines.len());
    for part in ["Logins::new(", "log_out", "accounts", "return_to"] {
        assert!(lines.iter().any(|line| line.contains(part)), "no {part}");
    }
}
