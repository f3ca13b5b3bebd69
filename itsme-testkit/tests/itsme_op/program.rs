//! Tests of the program's options and configuration file.

use std::fs;

use itsme_core::{AuthorizationRequest, Scope};
use itsme_testkit::{CLIENT_ID, REDIRECT_URI as REGISTERED_URI, private_jwks, private_keys};
use serde_json::Value;

use crate::sandbox::{self, Sandbox, run};

const REDIRECT_URI: &str = "http://127.0.0.1:8080/callback";

#[test]
fn the_file_brings_clients_people_and_faults() {
    let directory = sandbox::directory("whole_file");
    fs::write(directory.join("jwks.json"), private_keys().public_jwks()).expect("a file");
    let file = directory.join("sandbox.toml");
    let text = format!(
        "faults = [\"discovery: another issuer\"]\n\
         [[clients]]\nclient_id = \"MINE\"\nname = \"My Shop\"\njwks = \"jwks.json\"\n\
         service_names = {{ MY_LOGIN = \"My account\" }}\n\
         redirect_uris = [\"{REDIRECT_URI}\"]\nservices = {{ login = [\"MY_LOGIN\"] }}\n\
         [[people]]\nid = \"eva\"\nclaims = {{ name = \"Eva Maes\", birthdate = 1990-05-06 }}\n"
    );
    fs::write(&file, &text).expect("a file");
    let file = file.to_str().expect("a path in UTF-8");
    let sandbox = Sandbox::start(&["--config", file]);
    let metadata = sandbox.get(&format!("{}/.well-known/openid-configuration", sandbox.issuer));
    assert!(!metadata.body.contains(&format!("\"issuer\":\"{}\"", sandbox.issuer)));
    assert!(sandbox.introduction.contains("client_id = \"MINE\""), "{}", sandbox.introduction);

    fs::write(file, text.replace("faults", "#")).expect("a file");
    let sandbox = Sandbox::start(&["--config", file]);
    let client = sandbox.client("MINE", REDIRECT_URI);
    let login = sandbox
        .play(client.authorize(AuthorizationRequest::login("MY_LOGIN").scope(Scope::Profile)));
    let page = sandbox.get(&login.url);
    for shown in ["<strong>My Shop</strong> asks you to log in.", "<dd>My account</dd>"] {
        assert!(page.body.contains(shown), "no {shown} in {}", page.body);
    }
    let callback = sandbox.submit(&login.url, page.form("Approve as Eva Maes", &[]));
    let who = sandbox.play(client.finish_login(login.state, callback.location()));
    assert_eq!(who.user.birthdate.map(|date| date.to_string()).as_deref(), Some("1990-05-06"));
}

