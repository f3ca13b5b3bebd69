//! Where the library is stricter than the specifications, or more lenient than it needs to be.

use itsme_core::{
    Client, ClientSecret, Environment, Error, JoseError, Settings, SettingsError, TokenError,
};
use itsme_testkit::{CLIENT_ID, Document};
use serde_json::{Value, json};

use crate::{common::Scene, forge::*};

/// A token for us and an unknown party can be replayed by that party, whatever its `azp` says.
#[test]
fn unknown_audiences() {
    for azp in [None, Some(CLIENT_ID), Some("ANOTHER_CLIENT")] {
        let fate = saying(move |claims| {
            claims.insert("aud".into(), json!([CLIENT_ID, "ANOTHER_CLIENT"]));
            claims.extend(azp.map(|azp| ("azp".to_owned(), json!(azp))));
        });
        assert_eq!(fate, Err(TokenError::OtherAudience), "{azp:?}");
    }
    assert_eq!(claiming("aud", json!([CLIENT_ID])), Ok(()));
}

/// A token issued long before the request belongs to another login.
#[test]
fn tokens_from_before_the_request() {
    let made = |seconds_ago: u64| {
        saying(move |claims| {
            claims["iat"] = json!(claims["iat"].as_u64().expect("a time") - seconds_ago);
        })
    };
    assert_eq!(made(5 * 60), Ok(()));
    for seconds_ago in [12 * 60, 3600, 30 * 86_400] {
        assert_eq!(made(seconds_ago), Err(TokenError::IssuedBeforeRequest), "{seconds_ago} s");
    }
}

/// Tokens that declare themselves to be another kind (RFC 8725 §3.11): access tokens (RFC 9068),
/// logout tokens and security events.
#[test]
fn tokens_that_name_another_kind() {
    for typ in ["at+jwt", "logout+jwt", "secevent+jwt", "AT+JWT", "application/at+jwt"] {
        let token = move |claims: &str| {
            to_keys(&jwe(), &signed(&with(jws(), "typ", json!(typ)), claims, "s1"))
        };
        assert_eq!(fate(token), refused(JoseError::Header { member: "typ" }), "{typ}");
    }
    let event = json!({ "http://schemas.openid.net/event/backchannel-logout": {} });
    assert_eq!(claiming("events", event), Err(TokenError::OtherKind { claim: "events" }));
    let jwt =
        |claims: &str| to_keys(&jwe(), &signed(&with(jws(), "typ", json!("JWT")), claims, "s1"));
    assert_eq!(fate(jwt), Ok(()));
}

/// `null` counts as absent: it neither passes a check as a value, nor fails one where the claim is
/// optional.
#[test]
fn null_is_absent() {
    for claim in ["iss", "aud", "exp", "iat", "nonce", "sub"] {
        assert_eq!(claiming(claim, Value::Null), Err(TokenError::Missing { claim }), "{claim}");
    }
    for claim in ["nbf", "azp", "auth_time", "at_hash", "acr"] {
        assert_eq!(claiming(claim, Value::Null), Ok(()), "{claim}");
    }
}

/// A `kid` helps to find a key, but proves nothing: a key that fits is found without the right
/// `kid`, and one that does not fit is never accepted.
#[test]
fn key_names_are_hints() {
    for kid in ["nobody's", "../../dev/null", ""] {
        let header = with(jwe(), "kid", json!(kid));
        let for_us = header.clone();
        assert_eq!(fate(move |claims| to_keys(&for_us, &signed(&jws(), claims, "s1"))), Ok(()));
        let for_nobody = move |claims: &str| {
            let mut parts = parts_to_keys(&header, &signed(&jws(), claims, "s1"));
            parts[1].fill(1);
            compact(&parts)
        };
        let ours = ["rp-enc-1", "rp-enc-0"].map(str::to_owned).to_vec();
        let unknown = JoseError::UnknownDecryptionKey { kid: Some(kid.to_owned()), ours };
        assert_eq!(fate(for_nobody), refused(unknown));
        let dir = with(dir(), "kid", json!(kid));
        let token = move |claims: &str| to_secret(&dir, &signed(&jws(), claims, "s1"));
        assert_eq!(fate_at(direct, token), Ok(()));
    }
    let nameless = |kid: &'static str| {
        let mut scene = Scene::new();
        scene.op.alter(Document::KeySet, |set| {
            set["keys"][0].as_object_mut().expect("a key").remove("kid");
        });
        forge(&mut scene, Document::IdToken, move |claims| {
            to_keys(&jwe(), &signed(&jws(), claims, kid))
        });
        log_in(&mut scene, Document::IdToken)
    };
    assert_eq!(nameless("s1"), Ok(()), "the only key has no name");
    let published = Vec::new();
    let unknown = JoseError::UnknownSigningKey { kid: Some("s1".to_owned()), published };
    assert_eq!(nameless("s2"), refused(unknown), "it did not sign this");
}

/// A secret that can be guessed from one token (RFC 7518 §3.2).
#[test]
fn short_client_secrets() {
    let client = |secret: ClientSecret| {
        let environment = Environment::custom("https://op.example/v2");
        Client::new(Settings::new("CLIENT", secret, environment)).map(drop)
    };
    for (length, signs, needed) in [
        (31, true, Some(32)),
        (32, true, None),
        (15, false, Some(16)),
        (16, false, None),
        (1, true, Some(32)),
    ] {
        let secret = ClientSecret::new("s".repeat(length));
        let result = client(if signs { secret.hs256() } else { secret });
        let short = |needed| SettingsError::ShortClientSecret { needed, found: length };
        match (result, needed.map(short)) {
            (Ok(()), None) => {}
            (Err(Error::Settings(found)), Some(expected)) => assert_eq!(found, expected),
            (result, _) => panic!("{length} bytes: {result:?}"),
        }
    }
}
