//! Tests of `keys import` and `keys check` with the kinds of key files that people have.

mod json_files;
mod openssl_files;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use itsme_core::PrivateKeys;
use openssl::{
    asn1::Asn1Time,
    ec::{EcGroup, EcKey},
    hash::MessageDigest,
    nid::Nid,
    pkcs12::Pkcs12,
    pkey::{PKey, Private},
    rsa::Rsa,
    symm::Cipher,
    x509::{X509, X509Builder},
};
use serde_json::{Value, json};

const PASSPHRASE: &str = "correct horse";

/// A separate directory for each test.
struct Room(PathBuf);

struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Room {
    fn new(name: &str) -> Self {
        let room = Path::new(env!("CARGO_TARGET_TMPDIR")).join("key_import").join(name);
        let _ = fs::remove_dir_all(&room);
        fs::create_dir_all(&room).expect("a directory");
        fs::write(room.join("other.pem"), pkcs8(&rsa(2048))).expect("a file");
        Self(room)
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keys"));
        command.args(arguments).current_dir(&self.0).stdin(Stdio::null());
        let output = command.env("PASSPHRASE", PASSPHRASE).output().expect("it runs");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Ended {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Imports the file as the signing key, together with a valid decryption key.
    fn import(&self, file: impl AsRef<[u8]>, more: &[&str]) -> Ended {
        let out = self.0.join("out.json");
        let _ = fs::remove_file(&out);
        fs::write(self.0.join("key"), file).expect("a file");
        let known = ["import", "out.json", "--sig", "sig-1=key", "--enc", "enc-1=other.pem"];
        let ended = self.run(&[&known[..], more].concat());
        assert_eq!(out.exists(), ended.code == Some(0), "all or nothing: {}", ended.stderr);
        ended
    }

    #[track_caller]
    fn imports(&self, file: impl AsRef<[u8]>, key: &PKey<Private>, more: &[&str]) {
        let ended = self.import(file, more);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert_eq!(ended.stdout, "sig-1  published, signs\nenc-1  published, decrypts\n");
        let set = fs::read(self.0.join("out.json")).expect("a file");
        let keys = PrivateKeys::from_json(&set).expect("a private set");
        let public: Value = serde_json::from_str(&keys.public_jwks()).expect("JSON");
        let n = URL_SAFE_NO_PAD.encode(key.rsa().expect("RSA").n().to_vec());
        assert_eq!(public["keys"][0]["n"], json!(n));
        assert_eq!(public["keys"][0]["alg"], "RS256");
    }

    #[track_caller]
    fn refuses(&self, file: impl AsRef<[u8]>, more: &[&str], why: &str) {
        let Ended { code, stderr, .. } = self.import(file, more);
        assert_eq!(code, Some(1), "{stderr}");
        assert!(stderr.contains("key: ") && stderr.contains(why), "no {why} in {stderr}");
        assert!(!stderr.contains(PASSPHRASE), "{stderr}");
    }

    /// Checks what `keys check` reports for a file.
    #[track_caller]
    fn check(&self, file: impl AsRef<[u8]>, why: &str, mended_by: &str) {
        fs::write(self.0.join("file"), file).expect("a file");
        let Ended { code, stderr, .. } = self.run(&["check", "file"]);
        assert_eq!(code, Some(1), "{stderr}");
        assert!(stderr.starts_with("\nFailed: file: "), "{stderr}");
        assert!(stderr.contains(why) && stderr.contains(mended_by), "no {why} in {stderr}");
    }
}

fn rsa(bits: u32) -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(bits).expect("a key")).expect("a key")
}

fn ec() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).expect("a curve");
    PKey::from_ec_key(EcKey::generate(&group).expect("a key")).expect("a key")
}

fn pkcs8(key: &PKey<Private>) -> String {
    String::from_utf8(key.private_key_to_pem_pkcs8().expect("PEM")).expect("text")
}

fn encrypted(key: &PKey<Private>) -> Vec<u8> {
    let cipher = Cipher::aes_256_cbc();
    key.private_key_to_pem_pkcs8_passphrase(cipher, PASSPHRASE.as_bytes()).expect("PEM")
}

fn certificate(key: &PKey<Private>) -> X509 {
    let mut builder = X509Builder::new().expect("a certificate");
    builder.set_pubkey(key).expect("its key");
    builder.set_not_before(&Asn1Time::days_from_now(0).expect("now")).expect("a time");
    builder.set_not_after(&Asn1Time::days_from_now(1).expect("tomorrow")).expect("a time");
    builder.sign(key, MessageDigest::sha256()).expect("a signature");
    builder.build()
}

fn p12(key: &PKey<Private>, passphrase: &str) -> Vec<u8> {
    let mut builder = Pkcs12::builder();
    builder.pkey(key).cert(&certificate(key));
    builder.build2(passphrase).and_then(|p12| p12.to_der()).expect("DER")
}

fn utf16(text: &str) -> Vec<u8> {
    let units = text.encode_utf16().flat_map(u16::to_le_bytes);
    [0xff, 0xfe].into_iter().chain(units).collect()
}

fn legacy(name: &str) -> Vec<u8> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    fs::read(fixtures.join(name)).expect("a fixture")
}
