//! Files that no one else should be allowed to read: keys, secrets, and a database with sessions. On
//! Windows the folder's permissions apply, and nothing is checked.

use std::{error::Error, fs::OpenOptions, path::Path};

/// Creates the file if it does not exist. On Unix, only its owner can read it.
///
/// # Errors
/// If the file cannot be created or if, on Unix, others can read it.
pub fn make(file: &Path) -> Result<(), Box<dyn Error>> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let at = file.display();
    options.open(file).map_err(|error| format!("{at}: {error}"))?;
    check(file, "database")
}

/// Checks, on Unix, that only the file's owner can read it. A missing file is not an error here,
/// because the attempt to read it will report that.
///
/// # Errors
/// If others can read it.
#[cfg_attr(not(unix), allow(unused_variables, reason = "nothing is checked on other systems"))]
pub fn check(file: &Path, what: &str) -> Result<(), Box<dyn Error>> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(file).map_or(0, |it| it.permissions().mode());
        if mode & 0o077 != 0 {
            let at = file.display();
            return Err(format!("others can read the {what} {at}; run chmod 600 {at}").into());
        }
    }
    Ok(())
}
