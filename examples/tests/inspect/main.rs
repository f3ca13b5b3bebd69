//! Tests of `inspect`: the failed checks for each fault of a fake itsme, and what must not be
//! printed.

#[path = "../../../itsme-testkit/tests/recorded/mod.rs"]
mod recorded;
mod recordings;
mod room;
#[path = "../../../itsme-testkit/tests/secrecy/mod.rs"]
#[allow(dead_code, reason = "these tests search the output of the programs, but no errors")]
mod secrecy;
mod why;

use std::{fs, process::Stdio};

use itsme_core::{AuthorizationRequest, Client, FreeText, JwtProtection, Platform as _};
use itsme_testkit::{
    CLIENT_ID, CONFIRM_SERVICE, Clock, FakeOp, Fault, Person, Server, play, private_jwks,
    private_keys,
};
use serde_json::{Value, json};

use room::{Ended, Room, text};

/// Returns the values in Ann's tokens that must not be revealed without `--reveal`.
fn of_ann(op: &FakeOp) -> Vec<String> {
    let ann = Person::ann();
    vec![op.pairwise_sub(CLIENT_ID, &ann), "Ann".to_owned(), "ann@".to_owned()]
}

#[test]
fn a_good_login_passes_every_check() {
    let mut room = Room::new("good");
    let who = room.log_in(None).expect("a login");
    room.keep("evidence.txt", who.evidence.to_text().as_bytes());
    let metadata = room.get("/.well-known/openid-configuration");
    room.keep("metadata.json", metadata);
    for (file, what, layers) in [
        ("token", "a token endpoint response", 4),
        ("userinfo", "an encrypted token", 3),
        ("callback.txt", "a callback", 1),
        ("url.txt", "an authorization URL", 1),
        ("metadata.json", "a discovery document", 3),
        ("op.json", "a public key set", 3),
        ("keys.json", "a file with private keys", 1),
        ("evidence.txt", "archived evidence", 5),
    ] {
        let ended = room.inspect(file, &["--json"]);
        assert_eq!(ended.failed(), [""; 0], "{file}");
        let object = ended.json();
        assert_eq!((ended.code, &object["result"]), (Some(0), &json!("done")), "{file}");
        assert_eq!(object["what"], what);
        let found = object["layers"].as_array().expect("layers");
        assert_eq!(found.len(), layers, "{file}: {object}");
        let printed = room.inspect(file, &[]).stdout + &ended.stdout + &ended.stderr;
        for datum in of_ann(&room.op) {
            assert!(!printed.contains(&datum), "{file}: {datum} in {printed}");
        }
        // If all options are given, every check can be run, except one that needs a fact that only
        // the OP can provide.
        let lacking = object.to_string().matches("\"needs\"").count();
        assert_eq!(lacking, usize::from(file == "callback.txt"), "{file}: {object}");
    }
    let revealed = room.inspect("token", &["--reveal"]).stdout;
    assert!(revealed.contains("\"Ann\""), "{revealed}");
}

