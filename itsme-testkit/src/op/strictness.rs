//! Tests what a careful OP rejects, with a client that makes one mistake at a time.

use std::time::Duration;

use itsme_core::{Platform as _, Request};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{
    FakeOp,
    bench::{self, Form, key, set, signed},
};
use crate::{
    CLIENT_ID, CONFIRM_SERVICE, Person, REDIRECT_URI, RegisteredClient, SECRET_CLIENT_ID, SERVICE,
    World, jose, private_jwks,
};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

struct Bench {
    world: World,
    op: FakeOp,
    code: String,
}

impl Bench {
    fn new() -> Self {
        let world = World::new();
        let mut op = FakeOp::new(world.clock());
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("client_id", CLIENT_ID),
                ("response_type", "code"),
                ("redirect_uri", REDIRECT_URI),
                ("scope", &format!("openid service:{SERVICE}")),
                ("state", "s"),
                ("code_challenge", CHALLENGE),
                ("code_challenge_method", "S256"),
            ])
            .finish();
        let url = format!("{}/authorization?{query}", op.issuer());
        let callback = op.approve(&url, &Person::ann());
        let (_, rest) = callback.split_once("?code=").expect("a code");
        let code = rest.split_once('&').expect("a state").0.to_owned();
        Self { world, op, code }
    }

    fn assertion_claims(&self) -> Value {
        let audience = format!("{}/token", self.op.issuer());
        bench::assertion_claims(CLIENT_ID, &audience, "1", self.world.now())
    }

    fn form(&self, assertion: &str) -> Form {
        let mut form = bench::client_auth(CLIENT_ID, assertion);
        form.extend([
            ("grant_type", "authorization_code".into()),
            ("code", self.code.clone()),
            ("redirect_uri", REDIRECT_URI.into()),
            ("code_verifier", VERIFIER.into()),
        ]);
        form
    }

    /// Posts a form and returns the response's status and `detail`.
    fn post(&mut self, form: &Form) -> (u16, String) {
        bench::refusal(&bench::post(&mut self.op, "/token", form))
    }

    fn send(&mut self, request: Request) -> (u16, String) {
        bench::refusal(&self.op.handle(request).expect("an answer"))
    }

    /// Posts a request that is correct except for one change in its assertion's claims.
    fn post_with_claims(&mut self, change: impl FnOnce(&mut Value)) -> (u16, String) {
        let mut claims = self.assertion_claims();
        change(&mut claims);
        let form = self.form(&signed("rp-sig-1", &claims, "rp-sig-1"));
        self.post(&form)
    }

    /// Posts a request that is correct except for one change in its form.
    fn post_with_form(&mut self, change: impl FnOnce(&mut Form)) -> (u16, String) {
        let mut form = self.form(&signed("rp-sig-1", &self.assertion_claims(), "rp-sig-1"));
        change(&mut form);
        self.post(&form)
    }
}

#[test]
fn a_right_request_is_answered() {
    assert_eq!(Bench::new().post_with_form(|_| ()).0, 200);
    let mut bench = Bench::new();
    let jws = signed("rp-sig-1", &bench.assertion_claims(), "rp-sig-1");
    let op_keys = json!({ "keys": [bench.op.encryption.public_jwk()] });
    let form = bench.form(&jose::encrypt_to(&op_keys, &jws).expect("a JWE"));
    assert_eq!(bench.post(&form).0, 200, "signed, then encrypted");
}

#[test]
fn an_assertion_names_its_client_by_itself() {
    let without = Bench::new().post_with_form(|form| form.retain(|(n, _)| *n != "client_id"));
    assert_eq!(without.0, 200);
    let mut bench = Bench::new();
    let mut claims = bench.assertion_claims();
    claims["sub"] = json!("X");
    let mut form = bench.form(&signed("rp-sig-1", &claims, "rp-sig-1"));
    form.retain(|(name, _)| *name != "client_id");
    assert_eq!(bench.post(&form), (401, "unknown client_id".into()));
}

const AUDIENCES: &str = "the assertion's aud must be https://op.example/v2/token, or \
                         https://op.example/v2 with the typ client-authentication+jwt";

