//! How errors read: each cause once, in words.

use std::error::Error as StdError;

use itsme_core::{
    AuthorizationRequest, Claim, Client, DriveError, Environment, FreeText, Payment, PrivateKeys,
    Scope, Settings,
};
use itsme_testkit::{
    FakeOp, Fault, Person, Reaction, SERVICE, World, play, play_all, private_jwks,
};

/// The texts of an error and of its causes.
fn chain(error: &(dyn StdError + 'static)) -> Vec<String> {
    let (mut texts, mut next) = (Vec::new(), Some(error));
    while let Some(error) = next {
        texts.push(error.to_string());
        next = error.source();
    }
    texts
}

/// Printing the chain repeats nothing, and shows nothing that is only meant for `{:?}`.
fn assert_readable(name: &str, error: &(dyn StdError + 'static)) {
    let texts = chain(error);
    for (at, text) in texts.iter().enumerate() {
        let others = texts.iter().enumerate().filter(|(other, _)| *other != at);
        let twice = others.map(|(_, other)| other).find(|other| text.contains(other.as_str()));
        assert_eq!(twice, None, "{name}: {texts:?}");
        let debug = ["Some(", "None", "Ok(", "Err(", " { ", "\\\"", "\"", "[\""];
        let shown = debug.into_iter().find(|shown| text.contains(shown));
        assert_eq!(shown, None, "{name}: {text}");
        let words: Vec<_> = text.split(": ").collect();
        assert!(words.windows(2).all(|two| two[0] != two[1]), "{name}: {text}");
        assert!(!text.ends_with('.') && !text.contains('\n'), "{name}: {text}");
    }
}

#[test]
fn every_error_of_the_fault_list_is_readable() {
    let mut errors = 0;
    for fault in Fault::all() {
        let mut world = World::new();
        let mut op = FakeOp::new(world.clock());
        let client = Client::new(fault.settings(&mut op)).expect("the settings are sound");
        if !fault.is_midway() {
            fault.inject(&mut op);
        }
        let login = AuthorizationRequest::login(SERVICE);
        let login = login.claim(Claim::GivenName).scope(Scope::Email).scopes_by_userinfo();
        let redirect = play(client.authorize(login), &mut op, &mut world);
        let result = redirect.and_then(|redirect| {
            let callback = op.approve(&redirect.url, &Person::ann());
            if fault.is_midway() {
                fault.inject(&mut op);
            }
            play(client.finish_login(redirect.state, callback), &mut op, &mut world)
        });
        if let Err(error) = result {
            errors += 1;
            assert_readable(fault.name(), &error);
        }
    }
    assert!(errors > 400, "{errors} errors");
}

/// If another flow's fetch failed, its cause is shown too.
#[test]
fn an_error_that_another_flow_has_caused_is_readable() {
    let mut world = World::new();
    let mut op = FakeOp::new(world.clock());
    let client = Client::new(op.settings()).expect("the settings are sound");
    let page = http::Response::builder().status(503).body(b"<p>busy</p>".to_vec());
    for lost in [Reaction::Reply(page.expect("a response")), Reaction::Lost, Reaction::Lost] {
        op.react("/.well-known/openid-configuration", lost);
    }
    for expected in ["status 503", "no response from the discovery endpoint"] {
        let flows = [client.refresh(), client.refresh()];
        let errors = play_all(flows, &mut op, &mut world);
        let [_, Err(error)] = &errors[..] else { panic!("the second flow waits for the first") };
        assert_readable("waiting", error);
        let text = error.to_string();
        assert!(text.starts_with("cannot get the OP's metadata and keys: "), "{text}");
        assert!(text.contains(expected), "{text}");
    }
}

/// The caller's own mistakes, reported before any request.
#[test]
fn every_error_about_a_request_is_readable() {
    let mut world = World::new();
    let mut op = FakeOp::new(world.clock());
    let client = Client::new(op.settings()).expect("the settings are sound");
    let login = || AuthorizationRequest::login(SERVICE);
    let text = |text: &str| AuthorizationRequest::confirm(SERVICE, FreeText::new(text));
    let payment = |[amount, currency, iban]: [&str; 3]| Payment::new(amount, currency, iban);
    for request in [
        AuthorizationRequest::login(""),
        AuthorizationRequest::login("a b"),
        login().redirect_uri("http://rp.example/"),
        login().state("short"),
        login().code_verifier("short"),
        login().claim(Claim::Eid),
        login().claim(Claim::Other("nonce".into())),
        login().known_user(""),
        text(""),
        text("\u{7}"),
        text("<blink>"),
        text("<b>"),
        text(&"x".repeat(10_000)),
        AuthorizationRequest::confirm(SERVICE, payment(["1.5", "EUR", "BE68539007547034"])),
        AuthorizationRequest::confirm(SERVICE, payment(["1", "XXY", "BE68539007547034"])),
        AuthorizationRequest::confirm(SERVICE, payment(["1", "EUR", "BE68539007547035"])),
    ] {
        let name = format!("{request:?}");
        let error = play(client.authorize(request), &mut op, &mut world).map(drop);
        assert_readable(&name, &error.expect_err(&name));
    }
    let v1 = AuthorizationRequest::login(SERVICE).scope(Scope::IdDocument);
    let mut v1_op = FakeOp::new(world.clock()).v1();
    let v1_client = Client::new(v1_op.settings()).expect("the settings are sound");
    for request in [v1, login().claim(Claim::BeEidSn)] {
        let error = play(v1_client.authorize(request), &mut v1_op, &mut world).map(drop);
        assert_readable("V1", &error.expect_err("not in V1"));
    }
}

#[test]
fn every_error_about_settings_and_keys_is_readable() {
    let keys = || PrivateKeys::from_json(private_jwks()).expect("keys");
    for settings in [
        Settings::new("", keys(), Environment::E2e),
        Settings::new("x", keys(), Environment::custom("http://op.example")),
        Settings::new("x", keys(), Environment::E2e).redirect_uri("/here"),
    ] {
        let error = Client::new(settings).map(drop).expect_err("unusable");
        assert_readable("settings", &DriveError::<std::io::Error>::from(error));
    }
    for text in ["", "[]", "{", r#"{"keys":[]}"#, r#"{"keys":[{"kid":"a","use":"sig"}]}"#] {
        let error = PrivateKeys::from_json(text).map(drop).expect_err(text);
        assert_readable(text, &itsme_core::Error::from(error));
    }
}
