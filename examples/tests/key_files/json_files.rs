//! JSON key files in all kinds of quotes and encodings, and other files passed to `check`.

use std::{fs, process::Command};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use itsme_core::PrivateKeys;
use itsme_testkit::private_jwks;
use openssl::sha::sha256;
use serde_json::{Value, json};

use super::{Room, certificate, encrypted, p12, pkcs8, rsa, utf16};

#[test]
fn keys_in_json_are_imported_in_every_wrapping() {
    let room = Room::new("json");
    let set: Value = serde_json::from_str(private_jwks()).expect("JSON");
    let original = PrivateKeys::from_json(private_jwks()).expect("keys");
    let compact = set.to_string();
    let escaped = compact.replace('"', "\\\"");
    for file in [
        compact.clone().into_bytes(),
        set["keys"].to_string().into_bytes(),
        format!("'{compact}'").into_bytes(),
        format!("\"{escaped}\"\n").into_bytes(),
        format!("\"{compact}\"").into_bytes(),
        format!("export ITSME_KEYS='{compact}'\n").into_bytes(),
        format!("ITSME_KEYS=\"{escaped}\"").into_bytes(),
        escaped.into_bytes(),
        utf16(&format!("{set:#}")),
        format!("\u{feff}{set}").into_bytes(),
    ] {
        fs::write(room.0.join("keys"), &file).expect("a file");
        let ended = room.run(&["import", "out.json", "--sig", "keys", "--enc", "keys", "--yes"]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let written = fs::read(room.0.join("out.json")).expect("a file");
        let keys = PrivateKeys::from_json(&written).expect("keys");
        assert_eq!(keys.public_jwks(), original.public_jwks(), "including names and algorithms");
        assert_eq!(keys.encryption_kids(), original.encryption_kids());
    }

    // Import single keys. One of them has no name, so it is named after its thumbprint.
    let mut nameless = set["keys"][1].clone();
    for member in ["kid", "use", "alg"] {
        nameless[member] = Value::Null;
    }
    fs::write(room.0.join("sig"), set["keys"][0].to_string()).expect("a file");
    fs::write(room.0.join("enc"), nameless.to_string()).expect("a file");
    let ended = room.run(&["import", "single.json", "--sig", "sig", "--enc", "enc"]);
    let canonical = format!(r#"{{"e":{},"kty":"RSA","n":{}}}"#, nameless["e"], nameless["n"]);
    let kid = URL_SAFE_NO_PAD.encode(sha256(canonical.as_bytes()));
    assert_eq!(ended.stdout, format!("rp-sig-1  published, signs\n{kid}  published, decrypts\n"));
    let several = room.run(&["import", "x.json", "--sig", "sig", "--enc", "a=keys"]);
    assert!(
        several.stderr.contains("KID= names a single key, but 2 keys in the file"),
        "{}",
        several.stderr
    );
    let public = original.public_jwks();
    fs::write(room.0.join("public"), &public).expect("a file");
    let public = room.run(&["import", "x.json", "--sig", "public", "--enc", "public"]);
    assert!(public.stderr.contains("the file is a public JWK set"), "{}", public.stderr);
}

#[cfg(unix)]
#[test]
fn the_new_file_is_its_owners_and_replaces_nothing_unasked() {
    use std::os::unix::fs::PermissionsExt as _;
    let room = Room::new("file");
    fs::write(room.0.join("sig.pem"), pkcs8(&rsa(2048))).expect("a file");
    let import = ["import", "out.json", "--sig", "sig.pem", "--enc", "other.pem"];
    assert_eq!(room.run(&import).code, Some(0));
    let out = room.0.join("out.json");
    assert_eq!(fs::metadata(&out).expect("a file").permissions().mode() & 0o777, 0o600);
    let before = fs::read(&out).expect("a file");
    assert_eq!(
        room.run(&["import", "out.json", "--sig", "other.pem", "--enc", "sig.pem"]).code,
        Some(1)
    );
    assert_eq!(fs::read(&out).expect("a file"), before);
    assert_eq!(fs::read_dir(&room.0).expect("a directory").count(), 3, "no temporary file is left");
}

#[test]
fn check_names_any_file_and_what_mends_it() {
    let (room, key) = (Room::new("check"), rsa(2048));
    room.check(pkcs8(&key), "it is a PEM private key", "`keys import`");
    room.check(encrypted(&key), "passphrase-protected PEM", "--passphrase-env");
    room.check(p12(&key, ""), "it is a PKCS #12 file", "`keys import`");
    room.check(utf16(private_jwks()), "it is UTF-16 text", "save it as UTF-8");
    room.check("", "the file is empty", "");
    room.check(
        certificate(&key).to_pem().expect("PEM"),
        "it is a certificate",
        "the matching private key",
    );
    room.check("<!DOCTYPE html><html>", "it is HTML or XML", "`keys generate`");
    room.check(format!("'{private}'", private = private_jwks()), "it is JSON in quotes", "import");
    let public = PrivateKeys::from_json(private_jwks()).expect("keys").public_jwks();
    room.check(public, "the file is a public JWK set", "give the private set");
    room.check(b"\x7fELF\x02\x01", "neither UTF-8 text nor", "download it again");
    let directory = room.run(&["check", "."]).stderr;
    assert!(
        directory.contains(". is a directory; pass the path of the key file in it"),
        "{directory}"
    );
    let missing = room.run(&["check", "nowhere.json"]).stderr;
    assert!(missing.contains("there is no such file; `keys generate` creates one"), "{missing}");
}

#[test]
fn what_is_passed_over_is_listed_and_survives() {
    let room = Room::new("passed_over");
    let mut set: Value = serde_json::from_str(private_jwks()).expect("JSON");
    let ec = json!({ "kty": "EC", "crv": "P-256", "kid": "ec-1", "d": "c2VjcmV0" });
    set["keys"].as_array_mut().expect("keys").push(ec);
    fs::write(room.0.join("keys.json"), set.to_string()).expect("a file");
    let told = "key 4 (kid `ec-1`) is ignored: its `kty` is `EC`; only RSA keys are used";
    assert!(room.run(&["check", "keys.json"]).stdout.contains(told));
    let object: Value =
        serde_json::from_str(&room.run(&["check", "keys.json", "--json"]).stdout).expect("JSON");
    assert_eq!(object["passed_over"][0]["key"], "key 4 (kid `ec-1`)");
    assert_eq!(object["passed_over"][0]["why"], "its `kty` is `EC`; only RSA keys are used");
    assert_eq!(room.run(&["rotate", "keys.json", "--yes"]).code, Some(0));
    assert_eq!(room.run(&["sign-with", "keys.json", "rp-sig-1", "--yes"]).code, Some(0));
    let rotated = fs::read_to_string(room.0.join("keys.json")).expect("a file");
    assert!(rotated.contains("c2VjcmV0"));
    assert!(!room.run(&["public", "keys.json"]).stdout.contains("ec-1"));

    let mut doctor = Command::new(env!("CARGO_BIN_EXE_doctor"));
    doctor.args([
        "--issuer",
        "http://127.0.0.1:9/v2",
        "--client-id",
        "x",
        "--service",
        "x",
        "--json",
    ]);
    doctor.args(["--redirect-uri", "https://rp.example/cb", "--keys", "keys.json"]);
    let output =
        doctor.current_dir(&room.0).env("NO_PROXY", "127.0.0.1").output().expect("it runs");
    let object: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let what = object["checks"][1]["what"].as_str().expect("a second look");
    assert!(what.contains("(kid `ec-1`) is ignored"), "{object}");
    assert_eq!(object["checks"][1]["ok"], Value::Null);
}
