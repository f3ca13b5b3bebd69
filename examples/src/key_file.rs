//! The file with the private keys: read as it is, and never half-written.

use std::{
    collections::BTreeSet,
    error::Error,
    fs::{self, OpenOptions},
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
};

use itsme_core::PrivateKeys;
use serde_json::Value;
use zeroize::Zeroizing;

/// The bytes of a file. What is in it, whoever parses it says.
///
/// # Errors
/// It cannot be read, and why.
pub fn read(file: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    fs::read(file).map(Zeroizing::new).map_err(|error| {
        let at = file.display();
        match error.kind() {
            ErrorKind::IsADirectory => format!("{at} is a directory; name the key file in it"),
            ErrorKind::NotFound => {
                format!("{at} cannot be read: there is no such file; `keys generate` makes one")
            }
            _ => format!("{at} cannot be read: {error}"),
        }
    })
}

/// What is read of each key of a public set, whatever else is said of it, in whatever order.
pub fn published(set: &[u8]) -> Option<BTreeSet<String>> {
    let set = set.strip_prefix("\u{feff}".as_bytes()).unwrap_or(set);
    let set: Value = serde_json::from_slice(set).ok()?;
    let members = |key: &Value| ["kid", "use", "n", "e"].map(|name| key[name].to_string());
    Some(set["keys"].as_array()?.iter().map(|key| members(key).join(" ")).collect())
}

/// Writes the set; on Unix so that only its owner can read it (mode 0600), on Windows with the rights of the folder.
/// The file is made beside and then takes the place of what is there, so that there is always a whole one.
///
/// # Errors
/// The file cannot be written, or somebody else has just made it.
pub fn write(file: &Path, keys: &PrivateKeys) -> Result<(), Box<dyn Error>> {
    let exists = file.exists();
    // A new file is made where it shall be, and only if nobody else has just made it.
    let mut beside = file.as_os_str().to_owned();
    beside.push(if exists { ".new" } else { "" });
    let beside = PathBuf::from(beside);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut new = options
        .open(&beside)
        .map_err(|error| format!("{} cannot be written: {error}", beside.display()))?;
    let written = new.write_all(keys.to_json().as_bytes()).and_then(|()| new.sync_all());
    let placed = written.and_then(|()| if exists { fs::rename(&beside, file) } else { Ok(()) });
    if let Err(error) = placed {
        fs::remove_file(&beside)?;
        return Err(format!("{} cannot be written: {error}", file.display()).into());
    }
    Ok(())
}
