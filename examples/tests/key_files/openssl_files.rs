//! Key files in PEM, PKCS #12 and DER.

use std::fs;

use openssl::{
    pkcs12::Pkcs12,
    pkey::{Id, PKey},
    pkey_ctx::PkeyCtx,
    rsa::Rsa,
    symm::Cipher,
};

use super::{PASSPHRASE, Room, certificate, ec, encrypted, legacy, p12, pkcs8, rsa, utf16};

#[test]
fn keys_in_pem_are_imported() {
    let (room, key) = (Room::new("pem"), rsa(2048));
    let pkcs1 = key.rsa().and_then(|rsa| rsa.private_key_to_pem()).expect("PEM");
    room.imports(&pkcs1, &key, &[]);
    let pem = pkcs8(&key);
    let crt = String::from_utf8(certificate(&key).to_pem().expect("PEM")).expect("text");
    for file in [
        pem.clone(),
        pem.replace('\n', "\r\n"),
        format!("\u{feff}Bag Attributes\n    friendlyName: x\n{crt}{pem}"),
        pem.replace('\n', "\\n"),
        format!("KEY=\"{}\"\n", pem.replace('\n', "\\n")),
        format!("'{}'", pem.replace('\n', "\\r\\n")),
        pem.replace('\n', " "),
        pem.replace('\n', ""),
    ] {
        room.imports(&file, &key, &[]);
    }
    room.imports(utf16(&pem), &key, &[]);
    let der = key.rsa().and_then(|rsa| rsa.private_key_to_der()).expect("DER");
    room.imports(&der, &key, &[]);
    room.imports(key.private_key_to_pkcs8().expect("DER"), &key, &[]);
}

#[test]
fn the_passphrase_comes_from_the_environment_or_a_file() {
    let (room, key) = (Room::new("passphrase"), rsa(2048));
    let traditional = key.rsa().expect("RSA");
    let traditional = traditional
        .private_key_to_pem_passphrase(Cipher::aes_128_cbc(), PASSPHRASE.as_bytes())
        .expect("PEM");
    let escaped = String::from_utf8(traditional.clone()).expect("text").replace('\n', "\\n");
    fs::write(room.0.join("right"), format!("{PASSPHRASE}\n")).expect("a file");
    fs::write(room.0.join("wrong"), "battery staple").expect("a file");
    fs::write(room.0.join("utf16"), &utf16(PASSPHRASE)[2..]).expect("a file");
    let der = key.private_key_to_pkcs8_passphrase(Cipher::aes_256_cbc(), PASSPHRASE.as_bytes());
    for file in [encrypted(&key), traditional, escaped.into_bytes(), p12(&key, PASSPHRASE)] {
        room.imports(&file, &key, &["--passphrase-env", "PASSPHRASE"]);
        room.imports(&file, &key, &["--passphrase-file", "right"]);
        room.refuses(&file, &[], "pass its passphrase with `--passphrase-env`");
        room.refuses(&file, &["--passphrase-file", "wrong"], "the passphrase is wrong");
    }
    room.imports(der.expect("DER"), &key, &["--passphrase-file", "right"]);
    room.imports(p12(&key, ""), &key, &[]);
    for (option, name, why) in [
        ("--passphrase-env", "NO_SUCH_NAME", "NO_SUCH_NAME with the passphrase is not set"),
        ("--passphrase-file", "nowhere", "nowhere with the passphrase cannot be read"),
        ("--passphrase-file", "utf16", "is its file UTF-16?"),
    ] {
        let stderr = room.import(encrypted(&key), &[option, name]).stderr;
        assert!(stderr.contains(why), "{stderr}");
    }
    let both = ["--passphrase-env", "PASSPHRASE", "--passphrase-file", "right"];
    assert_eq!(room.import(encrypted(&key), &both).code, Some(2), "one or the other");
}

