//! Counts the outcomes, and compares the survivors with those that are explained.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::ExitCode,
};

use crate::{Result, list::Mutant, run::Outcome};

pub fn write(
    out: &Path,
    explained: &Path,
    mutants: &[Mutant],
    outcomes: &[Outcome],
) -> Result<ExitCode> {
    let all: BTreeMap<&str, &Outcome> =
        mutants.iter().map(|mutant| mutant.name.as_str()).zip(outcomes).collect();
    fs::write(out.join("outcomes.json"), serde_json::to_string_pretty(&all)?)?;

    // cargo-mutants reads these names as regular expressions.
    let left = mutants.iter().zip(outcomes).filter(|(_, outcome)| matches!(outcome, Outcome::Left));
    let left: Vec<String> = left.map(|(mutant, _)| regex_lite::escape(&mutant.name)).collect();
    fs::write(out.join("left.toml"), format!("examine_re = {}\n", serde_json::to_string(&left)?))?;

    let mut table = BTreeMap::<&str, [usize; 6]>::new();
    let mut unexplained = BTreeSet::new();
    // The format is a line with the mutant's name, followed by indented lines that explain why no test can notice it.
    let explained = fs::read_to_string(explained)?;
    let mut explained: Vec<&str> = explained
        .lines()
        .filter(|line| !line.starts_with([' ', '#']) && !line.is_empty())
        .collect();
    for (mutant, outcome) in mutants.iter().zip(outcomes) {
        let path = mutant.file.trim_start_matches("itsme-core/src/");
        let row = table.entry(path.split_once('/').map_or(path, |(folder, _)| folder)).or_default();
        row[0] += 1;
        row[match outcome {
            Outcome::Caught(_) => 1,
            Outcome::TooLong(_) => 2,
            Outcome::Survived | Outcome::NotReached => 3,
            Outcome::DoesNotCompile => 4,
            Outcome::Left => 5,
        }] += 1;
        if matches!(outcome, Outcome::Survived | Outcome::NotReached) {
            let name = mutant.lasting_name();
            if let Some(at) = explained.iter().position(|explained| *explained == name) {
                explained.remove(at);
            } else {
                unexplained.insert(format!("{outcome:?} {}", mutant.name));
            }
        }
    }
    println!(
        "| files | mutants | caught | ran too long | survived | did not compile | left to cargo-mutants |"
    );
    println!("|---|---|---|---|---|---|---|");
    let mut sum = [0; 6];
    for (files, row) in &table {
        println!("| `{files}` | {} |", row.map(|count| count.to_string()).join(" | "));
        row.iter().zip(&mut sum).for_each(|(count, sum)| *sum += count);
    }
    println!("| all | {} |", sum.map(|count| count.to_string()).join(" | "));
    println!(
        "to try the mutants that are left: cargo mutants -p itsme-core --config target/mutants/left.toml"
    );
    for name in &explained {
        println!("in survivors.txt, but caught or no longer listed: {name}");
    }
    for name in &unexplained {
        println!("{name}");
    }
    println!("{} mutants survived without an explanation in survivors.txt", unexplained.len());
    Ok(if unexplained.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
