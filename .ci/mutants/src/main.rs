//! Tries every mutant of `itsme-core` that cargo-mutants lists, and fails if a mutant survives without an explanation
//! in `survivors.txt`.
//!
//! cargo-mutants builds the tests once for each mutant, which takes ten hours here. This program instead writes all
//! mutants into one copy of the source, in which an environment variable chooses one of them at run time
//! ([`instrument`]). It drops the mutants that do not compile ([`build`]), finds out which tests reach which mutants,
//! and runs only those tests ([`run`]). The few mutants that cannot be chosen at run time (in a `const fn`, in a `let`
//! chain, with `impl Trait`) are left to cargo-mutants.

mod build;
mod instrument;
mod list;
mod report;
mod run;

use std::{error::Error, path::Path, process::ExitCode};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<ExitCode> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.join("../..").canonicalize()?;
    let out = root.join("target/mutants");
    let tree = build::copy_last_commit(&root, &out)?;
    let mutants = list::mutants(&tree)?;
    println!("{} mutants", mutants.len());
    let built = build::all(&tree, &mutants)?;
    let outcomes = run::all(&tree, &mutants, built)?;
    report::write(&out, &here.join("survivors.txt"), &mutants, &outcomes)
}
