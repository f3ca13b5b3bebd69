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
        assert!(names.insert(fault.name()), "{} stands twice", fault.name());
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
# What can go wrong, and what a login then ends in

Made from `itsme_testkit::Fault::all()`. Every line is a cold login that is run in the tests, in
memory and over each adapter on loopback; where only a time limit can end it, with one of half a second in
place of the usual 30. When the fault is over, the same client logs in again.

The failed checks are those that a [recording](guide/why.md) of the login shows, each by its document and its name in
[the tables of checks](guide/checks.md). The first is the one that the error is of; a key of the set that fails is passed
over, and refuses no login by itself. Where none is named, no document that has a list of checks is to blame: none came,
it cannot be read, or it is a refusal or an answer to a request without a browser.
";

const QUIRKS: &str = "\
# What is done otherwise, and must be lived with

Made from `itsme_testkit::quirks::all()`. Every line is a cold login that is run in the tests, in memory and
over each adapter on loopback: it ends well, and what can be read of the person is read. A key or an
endpoint of a service that fails a check here is skipped.
";
