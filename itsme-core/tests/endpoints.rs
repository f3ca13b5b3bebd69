//! Where assertions, codes and tokens go, and the audience of assertions (RFC 7523bis, CVE-2025-27370,
//! CVE-2025-27371).

mod common;

use std::collections::HashMap;

use common::{DISCOVERY, KEYS, Scene, flow_error};
use itsme_core::{
    AssertionAudience, AuthorizationRequest, BackchannelRequest, Client, DriveError, Environment,
    Error, Flow, JwtProtection, MetadataError, SendFailure, Settings, UrlError, drive,
    internals::base64url_decode,
};
use itsme_testkit::{CLIENT_ID, Document, Person, REDIRECT_URI, SERVICE, private_keys};
use serde_json::{Value, json};

/// Endpoints that receive assertions, codes or tokens are on the issuer's host, or where the settings allow.
#[test]
fn endpoints_that_get_secrets_are_pinned() {
    let custom = Environment::custom("https://op.example/v2");
    let at = |host: &str| format!("https://{host}/v2/token");
    for (environment, named, host, is_own) in [
        (&custom, None, "op.example", true),
        (&custom, None, "OP.example:8443", true),
        (&custom, None, "api.op.example", false),
        (&custom, None, "op.example.evil.example", false),
        (&custom, None, "op.example.", false),
        (&custom, Some("api.op.example"), "api.op.example", true),
        (&custom, Some("API.op.example"), "api.op.example:444", true),
        (&custom, Some("api.op.example"), "b.api.op.example", false),
        (&custom, Some("api.op.example"), "op.example", true),
        (&Environment::Production, None, "oidc.prd.itsme.services", true),
        (&Environment::Production, None, "itsme.be", true),
        (&Environment::E2e, None, "evilitsme.be", false),
        (&Environment::E2e, None, "itsme.services.evil.example", false),
        (&Environment::ProductionV1, None, "itsme.services", true),
        (&Environment::ProductionV1, None, "op.example", false),
    ] {
        for member in ["token_endpoint", "userinfo_endpoint"] {
            let mut scene = Scene::at(environment.clone());
            let settings = Settings::new(CLIENT_ID, private_keys(), environment.clone());
            let settings = settings.redirect_uri(REDIRECT_URI);
            let settings = named.into_iter().fold(settings, Settings::endpoint_host);
            scene.client = Client::new(settings).expect("sound settings");
            let url = at(host);
            scene.op.alter(Document::Discovery, move |document| {
                document.insert(member.into(), json!(url));
            });
            let result = scene.play(scene.client.refresh());
            assert_eq!(result.is_ok(), is_own, "{member} at {host}");
            if let Err(error) = result {
                let told = error.to_string();
                assert!(told.contains(member) && told.contains("endpoint_host"), "{told}");
            }
        }
    }
    // Endpoints that receive nothing of value may be anywhere.
    for member in ["jwks_uri", "authorization_endpoint"] {
        let mut scene = Scene::new();
        scene.op.alter(Document::Discovery, move |document| {
            let url =
                document[member].as_str().expect("a URL").replace("op.example", "cdn.example");
            document.insert(member.into(), json!(url));
        });
        assert!(scene.play(scene.client.refresh()).is_ok(), "{member}");
    }
    // What an earlier process stored must satisfy the same rule.
    let scene = Scene::warm();
    let stored = serde_json::to_string(&*scene.client.provider().expect("it is cached"));
    let stored = stored.expect("JSON").replace("https://op.example/v2/token", &at("evil.example"));
    let provider = serde_json::from_str(&stored).expect("a provider");
    assert!(scene.client.import_provider(provider).is_err());
    // Optional endpoints are checked when they are called.
    for (member, path) in [
        ("backchannel_authentication_endpoint", "backchannel/authentication"),
        ("user_discovery_sessions_endpoint", "user_discovery_sessions"),
    ] {
        let mut scene = Scene::new();
        scene.op.alter(Document::Discovery, move |document| {
            document.insert(member.into(), json!(format!("https://evil.example/v2/{path}")));
        });
        let error = flow_error(scene.play(scene.client.discover_user()));
        let foreign = MetadataError::Url { member, error: UrlError::ForeignHost };
        assert!(matches!(&error, Error::Metadata(found) if *found == foreign), "{error}");
        assert_eq!(scene.op.asked(), [DISCOVERY, KEYS]);
    }
    let mut scene = Scene::new();
    scene.client = Client::new(scene.op.secret_settings()).expect("sound settings");
    scene.op.alter(Document::Discovery, |document| {
        document.insert("revocation_endpoint".into(), json!("https://evil.example/revoke"));
    });
    let who = scene.log_in().expect("a person");
    let error = flow_error(scene.play(scene.client.revoke(who.access_token)));
    assert!(matches!(error, Error::Metadata(MetadataError::Url { .. })), "{error}");
}

