//! Checks that the guide is complete: its chapters can be found, and its reference tables list
//! everything. Also checks that its servers handle what browsers send.

// Sends the requests that browsers send. The web application's tests use the same code.
#[path = "../../webapp/tests/instances/callbacks.rs"]
mod callbacks;
mod servers;
mod sessions;
#[allow(dead_code, reason = "the tests of the guide's servers use only part of this module")]
#[path = "../../webapp/tests/instances/visit.rs"]
mod visit;

/// The server under test. Here it is not a separate process.
mod program {
    pub struct Program {
        pub address: String,
    }
}

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use itsme_core::{AuthorizationRequest, Client, DriveError, Error, MAX_RESPONSE_BYTES, Timeouts};
use itsme_testkit::{FakeOp, Person, SERVICE, World, play};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the names of the chapters, without the two lists of chapters.
fn chapters() -> Vec<String> {
    let files = fs::read_dir(root().join("docs/guide")).expect("the guide");
    let names = files.map(|file| file.expect("a file").file_name().into_string().expect("UTF-8"));
    let lists = ["README.md", "SUMMARY.md"];
    let chapters: Vec<_> =
        names.filter(|name| name.ends_with(".md") && !lists.contains(&name.as_str())).collect();
    assert!(chapters.len() > 10, "{chapters:?}");
    chapters
}

/// Returns the names in backticks in a chapter's tables, without their arguments.
fn names_in(chapter: &str) -> BTreeSet<String> {
    let text = read(chapter);
    let text: String = text.lines().filter(|line| line.starts_with('|')).collect();
    let code = text.split('`').skip(1).step_by(2);
    let names =
        code.flat_map(|code| code.split(|c: char| !c.is_alphanumeric() && !"_-".contains(c)));
    names.map(str::to_owned).collect()
}

#[test]
fn every_option_stands_in_its_chapter() {
    let names = names_in("docs/guide/options.md");
    for source in [
        "itsme-core/src/settings/mod.rs",
        "itsme-core/src/settings/environment.rs",
        "itsme-core/src/authorization/request.rs",
        "itsme-core/src/ciba/request.rs",
        "itsme-core/src/claims/request.rs",
        "itsme-core/src/http/limits.rs",
        "itsme-reqwest/src/key_holder.rs",
        "itsme-reqwest/src/transport.rs",
        "itsme-ureq/src/key_holder.rs",
        "itsme-ureq/src/transport.rs",
    ] {
        let text = read(source);
        let functions = text.lines().filter_map(|line| {
            let line = line.trim_start().strip_prefix("pub ")?;
            let line = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ")?;
            line.split(['(', '<']).next()
        });
        let functions: Vec<_> = functions.filter(|name| !NO_OPTIONS.contains(name)).collect();
        assert!(!functions.is_empty(), "{source} has no function");
        for function in functions {
            assert!(names.contains(function), "{function} of {source} is not in options.md");
        }
    }
}

/// Methods that only return a setting.
const NO_OPTIONS: [&str; 2] = ["issuer", "dialect"];

/// Returns the last cell of an option's row, which contains its default.
fn default_of(option: &str) -> String {
    let text = read("docs/guide/options.md");
    let row = text.lines().find(|line| line.starts_with(&format!("| {option} |")));
    let row = row.unwrap_or_else(|| panic!("no row for {option}"));
    row.trim_end_matches('|').rsplit('|').next().expect("a cell").trim().to_owned()
}

fn duration(text: &str) -> Duration {
    let (number, unit) = text.split_once(' ').expect("a number and a unit");
    let seconds = match unit {
        "seconds" => 1,
        "minutes" => 60,
        _ => panic!("{unit}"),
    };
    Duration::from_secs(number.parse::<u64>().expect("a number") * seconds)
}

/// Returns the result of a login in which the user takes this long and the OP's clock is ahead by
/// this much.
fn login(taking: Duration, ahead: Duration) -> Result<(), Error> {
    let mut world = World::new();
    let mut op = FakeOp::new(world.clock());
    let itsme = Client::new(op.settings())?;
    let login = play(itsme.authorize(AuthorizationRequest::login(SERVICE)), &mut op, &mut world);
    let login = login.expect("an authorization URL");
    world.advance(taking);
    op.set_ahead(ahead);
    let callback = op.approve(&login.url, &Person::ann());
    match play(itsme.finish_login(login.state, callback), &mut op, &mut world) {
        Ok(_) => Ok(()),
        Err(DriveError::Flow(error)) => Err(error),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn the_defaults_are_those_in_their_chapter() {
    let timeouts = Timeouts::default();
    assert_eq!(duration(&default_of("`connect`")), timeouts.connect);
    assert_eq!(duration(&default_of("`total`")), timeouts.total);
    let most = default_of("a response");
    let mebibytes = most.strip_suffix(" MiB (`MAX_RESPONSE_BYTES`)").expect("in MiB");
    assert_eq!(mebibytes.parse(), Ok(MAX_RESPONSE_BYTES / 1024 / 1024));

    let (zero, second) = (Duration::ZERO, Duration::from_secs(1));
    let lifetime = duration(&default_of("`login_lifetime`"));
    login(lifetime, zero).expect("the login is just in time");
    let late = login(lifetime + second, zero);
    assert!(matches!(late, Err(Error::LoginExpired)), "{late:?}");
    let leeway = duration(&default_of("`clock_leeway`"));
    login(zero, leeway).expect("the clocks are close enough");
    let apart = login(zero, leeway + second);
    assert!(matches!(apart, Err(Error::IdToken(_))), "{apart:?}");
}

#[test]
fn every_feature_stands_in_the_options() {
    let names = names_in("docs/guide/options.md");
    for krate in ["itsme-core", "itsme-reqwest", "itsme-ureq", "itsme-testkit"] {
        let manifest = read(&format!("{krate}/Cargo.toml"));
        let (_, features) = manifest.split_once("[features]\n").expect("features");
        let features = features.split("\n[").next().expect("a section");
        let features = features.lines().filter_map(|line| line.split_once(" = ")).map(|(f, _)| f);
        for feature in features.filter(|feature| *feature != "default") {
            assert!(names.contains(feature), "{feature} of {krate} is not in options.md");
        }
    }
}

#[test]
fn every_error_stands_in_its_chapter() {
    let names = names_in("docs/guide/errors.md");
    let source = read("itsme-core/src/error/mod.rs");
    let (_, variants) = source.split_once("pub enum Error {\n").expect("the enum");
    let variants = variants.split("\n}").next().expect("its end").lines();
    let variants = variants.filter_map(|line| line.strip_prefix("    "));
    let variants: Vec<_> = variants
        .filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()))
        .filter_map(|line| line.split(|c: char| !c.is_alphanumeric()).next())
        .collect();
    assert!(variants.len() > 10, "{variants:?}");
    for variant in variants {
        assert!(names.contains(variant), "{variant} is not in errors.md");
    }
}

#[test]
fn every_chapter_is_in_both_lists_and_its_code_is_tried() {
    let lists = ["docs/guide/README.md", "docs/guide/SUMMARY.md"].map(|path| (path, read(path)));
    let tried = read("examples/src/guide.rs");
    for chapter in chapters() {
        for (path, list) in &lists {
            assert!(list.contains(&format!("({chapter})")), "{chapter} is not in {path}");
        }
        assert!(tried.contains(&format!("docs/guide/{chapter}\"")), "{chapter} is not tried");
    }
}