#[test]
fn assertions_are_checked() {
    for (change, detail) in [
        (
            (|c| c["iss"] = json!("X")) as fn(&mut Value),
            "the assertion's iss and sub must be the client_id",
        ),
        (|c| c["sub"] = json!("X"), "the assertion's iss and sub must be the client_id"),
        (|c| c["aud"] = json!("https://op.example/v2"), AUDIENCES),
        (|c| c["aud"] = Value::Null, AUDIENCES),
        (|c| c["exp"] = Value::Null, "the assertion's exp is missing"),
        (
            |c| c["exp"] = json!(c["iat"].as_u64().expect("iat") - 60),
            "the assertion's exp is in the past or too far in the future",
        ),
        (
            |c| c["exp"] = json!(c["iat"].as_u64().expect("iat") + 3661),
            "the assertion's exp is in the past or too far in the future",
        ),
        (
            |c| c["iat"] = json!(c["iat"].as_u64().expect("iat") + 61),
            "the assertion's iat is in the future",
        ),
        (
            |c| drop(c.as_object_mut().expect("claims").remove("iat")),
            "the assertion's iat is missing",
        ),
        (
            |c| c["jti"] = json!(""),
            "the assertion's jti is missing, is too long, or has already been used",
        ),
        (
            |c| c["jti"] = json!("x".repeat(256)),
            "the assertion's jti is missing, is too long, or has already been used",
        ),
    ] {
        let (status, found) = Bench::new().post_with_claims(change);
        assert_eq!((status, found.as_str()), (401, detail));
    }
}

#[test]
fn a_jti_is_used_once() {
    let mut bench = Bench::new();
    assert_eq!(bench.post_with_form(|_| ()).0, 200);
    let (status, detail) = bench.post_with_form(|_| ());
    assert_eq!(
        (status, detail.as_str()),
        (401, "the assertion's jti is missing, is too long, or has already been used")
    );
}

#[test]
fn signatures_and_key_use_are_checked() {
    let refused = |signer: &str, kid: &str| {
        let mut bench = Bench::new();
        let form = bench.form(&signed(signer, &bench.assertion_claims(), kid));
        bench.post(&form)
    };
    assert_eq!(refused("rp-enc-1", "rp-sig-1"), (401, "the signature is wrong".into()));
    let wrong_use = "the client's key \"rp-enc-1\" is not for signatures".to_owned();
    assert_eq!(refused("rp-enc-1", "rp-enc-1"), (401, wrong_use));
    let unknown = "the client does not publish a key \"x\"".to_owned();
    assert_eq!(refused("rp-sig-1", "x"), (401, unknown));

    let mut bench = Bench::new();
    let jws = signed("rp-sig-1", &bench.assertion_claims(), "rp-sig-1");
    let own = json!({ "keys": [key("rp-enc-1").public_jwk()] });
    let form = bench.form(&jose::encrypt_to(&own, &jws).expect("a JWE"));
    let (status, detail) = bench.post(&form);
    assert_eq!(status, 401);
    assert!(detail.starts_with("encrypted to the key"), "{detail}");
}

#[test]
fn the_form_is_checked() {
    for (name, value, status, detail) in [
        ("grant_type", "password", 400, "grant_type \"password\" is unknown"),
        ("code", "x", 400, "unknown code"),
        (
            "redirect_uri",
            "https://rp.example/itsme/callback/",
            400,
            "redirect_uri differs from the authorization request's",
        ),
        ("code_verifier", "x", 400, "code_verifier does not match code_challenge"),
        ("client_id", "X", 401, "unknown client_id"),
        ("client_assertion_type", "x", 401, "client_assertion_type must be jwt-bearer"),
        ("client_assertion", "x", 401, "a signed JWT must have three parts"),
    ] {
        let found = Bench::new().post_with_form(|form| set(form, name, value));
        assert_eq!(found, (status, detail.to_owned()), "{name}");
    }
    let without = Bench::new().post_with_form(|form| form.retain(|(n, _)| *n != "code_verifier"));
    assert_eq!(without, (400, "code_verifier does not match code_challenge".into()));
    let twice = Bench::new().post_with_form(|form| form.push(("code", "x".into())));
    assert_eq!(twice, (400, "the parameter code appears twice".into()));
    let mut bench = Bench::new();
    let uri = format!("{}/token", bench.op.issuer());
    let form = "application/x-www-form-urlencoded";
    for (media_type, status, detail) in [
        ("application/json", 400, "the body must be application/x-www-form-urlencoded"),
        (form, 401, "client_id is missing"),
        ("Application/X-WWW-Form-urlencoded;charset=UTF-8", 401, "client_id is missing"),
    ] {
        let request = http::Request::post(&uri).header("content-type", media_type);
        let request = request.body(b"{}".to_vec()).expect("a request");
        assert_eq!(bench.send(request), (status, detail.into()), "{media_type}");
    }
}

