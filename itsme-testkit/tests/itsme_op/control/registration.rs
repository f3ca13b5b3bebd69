//! Tests of clients and people that a test adds, and of how a reset removes them again.

use std::{fs, thread, time::Duration};

use itsme_core::AuthorizationRequest;
use itsme_testkit::private_keys;
use serde_json::{Value, json};

use super::{Control, REDIRECT_URI};
use crate::{application::Application, sandbox};

fn mine(jwks: Value) -> Value {
    json!({
        "client_id": "MINE",
        "name": "My Shop",
        "jwks": jwks,
        "redirect_uris": [REDIRECT_URI],
        "services": { "login": ["MY_LOGIN"] },
        "service_names": { "MY_LOGIN": "My account" },
    })
}

/// Logs a person in at the client `MINE`.
fn log_in(control: &Control, person: &str) -> itsme_core::LoggedIn {
    let client = control.sandbox.client("MINE", REDIRECT_URI);
    let request = AuthorizationRequest::login("MY_LOGIN").scope(itsme_core::Scope::Profile);
    let login = control.sandbox.play(client.authorize(request));
    assert_eq!(control.sandbox.get(&login.url).status, 200);
    let done = control.done("approve", &json!({ "person": person }));
    let callback = done["redirect"].as_str().expect("a URL");
    control.sandbox.play(client.finish_login(login.state, callback))
}

#[test]
fn clients_and_people_come_and_a_reset_takes_them_away() {
    let control = Control::start(&["--fault", "down, midway"]);
    let start = control.get("state").1;
    control.done("faults/recover", &json!({}));
    let keys: Value = serde_json::from_str(&private_keys().public_jwks()).expect("JSON");
    assert_eq!(control.post("clients", &mine(keys)).0, 201);
    let eva = json!({ "id": "eva", "claims": { "name": "Eva Maes", "age_gte_18": true } });
    assert_eq!(control.post("people", &eva), (201, eva));
    assert_eq!(log_in(&control, "eva").user.name.as_deref(), Some("Eva Maes"));
    let has = |list: &str, member: &str, id: &str| {
        let (_, listed) = control.get(list);
        listed[list].as_array().is_some_and(|all| all.iter().any(|it| it[member] == id))
    };
    assert!(has("clients", "client_id", "MINE") && has("people", "id", "eva"));

    control.done("clock", &json!({ "ahead": 1000 }));
    let state = control.done("reset", &json!({}));
    for member in ["issuer", "ahead", "waiting", "faults", "journal"] {
        assert_eq!(state[member], start[member], "{member}");
    }
    assert_eq!(state["faults"], json!(["down, midway"]));
    assert!(!has("clients", "client_id", "MINE") && !has("people", "id", "eva"));
    control.done("faults/recover", &json!({}));
    let unknown = format!("{}/authorization?client_id=MINE", control.sandbox.issuer);
    assert_eq!(control.sandbox.get(&unknown).status, 400);
}

#[test]
fn keys_of_an_added_client_are_fetched() {
    let application = Application::start();
    let control = Control::start(&[]);
    control.done("clients", &mine(json!(format!("{}/jwks", application.address))));
    let have_come = || control.get("state").1["without_keys"] == json!([]);
    let mut looks = (0..100).map(|_| thread::sleep(Duration::from_millis(100)));
    assert!(looks.any(|()| have_come()), "{:?}", control.get("state"));
    log_in(&control, "ann");
    control.done("clients", &mine(json!("http://127.0.0.1:1/jwks")));
    assert_eq!(control.get("state").1["without_keys"], json!(["MINE"]));
    assert_eq!(control.done("reset", &json!({}))["without_keys"], json!([]));
}

#[test]
fn keys_that_were_fetched_survive_a_reset() {
    let application = Application::start();
    let file = sandbox::directory("reset").join("sandbox.toml");
    let text = format!(
        "[[clients]]\nclient_id = \"MINE\"\njwks = \"{}/jwks\"\n\
         redirect_uris = [\"{REDIRECT_URI}\"]\nservices = {{ login = [\"MY_LOGIN\"] }}\n",
        application.address
    );
    fs::write(&file, text).expect("a file");
    let control = Control::start(&["--config", file.to_str().expect("a path in UTF-8")]);
    control.done("reset", &json!({}));
    log_in(&control, "ann");
    let (status, answer) = control.post("clients", &mine(json!("http://127.0.0.1:1/jwks")));
    assert_eq!((status, &answer["error"]), (409, &json!("exists")), "{answer}");
}

#[test]
fn a_wrong_client_is_refused_with_the_reason() {
    let control = Control::start(&[]);
    let file = mine(json!("/etc/passwd"));
    control.refuses("clients", &file, 400, "invalid_client", "only the configuration file");
    let afar = mine(json!("http://example.org/jwks"));
    control.refuses("clients", &afar, 400, "invalid_client", "must be on loopback or");
    let empty = mine(json!({ "keys": [] }));
    control.refuses("clients", &empty, 400, "invalid_client", "\"use\": \"sig\"");
    let mut misspelt = mine(json!({ "keys": [] }));
    misspelt["redirect_uri"] = json!(REDIRECT_URI);
    control.refuses("clients", &misspelt, 400, "invalid_body", "unknown field `redirect_uri`");
    let mut split = mine(json!({ "keys": [] }));
    split["redirect_uris"] = json!(["http://127.0.0.1/\nb"]);
    split["jwks"] = private_keys().public_jwks().parse().expect("JSON");
    control.refuses("clients", &split, 400, "invalid_client", "must be a URI");
    let near = mine(json!("https://example.org/jwks"));
    control.refuses("clients", &near, 400, "invalid_client", "must be on loopback or");
    control.refuses("clients", &mine(json!(5)), 400, "invalid_body", "a file, a URL or a");
    control.refuses("people", &json!({ "id": "" }), 400, "invalid_person", "id: must not be empty");
    let nameless = json!({ "claims": {} });
    control.refuses("people", &nameless, 400, "invalid_body", "missing field `id`");
}

#[test]
fn there_is_an_end_to_what_is_added() {
    let control = Control::start(&[]);
    let add = |number: usize| control.post("people", &json!({ "id": format!("p{number}") }));
    let refused = (0..=200).map(add).find(|(status, _)| *status != 201);
    let (status, answer) = refused.expect("an end");
    assert_eq!((status, &answer["error"]), (409, &json!("too_many")), "{answer}");
    control.done("reset", &json!({}));
    assert_eq!(add(0).0, 201);
}

#[test]
fn nothing_from_before_a_reset_is_good_after_it() {
    let control = Control::start(&["--redirect-uri", REDIRECT_URI]);
    let client = control.client();
    let begin = || {
        control.begin(&client);
        control.get("waiting").1["waiting"][0]["id"].clone()
    };
    let before = begin();
    control.done("reset", &json!({}));
    assert_ne!(begin(), before);
}
