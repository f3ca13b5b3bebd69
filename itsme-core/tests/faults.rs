//! A login under each fault and each quirk of the testkit's lists, in memory, and the tables of them.

#[path = "../../itsme-testkit/tests/bounds/mod.rs"]
mod bounds;

use std::{collections::HashSet, fmt::Write as _, fs, path::Path};

use itsme_testkit::{
    Fault,
    faults::{self, Area, Outcome},
    quirks,
};

#[test]
fn each_fault_ends_as_documented_in_bounded_time_and_memory() {
    let before = bounds::resident();
    bounds::assert_kept(&faults::in_memory(), &Fault::all(), before);
}

#[test]
fn each_quirk_is_lived_with_in_bounded_time_and_memory() {
    let before = bounds::resident();
    bounds::assert_kept(&quirks::in_memory(), &quirks::all(), before);
}

/// No fault ends well, and no quirk badly; none has the name of another.
#[test]
fn the_lists_do_not_meet() {
    let (faults, quirks) = (Fault::all(), quirks::all());
    assert!(faults.iter().all(|fault| *fault.outcome() != Outcome::LoggedIn));
    assert!(quirks.iter().all(|quirk| *quirk.outcome() == Outcome::LoggedIn));
    let mut names = HashSet::new();
    for fault in faults.iter().chain(&quirks) {
        assert!(names.insert(fault.name()), "{} is listed twice", fault.name());
        assert_eq!(Fault::named(fault.name()).as_ref().map(Fault::name), Some(fault.name()));
    }
    assert!(Fault::named("nothing").is_none());
}

/// The tables in `docs` are made of the lists; with `UPDATE_DOCS` set they are written anew.
#[test]
fn the_tables_are_those_of_the_lists() {
    is_table("faults.md", &table(FAULTS, &Fault::all(), true));
    is_table("quirks.md", &table(QUIRKS, &quirks::all(), false));
}

fn is_table(file: &str, table: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(file);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, table).expect("the table can be written");
    }
    let written = fs::read_to_string(&path).expect("there is a table");
    assert!(written == table, "{file}: run it with UPDATE_DOCS=1, and look at what has changed");
}

/// One for each area, in the order in which the areas come first.
fn table(head: &str, list: &[Fault], with_outcome: bool) -> String {
    let mut table = String::from(head);
    let mut areas: Vec<Area> = Vec::new();
    for fault in list {
        if !areas.contains(&fault.area()) {
            areas.push(fault.area());
        }
    }
    for area in areas {
        let columns = if with_outcome {
            "| fault | a login ends in | failed checks |\n|---|---|---|"
        } else {
            "| quirk | failed checks |\n|---|---|"
        };
        let _ = write!(table, "\n## {area:?}\n\n{columns}\n");
        for fault in list.iter().filter(|fault| fault.area() == area) {
            let failed = fault.failing_checks().collect::<Vec<_>>().join("; ");
            let _ = match with_outcome {
                true => writeln!(table, "| {} | {} | {failed} |", fault.name(), fault.outcome()),
                false => writeln!(table, "| {} | {failed} |", fault.name()),
            };
        }
    }
    table
}

const FAULTS: &str = "\
# What can go wrong, and how a login then ends

This list is generated from `itsme_testkit::Fault::all()`. Every line is a cold login that the tests run, in memory and
over each adapter on loopback; faults that only a timeout can end run with a timeout of half a second instead of the
usual 30. Once the fault is over, the same client logs in again.

The failed checks are those that a [recording](guide/why.md) of the login shows, each by its document and its name in
[the tables of checks](guide/checks.md). The login's error comes from the first. A key of the set that fails is passed
over, and by itself refuses no login. If no check is named, no document with a list of checks is at fault: none came, it
cannot be parsed, or it is a refusal or an answer to a request without a browser.
";

const QUIRKS: &str = "\
# Deviations that a client must tolerate

This list is generated from `itsme_testkit::quirks::all()`. Every line is a cold login that the tests run, in memory and
over each adapter on loopback: it succeeds, and everything readable about the person is read. A key or a service's
endpoint that fails a check here is skipped.
";
