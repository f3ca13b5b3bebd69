//! What people have instead of a JWK set, and what the error says: the cause, and the command that fixes it.

use itsme_core::{KeyFileForm, KeysError, PrivateKeys};
use itsme_testkit::private_jwks;
use openssl::{
    asn1::Asn1Time,
    ec::{EcGroup, EcKey},
    hash::MessageDigest,
    nid::Nid,
    pkcs12::Pkcs12,
    pkey::{PKey, Private},
    rsa::Rsa,
    symm::Cipher,
    x509::{X509, X509Builder, X509ReqBuilder},
};
use serde_json::Value;

fn rsa() -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(2048).expect("a key")).expect("a key")
}

fn certificate(key: &PKey<Private>) -> X509 {
    let mut builder = X509Builder::new().expect("a certificate");
    builder.set_pubkey(key).expect("its key");
    builder.set_not_before(&Asn1Time::days_from_now(0).expect("now")).expect("a time");
    builder.set_not_after(&Asn1Time::days_from_now(1).expect("tomorrow")).expect("a time");
    builder.sign(key, MessageDigest::sha256()).expect("a signature");
    builder.build()
}

#[track_caller]
fn assert_form(file: impl AsRef<[u8]>, form: KeyFileForm, mended_by: &str) {
    let file = file.as_ref();
    for read in [PrivateKeys::from_json, PrivateKeys::external, PrivateKeys::mixed] {
        let error = read(file).expect_err("no set");
        assert_eq!(error, KeysError::Form(form), "{error}");
        let told = error.to_string();
        assert!(told.starts_with("the file is not a JWK set: it is "), "{told}");
        assert!(told.contains(mended_by), "{told}");
    }
}

#[test]
fn json_that_is_no_set_is_named() {
    let set: Value = serde_json::from_str(private_jwks()).expect("JSON");
    let keys = &set["keys"];
    for array in [keys.to_string(), format!("\n {keys:#}\n"), "[]".to_owned()] {
        assert_form(array, KeyFileForm::Array, "`keys import`");
    }
    for single in [keys[0].to_string(), format!("{:#}", keys[1])] {
        assert_form(single, KeyFileForm::SingleJwk, "`keys import`");
    }
    let compact = set.to_string();
    let escaped = compact.replace('"', "\\\"");
    for quoted in [
        format!("'{compact}'"),
        format!("\"{escaped}\"\n"),
        format!("\"{compact}\""),
        format!("'{keys}'"),
        format!("ITSME_KEYS='{compact}'"),
        format!("export ITSME_KEYS=\"{escaped}\"\n"),
        format!("ITSME_KEYS={compact}"),
        format!("`{compact}`"),
        escaped,
    ] {
        assert_form(quoted, KeyFileForm::Quoted, "`keys import`");
    }
}

#[test]
fn what_only_looks_like_a_form_is_said_to_be_no_json() {
    let long = "A".repeat(64);
    for file in [
        "my keys={\"keys\":[]}",
        "={\"keys\":[]}",
        "\"keys\"",
        "eyJrZXlzIjpbXX0",
        &format!("MI{}", "!".repeat(64)),
        &long,
    ] {
        let error = PrivateKeys::from_json(file).expect_err("no set");
        assert!(matches!(error, KeysError::NotAKeySet(_)), "{file}: {error}");
    }
}

#[test]
fn another_encoding_is_named_and_a_byte_order_mark_is_nothing() {
    for text in [private_jwks().to_owned(), "-----BEGIN PRIVATE KEY-----".to_owned()] {
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_form(&little, KeyFileForm::Utf16, "save it as UTF-8");
        assert_form(&big, KeyFileForm::Utf16, "`keys import`");
        assert_form([&[0xff, 0xfe][..], &little].concat(), KeyFileForm::Utf16, "UTF-8");
        assert_form([&[0xfe, 0xff][..], &big].concat(), KeyFileForm::Utf16, "UTF-8");
    }
    let plain = PrivateKeys::from_json(private_jwks()).expect("keys");
    let marked = format!("\u{feff}{}", private_jwks());
    for file in [marked.as_bytes(), format!("\u{feff}\r\n{}", private_jwks()).as_bytes()] {
        let keys = PrivateKeys::from_json(file).expect("the same keys");
        assert_eq!(keys.to_json().as_str(), plain.to_json().as_str());
    }
    assert_eq!(PrivateKeys::from_json("\u{feff}\n").err(), Some(KeysError::Empty));
}

