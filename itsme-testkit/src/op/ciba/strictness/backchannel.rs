use super::*;
use crate::{CONFIRM_SERVICE, IDENTIFY_SERVICE, SHARE_SERVICE};

fn hint(kind: &str, value: &str) -> Value {
    json!({ "type": kind, "value": value })
}

/// An unsigned JWT with alg none.
fn unsigned(claims: &Value) -> String {
    let payload = claims.to_string().into_bytes();
    let (header, signer) = (json!({ "alg": "none" }), jose::SignedBy::Nobody);
    jose::Unsigned { header, payload, signer }.sign(&key("rp-sig-1")).expect("a JWT")
}

#[test]
fn signed_requests_are_checked() {
    fn seconds(claims: &Value, name: &str) -> u64 {
        claims[name].as_u64().expect("seconds")
    }
    for (change, error, detail) in [
        (
            (|c| c["iss"] = json!("X")) as fn(&mut Value),
            "invalid_request",
            "iss must be the client_id",
        ),
        (
            |c| c["aud"] = json!("https://op.example/v2/token"),
            "invalid_request",
            "aud must be https://op.example/v2",
        ),
        (|c| c["exp"] = c["iat"].clone(), "invalid_request", "exp is in the past"),
        (|c| c["iat"] = json!(seconds(c, "iat") + 61), "invalid_request", "iat is in the future"),
        (|c| c["nbf"] = Value::Null, "invalid_request", "exp or nbf is missing"),
        (
            |c| c["nbf"] = json!(seconds(c, "nbf") + 61),
            "invalid_request",
            "nbf is in the future, or more than an hour before exp",
        ),
        (
            |c| c["exp"] = json!(seconds(c, "nbf") + 3601),
            "invalid_request",
            "nbf is in the future, or more than an hour before exp",
        ),
        (|c| c["jti"] = json!(""), "invalid_request", "jti is empty or has already been used"),
        (
            |c| c["client_id"] = json!("X"),
            "invalid_request",
            "client_id differs inside and outside the request",
        ),
        (
            |c| c["login_hint"] = json!("ann@mail.example"),
            "invalid_request",
            "login_hint is not supported; only login_hint_token is",
        ),
        (
            |c| c["id_token_hint"] = json!("x"),
            "invalid_request",
            "id_token_hint is not supported; only login_hint_token is",
        ),
        (
            |c| c["claims"] = json!("{}"),
            "invalid_request",
            "claims must be an object in a request object",
        ),
        (
            |c| c["claims"] = json!({ "id_token": 7 }),
            "invalid_request",
            "claims must be a JSON object as defined in OIDC Core §5.5",
        ),
        (
            |c| c["claims"] = json!({ "userinfo": { "sub": { "value": "x" } } }),
            "invalid_request",
            "claims and login_hint_token name different users",
        ),
        (|c| c["acr_values"] = json!("high"), "invalid_request", "unknown acr high"),
        (
            |c| c["scope"] = json!("openid"),
            "invalid_scope",
            "scope must contain openid and exactly one service:CODE",
        ),
        (
            |c| c["scope"] = json!("openid service:X"),
            "invalid_scope",
            "service:X is not one of the services of TEST_CLIENT: \
             TEST_LOGIN, TEST_IDENTIFY, TEST_SHARE, TEST_CONFIRM",
        ),
        (
            |c| c["scope"] = json!(format!("service:{SERVICE}")),
            "invalid_scope",
            "scope must contain openid and exactly one service:CODE",
        ),
        (
            |c| c["requested_expiry"] = json!(0),
            "invalid_request",
            "requested_expiry must be a positive number of seconds",
        ),
        (
            |c| c["requested_expiry"] = json!("soon"),
            "invalid_request",
            "requested_expiry must be a positive number of seconds",
        ),
    ] {
        let answer = Bench::new().ask_with(change);
        assert_eq!(refusal(&answer), (400, detail.to_owned()));
        assert_eq!(json_body(&answer)["error"], error, "{detail}");
    }
    let several = json!(["https://other.example", "https://op.example/v2"]);
    Bench::new().accepted(|claims| claims["aud"] = several);
    Bench::new().accepted(|claims| claims["exp"] = json!(seconds(claims, "nbf") + 3600));
}

