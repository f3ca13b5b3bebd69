//! Builds the tests with all mutants in the source, except for those that do not compile.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde::Deserialize;

use crate::{
    Result, instrument,
    list::{Genre, Mutant},
};

/// The test programs, and the mutants that they do not contain.
pub struct Built {
    pub programs: Vec<PathBuf>,
    pub unviable: BTreeSet<usize>,
    /// The mutants that cannot be chosen at run time.
    pub left: BTreeSet<usize>,
}

#[derive(Deserialize)]
struct Line {
    message: Option<Message>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Message {
    level: String,
    code: Option<Code>,
    spans: Vec<Span>,
    rendered: String,
}

#[derive(Deserialize)]
struct Code {
    code: String,
}

#[derive(Deserialize)]
struct Span {
    file_name: String,
    line_start: usize,
    line_end: usize,
}

/// Copies the last commit to a separate folder, and returns the folder.
pub fn copy_last_commit(root: &Path, out: &Path) -> Result<PathBuf> {
    let tree = out.join("tree");
    let _ = fs::remove_dir_all(tree.join("itsme-core/src"));
    fs::create_dir_all(&tree)?;
    let archive = Command::new("git").args(["archive", "HEAD"]).current_dir(root).output()?;
    let file = out.join("tree.tar");
    fs::write(&file, archive.stdout)?;
    let unpacked =
        Command::new("tar").arg("xf").arg(&file).arg("-C").arg(&tree).status()?.success();
    if unpacked { Ok(tree) } else { Err("the last commit cannot be copied".into()) }
}

pub fn all(tree: &Path, mutants: &[Mutant]) -> Result<Built> {
    let (mut unviable, mut left) = (BTreeSet::new(), BTreeSet::new());
    let mut by_file = BTreeMap::<&str, BTreeMap<usize, &Mutant>>::new();
    for (number, mutant) in mutants.iter().enumerate() {
        // With `impl Trait`, the original and the mutant would have to return values of the same
        // type.
        if mutant.genre == Genre::FnValue && mutant.returns_impl_trait() {
            left.insert(number);
        } else {
            by_file.entry(&mutant.file).or_default().insert(number, mutant);
        }
    }
    let texts: HashMap<&str, String> = by_file
        .keys()
        .map(|file| Ok((*file, fs::read_to_string(tree.join(file))?)))
        .collect::<Result<_>>()?;
    loop {
        let mut lines = HashMap::new();
        for (file, chosen) in &by_file {
            let mut chosen = chosen.clone();
            chosen.retain(|number, _| !unviable.contains(number) && !left.contains(number));
            let instrumented = instrument::instrument(&texts[file], &chosen)?;
            unviable.extend(instrumented.unviable);
            left.extend(instrumented.left);
            if file.ends_with("/lib.rs") {
                return Err("lib.rs has mutants, but the switch is written there".into());
            }
            lines.insert(*file, instrument::lines(&instrumented.text));
            fs::write(tree.join(file), instrumented.text)?;
        }
        put_switch(tree)?;
        let messages = cargo(tree, &["check", "--tests"])?;
        let errors: Vec<Message> = messages
            .into_iter()
            .filter_map(|line| line.message)
            .filter(|message| message.level == "error" && !message.spans.is_empty())
            .collect();
        if errors.is_empty() {
            break;
        }
        let before = (unviable.len(), left.len());
        for error in &errors {
            for number in culprits(error, &lines) {
                // The error is about the switch, which is not allowed in a const context. Without
                // it, the mutant could compile.
                let of_the_switch = error.code.as_ref().is_some_and(|code| code.code == "E0015");
                if of_the_switch {
                    left.insert(number)
                } else {
                    unviable.insert(number)
                };
            }
        }
        if before == (unviable.len(), left.len()) {
            return Err(format!("an error that no mutant causes: {}", errors[0].rendered).into());
        }
        println!("{} do not compile, {} cannot be chosen at run time", unviable.len(), left.len());
    }
    let programs = cargo(tree, &["test", "--no-run"])?;
    let programs: Vec<PathBuf> = programs.into_iter().filter_map(|line| line.executable).collect();
    if programs.is_empty() {
        return Err("the tests do not build".into());
    }
    Ok(Built { programs, unviable, left })
}

fn put_switch(tree: &Path) -> Result<()> {
    let file = tree.join("itsme-core/src/lib.rs");
    let text = fs::read_to_string(&file)?;
    if !text.contains(instrument::SWITCH) {
        fs::write(file, text + instrument::SWITCH)?;
    }
    Ok(())
}

fn culprits(
    error: &Message,
    lines: &HashMap<&str, HashMap<usize, std::ops::Range<usize>>>,
) -> Vec<usize> {
    let mut found = Vec::new();
    for span in &error.spans {
        let Some(lines) = lines.get(span.file_name.as_str()) else { continue };
        let meets = |of: &std::ops::Range<usize>| {
            of.start <= span.line_end
                && span.line_start < of.end
                && span.line_start >= of.start
                && span.line_end < of.end
        };
        found.extend(lines.iter().filter(|(_, of)| meets(of)).map(|(number, _)| *number));
    }
    found
}

/// Runs a cargo command for `itsme-core` and its tests, and returns its messages.
fn cargo(tree: &Path, command: &[&str]) -> Result<Vec<Line>> {
    let output = Command::new("cargo")
        .args(command)
        .args(["--package", "itsme-core", "--locked", "--message-format=json"])
        .current_dir(tree)
        .env("CARGO_TARGET_DIR", tree.with_file_name("build"))
        .env("RUSTFLAGS", "--cap-lints=allow")
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_PROFILE_DEV_OPT_LEVEL", "1")
        .stderr(Stdio::null())
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    Ok(text.lines().map(serde_json::from_str).collect::<std::result::Result<_, _>>()?)
}