#[test]
fn each_kind_of_pem_is_named() {
    let key = rsa();
    let pkcs1 = key.rsa().and_then(|rsa| rsa.private_key_to_pem()).expect("PEM");
    let pkcs8 = key.private_key_to_pem_pkcs8().expect("PEM");
    let certificate = certificate(&key).to_pem().expect("PEM");
    let pem = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("PEM is text");
    for file in [&pkcs1, &pkcs8, &[&certificate[..], &pkcs8].concat()] {
        assert_form(file, KeyFileForm::PrivatePem, "`keys import`");
    }
    assert_form(
        format!("Bag Attributes\n  a: b\n{}", pem(&pkcs8)),
        KeyFileForm::PrivatePem,
        "import",
    );

    for escaped in
        [pem(&pkcs1).replace('\n', "\\n"), format!("\"{}\"", pem(&pkcs8).replace('\n', "\\n"))]
    {
        assert_form(&escaped, KeyFileForm::EscapedPem, "`keys import`");
        assert_form(format!("KEY={escaped}"), KeyFileForm::EscapedPem, "`keys import`");
    }

    let secret = b"not so secret";
    let encrypted = key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), secret);
    let encrypted = encrypted.expect("PEM");
    let legacy =
        key.rsa().expect("RSA").private_key_to_pem_passphrase(Cipher::aes_128_cbc(), secret);
    let legacy = legacy.expect("PEM");
    assert!(pem(&legacy).contains("Proc-Type: 4,ENCRYPTED"));
    for file in [&encrypted, &legacy, &[&certificate[..], &encrypted].concat()] {
        assert_form(file, KeyFileForm::EncryptedPem, "--passphrase-env");
        assert_form(pem(file).replace('\n', "\\n"), KeyFileForm::EncryptedPem, "`keys import`");
    }

    for curve in [Nid::X9_62_PRIME256V1, Nid::SECP384R1] {
        let group = EcGroup::from_curve_name(curve).expect("a curve");
        let ec = EcKey::generate(&group).expect("a key");
        let sec1 = ec.private_key_to_pem().expect("PEM");
        let pkcs8 = PKey::from_ec_key(ec).and_then(|key| key.private_key_to_pem_pkcs8());
        for file in [sec1, pkcs8.expect("PEM")] {
            assert_form(file, KeyFileForm::EcPem, "`keys generate`");
        }
    }

    assert_form(&certificate, KeyFileForm::Certificate, "the file with the matching private key");
    assert_form([&certificate[..], &certificate].concat(), KeyFileForm::Certificate, "public half");
    let public = key.public_key_to_pem().expect("PEM");
    let pkcs1 = key.rsa().and_then(|rsa| rsa.public_key_to_pem_pkcs1()).expect("PEM");
    for file in [public, pkcs1] {
        assert_form(file, KeyFileForm::PublicPem, "the file with the matching private key");
    }
    let mut request = X509ReqBuilder::new().expect("a request");
    request.set_pubkey(&key).expect("its key");
    request.sign(&key, MessageDigest::sha256()).expect("a signature");
    let request = request.build().to_pem().expect("PEM");
    let openssh = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n";
    for file in [&request[..], openssh.as_bytes()] {
        assert_form(file, KeyFileForm::OtherPem, "`keys import`");
    }
}

