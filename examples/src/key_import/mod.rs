//! Builds a private JWK set from existing keys in all kinds of files.

mod jwk;
mod openssl;
mod text;

use std::{error::Error, path::PathBuf, str::FromStr};

use clap::{ArgGroup, Args};
use itsme_core::PrivateKeys;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use self::jwk::Usage;
use crate::{key_file, options::secret};

/// The options that name the files with keys.
#[derive(Clone, Debug, Args)]
#[command(group(ArgGroup::new("passphrase").args(["passphrase_env", "passphrase_file"])))]
#[group(skip)]
pub struct Import {
    /// File with a signing key. The first one given is used for signing, and the others are
    /// published alongside it.
    ///
    /// The file can be PEM (PKCS #1 or PKCS #8, possibly encrypted or with `\n` escapes), PKCS #12,
    /// DER, a JWK, an array of JWKs or a JWK set, possibly quoted or in UTF-16. KID is the key's name.
    /// Without it, a JWK keeps its own name, and any other key is named after its thumbprint (RFC
    /// 7638). If the key is already registered with itsme, use the name under which it is
    /// registered.
    #[arg(long, value_name = "[KID=]FILE", required = true)]
    sig: Vec<Source>,

    /// File with a decryption key. The first one given is published. Accepts the same formats as
    /// `--sig`.
    #[arg(long, value_name = "[KID=]FILE", required = true)]
    enc: Vec<Source>,

    /// Environment variable with the passphrase for the files.
    #[arg(long, value_name = "NAME")]
    passphrase_env: Option<String>,

    /// File with the passphrase for the files.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

/// A file with a key, and a name for this key.
#[derive(Clone, Debug)]
struct Source {
    kid: Option<String>,
    file: PathBuf,
}

impl FromStr for Source {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kid, file) = match text.split_once('=') {
            Some((kid, file)) => (Some(kid.to_owned()), file),
            None => (None, text),
        };
        if file.is_empty() || kid.as_ref().is_some_and(String::is_empty) {
            return Err("the value must be FILE or KID=FILE");
        }
        Ok(Self { kid, file: file.into() })
    }
}

impl Import {
    /// Reads the files.
    ///
    /// # Errors
    /// Which file or key is unusable, why, and what to do.
    pub fn keys(&self) -> Result<PrivateKeys, Box<dyn Error>> {
        let passphrase = match (&self.passphrase_file, &self.passphrase_env) {
            (Some(file), _) => Some(secret::in_file(file, "passphrase")?),
            (None, Some(name)) => Some(secret::in_variable(name, "passphrase")?),
            (None, None) => None,
        }
        .map(Zeroizing::new);
        let passphrase = passphrase.as_ref().map(|passphrase| passphrase.as_str());
        if passphrase.is_some_and(|passphrase| passphrase.contains('\0')) {
            return Err("the passphrase contains a null character; is its file UTF-16?".into());
        }
        let mut named: Vec<(String, &Source)> = Vec::new();
        let mut set = Vec::new();
        for (usage, sources) in [(Usage::Sig, &self.sig), (Usage::Enc, &self.enc)] {
            for source in sources {
                let bytes = key_file::read(&source.file)?;
                let keys = source.keys(&bytes, usage, passphrase);
                let keys = keys.map_err(|error| format!("{}: {error}", source.file.display()))?;
                for key in keys {
                    let kid = key["kid"].as_str().unwrap_or_default().to_owned();
                    if let Some((_, other)) = named.iter().find(|(other, _)| *other == kid) {
                        let files = [other, source].map(|source| source.file.display());
                        let [first, second] = files;
                        return Err(format!(
                            "the keys in {first} and {second} are both named `{kid}`; give one of them \
                             a different name with KID={second}"
                        )
                        .into());
                    }
                    named.push((kid, source));
                    set.push(Value::Object(key));
                }
            }
        }
        let set = Zeroizing::new(json!({ "keys": set }).to_string());
        Ok(PrivateKeys::from_json(&set)?)
    }
}

impl Source {
    /// Returns the keys in the file for this use, each with a name.
    fn keys(
        &self,
        bytes: &[u8],
        usage: Usage,
        passphrase: Option<&str>,
    ) -> Result<Vec<Map<String, Value>>, Box<dyn Error>> {
        let mut keys = match text::decode(bytes) {
            Some(text) if text::is_pem(&text) => vec![openssl::pem(&text, passphrase)?],
            Some(text) => jwk::of_json(&text, usage)?,
            None => vec![openssl::binary(bytes, passphrase)?],
        };
        if let (Some(kid), [key]) = (&self.kid, &mut keys[..]) {
            key.insert("kid".to_owned(), kid.as_str().into());
        } else if self.kid.is_some() {
            let found = keys.len();
            return Err(
                format!("KID= names a single key, but {found} keys in the file match").into()
            );
        }
        for key in &mut keys {
            jwk::complete(key, usage);
        }
        Ok(keys)
    }
}
