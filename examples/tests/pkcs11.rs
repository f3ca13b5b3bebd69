//! Tests with keys on a token in SoftHSM, a real PKCS #11 module (Debian: `softhsm2`).

mod flows;
mod softhsm;

use std::process::Command;

use cryptoki::context::Pkcs11;
use itsme_core::{KeyFailure, KeyOperation, PrivateKeys};
use itsme_examples::pkcs11::Token;
use itsme_testkit::{CLIENT_ID, REDIRECT_URI, SERVICE, private_jwks, private_keys};
use serde_json::Value;

use self::{
    flows::{Dialect, Scene},
    softhsm::{
        LABEL, Officer, PIN, Use, module,
        program::{run, stderr, stdout, succeeds},
        with_a_token,
    },
};

fn token() -> Token {
    Token::open(module(), LABEL, PIN.to_owned()).expect("a token")
}

#[test]
fn every_flow_works() {
    with_a_token("every_flow_works", |_| {
        Officer::new().make_keys();
        let token = token();
        let keys = token.keys().expect("keys");
        flows::run_everywhere(&keys, &token.key_holder(), &token.blocking_key_holder());
    });
}

#[test]
fn the_programs_use_the_token() {
    with_a_token("the_programs_use_the_token", |_| {
        Officer::new().make_keys();
        for program in [
            env!("CARGO_BIN_EXE_login"),
            env!("CARGO_BIN_EXE_login-blocking"),
            env!("CARGO_BIN_EXE_share-data"),
            env!("CARGO_BIN_EXE_qr-login"),
            env!("CARGO_BIN_EXE_qr-login-blocking"),
        ] {
            let text = succeeds(&run(program, &[]));
            assert!(text.contains("Ann Peeters") || text.contains("87041212345"), "{text}");
        }
        succeeds(&run(env!("CARGO_BIN_EXE_confirm"), &["--hosted"]));
        let text = succeeds(&run(env!("CARGO_BIN_EXE_doctor"), &[]));
        assert!(text.contains("ok   the token's keys match the published ones"), "{text}");
        assert_eq!(text.lines().filter(|line| line.starts_with("ok ")).count(), 8, "{text}");
    });
}

#[test]
fn the_public_set_tells_what_each_key_is_for() {
    with_a_token("the_public_set_tells_what_each_key_is_for", |_| {
        let officer = Officer::new();
        officer.make("sig-2", "sig-2", Use::Sign);
        officer.make_keys();
        let jwks: Value =
            serde_json::from_str(&token().public_jwks().expect("a set")).expect("JSON");
        let told: Vec<[&str; 3]> = jwks["keys"]
            .as_array()
            .expect("keys")
            .iter()
            .map(|key| ["kid", "use", "alg"].map(|name| key[name].as_str().expect("a text")))
            .collect();
        // SoftHSM lists OAEP, but supports it only with SHA-1.
        let expected =
            [["enc-1", "enc", "RSA-OAEP"], ["sig-1", "sig", "RS256"], ["sig-2", "sig", "RS256"]];
        assert_eq!(told, expected);

        // `keys publish` prints the keys that `doctor` then checks.
        let program = env!("CARGO_BIN_EXE_keys");
        let published: Value =
            serde_json::from_str(&succeeds(&run(program, &["publish"]))).expect("JSON");
        assert_eq!(published, jwks);
        let json = succeeds(&run(program, &["publish", "--json"]));
        let json: Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!((&json["jwks"], &json["result"]), (&jwks, &"done".into()));
    });
}

#[test]
fn keys_that_cannot_be_published_are_named() {
    with_a_token("keys_that_cannot_be_published_are_named", |_| {
        let officer = Officer::new();
        officer.make_keys();
        for (public, private, usage, expected) in [
            ("both", "both", Use::Both, "the key `both` must have exactly one use"),
            ("other", "alone", Use::Sign, "private RSA key `alone`, but no public key"),
            ("", "", Use::Sign, "label is empty"),
            ("sig-1", "sig-1", Use::Sign, "more than one RSA key `sig-1`"),
        ] {
            officer.make(public, private, usage);
            let error = token().public_jwks().expect_err(expected);
            assert!(error.to_string().contains(expected), "{error}");
            officer.remove(public);
            officer.remove(private);
        }
        officer.remove("enc-1");
        officer.make("sig-1", "sig-1", Use::Sign);
        let error = token().keys().expect_err("there is no key to decrypt with");
        assert!(error.to_string().contains("the token's keys are unusable"), "{error}");
    });
}