/// Lists every fault that leaves something to inspect, with all checks that fail. The first check
/// is the one that the login reports.
#[test]
fn each_fault_fails_its_checks() {
    let signature = |check: &str| format!("ID token: signature: {check}");
    let encryption = |check: &str| format!("ID token: encryption: {check}");
    let claims = |check: &str| format!("ID token: claims: {check}");
    let userinfo = |check: &str| format!("userinfo answer: claims: {check}");
    for (name, expected) in [
        ("ID token: another issuer", vec![claims("iss")]),
        ("ID token: another audience", vec![claims("aud")]),
        ("ID token: several audiences", vec![claims("other aud"), claims("azp")]),
        ("ID token: azp another client", vec![claims("azp")]),
        ("ID token: expired an hour ago", vec![claims("exp"), claims("span")]),
        ("ID token: ten years old", vec![claims("exp"), claims("age")]),
        ("ID token: from in two hours", vec![claims("iat"), claims("span")]),
        ("ID token: valid in two hours", vec![claims("nbf")]),
        ("ID token: another nonce", vec![claims("nonce")]),
        ("ID token: no sub", vec![claims("sub")]),
        ("ID token: acr basic where advanced was asked", vec![claims("acr")]),
        ("ID token: authenticated yesterday", vec![claims("auth_time")]),
        ("ID token: at_hash of another access token", vec![claims("at_hash")]),
        ("ID token: events, as of a log-out", vec![claims("events")]),
        (
            "ID token: no claims at all",
            vec![claims("required claims"), claims("nonce"), claims("sub"), claims("acr")],
        ),
        ("ID token: alg none", vec![signature("alg")]),
        ("ID token: an unknown kid", vec![signature("signature")]),
        ("ID token: signed by another key under the OP's kid", vec![signature("signature")]),
        ("ID token: crit in the JWS header", vec![signature("extensions")]),
        ("ID token: signed, not encrypted", vec![encryption("encryption")]),
        ("ID token: RSA1_5", vec![encryption("alg")]),
        ("ID token: A128GCM", vec![encryption("enc")]),
        ("ID token: encrypted to somebody else under our kid", vec![encryption("decryption")]),
        (
            "ID token: encrypted to somebody else under an unknown kid",
            vec![encryption("decryption")],
        ),
        ("userinfo: another issuer", vec![userinfo("iss")]),
        ("userinfo: no sub", vec![userinfo("sub")]),
    ] {
        let Some(fault) = Fault::named(name) else { panic!("there is no fault {name}") };
        let mut room = Room::new("faults");
        assert!(room.log_in(Some(&fault)).is_none(), "{name}");
        let file = if name.starts_with("userinfo") { "userinfo" } else { "token" };
        let ended = room.inspect(file, &["--json"]);
        assert_eq!(ended.failed(), expected, "{name}");
        assert_eq!(ended.code, Some(1), "{name}");
        let printed = room.inspect(file, &[]).stdout + &ended.stdout + &ended.stderr;
        for datum in of_ann(&room.op) {
            assert!(!printed.contains(&datum), "{name}: {datum} in {printed}");
        }
        let object = ended.json();
        assert_eq!(object["result"], "failed");
        let (layer, check) = expected[0].rsplit_once(": ").expect("a layer and a check");
        let reason = text(&object["reason"]);
        assert!(reason.starts_with(&format!("the check `{check}` ({layer})")), "{reason}");
    }
}

/// The same for documents that stop a login.
#[test]
fn each_fault_of_the_documents_fails_its_checks() {
    for (name, expected) in [
        ("discovery: no token_endpoint", vec!["discovery document: required members"]),
        ("discovery: another issuer", vec!["discovery document: issuer"]),
        ("discovery: token_endpoint is http", vec!["discovery document: token_endpoint"]),
        (
            "discovery: userinfo_endpoint on another host",
            vec!["discovery document: userinfo_endpoint"],
        ),
        (
            "discovery: authorization_endpoint has a state already",
            vec!["discovery document: query"],
        ),
        ("discovery: issuer stands twice", vec!["discovery document: form"]),
        ("key set: no keys", vec![]),
        (
            "key set: an empty set",
            vec!["the OP's key set: signing key", "the OP's key set: encryption key"],
        ),
        ("key set: no encryption key", vec!["the OP's key set: encryption key"]),
        (
            "key set: the signing key with another alg",
            vec!["the OP's key set: signing key", "key `s1`: alg"],
        ),
    ] {
        let Some(fault) = Fault::named(name) else { panic!("there is no fault {name}") };
        let mut room = Room::new("documents");
        room.log_in(None).expect("a login");
        fault.inject(&mut room.op);
        let path = if name.starts_with("key set") {
            "/jwkSet"
        } else {
            "/.well-known/openid-configuration"
        };
        let document = room.get(path);
        room.keep("document.json", document);
        let ended = room.inspect("document.json", &["--json"]);
        if expected.is_empty() {
            assert_eq!(ended.code, Some(2), "{name}: the input is not recognized");
            continue;
        }
        assert_eq!(ended.failed(), expected, "{name}");
        assert_eq!(ended.code, Some(1), "{name}");
    }
}