#[test]
fn what_has_no_key_for_itsme_is_refused_with_the_cause() {
    let (room, key) = (Room::new("refused"), rsa(2048));
    let pem = pkcs8(&key);
    let mut small = Rsa::generate(1024).expect("a key").private_key_to_pem().expect("PEM");
    room.refuses(&small, &[], "it has 1024 bits, but 2048 to 8192 are needed; `keys generate`");
    small.truncate(400);
    room.refuses(&small, &[], "copy it again");
    room.refuses(pkcs8(&ec()), &[], "the key is an elliptic-curve key, but itsme needs RSA keys");
    let sec1 = ec().ec_key().and_then(|key| key.private_key_to_pem()).expect("PEM");
    room.refuses(sec1, &[], "the key is an elliptic-curve key");
    room.refuses(p12(&ec(), ""), &[], "the key is an elliptic-curve key");
    let mut pss = PkeyCtx::new_id(Id::RSA_PSS).expect("a context");
    pss.keygen_init().expect("it makes keys");
    room.refuses(pkcs8(&pss.keygen().expect("a key")), &[], "an RSA key that is only for PSS");
    let ed = PKey::generate_ed25519().expect("a key");
    room.refuses(pkcs8(&ed), &[], "the key is an Edwards-curve key");
    room.refuses(certificate(&key).to_pem().expect("PEM"), &[], "it is a certificate");
    room.refuses(
        certificate(&key).to_der().expect("DER"),
        &[],
        "no private key in it. If it is a certificate",
    );
    room.refuses(key.public_key_to_pem().expect("PEM"), &[], "it is a public key");
    let openssh = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY-----";
    room.refuses(openssh, &[], "ssh-keygen -p -m PEM");
    room.refuses(format!("{pem}{}", pkcs8(&rsa(2048))), &[], "the file has 2 private keys");
    let mut no_key = openssl::stack::Stack::new().expect("a stack");
    no_key.push(certificate(&key)).expect("a certificate");
    let mut builder = Pkcs12::builder();
    builder.ca(no_key);
    let no_key = builder.build2("").and_then(|p12| p12.to_der()).expect("DER");
    room.refuses(no_key, &[], "certificates but no private key; export it again");
    room.refuses(&p12(&key, "")[..600], &[], "copy it again");
    for (file, why) in [
        (b"" as &[u8], "the file is empty"),
        (b"<html>404</html>", "it is HTML or XML"),
        (b"{}", "neither a JWK set nor a JWK"),
        (b"[]", "none of the keys in the file is an RSA key for `sig`"),
        (b"[7]", "one of the keys in the file is not a JSON object"),
        (b"{\"keys\":[", "the text ends too early"),
        (&[0xfe, 0xed, 0xfe, 0xed], "neither UTF-8 text nor"),
        (b"0\x82\x01\x00\x00", "a certificate or a public key"),
        (b"-----BEGIN PRIVATE KEY-----", "copy it again"),
    ] {
        room.refuses(file, &[], why);
    }
    let missing = room.run(&["import", "out.json", "--sig", "nowhere", "--enc", "other.pem"]);
    assert!(missing.stderr.contains("nowhere cannot be read"), "{}", missing.stderr);
    let twice = room.run(&["import", "out.json", "--sig", "other.pem", "--enc", "other.pem"]);
    assert!(twice.stderr.contains("a different name with KID=other.pem"), "{}", twice.stderr);
    for wrong in [&["import", "out.json", "--sig", "other.pem"][..], &["import", "--sig", "=x"]] {
        assert_eq!(room.run(wrong).code, Some(2), "{wrong:?}");
    }
}

/// The key files in these tests cannot be created here: without its legacy provider, OpenSSL
/// neither reads nor writes such ciphers.
#[test]
fn old_ciphers_are_named_with_the_command_that_converts() {
    let room = Room::new("legacy");
    fs::write(room.0.join("right"), "secret").expect("a file");
    let right = ["--passphrase-file", "right"];
    room.refuses(
        legacy("legacy.p12"),
        &right,
        "`openssl pkcs12 -legacy -in FILE -nocerts -out NEW.pem`",
    );
    room.refuses(
        legacy("legacy.p12"),
        &["--passphrase-env", "PASSPHRASE"],
        "the passphrase is wrong",
    );
    room.refuses(legacy("legacy.pem"), &right, "legacy provider; convert it with `openssl pkey");
}