#[test]
fn the_request_is_signed_by_the_client_and_stands_alone() {
    let mut bench = Bench::new();
    let mut ask = |request: Option<&dyn Fn(&Value) -> String>, beside: Option<&'static str>| {
        let claims = bench.request_claims();
        let mut form: Form =
            request.map(|request| ("request", request(&claims))).into_iter().collect();
        form.extend(beside.map(|name| (name, "x".to_owned())));
        refusal(&bench.post("/backchannel/authentication", "token", form))
    };
    let right = |claims: &Value| signed("rp-sig-1", claims, "rp-sig-1");
    assert_eq!(ask(Some(&right), None), (200, String::new()));
    let parts = (400, "a signed JWT must have three parts".to_owned());
    assert_eq!(ask(None, None), parts);
    let to_op = json!({ "keys": [Bench::new().op.encryption.public_jwk()] });
    let encrypted = |claims: &Value| jose::encrypt_to(&to_op, &right(claims)).expect("a JWE");
    assert_eq!(ask(Some(&encrypted), None), parts);
    assert_eq!(ask(Some(&unsigned), None), (400, "the signature algorithm is not RS256".into()));
    let wrong = |claims: &Value| signed("rp-enc-1", claims, "rp-sig-1");
    assert_eq!(ask(Some(&wrong), None), (400, "the signature is wrong".into()));
    for name in ["scope", "login_hint", "id_token_hint", "login_hint_token", "claims"] {
        let beside = format!("{name} must not be sent outside the signed request");
        assert_eq!(ask(Some(&right), Some(name)), (400, beside));
    }
}

#[test]
fn a_request_is_good_once() {
    let mut bench = Bench::new();
    let claims = bench.request_claims();
    assert_eq!(bench.ask(&claims).status(), 200);
    let again = (400, "jti is empty or has already been used".to_owned());
    assert_eq!(refusal(&bench.ask(&claims)), again);
}

/// itsme's documentation shows three forms of `login_hint_token` and two types of hint.
#[test]
fn each_form_of_hint_may_have_each_type() {
    let forms: [fn(&Value) -> Value; 3] = [
        |hint| hint.clone(),
        |hint| json!(unsigned(hint)),
        |hint| json!(signed("rp-sig-1", hint, "rp-sig-1")),
    ];
    for form in forms {
        let mut bench = Bench::new();
        let token = bench.identifier();
        let sub = bench.op.sub_of(&Person::ann());
        for (kind, value) in [("user_identifier_token", &token), ("subject_code", &sub)] {
            bench.accepted(|claims| claims["login_hint_token"] = form(&hint(kind, value)));
            let pending = bench.op.pending_backchannel();
            assert_eq!(pending.last().expect("a request").person, Person::ann());
        }
    }
}

#[test]
fn hints_are_checked() {
    let sub = |client_id| {
        let sub = Bench::new().op.pairwise_sub(client_id, &Person::ann());
        hint("subject_code", &sub)
    };
    let own = sub(CLIENT_ID);
    let mut forged = unsigned(&own);
    forged.push_str("AAAA");
    let claims_to_be_signed =
        format!("{}.", signed("rp-sig-1", &own, "rp-sig-1").rsplit_once('.').expect("parts").0);
    for (hint, code, detail) in [
        (Value::Null, "invalid_request", "login_hint_token: it is neither a JWT nor an object"),
        (json!("x"), "invalid_request", "login_hint_token: a signed JWT must have three parts"),
        (
            json!(own.to_string()),
            "invalid_request",
            "login_hint_token: a signed JWT must have three parts",
        ),
        (json!("a.b."), "invalid_request", "login_hint_token: a part of a JWT is not base64url"),
        (
            json!(signed("rp-enc-1", &own, "rp-sig-1")),
            "invalid_request",
            "login_hint_token: the signature is wrong",
        ),
        (
            json!(forged),
            "invalid_request",
            "login_hint_token: the signature algorithm is not RS256",
        ),
        (
            json!(claims_to_be_signed),
            "invalid_request",
            "login_hint_token: a JWT without a signature must have the alg none",
        ),
        (hint("email", "x"), "invalid_request", "login_hint_token: unknown type \"email\""),
        (hint("subject_code", "x"), "unknown_user_id", "no user of this client has this sub"),
        (hint("subject_code", ""), "unknown_user_id", "no user of this client has this sub"),
        (sub(OTHER_CLIENT), "unknown_user_id", "no user of this client has this sub"),
        (hint("user_identifier_token", "x"), "unknown_user_id", "unknown user_identifier_token"),
    ] {
        let answer = Bench::new().ask_with(|claims| claims["login_hint_token"] = hint);
        assert_eq!(refusal(&answer), (400, detail.to_owned()));
        assert_eq!(json_body(&answer)["error"], code, "{detail}");
    }
}

#[test]
fn a_user_identifier_token_is_good_once_for_five_minutes_and_for_its_client() {
    let ask = |bench: &mut Bench, token: &str| {
        let hint = hint("user_identifier_token", token);
        refusal(&bench.ask_with(|claims| claims["login_hint_token"] = hint))
    };
    let mut bench = Bench::new();
    let token = bench.identifier();
    bench.client_id = OTHER_CLIENT;
    let unknown = (400, "unknown user_identifier_token".to_owned());
    assert_eq!(ask(&mut bench, &token), unknown);
    bench.client_id = CLIENT_ID;
    // Five seconds of the token's lifetime had passed before the poll.
    bench.after(294);
    assert_eq!(ask(&mut bench, &token).0, 200);
    let used = (400, "the user_identifier_token has already been used".to_owned());
    assert_eq!(ask(&mut bench, &token), used);

    let token = bench.identifier();
    bench.after(295);
    let expired = (400, "the user_identifier_token has expired".to_owned());
    assert_eq!(ask(&mut bench, &token), expired);
    let hint = hint("user_identifier_token", &token);
    let answer = bench.ask_with(|claims| claims["login_hint_token"] = hint);
    assert_eq!(error(&answer), (400, "expired_login_hint_token".into()));
}