#[test]
fn a_code_is_good_once_and_for_three_minutes() {
    let mut bench = Bench::new();
    bench.world.advance(Duration::from_secs(180));
    assert_eq!(bench.post_with_form(|_| ()).0, 200);
    let again = bench.post_with_claims(|claims| claims["jti"] = json!("2"));
    assert_eq!(again, (400, "the code has already been used".into()));
    assert!(bench.op.access_tokens.is_empty(), "the access token is revoked");

    let mut bench = Bench::new();
    bench.world.advance(Duration::from_secs(181));
    assert_eq!(bench.post_with_form(|_| ()), (400, "the code has expired".into()));
}

#[test]
fn lifetimes_and_leeway_are_as_they_were_set() {
    let mut bench = Bench::new();
    let (minute, hour) = (Duration::from_secs(60), Duration::from_secs(3600));
    bench.op.code_lifetime(hour);
    bench.op.token_lifetime(minute);
    bench.op.clock_leeway(hour);
    let stale = bench.assertion_claims();
    bench.world.advance(hour);
    assert_eq!(bench.post_with_claims(|claims| *claims = stale).0, 200);
    let token = bench.op.access_tokens.values().next().expect("an access token");
    assert_eq!(token.until.since(bench.world.now()), minute);
}

#[test]
fn a_code_belongs_to_its_client() {
    let mut bench = Bench::new();
    let jwks: Value = serde_json::from_str(private_jwks()).expect("JSON");
    bench.op.register(RegisteredClient::new("OTHER", &jwks.to_string()));
    let mut claims = bench.assertion_claims();
    claims["iss"] = json!("OTHER");
    claims["sub"] = json!("OTHER");
    let mut form = bench.form(&signed("rp-sig-1", &claims, "rp-sig-1"));
    set(&mut form, "client_id", "OTHER");
    assert_eq!(bench.post(&form), (400, "the code belongs to a different client".into()));
}

#[test]
fn an_authorization_request_is_checked() {
    let world = World::new();
    let mut op = FakeOp::new(world.clock());
    let scope = format!("openid service:{SERVICE}");
    let base = [
        ("client_id", CLIENT_ID),
        ("response_type", "code"),
        ("redirect_uri", REDIRECT_URI),
        ("scope", &scope),
        ("state", "s"),
    ];
    let mut ask = |name: &str, value: &str| {
        let mut parameters: Vec<_> = base.iter().filter(|(n, _)| *n != name).collect();
        let extra = (name, value);
        parameters.push(&extra);
        let query =
            form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        op.decide(&query, Some(&Person::ann()))
    };
    let unknown = "invalid_client_id: X is not one of TEST_CLIENT, TEST_SECRET_CLIENT";
    assert_eq!(ask("client_id", "X"), Err(unknown.into()));
    let trailing = format!("{REDIRECT_URI}/");
    for uri in ["https://evil.example/", &trailing, ""] {
        let error = ask("redirect_uri", uri).expect_err("another redirect URI");
        assert!(error.starts_with("invalid_redirect_uri: "), "{error}");
    }
    for (name, value, error) in [
        ("response_type", "token", "unsupported_response_type"),
        ("scope", "openid", "invalid_scope"),
        ("scope", "service:TEST_LOGIN", "invalid_scope"),
        ("scope", "openid service:OTHER", "invalid_scope"),
        ("scope", "openid service:TEST_LOGIN service:TEST_LOGIN", "invalid_scope"),
        ("prompt", "none", "invalid_request"),
        ("max_age", "soon", "invalid_request"),
        ("claims", "[]", "invalid_request"),
        ("claims", "{\"id_token\":7}", "invalid_request"),
        ("acr_values", "high", "invalid_request"),
        ("code_challenge", CHALLENGE, "invalid_request"),
        ("request", "x", "invalid_request_object"),
        ("request_uri", "https://rp.example/", "invalid_request_uri"),
    ] {
        let callback = ask(name, value).expect("a redirect");
        let (_, query) = callback.split_once('?').expect("a query");
        assert!(query.starts_with(&format!("error={error}&")), "{name}={value}: {callback}");
        assert!(query.ends_with("&state=s"), "{callback}");
    }
    assert!(ask("prompt", "login consent").expect("a redirect").contains("?code="));
}

#[test]
fn a_service_that_is_allowed_is_one_of_both_test_clients() {
    let mut op = FakeOp::new(World::new().clock());
    op.allow_service("MINE");
    for client_id in [CLIENT_ID, SECRET_CLIENT_ID] {
        let parameters = [
            ("client_id", client_id),
            ("response_type", "code"),
            ("redirect_uri", REDIRECT_URI),
            ("scope", "openid service:MINE"),
        ];
        let query =
            form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        let callback = op.decide(&query, Some(&Person::ann())).expect("a redirect");
        assert!(callback.contains("?code="), "{client_id}: {callback}");
    }
}