/// A wrong endpoint of a service does not stop a login that does not use it.
#[test]
fn an_endpoint_of_a_service_refuses_only_who_uses_it() {
    let mut room = Room::new("services");
    room.log_in(None).expect("a login");
    let fault =
        Fault::named("discovery: revocation_endpoint is no text").expect("there is such a fault");
    fault.inject(&mut room.op);
    let document = room.get("/.well-known/openid-configuration");
    room.keep("document.json", document);
    let ended = room.inspect("document.json", &["--json"]);
    assert_eq!(ended.failed(), ["revocation_endpoint: address"]);
    let object = ended.json();
    let layers = object["layers"].as_array().expect("layers").iter();
    let noted: Vec<_> = layers.filter(|layer| layer["notes"] != json!([])).collect();
    let [noted] = noted[..] else { panic!("exactly one layer has a note: {object}") };
    assert_eq!(noted["name"], "revocation_endpoint");
    assert!(text(&noted["notes"][0]).starts_with("only services that use this endpoint fail"));
}

/// A key is named by its `kid` or, if it has none, by its position.
#[test]
fn each_key_of_a_set_has_its_name() {
    let room = Room::new("key-names");
    let key = |kid| json!({ "kty": "RSA", "use": "sig", "n": "AQAB", "e": "AQAB", "kid": kid });
    room.keep("set.json", json!({ "keys": [key(json!("s9")), key(json!(null))] }).to_string());
    let ended = room.run(&["set.json", "--json"]);
    let object = ended.json();
    let layers = object["layers"].as_array().expect("layers").iter();
    let names: Vec<_> = layers.map(|layer| text(&layer["name"])).collect();
    assert_eq!(names, ["the OP's key set", "key `s9`", "key 2"]);
}

#[test]
fn each_callback_and_request_fails_its_checks() {
    let mut room = Room::new("addresses");
    room.log_in(None).expect("a login");
    let read = |file: &str| fs::read_to_string(room.path.join(file)).expect("a file");
    let (callback, url) = (read("callback.txt"), read("url.txt"));
    let at = callback.split_once('?').map_or(&*callback, |(at, _)| at);
    for (text, expected) in [
        (callback.replace("state=", "state=x"), vec!["callback: state"]),
        (format!("{callback}&code=x"), vec!["callback: duplicates"]),
        (format!("{callback}&iss=https%3A%2F%2Fevil.example"), vec!["callback: iss"]),
        (format!("{at}?state=x"), vec!["callback: state", "callback: code or error"]),
        (callback.replace("code=", "error=invalid_scope&x="), vec!["callback: code"]),
        (url.replace("TEST_CLIENT", "OTHER"), vec!["authorization request: client_id"]),
        (url.replace("&state=", "&x="), vec!["authorization request: state"]),
        (format!("{url}&state=x"), vec!["authorization request: duplicates"]),
        (json!({ "error": "invalid_client" }).to_string(), vec!["refusal: code"]),
    ] {
        let ended = room.inspect(&text, &["--json"]);
        assert_eq!(ended.failed(), expected, "{text}");
        assert_eq!(ended.code, Some(1));
    }
    // Inspect the callback with a different clock and a different client.
    let late = room.inspect("callback.txt", &["--clock", "+1h", "--json"]);
    assert_eq!(late.failed(), ["callback: age"]);
    let early = room.inspect("token", &["--clock", "-1h", "--json"]);
    assert_eq!(early.failed()[0], "ID token: claims: iat");
}

