//! The mutants, as cargo-mutants lists them.

use std::{ops::Range, path::Path, process::Command};

use serde::Deserialize;

use crate::Result;

#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq)]
pub enum Genre {
    FnValue,
    BinaryOperator,
    UnaryOperator,
    MatchArm,
    MatchArmGuard,
    StructField,
}

#[derive(Debug, Deserialize)]
pub struct Mutant {
    pub file: String,
    pub name: String,
    pub genre: Genre,
    pub replacement: String,
    function: Option<Function>,
    span: Span,
}

#[derive(Debug, Deserialize)]
struct Function {
    return_type: String,
}

#[derive(Debug, Deserialize)]
struct Span {
    start: Position,
    end: Position,
}

/// A position in a file. Lines and columns are counted from 1, and columns are in characters.
#[derive(Debug, Deserialize)]
struct Position {
    line: usize,
    column: usize,
}

impl Mutant {
    /// Returns the bytes that the mutant replaces in the text of its file.
    pub fn range(&self, text: &str) -> Range<usize> {
        self.span.start.offset(text)..self.span.end.offset(text)
    }

    pub fn returns_impl_trait(&self) -> bool {
        self.function.as_ref().is_some_and(|function| function.return_type.contains("impl "))
    }

    /// Returns the name without the line and column, which change with every edit.
    pub fn lasting_name(&self) -> String {
        let name = self.name.strip_prefix(&self.file).unwrap_or(&self.name);
        let what = name.trim_start_matches(|c: char| c == ':' || c == ' ' || c.is_ascii_digit());
        format!("{}:{what}", self.file)
    }
}

impl Position {
    fn offset(&self, text: &str) -> usize {
        let begins: usize = text.split_inclusive('\n').take(self.line - 1).map(str::len).sum();
        let line = &text[begins..];
        begins + line.char_indices().nth(self.column - 1).map_or(line.len(), |(at, _)| at)
    }
}

pub fn mutants(tree: &Path) -> Result<Vec<Mutant>> {
    let list = Command::new("cargo")
        .args(["mutants", "--list", "--json", "--package", "itsme-core"])
        // These are tests, which only .ci/schedules compiles.
        .args(["--exclude", "itsme-core/src/provider/cache/schedules.rs"])
        .current_dir(tree)
        .output()?;
    if !list.status.success() {
        return Err(format!("cargo-mutants: {}", String::from_utf8_lossy(&list.stderr)).into());
    }
    Ok(serde_json::from_slice(&list.stdout)?)
}