/// If the OP lacks a service that the client uses, the error names the missing endpoint; other clients do not need
/// it.
#[test]
fn an_endpoint_of_a_service_is_missed_by_who_uses_it() {
    for member in ["revocation_endpoint", "backchannel_authentication_endpoint"] {
        let mut scene = Scene::new();
        scene.op.alter(Document::Discovery, move |document| {
            document.remove(member);
        });
        // Only clients with a secret can revoke tokens, and only those with keys can ask people without a browser.
        if member == "revocation_endpoint" {
            scene.client = Client::new(scene.op.secret_settings()).expect("sound settings");
        }
        let who = scene.log_in().expect("a person");
        scene.op.forget_asked();
        let error = match member {
            "revocation_endpoint" => flow_error(scene.play(scene.client.revoke(who.access_token))),
            _ => {
                let login = AuthorizationRequest::login(SERVICE);
                let known = BackchannelRequest::known_user(&who.user.sub, login);
                flow_error(scene.play(scene.client.start_backchannel(known)))
            }
        };
        let missing = MetadataError::Missing(member);
        assert!(matches!(&error, Error::Metadata(found) if *found == missing), "{error}");
        assert_eq!(scene.op.asked(), [""; 0]);
    }
}

/// The header and claims of each assertion and each request that a flow sent.
#[derive(Default)]
struct Sent {
    assertions: Vec<(Value, Value)>,
    requests: Vec<(Value, Value)>,
}

fn play<T>(
    scene: &mut Scene,
    flow: Flow<T>,
    sent: &mut Sent,
) -> Result<T, DriveError<SendFailure>> {
    let clock = scene.world.clock();
    let Scene { world, op, .. } = scene;
    let part = |jwt: &str, place: usize| {
        let part = jwt.split('.').nth(place).expect("a part");
        let part = base64url_decode(part.as_bytes()).expect("base64url");
        serde_json::from_slice(&part).expect("JSON")
    };
    let send = |request: itsme_core::Request| {
        let form: HashMap<_, _> = url::form_urlencoded::parse(request.body()).collect();
        let read = |name: &str| form.get(name).map(|jwt| (part(jwt, 0), part(jwt, 1)));
        sent.assertions.extend(read("client_assertion"));
        sent.requests.extend(read("request"));
        op.handle(request).map_err(|why| (why, why))
    };
    drive(flow, world, send, |time| clock.advance(time))
}

/// A login, then the same person asked without a browser.
fn both_ways(scene: &mut Scene, sent: &mut Sent) -> bool {
    let login = || AuthorizationRequest::login(SERVICE);
    let redirect = scene.authorize(login());
    let callback = scene.op.approve(&redirect.url, &Person::ann());
    let flow = scene.client.finish_login(redirect.state, callback);
    let logged_in = play(scene, flow, sent).is_ok();
    let flow = scene.client.discover_user();
    let discovered = play(scene, flow, sent).is_ok();
    let sub = scene.op.sub_of(&Person::ann());
    let flow = scene.client.start_backchannel(BackchannelRequest::known_user(sub, login()));
    let asked = play(scene, flow, sent).is_ok();
    assert_eq!((logged_in, discovered), (asked, asked), "everywhere or nowhere");
    logged_in
}

#[test]
fn assertions_are_for_whom_the_settings_say() {
    use AssertionAudience::{Issuer, TokenEndpoint};
    for protection in [JwtProtection::Signed, JwtProtection::Nested] {
        for (ours, theirs, taken) in [
            (TokenEndpoint, None, true),
            (TokenEndpoint, Some(TokenEndpoint), true),
            (TokenEndpoint, Some(Issuer), false),
            (Issuer, None, true),
            (Issuer, Some(Issuer), true),
            (Issuer, Some(TokenEndpoint), false),
        ] {
            let mut scene = Scene::with(|settings| {
                settings.assertion_audience(ours).client_assertion(protection)
            });
            if let Some(theirs) = theirs {
                scene.op.assertion_audience(theirs);
            }
            let mut sent = Sent::default();
            if protection == JwtProtection::Signed {
                assert_eq!(both_ways(&mut scene, &mut sent), taken, "{ours:?} {theirs:?}");
            } else {
                assert_eq!(scene.log_in().is_ok(), taken, "{ours:?} {theirs:?}");
            }
            for (header, claims) in &sent.assertions {
                let (typ, audiences): (_, &[&str]) = match ours {
                    Issuer => ("client-authentication+jwt", &["https://op.example/v2"]),
                    _ => (
                        "JWT",
                        &[
                            "https://op.example/v2/token",
                            "https://op.example/v2/backchannel/authentication",
                        ],
                    ),
                };
                assert_eq!(header["typ"], typ);
                let audience = claims["aud"].as_str().expect("one audience");
                assert!(audiences.contains(&audience), "{audience}");
            }
        }
    }
}

/// An OP with strict clocks can only refuse a slightly fast one by `nbf`: the `iat` of assertions states the actual
/// time.
#[test]
fn a_backchannel_request_is_good_a_minute_before_it_was_made() {
    let mut scene = Scene::with(|settings| settings.client_assertion(JwtProtection::Signed));
    let mut sent = Sent::default();
    assert!(both_ways(&mut scene, &mut sent));
    let [(_, claims)] = &sent.requests[..] else { panic!("one request") };
    let time = |name: &str| claims[name].as_u64().expect("a time");
    assert_eq!(time("nbf"), time("iat") - 60);
    assert!(time("exp") > time("iat"));
    for (_, claims) in &sent.assertions {
        assert!(claims.get("nbf").is_none(), "{claims}");
    }
}
