//! Anyone who sends modified tokens learns nothing from how they fail.

use std::{collections::BTreeMap, sync::Arc};

use itsme_core::{
    JoseError, Platform as _,
    internals::{
        ContentEncryption, Decryption, Direct, KeyEncryption, KeySet, MAX_TOKEN, base64url,
        base64url_decode, decryption, encrypt, open,
    },
};
use itsme_testkit::{World, private_keys};

const CHANGED: usize = 1000;

/// Changes one of the encrypted parts in a way that could be distinguishable from outside: another
/// bit, another length, blocks from other messages.
fn changed(token: &str, world: &mut World) -> String {
    let mut parts: Vec<Vec<u8>> =
        token.split('.').map(str::to_owned).map(String::into_bytes).collect();
    let mut draw = |below: usize| {
        let mut bytes = [0; 4];
        world.fill(&mut bytes).expect("a world has bytes");
        u32::from_le_bytes(bytes) as usize % below.max(1)
    };
    let place = 1 + draw(4);
    let mut bytes = base64url_decode(&parts[place]).expect("base64url");
    let at = draw(bytes.len());
    match draw(6) {
        0 | 1 if !bytes.is_empty() => bytes[at] ^= 1 << draw(8),
        2 => bytes.truncate(at),
        3 => bytes.extend([draw(256) as u8; 16]),
        4 if bytes.len() >= 32 => bytes.rotate_left(16),
        _ => bytes.insert(at, 0),
    }
    parts[place] = base64url(bytes).into_bytes();
    let parts: Vec<_> = parts.iter().map(|part| String::from_utf8_lossy(part)).collect();
    parts.join(".")
}

/// How often each outcome occurs, with everything that it reveals.
fn outcomes(token: &str, decryption: &Decryption) -> BTreeMap<String, usize> {
    let mut world = World::new();
    let mut outcomes = BTreeMap::new();
    assert!(open(token, decryption.clone(), MAX_TOKEN).is_ok());
    while outcomes.values().sum::<usize>() < CHANGED {
        let changed = changed(token, &mut world);
        if changed == token {
            continue;
        }
        let said = match open(&changed, decryption.clone(), MAX_TOKEN) {
            Ok(_) => "taken".to_owned(),
            Err(error) => format!("{error} {error:?}"),
        };
        *outcomes.entry(said).or_default() += 1;
    }
    outcomes
}

fn assert_one_error(token: &str, decryption: &Decryption) {
    let error = JoseError::Decryption;
    let expected = BTreeMap::from([(format!("{error} {error:?}"), CHANGED)]);
    assert_eq!(outcomes(token, decryption), expected);
}

#[test]
fn a_thousand_changed_tokens_fail_alike() {
    let keys = private_keys();
    let public = KeySet::parse(keys.public_jwks().as_bytes()).expect("a key set");
    let to = public.encryption_key().expect("a key");
    for enc in [ContentEncryption::A128CbcHs256, ContentEncryption::A256Gcm] {
        let iv = vec![9; enc.iv()];
        let alg = KeyEncryption::RsaOaep256;
        // A whole number of blocks, so that the padding is a block of its own.
        let token = encrypt(&[b'x'; 160], to, alg, enc, &[7; 32], &iv).expect("it encrypts");
        assert_one_error(&token, &decryption(&keys));
    }
}

#[test]
fn a_thousand_changed_direct_tokens_fail_alike() {
    // Made by Python's jwcrypto.
    let file = include_str!("fixtures/tokens.json");
    let file: serde_json::Value = serde_json::from_str(file).expect("JSON");
    let cases = file["cases"].as_array().expect("cases");
    let case = cases.iter().find(|case| case["name"] == "dir A256GCM over RS256");
    let token = case.expect("the case")["token"].as_str().expect("a token");
    let secret = file["client_secret"].as_str().expect("a secret");
    let direct = Direct::from_secret(secret.as_bytes());
    assert_one_error(token, &Decryption::Direct(vec![Arc::new(direct)]));
}