/// If a fact is unknown, it is not guessed, and no check fails because of it.
#[test]
fn nothing_is_said_of_what_is_not_known() {
    let mut room = Room::new("unknown");
    room.log_in(None).expect("a login");
    let at = room.world.now().as_secs().to_string();
    room.keep("public.json", private_keys().public_jwks());
    for (arguments, layers, needed) in [
        (&["token"][..], 2, &["--keys"][..]),
        (
            &["token", "--keys", "keys.json"],
            4,
            &["--op-keys", "--environment or --issuer", "--client-id", "--login"],
        ),
        (&["token", "--keys", "public.json"], 2, &["the private part of the key in --keys"]),
        (&["callback.txt"], 1, &["--login"]),
        (&["url.txt"], 1, &["--client-id", "--redirect-uri"]),
    ] {
        let ended = room.run(&[arguments, &["--json", "--at", &at]].concat());
        assert_eq!((ended.code, ended.failed()), (Some(0), vec![]), "{arguments:?}");
        let object = ended.json();
        assert_eq!(object["layers"].as_array().map(Vec::len), Some(layers), "{object}");
        for option in needed {
            assert!(object.to_string().contains(&format!("\"needs\":\"{option}\"")), "{option}");
        }
    }
}

#[test]
fn keys_are_listed_without_their_private_parts() {
    let room = Room::new("keys");
    let set: Value = serde_json::from_str(private_jwks()).expect("JSON");
    for arguments in [&["keys.json"][..], &["keys.json", "--reveal", "--json"]] {
        let ended = room.run(arguments);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let kid = text(&set["keys"][0]["kid"]);
        assert!(
            ended.stdout.contains(kid) && ended.stdout.contains("2048 bits"),
            "{}",
            ended.stdout
        );
        for key in set["keys"].as_array().expect("keys") {
            for member in ["d", "p", "q", "dp", "dq", "qi"] {
                assert!(!ended.stdout.contains(text(&key[member])), "{member} is printed");
            }
        }
    }
    let mut broken = set.clone();
    broken["keys"][0]["use"] = json!("tls");
    room.keep("broken.json", broken.to_string());
    room.keep("key.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    for file in ["broken.json", "key.pem"] {
        let ended = room.run(&[file, "--json"]);
        assert_eq!((ended.code, ended.failed()), (Some(1), vec!["private keys: keys".to_owned()]));
    }
    // A published key set is compared with the key file.
    let client = Client::new(room.op.settings()).expect("the settings are sound");
    let mut published: Value =
        serde_json::from_slice(client.public_jwks_response().expect("keys").body()).expect("JSON");
    room.keep("jwks.json", published.to_string());
    assert_eq!(room.run(&["jwks.json", "--keys", "keys.json"]).code, Some(0));
    published["keys"].as_array_mut().expect("keys").pop();
    room.keep("jwks.json", published.to_string());
    let ended = room.run(&["jwks.json", "--keys", "keys.json", "--json"]);
    assert_eq!(ended.failed(), ["our published key set: published keys"]);
}

/// Request objects in a URL and on their own. An object that is encrypted to the OP cannot be
/// opened.
#[test]
fn a_request_object_is_opened_if_it_is_ours_to_open() {
    let mut room = Room::new("request_object");
    room.log_in(None).expect("a login");
    let mut ask = |form| {
        let settings = room.op.settings().request_objects(form);
        let client = Client::new(settings).expect("the settings are sound");
        let text = FreeText::new("Close the account?");
        let request = AuthorizationRequest::confirm(CONFIRM_SERVICE, text);
        play(client.authorize(request), &mut room.op, &mut room.world).expect("a URL").url
    };
    let (signed, encrypted) = (ask(JwtProtection::Signed), ask(JwtProtection::Nested));
    let ended = room.inspect(&signed, &["--json"]);
    assert_eq!((ended.code, ended.failed()), (Some(0), vec![]), "{}", ended.stdout);
    assert_eq!(ended.json()["layers"].as_array().map(Vec::len), Some(3));
    assert!(!ended.stdout.contains("Close the account"), "{}", ended.stdout);

    let object = |url: &str| {
        let (_, object) = url.split_once("request=").expect("an object");
        object.split('&').next().unwrap_or_default().to_owned()
    };
    let ended = room.inspect(&object(&signed), &["--clock", "+1h", "--json"]);
    assert_eq!(ended.json()["what"], "a request object");
    assert_eq!(ended.failed(), ["request object: claims: exp"]);
    room.keep("rotated.json", why::rotated_signing_key());
    let ended = room.run(&[&object(&signed), "--keys", "rotated.json", "--at", "0", "--json"]);
    assert_eq!(ended.failed(), ["request object: signature: signature"]);
    let ended = room.inspect(&object(&encrypted), &["--json"]);
    assert_eq!((ended.code, ended.failed()), (Some(0), vec![]));
    assert!(ended.stdout.contains("encrypted to the OP"), "{}", ended.stdout);
}