#[test]
fn a_sub_is_known_as_long_as_the_account() {
    let mut bench = Bench::new();
    let claims = bench.request_claims();
    bench.op.recreate_account(&Person::ann());
    assert_eq!(error(&bench.ask(&claims)), (400, "unknown_user_id".into()));
    bench.accepted(|_| ());

    let eva = Person::new("eva");
    let hint = hint("subject_code", &bench.op.sub_of(&eva));
    let with_hint = |claims: &mut Value| claims["login_hint_token"] = hint.clone();
    assert_eq!(error(&bench.ask_with(with_hint)), (400, "unknown_user_id".into()));
    let id = bench.begin_session()["user_discovery_session_id"].take();
    bench.op.scan(id.as_str().expect("an id"), &eva);
    bench.accepted(with_hint);
}

#[test]
fn services_carry_what_they_must() {
    let ask = |service: &str, claims: Value| {
        let mut bench = Bench::new();
        let answer = bench.ask_with(|request| {
            request["scope"] = json!(format!("openid service:{service}"));
            request["claims"] = claims;
        });
        (bench, refusal(&answer))
    };
    let right = (200, String::new());
    for service in [IDENTIFY_SERVICE, SHARE_SERVICE] {
        let nothing = (400, "this service requires at least one claim or scope".to_owned());
        assert_eq!(ask(service, json!({})).1, nothing);
        assert_eq!(ask(service, json!({ "id_token": { "name": null } })).1, right);
    }
    let named = "http://itsme.services/v2/claim/claim_approval_template_name";
    let text = "http://itsme.services/v2/claim/claim_approval_text_key";
    let value = |value: &str| json!({ "essential": true, "value": value });
    let half = json!({ "userinfo": { named: value("free_text") } });
    let whole = json!({ "userinfo": { named: value("free_text"), text: value("Yes?") } });
    let no_template = (400, "a confirmation requires a complete template".to_owned());
    assert_eq!(ask(CONFIRM_SERVICE, json!({})).1, no_template);
    assert_eq!(ask(CONFIRM_SERVICE, half).1, no_template);
    assert_eq!(
        ask(SERVICE, whole.clone()).1,
        (400, "only a confirmation can have a template".to_owned())
    );
    let (bench, answer) = ask(CONFIRM_SERVICE, whole);
    assert_eq!(answer, right);
    let asked = bench.op.pending_backchannel().remove(0);
    assert!(asked.claims.is_empty());
    let template = [("template_name", "free_text"), ("text_key", "Yes?")];
    assert_eq!(asked.template, template.map(|(n, v)| (n.to_owned(), v.to_owned())).into());
}

#[test]
fn a_client_may_want_less_time_and_not_more() {
    for (requested, expires_in) in
        [(json!(60), 60), (json!("60"), 60), (json!(300), 300), (json!(301), 300)]
    {
        let answer = Bench::new().ask_with(|claims| claims["requested_expiry"] = requested);
        assert_eq!(json_body(&answer)["expires_in"], expires_in);
    }
}

#[test]
fn pings_need_an_endpoint_and_a_bearer_token() {
    let ask = |client_id, token: &str| {
        let mut bench = Bench::new();
        bench.op.ping_at(super::NOTIFICATIONS);
        bench.client_id = client_id;
        refusal(&bench.ask_with(|claims| claims["client_notification_token"] = json!(token)))
    };
    let right = (200, String::new());
    assert_eq!(ask(CLIENT_ID, "abc-._~+/09=="), right);
    assert_eq!(ask(CLIENT_ID, &"x".repeat(1024)), right);
    let wrong = (400, "client_notification_token is not a bearer token or is too long".to_owned());
    for token in ["=", "a b", "a=b", "é", &"x".repeat(1025)] {
        assert_eq!(ask(CLIENT_ID, token), wrong, "{token}");
    }
    let no_endpoint = (400, "the client has no notification endpoint".to_owned());
    assert_eq!(ask(OTHER_CLIENT, "abc"), no_endpoint);
    let mut bench = Bench::new();
    bench.op.ping_at(super::NOTIFICATIONS);
    let no_token = (400, "client_notification_token is required in ping mode".to_owned());
    assert_eq!(refusal(&bench.ask_with(|_| ())), no_token);
    assert_eq!(ask(CLIENT_ID, ""), no_token, "an empty token counts as missing");
}
