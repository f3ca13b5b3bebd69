//! Writes the public API of each published crate to `docs/api` or, with `--check`, checks that
//! these files are up to date.
//!
//! rustdoc can output the API as JSON, but only with unstable options. A stable rustdoc accepts
//! these if an environment variable is set. So cargo is given this program as its rustdoc, and this
//! program runs the real one with the variable. (Setting it for cargo itself would rebuild all
//! dependencies.)

use std::{
    env,
    error::Error,
    fs,
    path::Path,
    process::{Command, ExitCode},
};

const CRATES: [&str; 4] = ["itsme-core", "itsme-reqwest", "itsme-testkit", "itsme-ureq"];
const AS_RUSTDOC: &str = "PUBLIC_API_AS_RUSTDOC";
const REFRESH: &str = "cargo run --manifest-path .ci/public-api/Cargo.toml";

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<ExitCode> {
    if env::var_os(AS_RUSTDOC).is_some() {
        return rustdoc();
    }
    let check = match env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => false,
        [option] if option == "--check" => true,
        _ => return Err("the only option is `--check`".into()),
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let json = document(&root)?;
    let mut changed = false;
    for name in CRATES {
        let file = root.join("docs/api").join(format!("{name}.txt"));
        let api = listing(&json.join(format!("{}.json", name.replace('-', "_"))))?;
        if !check {
            fs::write(file, api)?;
        } else if fs::read_to_string(&file).unwrap_or_default() != api {
            changed = true;
            show_difference(&file, &api, &json.join(format!("{name}.txt")))?;
        }
    }
    if changed {
        eprintln!(
            "the public API has changed; if this is intended, run {REFRESH} and add a line to CHANGELOG.md"
        );
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs the real rustdoc with the same arguments.
fn rustdoc() -> Result<ExitCode> {
    let status = Command::new("rustdoc")
        .args(env::args_os().skip(1))
        .env("RUSTC_BOOTSTRAP", "1")
        .status()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs rustdoc to write the JSON for the workspace's libraries, with the features that the examples use, and returns
/// the folder with the output.
fn document(root: &Path) -> Result<std::path::PathBuf> {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), Into::into);
    let status = Command::new("cargo")
        .args(["doc", "--quiet", "--workspace", "--lib", "--no-deps", "--locked"])
        .current_dir(root)
        .env("CARGO_TARGET_DIR", &target)
        .env("RUSTDOC", env::current_exe()?)
        .env("RUSTDOCFLAGS", "-Z unstable-options --output-format json")
        .env(AS_RUSTDOC, "1")
        .status()?;
    if !status.success() {
        return Err("rustdoc failed".into());
    }
    Ok(target.join("doc"))
}

/// Returns the API with one line per item, leaving out implementations that every type has.
fn listing(json: &Path) -> Result<String> {
    let api = public_api::Builder::from_rustdoc_json(json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .build()
        .map_err(|error| format!("{}: {error}", json.display()))?;
    Ok(api.to_string())
}

fn show_difference(file: &Path, api: &str, found: &Path) -> Result<()> {
    fs::write(found, api)?;
    Command::new("diff").arg("-u").arg(file).arg(found).status()?;
    Ok(())
}
