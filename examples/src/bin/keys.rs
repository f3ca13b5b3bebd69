//! Creates and rotates the key file. See `cargo run --bin keys -- --help`.

use std::{
    error::Error,
    io::{self, BufRead as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand, ValueEnum};
use itsme_core::PrivateKeys;
use itsme_examples::{key_file, key_import::Import, options::Hsm, report::Report};
use serde_json::{Value, json};

/// Creates, checks and rotates a client's private JWK set, whose keys are in a file or an HSM.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "On Unix, only the file's owner can read it (mode 0600); on Windows the folder's permissions apply, \
        so choose a folder that others cannot read. An existing file is never replaced without asking.\n\n\
    Exit codes: 0 done, 1 failed, 2 invalid options.\n\n\
    Examples:\n  \
    cargo run --bin keys -- generate jwks_private.json\n  \
    cargo run --bin keys -- import jwks_private.json --sig sign.pem --enc decrypt.pem\n  \
    cargo run --bin keys -- import jwks_private.json --sig sig-2024=old.p12 --enc enc-2024=key.pem \\\n      \
    --passphrase-env PASSPHRASE\n  \
    cargo run --bin keys -- public jwks_private.json > jwks.json\n  \
    cargo run --bin keys -- check jwks_private.json\n  \
    cargo run --bin keys -- rotate jwks_private.json\n  \
    cargo run --bin keys -- rotate jwks_private.json sig\n  \
    cargo run --bin keys -- sign-with jwks_private.json sig-AbCdEfGh\n  \
    cargo run --bin keys -- publish --pkcs11 /usr/lib/softhsm/libsofthsm2.so --token itsme \\\n      \
    --pin-env PIN > jwks.json\n  \
    cargo run --bin keys -- add jwks_private.json jwks.json\n  \
    cargo run --bin keys -- sign-with jwks_private.json sig-2026 --outside"
)]
struct Program {
    #[command(subcommand)]
    command: Command,

    /// Replace the file without asking.
    #[arg(long, global = true)]
    yes: bool,

    #[command(flatten)]
    report: Report,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Create a new set with one key for signing and one for decryption.
    Generate { file: PathBuf },
    /// Create a set from private keys in other files: PEM, PKCS #12, single JWKs and more.
    Import {
        /// File to write.
        file: PathBuf,
        #[command(flatten)]
        import: Import,
    },
    /// Print the public JWK set to publish.
    Public {
        #[command(flatten)]
        set: KeyFile,
    },
    /// Print the public JWK set to publish for the keys on a token.
    #[command(mut_arg("pkcs11", |module| module.required(true)))]
    Publish {
        #[command(flatten)]
        hsm: Hsm,
    },
    /// Check whether the set is usable, and what each key is used for. For any other file, print
    /// what the file is and how to make a set from it.
    Check {
        #[command(flatten)]
        set: KeyFile,
    },
    /// Add a key. A new encryption key is published immediately, and the old ones can still
    /// decrypt. A new signing key is published alongside the old one, which is used until
    /// `sign-with`.
    Rotate {
        #[command(flatten)]
        set: KeyFile,
        /// Which key to add. Default: both.
        usage: Option<Usage>,
    },
    /// Add keys held in an HSM or a KMS, given their public JWK set. They are added in the same way
    /// as new keys with `rotate`.
    Add {
        file: PathBuf,
        /// File with the public JWK set of these keys.
        jwks: PathBuf,
    },
    /// Sign with a different key in the set from now on.
    SignWith {
        #[command(flatten)]
        set: KeyFile,
        kid: String,
    },
    /// Remove a key that is no longer needed.
    Remove {
        #[command(flatten)]
        set: KeyFile,
        kid: String,
    },
}

#[derive(Debug, Args)]
struct KeyFile {
    file: PathBuf,

