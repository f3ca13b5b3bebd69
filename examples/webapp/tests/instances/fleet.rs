//! Instances of the application behind one address.

use std::{fs, path::PathBuf};

use itsme_testkit::{CLIENT_ID, CONFIRM_SERVICE, SERVICE, SHARE_SERVICE, Server, private_jwks};

use crate::program::Program;

/// A new directory.
pub fn scratch(name: &str) -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("instances").join(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).expect("a directory");
    directory
}

/// Instances with one database and one cookie key, and the address of whoever stands in front.
pub struct Fleet {
    arguments: Vec<String>,
    directory: PathBuf,
}

impl Fleet {
    pub fn new(name: &str, op: &Server) -> Self {
        let directory = scratch(name);
        let file = |name: &str, content: &[u8]| {
            let file = directory.join(name);
            fs::write(&file, content).expect("a file");
            file.display().to_string()
        };
        let keys = file("keys.json", private_jwks().to_string().as_bytes());
        let database = directory.join("shop.sqlite").display().to_string();
        let public_url = "http://127.0.0.1:8800";
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
        Self { arguments: arguments.concat().into_iter().map(str::to_owned).collect(), directory }
    }

    pub fn start(&self) -> Program {
        self.start_with("cookie.key", &[7; 64])
    }

    pub fn start_with_another_key(&self) -> Program {
        self.start_with("other.key", &[8; 64])
    }

    fn start_with(&self, name: &str, key: &[u8]) -> Program {
        let file = self.directory.join(name);
        fs::write(&file, key).expect("a file");
        let mut arguments: Vec<_> = self.arguments.iter().map(String::as_str).collect();
        let file = file.display().to_string();
        arguments.extend(["--cookie-key", &file]);
        Program::start(&arguments)
    }
}
