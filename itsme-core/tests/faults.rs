//! A login under each fault of the testkit's list, in memory, and the table of what it ends in.

#[path = "../../itsme-testkit/tests/bounds/mod.rs"]
mod bounds;

use std::{fmt::Write as _, fs, path::Path};

use itsme_testkit::{Fault, faults};

#[test]
fn each_fault_ends_as_documented_in_bounded_time_and_memory() {
    let before = bounds::resident();
    bounds::assert_kept(&faults::in_memory(), before);
}

/// `docs/faults.md` is made of the list; with `UPDATE_DOCS` set it is written anew.
#[test]
fn the_table_is_that_of_the_list() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/faults.md");
    let table = table();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &table).expect("the table can be written");
    }
    let written = fs::read_to_string(&path).expect("there is a table");
    assert!(written == table, "run it with UPDATE_DOCS=1, and look at what has changed");
}

fn table() -> String {
    let mut table = String::from(HEAD);
    let mut area = None;
    for fault in Fault::all() {
        if area.replace(fault.area()) != Some(fault.area()) {
            let _ = write!(
                table,
                "\n## {:?}\n\n| fault | a login ends in |\n|---|---|\n",
                fault.area()
            );
        }
        let _ = writeln!(table, "| {} | {} |", fault.name(), fault.outcome());
    }
    table
}

const HEAD: &str = "\
# What can go wrong, and what a login then ends in

Made from `itsme_testkit::Fault::all()`. Every line is a cold login that is run in the tests, in
memory and over each adapter on loopback; where only a time limit can end it, with one of half a second in
place of the usual 30. When the fault is over, the same client logs in again.
";
