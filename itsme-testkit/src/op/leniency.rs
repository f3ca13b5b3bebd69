//! Tests what itsme's documentation allows but a careful OP would not: a lenient OP accepts it, and
//! a strict one rejects it and names the problem. Also tests what both of them accept.

use itsme_core::Platform as _;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{
    FakeOp,
    bench::{self, signed},
};
use crate::{CLIENT_ID, Person, REDIRECT_URI, SERVICE, World};

struct Bench {
    world: World,
    op: FakeOp,
}

/// A strict OP and a lenient one.
fn both() -> [(bool, Bench); 2] {
    [true, false].map(|strict| {
        let world = World::new();
        let mut op = FakeOp::new(world.clock());
        op.set_strict(strict);
        (strict, Bench { world, op })
    })
}

impl Bench {
    fn claims(&self) -> Value {
        let now = self.world.now().as_secs();
        json!({
            "iss": CLIENT_ID, "aud": self.op.issuer(), "iat": now, "exp": now + 300, "jti": "1",
            "client_id": CLIENT_ID, "response_type": "code", "redirect_uri": REDIRECT_URI,
            "scope": format!("openid service:{SERVICE}"), "state": "s",
        })
    }

    /// The query of the callback after a request has been approved.
    fn ask(&mut self, parameters: &[(&str, &str)]) -> String {
        let query =
            form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        let callback = self.op.decide(&query, Some(&Person::ann())).expect("a redirect");
        let (_, query) = callback.split_once('?').expect("a query");
        form_urlencoded::parse(query.as_bytes())
            .map(|(name, value)| format!("{name}={value} "))
            .collect()
    }

    /// Sends a request object with these claims, and these additional parameters outside it.
    fn ask_by_object(&mut self, claims: &Value, beside: &[(&str, &str)]) -> String {
        let jws = signed("rp-sig-1", claims, "rp-sig-1");
        let scope = format!("openid service:{SERVICE}");
        let usual = [
            ("client_id", CLIENT_ID),
            ("response_type", "code"),
            ("redirect_uri", REDIRECT_URI),
            ("scope", &scope),
            ("request", &jws),
        ];
        self.ask(&[&usual, beside].concat())
    }

    fn redeem(&mut self, code: &str, assertion: &Value) -> (u16, String) {
        let mut form = bench::client_auth(CLIENT_ID, &signed("rp-sig-1", assertion, "rp-sig-1"));
        form.extend([
            ("grant_type", "authorization_code".into()),
            ("code", code.to_owned()),
            ("redirect_uri", REDIRECT_URI.into()),
            ("code_verifier", String::new()),
        ]);
        bench::refusal(&bench::post(&mut self.op, "/token", &form))
    }
}

#[test]
fn an_assertion_can_do_without_iat_and_last_an_hour() {
    for (strict, mut bench) in both() {
        let mut jti = 0;
        let mut redeem = |change: &dyn Fn(&mut Value)| {
            jti += 1;
            let scope = format!("openid service:{SERVICE}");
            let asked = bench.ask(&[
                ("client_id", CLIENT_ID),
                ("response_type", "code"),
                ("redirect_uri", REDIRECT_URI),
                ("scope", &scope),
            ]);
            let code = asked.trim().strip_prefix("code=").expect("a code").to_owned();
            let audience = format!("{}/token", bench.op.issuer());
            let now = bench.world.now();
            let mut claims = bench::assertion_claims(CLIENT_ID, &audience, &jti.to_string(), now);
            change(&mut claims);
            bench.redeem(&code, &claims)
        };
        let missing = (401, "the assertion's iat is missing".to_owned());
        let good = (200, String::new());
        let without = redeem(&|c| drop(c.as_object_mut().expect("claims").remove("iat")));
        assert_eq!(without, if strict { missing } else { good.clone() });
        let future = redeem(&|c| c["iat"] = json!(c["iat"].as_u64().expect("iat") + 120));
        assert_eq!(future, (401, "the assertion's iat is in the future".to_owned()));
        // An hour ahead according to a clock that runs slightly fast.
        for more in [3600, 3630, 3660] {
            let hour = redeem(&|c| c["exp"] = json!(c["iat"].as_u64().expect("iat") + more));
            assert_eq!(hour, good, "{more}");
        }
        let day = redeem(&|c| c["exp"] = json!(c["iat"].as_u64().expect("iat") + 86_400));
        assert_eq!(
            day,
            (401, "the assertion's exp is in the past or too far in the future".to_owned())
        );
    }
}

#[test]
fn an_object_can_do_without_what_bounds_it() {
    for (strict, mut bench) in both() {
        for missing in ["exp", "iat", "jti"] {
            for null in [false, true] {
                let mut claims = bench.claims();
                claims["jti"] = json!(format!("{missing} {null}"));
                match null {
                    true => claims[missing] = Value::Null,
                    false => drop(claims.as_object_mut().expect("claims").remove(missing)),
                }
                let found = bench.ask_by_object(&claims, &[("state", "s")]);
                let told =
                    format!("error=invalid_request_object error_description={missing} is missing");
                assert_eq!(found.starts_with(&told), strict, "{found}");
                assert_eq!(found.starts_with("code="), !strict, "{found}");
            }
        }
        // A request object that is a static file on a web server never changes.
        let mut claims = bench.claims();
        claims
            .as_object_mut()
            .expect("claims")
            .retain(|name, _| !["exp", "iat"].contains(&&**name));
        for _ in 0..2 {
            assert_eq!(
                bench.ask_by_object(&claims, &[("state", "s")]).starts_with("code="),
                !strict
            );
        }
        // Claims that are present must still be valid.
        let mut claims = bench.claims();
        claims["exp"] = claims["iat"].clone();
        let found = bench.ask_by_object(&claims, &[("state", "s")]);
        assert!(
            found.starts_with("error=invalid_request_object error_description=exp is in the past")
        );
    }
}

