//! Runs, for each mutant, the tests that reach it.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use serde::Serialize;

use crate::{Result, build::Built, list::Mutant};

/// The outcome of trying a mutant.
#[derive(Clone, Debug, Serialize)]
pub enum Outcome {
    /// The mutant was caught by this test program.
    Caught(String),
    /// A test in this program ran ten times as long as it does without the mutant.
    TooLong(String),
    Survived,
    /// No test reaches the mutant.
    NotReached,
    DoesNotCompile,
    /// The mutant cannot be chosen at run time, so cargo-mutants has to try it.
    Left,
}

/// A test, and how long it takes without a mutant.
struct Test {
    program: PathBuf,
    name: String,
    takes: Duration,
}

/// A test that takes longer than this is run on its own.
const SLOW: Duration = Duration::from_secs(2);

pub fn all(tree: &Path, mutants: &[Mutant], built: Built) -> Result<Vec<Outcome>> {
    let mut outcomes = vec![Outcome::NotReached; mutants.len()];
    for number in built.unviable {
        outcomes[number] = Outcome::DoesNotCompile;
    }
    for number in built.left {
        outcomes[number] = Outcome::Left;
    }
    let (tests, reached) = reach(tree, &built.programs)?;
    let to_run = reached.len();
    println!("{} tests reach {to_run} mutants", tests.len());
    let queue = Mutex::new(reached.into_iter());
    let results = Mutex::new(BTreeMap::new());
    let workers = thread::available_parallelism()?.get();
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().expect("no panic").next();
                    let Some((number, reaching)) = next else { break };
                    let outcome = attempt(tree, number, &tests, &reaching);
                    if !matches!(outcome, Outcome::Caught(_)) {
                        println!("{}: {outcome:?}", mutants[number].name);
                    }
                    let mut results = results.lock().expect("no panic");
                    results.insert(number, outcome);
                    if results.len().is_multiple_of(100) {
                        println!("{} of {to_run} tried", results.len());
                    }
                }
            });
        }
    });
    for (number, outcome) in results.into_inner()? {
        outcomes[number] = outcome;
    }
    Ok(outcomes)
}

/// The tests that reach each mutant, as positions in the list of tests.
type Reached = BTreeMap<usize, Vec<usize>>;

/// Runs each test without a mutant. Returns the tests, and which tests reach each mutant.
fn reach(tree: &Path, programs: &[PathBuf]) -> Result<(Vec<Test>, Reached)> {
    let file = tree.with_file_name("reached");
    let (mut tests, mut reached) = (Vec::new(), Reached::new());
    for program in programs {
        let list = Command::new(program)
            .args(["--list", "--format", "terse"])
            .current_dir(tree.join("itsme-core"))
            .output()?;
        let list = String::from_utf8(list.stdout)?;
        for name in list.lines().filter_map(|line| line.strip_suffix(": test")) {
            let _ = fs::remove_file(&file);
            let begun = Instant::now();
            let mut command = command(tree, program, &[name]);
            if !command.env("MUTANTS_REACHED", &file).status()?.success() {
                println!(
                    "not used, because it fails without a mutant: {name} in {}",
                    label(program)
                );
                continue;
            }
            for number in fs::read_to_string(&file).unwrap_or_default().lines() {
                reached.entry(number.parse()?).or_default().push(tests.len());
            }
            let test =
                Test { program: program.clone(), name: name.to_owned(), takes: begun.elapsed() };
            tests.push(test);
        }
    }
    Ok((tests, reached))
}

fn attempt(tree: &Path, number: usize, tests: &[Test], reaching: &[usize]) -> Outcome {
    // Most mutants are caught by a quick test, so the slow ones of a program run on their own, after these.
    let mut runs = HashMap::<(&Path, Option<&str>), (Duration, Vec<&str>)>::new();
    for test in reaching.iter().map(|&test| &tests[test]) {
        let alone = (test.takes > SLOW).then_some(test.name.as_str());
        let (takes, names) = runs.entry((&test.program, alone)).or_default();
        *takes += test.takes;
        names.push(&test.name);
    }
    let mut runs: Vec<_> = runs.into_iter().collect();
    runs.sort_by_key(|(run, (takes, _))| (*takes, *run));
    for ((program, _), (takes, names)) in runs {
        let child = command(tree, program, &names).env("MUTANT", number.to_string()).spawn();
        let mut child = child.expect("the program ran before");
        match end(&mut child, takes * 10 + Duration::from_secs(10)) {
            Some(true) => {}
            Some(false) => return Outcome::Caught(label(program)),
            None => return Outcome::TooLong(label(program)),
        }
    }
    Outcome::Survived
}

/// Waits for a program, and returns whether it succeeded. If it does not finish in time, stops it and
/// returns `None`.
fn end(child: &mut Child, patience: Duration) -> Option<bool> {
    let begun = Instant::now();
    while begun.elapsed() < patience {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status.success());
        }
        thread::sleep(Duration::from_millis(5));
    }
    let _ = child.kill();
    let _ = child.wait();
    None
}

/// Returns a command that runs these tests in a program until one fails.
fn command(tree: &Path, program: &Path, names: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .args(["--exact", "--test-threads=1", "-Zunstable-options", "--fail-fast"])
        .args(names)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_MANIFEST_DIR", tree.join("itsme-core"))
        .env_remove("MUTANT")
        .env_remove("MUTANTS_REACHED")
        .current_dir(tree.join("itsme-core"))
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// Returns the name of a test program without the digits that cargo appends.
fn label(program: &Path) -> String {
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    name.rsplit_once('-').map_or(name.as_ref(), |(name, _)| name).to_owned()
}