    /// Accept keys without a private part, because they are in an HSM or a KMS. Without this
    /// option, such keys are an error.
    #[arg(long)]
    outside: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Usage {
    /// The signing key.
    Sig,
    /// The decryption key.
    Enc,
}

fn main() -> ExitCode {
    let Program { command, yes, mut report } = Program::parse();
    let ended = run(&command, yes, &mut report);
    report.exit(ended)
}

fn run(command: &Command, yes: bool, report: &mut Report) -> Result<(), Box<dyn Error>> {
    match command {
        Command::Generate { file } => write(file, &PrivateKeys::generate()?, yes, report)?,
        Command::Import { file, import } => write(file, &import.keys()?, yes, report)?,
        Command::Public { set } => print(&set.read()?.public_jwks(), report)?,
        Command::Publish { hsm } => {
            let token = hsm.open()?.ok_or("no PKCS #11 module was given; pass --pkcs11")?;
            print(&token.keys()?.public_jwks(), report)?;
        }
        Command::Check { set } => tell(&set.read()?, report),
        Command::Rotate { set, usage } => {
            let mut keys = set.read()?;
            if !matches!(usage, Some(Usage::Sig)) {
                keys = keys.with_new_encryption_key()?;
            }
            if !matches!(usage, Some(Usage::Enc)) {
                keys = keys.with_new_signing_key()?;
            }
            write(&set.file, &keys, yes, report)?;
        }
        Command::Add { file, jwks } => {
            let added = key_file::read(jwks)?;
            let keys = KeyFile { file: file.clone(), outside: true }.read()?.with_external(&added);
            let keys = keys.map_err(|error| format!("{}: {error}", jwks.display()))?;
            write(file, &keys, yes, report)?;
        }
        Command::SignWith { set, kid } => {
            write(&set.file, &set.read()?.signing_with(kid)?, yes, report)?
        }
        Command::Remove { set, kid } => write(&set.file, &set.read()?.without(kid)?, yes, report)?,
    }
    Ok(())
}

fn print(jwks: &str, report: &mut Report) -> Result<(), Box<dyn Error>> {
    report.say(jwks.trim_end());
    report.add("jwks", serde_json::from_str::<Value>(jwks)?);
    Ok(())
}

fn tell(keys: &PrivateKeys, report: &mut Report) {
    let signing = keys.signing_kids().into_iter().enumerate();
    let signing = signing.map(|(place, kid)| (kid, true, (place == 0).then_some("signs")));
    let encryption = keys.encryption_kids().into_iter().enumerate();
    let encryption = encryption.map(|(place, kid)| (kid, place == 0, Some("decrypts")));
    let all = signing.chain(encryption).map(|(kid, published, does)| {
        let words = [published.then_some("published"), does];
        let words: Vec<&str> = words.into_iter().flatten().collect();
        report.say(format_args!("{kid}  {}", words.join(", ")));
        json!({ "kid": kid, "published": published, "does": does })
    });
    let all: Vec<Value> = all.collect();
    report.add("keys", all);
    let passed_over = keys.passed_over().iter().map(|key| {
        report.say(key);
        json!({ "key": key.key, "why": key.error.to_string() })
    });
    let passed_over: Vec<Value> = passed_over.collect();
    report.add("passed_over", passed_over);
}

impl KeyFile {
    fn read(&self) -> Result<PrivateKeys, Box<dyn Error>> {
        let bytes = key_file::read(&self.file)?;
        let keys = match self.outside {
            true => PrivateKeys::mixed(&bytes),
            false => PrivateKeys::from_json(&bytes),
        };
        Ok(keys.map_err(|error| format!("{}: {error}", self.file.display()))?)
    }
}

/// Writes the file if it does not exist yet or can be replaced.
fn write(
    file: &Path,
    keys: &PrivateKeys,
    yes: bool,
    report: &mut Report,
) -> Result<(), Box<dyn Error>> {
    if file.exists() && !yes && !asked(&format!("Replace {}?", file.display()))? {
        return Err("nothing was written (use --yes to replace the file without asking)".into());
    }
    key_file::write(file, keys)?;
    tell(keys, report);
    Ok(())
}

fn asked(question: &str) -> io::Result<bool> {
    eprint!("{question} [y/N] ");
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