#[test]
fn state_may_stand_in_the_object_alone() {
    for (_, mut bench) in both() {
        let claims = bench.claims();
        let found = bench.ask_by_object(&claims, &[]);
        assert!(found.starts_with("code=") && found.ends_with("state=s "), "{found}");
        let mut claims = bench.claims();
        (claims["jti"], claims["scope"]) = (json!("2"), json!(format!("openid service:{SERVICE}")));
        let found = bench.ask_by_object(&claims, &[("state", "another")]);
        assert!(found.contains("state differs"), "{found}");
        claims["jti"] = json!("3");
        claims["prompt"] = json!("none");
        let found = bench.ask_by_object(&claims, &[]);
        assert!(
            found.starts_with("error=") && found.ends_with("state=s "),
            "the error response contains the state: {found}"
        );
    }
}

#[test]
fn spaces_too_many_are_no_scope() {
    for (strict, mut bench) in both() {
        for scope in [
            format!("openid service:{SERVICE} "),
            format!(" openid service:{SERVICE}"),
            format!("openid  service:{SERVICE}   "),
        ] {
            let usual = [("client_id", CLIENT_ID), ("response_type", "code")];
            let rest = [("redirect_uri", REDIRECT_URI), ("scope", &scope)];
            let found = bench.ask(&[usual, rest].concat());
            let told = "error=invalid_scope error_description=scope has an extra space ";
            assert_eq!(found == told, strict, "{found}");
            assert_eq!(found.starts_with("code="), !strict, "{found}");
        }
    }
}

/// Empty parameters count as absent (RFC 6749 §3.1).
#[test]
fn empty_parameters_are_absent() {
    for (_, mut bench) in both() {
        let scope = format!("openid service:{SERVICE}");
        let usual = [
            ("client_id", CLIENT_ID),
            ("response_type", "code"),
            ("redirect_uri", REDIRECT_URI),
            ("scope", &scope),
        ];
        let empty = [
            "acr_values",
            "prompt",
            "claims",
            "max_age",
            "nonce",
            "code_challenge",
            "code_challenge_method",
            "request",
            "request_uri",
            "ui_locales",
        ]
        .map(|name| (name, ""));
        assert!(bench.ask(&[&usual[..], &empty].concat()).starts_with("code="));
        for nothing in [json!(""), Value::Null] {
            let mut claims = bench.claims();
            claims["jti"] = json!(nothing.to_string());
            for name in ["acr_values", "prompt", "max_age", "nonce", "code_challenge"] {
                claims[name] = nothing.clone();
            }
            let found = bench.ask_by_object(&claims, &[("state", "s")]);
            assert!(found.starts_with("code="), "{found}");
        }
    }
}

#[test]
fn a_level_that_is_not_known_counts_as_none() {
    for (strict, mut bench) in both() {
        let scope = format!("openid service:{SERVICE}");
        for acr in ["tag:sixdots.be,2016-06:acr_secured", "high", "urn:x high"] {
            let usual = [("client_id", CLIENT_ID), ("response_type", "code"), ("scope", &scope)];
            let rest = [("redirect_uri", REDIRECT_URI), ("acr_values", acr)];
            let found = bench.ask(&[&usual[..], &rest].concat());
            assert_eq!(found.starts_with("error=invalid_request "), strict, "{found}");
            assert_eq!(found.starts_with("code="), !strict, "{found}");
        }
    }
}

#[test]
fn a_secret_in_a_header_is_told_where_it_belongs() {
    for (_, mut bench) in both() {
        let request = http::Request::post(format!("{}/token", bench.op.issuer()))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("authorization", "Basic VEVTVDp4")
            .body(b"grant_type=authorization_code".to_vec());
        let answer = bench.op.handle(request.expect("a request")).expect("an answer");
        let (status, detail) = bench::refusal(&answer);
        assert_eq!(status, 401);
        assert!(detail.contains("in the body, not in a header"), "{detail}");
    }
}

#[test]
fn bearer_is_bearer_in_any_letters() {
    for (_, mut bench) in both() {
        let scope = format!("openid service:{SERVICE}");
        let usual = [("client_id", CLIENT_ID), ("response_type", "code"), ("scope", &scope)];
        let code = bench.ask(&[&usual[..], &[("redirect_uri", REDIRECT_URI)]].concat());
        let audience = format!("{}/token", bench.op.issuer());
        let claims = bench::assertion_claims(CLIENT_ID, &audience, "1", bench.world.now());
        let code = code.trim().strip_prefix("code=").expect("a code");
        assert_eq!(bench.redeem(code, &claims).0, 200);
        let token = bench.op.access_tokens.keys().next().expect("an access token").clone();
        for (scheme, status) in [("bearer", 200), ("BEARER", 200), ("Basic", 401), ("", 401)] {
            let request = http::Request::get(format!("{}/userinfo", bench.op.issuer()))
                .header("authorization", format!("{scheme} {token}"))
                .body(Vec::new());
            let answer = bench.op.handle(request.expect("a request")).expect("an answer");
            assert_eq!(answer.status(), status, "{scheme}");
        }
    }
}
