//! Instances of the application behind one address.

use std::{
    fs,
    path::{Path, PathBuf},
};

use itsme_testkit::{CLIENT_ID, CONFIRM_SERVICE, SERVICE, SHARE_SERVICE, Server, private_jwks};

use crate::{database, program::Program};

/// A new directory.
pub fn scratch(name: &str) -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("instances").join(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).expect("a directory");
    directory
}

/// A file that others cannot read.
pub fn secret_file(directory: &Path, name: &str, content: &[u8]) -> PathBuf {
    let file = directory.join(name);
    fs::write(&file, content).expect("a file");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("its owner");
    }
    file
}

/// Instances that share a database and a cookie key, and the address of the proxy in front.
pub struct Fleet {
    arguments: Vec<String>,
    database: String,
    directory: PathBuf,
}

impl Fleet {
    pub fn new(name: &str, op: &Server) -> Self {
        Self::at("http://127.0.0.1:8800", name, op)
    }

    /// Creates a fleet known to browsers by this address.
    pub fn at(public_url: &str, name: &str, op: &Server) -> Self {
        let directory = scratch(name);
        let keys = secret_file(&directory, "keys.json", private_jwks().to_string().as_bytes());
        let keys = keys.display().to_string();
        secret_file(&directory, "cookie.key", &[7; 64]);
        secret_file(&directory, "other.key", &[8; 64]);
        let database = database::fresh(name, &directory);
        op.op().allow_redirect_uri(format!("{public_url}/itsme/callback"));
        let issuer = op.op().issuer().to_owned();
        let arguments = [
            ["--issuer", &issuer],
            ["--client-id", CLIENT_ID],
            ["--keys", &keys],
            ["--service", SERVICE],
            ["--share-service", SHARE_SERVICE],
            ["--confirm-service", CONFIRM_SERVICE],
            ["--public-url", public_url],
            ["--database", &database],
        ];
        let arguments = arguments.concat().into_iter().map(str::to_owned).collect();
        Self { arguments, database, directory }
    }

    /// As a value for the option `--database`.
    pub fn database(&self) -> &str {
        &self.database
    }

    pub fn start(&self) -> Program {
        self.start_with_options(&[])
    }

    pub fn start_with_options(&self, options: &[&str]) -> Program {
        self.start_with("cookie.key", options)
    }

    pub fn start_with_another_key(&self) -> Program {
        self.start_with("other.key", &[])
    }

    fn start_with(&self, key: &str, options: &[&str]) -> Program {
        let file = self.directory.join(key);
        let mut arguments: Vec<_> = self.arguments.iter().map(String::as_str).collect();
        arguments.extend(options);
        let file = file.display().to_string();
        arguments.extend(["--cookie-key", &file]);
        Program::start(&arguments)
    }
}