/// Sends a confirmation as a request object with one change in its claims. Returns the first
/// parameter of the callback.
fn request_object(change: impl FnOnce(&mut Value)) -> String {
    let world = World::new();
    let mut op = FakeOp::new(world.clock());
    let now = world.now().as_secs();
    let scope = format!("openid service:{CONFIRM_SERVICE}");
    let template = |name: &str, value: &str| {
        let name = format!("http://itsme.services/v2/claim/claim_approval_{name}");
        (name, json!({ "essential": true, "value": value }))
    };
    let userinfo: serde_json::Map<String, Value> =
        [template("template_name", "free_text"), template("text_key", "Yes?")]
            .into_iter()
            .collect();
    let mut claims = json!({
        "iss": CLIENT_ID, "aud": op.issuer(), "iat": now, "exp": now + 300, "jti": "1",
        "client_id": CLIENT_ID, "response_type": "code", "scope": scope,
        "redirect_uri": REDIRECT_URI, "state": "s", "claims": { "userinfo": userinfo },
    });
    change(&mut claims);
    let jws = signed("rp-sig-1", &claims, "rp-sig-1");
    let op_keys = json!({ "keys": [op.encryption.public_jwk()] });
    let jwt = jose::encrypt_to(&op_keys, &jws).expect("a JWE");
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("client_id", CLIENT_ID),
            ("response_type", "code"),
            ("redirect_uri", REDIRECT_URI),
            ("scope", &scope),
            ("state", "s"),
            ("request", &jwt),
        ])
        .finish();
    let first = op.decide(&query, Some(&Person::ann())).expect("a redirect");
    let second = op.decide(&query, Some(&Person::ann())).expect("a redirect");
    assert!(!second.contains("?code="), "a request object works only once");
    let (_, answer) = first.split_once('?').expect("a query");
    answer.split('&').next().unwrap_or_default().to_owned()
}

#[test]
fn request_objects_are_checked() {
    assert!(request_object(|_| ()).starts_with("code="));
    assert!(
        request_object(|c| c["aud"] = json!("https://op.example/v2/authorization"))
            .starts_with("code=")
    );
    for (change, error) in [
        ((|c| c["iss"] = json!("X")) as fn(&mut Value), "invalid_request_object"),
        (|c| c["aud"] = json!("https://op.example/v2/token"), "invalid_request_object"),
        (|c| c["exp"] = json!(c["iat"]), "invalid_request_object"),
        (|c| c["exp"] = Value::Null, "invalid_request_object"),
        (|c| c["iat"] = json!(c["exp"]), "invalid_request_object"),
        (|c| c["jti"] = json!(""), "invalid_request_object"),
        (|c| c["claims"] = json!("{}"), "invalid_request_object"),
        (|c| c["client_id"] = json!("X"), "invalid_request"),
        (|c| c["redirect_uri"] = json!("https://rp.example/other"), "invalid_request"),
        (|c| c["state"] = json!("other"), "invalid_request"),
        (|c| c["scope"] = json!("openid"), "invalid_request"),
        (|c| c["claims"] = json!({}), "invalid_request"),
        (
            |c| {
                let userinfo = c["claims"]["userinfo"].as_object_mut().expect("claims");
                userinfo.retain(|name, _| name.ends_with("template_name"));
            },
            "invalid_request",
        ),
    ] {
        assert_eq!(request_object(change), format!("error={error}"));
    }
}

#[test]
fn secrets_are_checked() {
    let ask = |secret: &str, extra: Option<(&'static str, &str)>| {
        let mut bench = Bench::new();
        let mut form = bench.form("");
        form.retain(|(name, _)| !name.starts_with("client_"));
        form.push(("client_id", crate::SECRET_CLIENT_ID.to_owned()));
        form.push(("client_secret", secret.to_owned()));
        form.extend(extra.map(|(name, value)| (name, value.to_owned())));
        bench.post(&form)
    };
    let other_client = (400, "the code belongs to a different client".to_owned());
    assert_eq!(
        ask(crate::CLIENT_SECRET, None),
        other_client,
        "the secret authenticates the client"
    );
    let wrong = (401, "client_secret is wrong".to_owned());
    assert_eq!(ask("x", None), wrong);
    let both = "this client has a secret and must not send a client_assertion";
    let asserted = ask(crate::CLIENT_SECRET, Some(("client_assertion", "x")));
    assert_eq!(asserted, (401, both.to_owned()));
    let mut bench = Bench::new();
    let request = http::Request::post(format!("{}/connect/revoke", bench.op.issuer()))
        .header("authorization", "Basic eDp5")
        .body(b"token=x".to_vec())
        .expect("a request");
    assert_eq!(bench.send(request).0, 401);
}
