//! Reads secret values. They are never passed on the command line, where others can see them.

use std::{
    env::{self, VarError},
    fs,
    path::Path,
};

pub fn in_file(file: &Path, what: &str) -> Result<String, String> {
    let text = fs::read_to_string(file).map_err(|error| {
        format!("the file {} with the {what} cannot be read: {error}", file.display())
    })?;
    // Editors add a line break to the end of a file.
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

pub fn in_variable(name: &str, what: &str) -> Result<String, String> {
    env::var(name).map_err(|error| {
        let why = match error {
            VarError::NotPresent => "is not set",
            VarError::NotUnicode(_) => "is not UTF-8",
        };
        format!("the environment variable {name} with the {what} {why}")
    })
}