#[test]
fn binary_files_and_pages_are_named() {
    let key = rsa();
    let certificate = certificate(&key);
    let p12 = |name: &str| {
        let mut builder = Pkcs12::builder();
        builder.name(name).pkey(&key).cert(&certificate);
        builder.build2("secret").and_then(|p12| p12.to_der()).expect("DER")
    };
    for file in [p12("a"), p12(&"a longer name".repeat(8))] {
        assert_form(&file, KeyFileForm::Pkcs12, "`keys import`");
    }
    let pkcs1 = key.rsa().and_then(|rsa| rsa.private_key_to_der()).expect("DER");
    let pkcs8 = key.private_key_to_pkcs8().expect("DER");
    for file in [&pkcs1, &pkcs8, &certificate.to_der().expect("DER")] {
        assert_form(file, KeyFileForm::Der, "`keys import`");
    }
    for file in [pkcs8, private_jwks().as_bytes().to_vec(), p12("b")] {
        let one_line = openssl::base64::encode_block(&file);
        assert_form(&one_line, KeyFileForm::Base64, "`base64 -d`");
        let lines: Vec<&[u8]> = one_line.as_bytes().chunks(76).collect();
        assert_form(lines.join(&b"\r\n"[..]), KeyFileForm::Base64, "`keys check`");
    }
    for page in [
        "<!DOCTYPE html>\n<html><body>404</body></html>",
        "<html>",
        "\n<?xml version=\"1.0\"?><RSAKeyValue><Modulus>x</Modulus></RSAKeyValue>",
    ] {
        assert_form(page, KeyFileForm::Markup, "download the file again");
    }
    let java_key_store = [0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2];
    let latin_1 =
        "{\"keys\":[{\"kid\":\"cl\u{e9}\"}]}".chars().map(|c| c as u8).collect::<Vec<_>>();
    let lossy = String::from_utf8_lossy(&p12("c")).into_owned();
    for file in [&java_key_store[..], b"\x1f\x8b\x08", b"PK\x03\x04", &latin_1, lossy.as_bytes()] {
        assert_form(file, KeyFileForm::Binary, "download it again");
    }
}

#[test]
fn a_public_set_is_named() {
    let public = PrivateKeys::from_json(private_jwks()).expect("keys").public_jwks();
    let mut with_ec: Value = serde_json::from_str(&public).expect("JSON");
    let ec = serde_json::json!({ "kty": "EC", "crv": "P-256", "d": "x" });
    with_ec["keys"].as_array_mut().expect("keys").push(ec);
    let mut nulls: Value = serde_json::from_str(&public).expect("JSON");
    nulls["keys"][0]["d"] = Value::Null;
    for set in [public, with_ec.to_string(), nulls.to_string()] {
        let error = PrivateKeys::from_json(&set).expect_err("public");
        assert_eq!(error, KeysError::PublicSet);
        assert!(error.to_string().contains("give the private set"), "{error}");
    }
}

/// Whatever the file contains, the result is an error, not a panic.
#[test]
fn garbage_is_refused() {
    let set = private_jwks().as_bytes();
    let mut state = 1_u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    for length in 0..400 {
        let noise: Vec<u8> = (0..length).map(|_| random()).collect();
        let starts: [&[u8]; 9] = [
            b"",
            b"{",
            b"[",
            b"0\x82",
            b"-----BEGIN ",
            b"\xff\xfe",
            b"\xef\xbb\xbf",
            b"\"",
            b"{\"keys\":[{",
        ];
        for start in starts {
            let file = [start, &noise].concat();
            assert!(PrivateKeys::from_json(&file).is_err());
            let text = String::from_utf8_lossy(&file).into_owned();
            assert!(PrivateKeys::from_json(&text).is_err());
        }
        assert!(PrivateKeys::from_json(&set[..length * set.len() / 400]).is_err());
    }
    for deep in ["[", "{\"keys\":", "{\"keys\":[", "\\\"", "'"] {
        assert!(PrivateKeys::from_json(&deep.repeat(200_000)).is_err());
    }
}