/// Nothing leaves the machine except what `--fetch` requests.
#[test]
fn the_op_is_asked_only_if_that_is_wanted() {
    let mut room = Room::new("fetch");
    room.log_in(None).expect("a login");
    let server = Server::start(Clock::system()).expect("loopback has a free port");
    let issuer = server.op().issuer().to_owned();
    let known = ["--issuer", &issuer, "--client-id", CLIENT_ID, "--keys", "keys.json"];
    for (fetch, asked) in [
        (&[][..], &[][..]),
        (&["--fetch"], &["GET /.well-known/openid-configuration", "GET /jwkSet"]),
    ] {
        let ended = room.run(&[&["token", "--json"][..], &known, fetch].concat());
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        assert_eq!(server.op().asked(), asked);
        let needs_keys = ended.stdout.contains("\"needs\":\"--op-keys\"");
        assert_eq!(needs_keys, fetch.is_empty(), "{}", ended.stdout);
    }
    drop(server);
    let ended = room.run(&[&["token", "--fetch"][..], &known].concat());
    assert!(ended.stderr.contains("could not connect"), "{}", ended.stderr);
}

#[test]
fn a_changed_archive_is_told() {
    let mut room = Room::new("evidence");
    let who = room.log_in(None).expect("a login");
    let changed = who.evidence.to_text().replace("TEST_CLIENT", "XEST_CLIENT");
    let ended = room.run(&[&changed, "--json"]);
    assert_eq!((ended.code, ended.failed()), (Some(1), vec!["archive: form".to_owned()]));
    assert!(ended.stdout.contains("it has changed since it was stored"), "{}", ended.stdout);
}

#[test]
fn it_reads_standard_input_and_refuses_what_it_does_not_know() {
    let mut room = Room::new("input");
    room.log_in(None).expect("a login");
    for arguments in [&[][..], &["-"]] {
        let input = fs::File::open(room.path.join("url.txt")).expect("a file");
        let ended = Ended::of(room.command(arguments).stdin(input).output().expect("it runs"));
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert!(ended.stdout.starts_with("This is an authorization URL."), "{}", ended.stdout);
    }
    for wrong in [
        &["no-such-file.json"][..],
        &["keys.json", "--at", "yesterday"],
        &["keys.json", "--clock", "90"],
        &["keys.json", "--fetch"],
        &["keys.json", "--keys", "keys.json", "--client-secret-env", "X"],
    ] {
        let ended = room.run(&[wrong, &["--json"]].concat());
        assert_eq!((ended.code, &*ended.stdout), (Some(2), ""), "{wrong:?}: {}", ended.stderr);
    }
    let ended = room.run(&["url.txt", "--keys", "nowhere.json"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("nowhere.json cannot be read"), "{}", ended.stderr);
}

/// Reads only the first line of the output, as `inspect … | head -1` does.
#[test]
fn whoever_reads_no_more_does_not_break_it() {
    let room = Room::new("head");
    for arguments in [&["keys.json"][..], &["keys.json", "--json"]] {
        let mut command = room.command(arguments);
        let (output, input) = std::io::pipe().expect("a pipe");
        drop(output);
        let ended = command.stdin(Stdio::null()).stdout(input).stderr(Stdio::piped());
        let ended =
            Ended::of(ended.spawn().and_then(|child| child.wait_with_output()).expect("it runs"));
        assert_eq!(ended.code, Some(0), "{arguments:?}: {}", ended.stderr);
        assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    }
}