#[test]
fn a_token_is_opened_by_its_label_and_pin() {
    with_a_token("a_token_is_opened_by_its_label_and_pin", |directory| {
        Officer::new().make_keys();
        let open = |module, label, pin: &str| Token::open(module, label, pin.to_owned());
        for (opened, expected) in [
            (open("/nowhere.so".into(), LABEL, PIN), "/nowhere.so cannot be loaded"),
            (open(module(), "another", PIN), "no token `another`; its tokens are: `itsme test`"),
            (open(module(), LABEL, "not-the-PIN"), "PIN is incorrect"),
        ] {
            let error = opened.expect_err(expected);
            assert!(error.to_string().contains(expected), "{error}");
            assert!(!format!("{error:?}").contains("not-the-PIN"), "{error:?}");
        }
        assert!(!format!("{:?}", token()).contains(PIN));

        let program = env!("CARGO_BIN_EXE_login");
        let module = module();
        let module = module.to_str().expect("a path of text");
        let file = directory.join("pin");
        std::fs::write(&file, format!("{PIN}\n")).expect("a file");
        let file = file.to_str().expect("a path of text");
        let hsm = ["--pkcs11", module, "--token", LABEL];
        for (rest, code, expected) in [
            (&["--pin-file", file][..], 0, ""),
            (&[], 2, "--pin-env"),
            (&["--pin-env", "NO_SUCH_VARIABLE"], 1, "NO_SUCH_VARIABLE with the PIN is not set"),
            (&["--pin-file", file, "--client-secret-env", "X"], 2, "cannot be used with"),
        ] {
            let output = Command::new(program)
                .args([&hsm, rest].concat())
                .env("NO_PROXY", "127.0.0.1")
                .output()
                .expect("it runs");
            assert_eq!(output.status.code(), Some(code), "{rest:?}: {}", stderr(&output));
            assert!(stderr(&output).contains(expected), "{rest:?}: {}", stderr(&output));
        }
    });
}

fn unwrap(kid: &str, algorithm: &'static str, encrypted_key: Vec<u8>) -> KeyOperation {
    KeyOperation::Unwrap { kid: kid.to_owned(), algorithm, encrypted_key }
}

#[test]
fn failures_are_told_apart() {
    with_a_token("failures_are_told_apart", |_| {
        Officer::new().make_keys();
        let token = token();
        for (operation, expected) in [
            (unwrap("enc-1", "RSA-OAEP", vec![1; 256]), KeyFailure::DoesNotUnwrap),
            (unwrap("enc-1", "RSA-OAEP", vec![255; 256]), KeyFailure::DoesNotUnwrap),
            (unwrap("enc-1", "RSA-OAEP", vec![1; 255]), KeyFailure::DoesNotUnwrap),
            (unwrap("enc-1", "RSA-OAEP-256", vec![1; 256]), KeyFailure::Refused),
            (unwrap("sig-1", "RSA-OAEP", vec![1; 256]), KeyFailure::Refused),
            (unwrap("nobody", "RSA-OAEP", vec![1; 256]), KeyFailure::Refused),
        ] {
            let name = format!("{operation:?}");
            let (failure, why) = token.use_key(&operation).expect_err("it fails");
            println!("{name}: {why}");
            assert_eq!(failure, expected, "{name}: {why}");
        }
    });
}

#[test]
fn a_lost_session_is_opened_again() {
    with_a_token("a_lost_session_is_opened_again", |_| {
        Officer::new().make_keys();
        let token = token();
        let keys = token.keys().expect("keys");
        let itsme =
            Scene::new(Dialect::V2, &keys).blocking_client(&keys, token.blocking_key_holder());
        itsme.check_keys().expect("a session");
        // End all sessions of this process, and make the module forget that it was initialized.
        let again = Pkcs11::new(module()).expect("the module");
        again.finalize().expect("the module is not in use");
        let garbage = unwrap("enc-1", "RSA-OAEP", vec![1; 256]);
        let (failure, why) = token.use_key(&garbage).expect_err("there is no session");
        assert_eq!(failure, KeyFailure::Unavailable, "{why}");
        let (failure, why) = token.use_key(&garbage).expect_err("the ciphertext is garbage");
        assert_eq!(failure, KeyFailure::DoesNotUnwrap, "{why}");

        // A flow makes a second attempt.
        Pkcs11::new(module()).expect("the module").finalize().expect("the module is not in use");
        itsme.check_keys().expect("the second attempt opens a new session");
    });
}

