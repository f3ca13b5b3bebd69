//! The file with the private keys. It is read as bytes, and is never left half-written.

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

/// Reads the bytes of a file, without interpreting them.
///
/// # Errors
/// The reason why the file cannot be read.
pub fn read(file: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    fs::read(file).map(Zeroizing::new).map_err(|error| {
        let at = file.display();
        match error.kind() {
            // On Windows, reading a directory only fails with "access denied".
            _ if file.is_dir() => {
                format!("{at} is a directory; pass the path of the key file in it")
            }
            ErrorKind::NotFound => {
                format!("{at} cannot be read: there is no such file; `keys generate` creates one")
            }
            _ => format!("{at} cannot be read: {error}"),
        }
    })
}

/// Returns the relevant members of each key in a public set, ignoring all other members and the
/// order.
pub fn published(set: &[u8]) -> Option<BTreeSet<String>> {
    let set = set.strip_prefix("\u{feff}".as_bytes()).unwrap_or(set);
    let set: Value = serde_json::from_slice(set).ok()?;
    let members = |key: &Value| ["kid", "use", "n", "e"].map(|name| key[name].to_string());
    Some(set["keys"].as_array()?.iter().map(|key| members(key).join(" ")).collect())
}

/// Writes the set. On Unix, only the file's owner can read it (mode 0600); on Windows, the folder's
/// permissions apply. An existing file is replaced with a complete new file, so it is never
/// half-written.
///
/// # Errors
/// If the file cannot be written, or another program has just created it.
pub fn write(file: &Path, keys: &PrivateKeys) -> Result<(), Box<dyn Error>> {
    let exists = file.exists();
    // If the file does not exist, create it directly, unless a different program has just done so.
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