#[test]
fn a_wrong_file_is_refused_with_cause_and_place() {
    let directory = sandbox::directory("wrong_files");
    let secret = r#"{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}"#;
    for (name, keys) in
        [("empty", r#"{"keys":[]}"#), ("private", private_jwks()), ("secret", secret)]
    {
        fs::write(directory.join(name).with_extension("json"), keys).expect("a file");
    }
    let file = directory.join("sandbox.toml");
    let client = |rest: &str| format!("[[clients]]\nclient_id = \"MINE\"\n{rest}\n");
    let services = "services = { login = [\"L\"] }";
    let person =
        |claim: &str| format!("[[people]]\nid = \"a\"\nclaims = {{ {claim:?} = \"x\" }}\n");
    // The operating system's own error message.
    let missing = fs::File::open(directory.join("no.json")).expect_err("there is none");
    let missing = format!("no.json: {missing}");
    for (text, reasons) in [
        ("clients = 1".to_owned(), ["line 1", "invalid type"]),
        (client("services = {}\nredirect_uri = \"x\""), ["line 4", "unknown field `redirect_uri`"]),
        ("[tls]".to_owned(), ["line 1", "unknown field `tls`"]),
        (client("services = { logins = [] }"), ["line 3", "unknown field `logins`"]),
        ("[[people]]\nid = \"a\"\nname = \"A\"".to_owned(), ["line 3", "unknown field `name`"]),
        (
            client("services = {}"),
            ["clients[0] (\"MINE\")", "services: the client requires at least one"],
        ),
        (client(&format!("jwks = \"no.json\"\n{services}")), ["clients[0]", &missing]),
        (client(&format!("jwks = \"empty.json\"\n{services}")), ["empty.json", "\"use\": \"sig\""]),
        (
            client(&format!("jwks = \"private.json\"\n{services}")),
            ["clients[0] (\"MINE\"): jwks: ", "it contains private keys; use the output of"],
        ),
        (
            client(&format!("jwks = \"secret.json\"\n{services}")),
            ["secret.json", "it contains private keys"],
        ),
        (
            client(&format!("jwks = \"http://example.org/j\"\n{services}")),
            ["jwks:", "must use https, or http on loopback"],
        ),
        (
            client(&format!("jwks = \"j\"\nsecret = \"s\"\n{services}")),
            ["clients[0]", "either jwks or secret"],
        ),
        (client(&format!("hs256 = true\n{services}")), ["clients[0]", "hs256 requires a secret"]),
        (
            client(&format!("redirect_uris = [\"/cb\"]\n{services}")),
            ["clients[0]", "redirect_uris: \"/cb\""],
        ),
        (
            client(&format!("notification_endpoint = \"ftp://x\"\n{services}")),
            ["clients[0]", "notification_endpoint: \"ftp://x\""],
        ),
        (
            client(&format!("service_names = {{ M = \"N\" }}\n{services}")),
            ["clients[0]", "service_names: \"M\" is not one of the client's services"],
        ),
        (client(services).repeat(2), ["clients[1] (\"MINE\")", "is listed twice"]),
        ("[[people]]\nid = \"a\"\n".repeat(2), ["people[1] (\"a\")", "is listed twice"]),
        (person("shoe_size"), ["people[0] (\"a\")", "\"shoe_size\" is not an itsme claim"]),
        (person("Birthdate"), ["\"Birthdate\"", "did you mean \"birthdate\""]),
        (
            person("BENationalNumber"),
            [
                "not an itsme claim",
                "did you mean \"http://itsme.services/v2/claim/BENationalNumber\"",
            ],
        ),
        (
            person("http://itsme.services/v2/claim/citizenship"),
            [
                "not an itsme claim",
                "did you mean \"http://itsme.services/v2/claim/claim_citizenship\"",
            ],
        ),
        (
            person("tag:sixdots.be,2016-06:claim_city_of_birth"),
            ["claim_city_of_birth\"", "start with --v1"],
        ),
        ("faults = [\"none such\"]".to_owned(), ["\"none such\"", "--list-faults"]),
    ] {
        fs::write(&file, &text).expect("a file");
        let path = file.to_str().expect("a path in UTF-8");
        let (code, _, error) = run(&["--config", path, "--listen", "127.0.0.1:0"]);
        assert_eq!(code, Some(1), "{text}: {error}");
        for reason in reasons.iter().chain(&["sandbox.toml"]) {
            assert!(error.contains(reason), "{text}: no {reason} in {error}");
        }
    }
}

#[test]
fn each_dialect_takes_the_claims_that_it_can_tell() {
    let directory = sandbox::directory("claims");
    let file = directory.join("sandbox.toml");
    let of_v2 = "\"http://itsme.services/v2/claim/place_of_birth\" = { city = \"Luik\" }";
    let of_v1 = "\"tag:sixdots.be,2016-06:claim_city_of_birth\" = \"Luik\"";
    let path = file.to_str().expect("a path in UTF-8");
    for (claim, options) in [(of_v2, &[][..]), (of_v2, &["--v1"]), (of_v1, &["--v1"])] {
        let text = format!("[[people]]\nid = \"eva\"\nclaims = {{ {claim} }}\n");
        fs::write(&file, text).expect("a file");
        drop(Sandbox::start(&[&["--config", path], options].concat()));
    }
}

#[test]
fn the_introduction_is_one_line_of_json_for_scripts() {
    let sandbox = Sandbox::start(&["--json", "--redirect-uri", REDIRECT_URI]);
    assert_eq!(sandbox.introduction.lines().count(), 1, "{}", sandbox.introduction);
    let introduction: Value = serde_json::from_str(&sandbox.introduction).expect("JSON");
    assert_eq!(introduction["issuer"], sandbox.issuer);
    let metadata = introduction["discovery"].as_str().expect("an address");
    assert!(sandbox.get(metadata).body.contains(&sandbox.issuer));
    let client = &introduction["clients"][0];
    assert_eq!(client["client_id"], CLIENT_ID);
    assert_eq!(client["redirect_uris"], serde_json::json!([REGISTERED_URI, REDIRECT_URI]));
}

#[test]
fn an_address_that_is_none_is_refused_with_an_example() {
    for address in ["localhost", "localhost:x", "localhost:70000", "elsewhere:1", "127.0.0.1"] {
        let (code, _, error) = run(&["--listen", address]);
        assert_eq!(code, Some(2), "{address}: {error}");
        assert!(error.contains("127.0.0.1:8811 or localhost:8811"), "{address}: {error}");
    }
}

#[test]
fn faults_are_listed() {
    let (code, list, _) = run(&["--list-faults"]);
    assert_eq!(code, Some(0));
    assert!(list.lines().any(|name| name == "discovery: another issuer"), "{list}");
}

#[test]
fn keys_are_written_once_and_over_nothing() {
    let directory = sandbox::directory("keys");
    let file = directory.join("keys.json");
    let path = file.to_str().expect("a path in UTF-8");
    drop(Sandbox::start(&["--write-keys", path]));
    assert_eq!(fs::read_to_string(&file).expect("keys"), private_jwks());
    drop(Sandbox::start(&["--write-keys", path]));
    fs::write(&file, "somebody's").expect("a file");
    let (code, _, error) = run(&["--write-keys", path, "--listen", "127.0.0.1:0"]);
    assert_eq!(code, Some(1), "{error}");
    assert_eq!(fs::read_to_string(&file).expect("a file"), "somebody's");
}

#[cfg(unix)]
#[test]
fn signals_end_it_cleanly_whoever_is_connected() {
    use std::{io::Write as _, net::TcpStream, time::Duration};

    use rustix::process::Signal;

    for signal in [Signal::INT, Signal::TERM] {
        let sandbox = Sandbox::start(&[]);
        let address = sandbox.issuer.trim_start_matches("http://").trim_end_matches("/v2");
        let silent = TcpStream::connect(address).expect("it listens");
        let mut halfway = TcpStream::connect(address).expect("it listens");
        halfway.write_all(b"POST /v2/token HTTP/1.1\r\nHost: a\r\n").expect("it reads");
        let (code, took) = sandbox.stop(signal);
        assert_eq!(code, Some(0), "{signal:?}");
        assert!(took < Duration::from_secs(1), "{signal:?}: {took:?}");
        drop((silent, halfway));
    }
}