/// Returns a set in which two published keys have swapped names.
fn exchanged(jwks: &str, one: &str, other: &str) -> String {
    let [one, other] = [one, other].map(|kid| format!("\"{kid}\""));
    jwks.replace(&one, "\"?\"").replace(&other, &one).replace("\"?\"", &other)
}

#[test]
fn the_doctor_names_a_handle_of_another_key() {
    with_a_token("the_doctor_names_a_handle_of_another_key", |directory| {
        let officer = Officer::new();
        officer.make_keys();
        officer.make("sig-2", "sig-2", Use::Sign);
        officer.make("enc-2", "enc-2", Use::Decrypt);
        let token = token();
        let jwks = token.public_jwks().expect("a set");
        let keys = token.keys().expect("keys");
        let scene = Scene::new(Dialect::V2, &keys);
        let issuer = scene.server.op().issuer().to_owned();
        let examine = |jwks: &str| {
            let file = directory.join("jwks.json");
            std::fs::write(&file, jwks).expect("a file");
            let file = file.to_str().expect("a path of text");
            let known = ["--issuer", &issuer, "--client-id", CLIENT_ID, "--service", SERVICE];
            let rest = ["--redirect-uri", REDIRECT_URI, "--keys", file];
            run(env!("CARGO_BIN_EXE_doctor"), &[&known[..], &rest].concat())
        };
        succeeds(&examine(&jwks));
        for (one, other, algorithm) in [("sig-1", "sig-2", "RS256"), ("enc-1", "enc-2", "RSA-OAEP")]
        {
            let output = examine(&exchanged(&jwks, one, other));
            assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
            let text = stdout(&output);
            let finding =
                format!("BAD  the key holder's key `{other}` does not match the published key");
            assert!(text.contains(&format!("{finding} ({algorithm})")), "{text}");
            assert!(text.contains("the clocks are"), "the other checks are run as well: {text}");
        }
        officer.remove("sig-2");
        let text = stdout(&examine(&jwks));
        assert!(text.contains("BAD  ") && text.contains("no private RSA key `sig-2`"), "{text}");
    });
}

#[test]
fn a_file_goes_over_to_the_token() {
    with_a_token("a_file_goes_over_to_the_token", |directory| {
        Officer::new().make_keys();
        let path = |name: &str| directory.join(name).to_str().expect("a path of text").to_owned();
        let (file, jwks) = (path("jwks_private.json"), path("jwks.json"));
        let keys = |arguments: &[&str]| {
            let output = Command::new(env!("CARGO_BIN_EXE_keys")).args(arguments).output();
            output.expect("it runs")
        };
        std::fs::write(&file, private_jwks()).expect("a file");
        let old = private_keys();
        let published = succeeds(&run(env!("CARGO_BIN_EXE_keys"), &["publish"]));
        std::fs::write(&jwks, published).expect("a file");
        let text = succeeds(&keys(&["add", &file, &jwks, "--yes"]));
        assert!(text.contains("enc-1  published, decrypts\n"), "{text}");
        let inside = keys(&["check", &file]);
        let told = stderr(&inside);
        assert!(told.contains("(kid `enc-1`): it has no private part"), "{told}");
        let text = succeeds(&keys(&["sign-with", &file, "sig-1", "--outside", "--yes"]));
        assert!(text.starts_with("sig-1  published, signs\n"), "{text}");

        // One half of the keys is in the file, and the other half is on the token.
        let scene = Scene::new(Dialect::V2, &mixed(&file));
        let issuer = scene.server.op().issuer().to_owned();
        let known = ["--issuer", &issuer, "--client-id", CLIENT_ID, "--service", SERVICE];
        let rest = ["--redirect-uri", REDIRECT_URI, "--keys", &file];
        succeeds(&run(env!("CARGO_BIN_EXE_doctor"), &[&known[..], &rest].concat()));

        for kid in [old.signing_kids(), old.encryption_kids()].concat() {
            succeeds(&keys(&["remove", &file, kid, "--outside", "--yes"]));
        }
        let text = succeeds(&keys(&["check", &file, "--outside"]));
        assert_eq!(text, "sig-1  published, signs\nenc-1  published, decrypts\n");
        let text = std::fs::read_to_string(&file).expect("a file");
        assert!(PrivateKeys::external(&text).is_ok(), "nothing private is left");
    });
}

fn mixed(file: &str) -> PrivateKeys {
    PrivateKeys::mixed(&std::fs::read_to_string(file).expect("a file")).expect("keys")
}
