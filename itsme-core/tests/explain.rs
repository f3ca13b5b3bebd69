//! Explaining agrees with verification, reveals nothing about the person, and says what a
//! developer needs.

mod common;

use std::{collections::BTreeMap, time::Duration};

use common::Scene;
use itsme_core::{
    AuthorizationRequest, BackchannelRequest, Claim, Client, ClientSecret, DriveError, Endpoint,
    Environment, Error, EvidenceError, Flow, LoginState, MetadataError, Platform, PrivateKeys,
    Request, Scope, SendFailure, Settings, drive,
    explain::{self, CheckOutcome, Document, Explainer, Explanation},
};
use itsme_testkit::{CLIENT_ID, FakeOp, Fault, Person, SERVICE, World, private_keys, quirks};
use serde_json::{Map, Value, json};

/// The bodies of the OP's last responses, by endpoint.
type Answers = BTreeMap<String, Vec<u8>>;

/// One login, with what it left behind.
struct Login {
    world: World,
    settings: Settings,
    client: Client,
    answers: Answers,
    callback: Option<(String, LoginState)>,
    result: Result<(), DriveError<SendFailure>>,
}

fn play<T>(
    flow: Flow<T>,
    (op, world, answers): (&mut FakeOp, &mut World, &mut Answers),
) -> Result<T, DriveError<SendFailure>> {
    let clock = world.clock();
    let send = |request: Request| {
        let endpoint = request.extensions().get::<itsme_core::Attempt>().map(|it| it.endpoint);
        let answer = op.handle(request).map_err(|why| (why, why))?;
        if let Some(endpoint) = endpoint {
            answers.insert(endpoint.to_string(), answer.body().clone());
        }
        Ok(answer)
    };
    drive(flow, world, send, |duration| clock.advance(duration))
}

impl Login {
    fn under(fault: &Fault) -> Self {
        let mut world = World::new();
        let mut op = FakeOp::new(world.clock());
        let settings = fault.settings(&mut op);
        let client = Client::new(settings.clone()).expect("the settings are sound");
        if !fault.is_midway() {
            fault.inject(&mut op);
        }
        let (mut answers, mut callback) = (Answers::new(), None);
        let login = AuthorizationRequest::login(SERVICE);
        let login = login.claim(Claim::GivenName).scope(Scope::Email).scopes_by_userinfo();
        let outside = (&mut op, &mut world, &mut answers);
        let result = play(client.authorize(login), outside).and_then(|redirect| {
            let url = op.approve(&redirect.url, &Person::ann());
            if fault.is_midway() {
                fault.inject(&mut op);
            }
            let stored = serde_json::to_string(&redirect.state).expect("JSON");
            let kept = serde_json::from_str(&stored).expect("a login state");
            callback = Some((url.clone(), kept));
            let flow = client.finish_login(redirect.state, url);
            play(flow, (&mut op, &mut world, &mut answers)).map(drop)
        });
        Self { world, settings, client, answers, callback, result }
    }

    fn answer(&self, endpoint: Endpoint) -> &[u8] {
        self.answers.get(&endpoint.to_string()).map(Vec::as_slice).unwrap_or_default()
    }

    /// The members of the token response.
    fn tokens(&self) -> Map<String, Value> {
        let body = self.answer(Endpoint::Token);
        let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
        serde_json::from_slice(body).unwrap_or_default()
    }

    /// Every layer of every document that the login left, as far as it can be read.
    fn explain(&self) -> Vec<Explanation> {
        let provider = self.client.provider();
        let mut explainer = Explainer::new(&self.settings, self.world.now());
        if let Some(provider) = &provider {
            explainer = explainer.provider(provider);
        }
        if let Some((_, state)) = &self.callback {
            explainer = explainer.login(state);
        }
        let mut all = explainer.metadata(self.answer(Endpoint::Discovery)).unwrap_or_default();
        all.extend(explainer.key_set(self.answer(Endpoint::KeySet)));
        all.extend(self.callback.iter().map(|(url, _)| explainer.callback(url)));
        let tokens = self.tokens();
        let text = |name: &str| tokens.get(name).and_then(Value::as_str).unwrap_or_default();
        let explainer = explainer.access_token(text("access_token"));
        let id_token = explain_token(&explainer, text("id_token"), &mut all);
        all.extend(id_token.iter().map(|claims| explainer.id_token(claims)));
        if self.answers.contains_key(&Endpoint::Userinfo.to_string()) {
            let userinfo = String::from_utf8_lossy(self.answer(Endpoint::Userinfo));
            let userinfo = userinfo.trim_start_matches('\u{feff}').trim();
            let quoted = serde_json::from_str::<String>(userinfo).ok();
            let userinfo = quoted.as_deref().map_or(userinfo, str::trim);
            let claims = explain_token(&explainer, userinfo, &mut all);
            let sub = id_token.as_ref().and_then(|claims| claims.get("sub")?.as_str());
            all.extend(claims.iter().map(|claims| explainer.userinfo(claims, sub)));
        }
        all
    }
}

fn explain_token(
    explainer: &Explainer<'_>,
    token: &str,
    all: &mut Vec<Explanation>,
) -> Option<Map<String, Value>> {
    let opened = explainer.encrypted_token(token);
    all.push(opened.explanation);
    let read = explainer.signed_token(opened.jws.as_ref()?);
    all.push(read.explanation.clone());
    read.reveal_claims().cloned()
}

/// The errors of the failed checks, in their order. An ignored key fails no login.
fn failures(explanations: &[Explanation]) -> Vec<String> {
    let refusing = explanations.iter().filter(|it| it.document != Document::Key);
    let failed = refusing.filter(|it| it.document != Document::ServiceEndpoint);
    let failed = failed.flat_map(Explanation::failed);
    let error = failed.map(|report| match &report.outcome {
        CheckOutcome::Failed { error } => error.clone(),
        other => panic!("{other:?}"),
    });
    error.collect()
}

/// What explaining must say about an error; none for errors that no document caused.
fn cause(error: &Error) -> Option<String> {
    match error {
        Error::IdToken(error) | Error::Userinfo(error) => Some(error.to_string()),
        Error::Metadata(error) => Some(error.to_string()),
        Error::Callback(_) | Error::LoginExpired => Some(error.to_string()),
        _ => None,
    }
}

#[test]
fn the_first_failure_is_the_error_of_the_login() {
    let mut explained = 0;
    let mut wrong = Vec::new();
    for fault in Fault::all().iter().filter(|fault| !fault.is_at_key_holder()) {
        let login = Login::under(fault);
        let Err(DriveError::Flow(error)) = &login.result else { continue };
        let Some(cause) = cause(error) else { continue };
        explained += 1;
        let found = failures(&login.explain());
        if found.first() != Some(&cause) {
            wrong.push(format!("- {}: {cause}\n  but explained: {found:?}", fault.name()));
        }
    }
    assert!(wrong.is_empty(), "{} of {explained}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(explained > 300, "{explained}");
}

#[test]
fn what_is_lived_with_fails_no_check() {
    let mut explained = 0;
    for quirk in quirks::all() {
        let login = Login::under(&quirk);
        if login.result.is_ok() {
            explained += 1;
            assert_eq!(failures(&login.explain()), [""; 0], "{}", quirk.name());
        }
    }
    assert!(explained > 80, "{explained}");
}

/// No explanation contains a personal claim, a code, a nonce or a token.
#[test]
fn nothing_of_the_person_and_no_secret_is_in_an_explanation() {
    for fault in Fault::all().iter().filter(|fault| !fault.is_at_key_holder()) {
        let login = Login::under(fault);
        let told = format!("{:?}", login.explain());
        let mut secrets = vec!["Ann".to_owned(), "Peeters".to_owned(), "mail.example".to_owned()];
        if let Some((url, _)) = &login.callback {
            let (_, query) = url.split_once('?').unwrap_or_default();
            let long = query.split('&').filter_map(|pair| pair.split_once('='));
            let long = long.filter(|(name, value)| *name != "iss" && value.len() >= 16);
            secrets.extend(long.map(|(_, value)| value.to_owned()));
        }
        let tokens = login.tokens();
        for name in ["access_token", "id_token"] {
            let text = tokens.get(name).and_then(Value::as_str).filter(|text| text.len() >= 16);
            secrets.extend(text.map(str::to_owned));
        }
        for secret in secrets {
            assert!(!told.contains(&secret), "{}: {secret}", fault.name());
        }
    }
}

fn settings() -> Settings {
    let environment = Environment::custom("https://op.example/v2");
    Settings::new(CLIENT_ID, private_keys(), environment)
}

fn found(explanation: &Explanation, name: &str) -> (String, String) {
    let report = explanation.checks.iter().find(|report| report.check.name == name);
    let report = report.unwrap_or_else(|| panic!("no check `{name}`"));
    (report.expected.clone(), report.found.clone())
}

#[test]
fn an_expired_token_is_told_with_the_seconds() {
    let settings = settings();
    let now = World::new().now();
    let (iat, exp) = (now.as_secs() - 400, now.as_secs() - 312);
    let claims = json!({ "iss": "https://op.example/v2", "aud": "OTHER", "exp": exp, "iat": iat });
    let claims = claims.as_object().expect("claims");
    let explanation = Explainer::new(&settings, now).id_token(claims);
    let names: Vec<_> = explanation.failed().map(|report| report.check.name).collect();
    assert_eq!(names, ["aud", "exp", "sub"]);
    let told = "expired 312 s before your clock; your clock may be fast";
    assert_eq!(found(&explanation, "exp").1, told);
    assert_eq!(found(&explanation, "aud"), (format!("`{CLIENT_ID}`"), "`OTHER`".to_owned()));
    let nonce = explanation.checks.iter().find(|report| report.check.name == "nonce");
    let outcome = nonce.map(|report| report.outcome.clone());
    assert_eq!(outcome, Some(CheckOutcome::NotApplicable), "no login is known");
    let times = |claims: Value| {
        let claims = claims.as_object().expect("claims").clone();
        let explanation = Explainer::new(&settings, now).id_token(&claims);
        let times = explanation.checks.into_iter().find(|report| report.check.name == "times");
        times.expect("the check").outcome
    };
    assert_eq!(times(json!({ "exp": exp })), CheckOutcome::Passed, "one of the two is there");
    assert_eq!(times(json!({})), CheckOutcome::NotApplicable);
}

#[test]
fn claims_are_hidden_unless_asked_for() {
    let mut scene = Scene::warm();
    let who = scene.log_in_for(AuthorizationRequest::login(SERVICE).claim(Claim::Name));
    let who = who.expect("a person");
    let (settings, provider) = (settings(), scene.client.provider().expect("it is cached"));
    let explainer = Explainer::new(&settings, scene.world.now()).provider(&provider);
    let read = explainer.signed_token(who.evidence.id_token());
    assert_eq!(read.explanation.failed().count(), 0);
    let hidden = read.claims().expect("claims");
    assert_eq!(hidden["name"], "…");
    assert_eq!(hidden["sub"], "…");
    assert_eq!(hidden["aud"], CLIENT_ID);
    assert_eq!(read.reveal_claims().expect("claims")["name"], "Ann Peeters");
    assert_eq!(format!("{read:?}"), "ReadToken(..)");
    let unsigned = explainer.op_keys(b"{}").signed_token(who.evidence.id_token());
    let names: Vec<_> = unsigned.explanation.failed().map(|report| report.check.name).collect();
    assert_eq!(names, ["signature"]);
}

/// Each key of a set says why it is ignored; the set says which key it lacks.
#[test]
fn a_key_set_is_explained_key_by_key() {
    let settings = settings();
    let explainer = Explainer::new(&settings, World::new().now());
    let set = json!({ "keys": [{ "kty": "EC", "kid": "a" }, 7] }).to_string();
    let explained = explainer.key_set(set.as_bytes());
    let told: Vec<_> = explained
        .iter()
        .map(|it| (it.name.as_deref(), it.failed().map(|report| report.check.name).collect()))
        .collect();
    let expected: [(Option<&str>, Vec<&str>); 3] = [
        (None, vec!["signing key", "encryption key"]),
        (Some("`a`"), vec!["kty", "n", "e"]),
        (Some("key 2"), vec!["key form"]),
    ];
    assert_eq!(told, expected);
}

/// A secret decrypts as well; and if no local key opens a token, explaining says no more than a
/// login does.
#[test]
fn tokens_open_with_the_keys_that_are_given() {
    let mut scene = Scene::new();
    let login = scene.authorize(AuthorizationRequest::login(SERVICE));
    let callback = scene.op.approve(&login.url, &Person::ann());
    let mut answers = Answers::new();
    let flow = scene.client.finish_login(login.state, callback);
    play(flow, (&mut scene.op, &mut scene.world, &mut answers)).expect("a person");
    let answer: Value =
        serde_json::from_slice(&answers[&Endpoint::Token.to_string()]).expect("JSON");
    let token = answer["id_token"].as_str().expect("a token");
    let opened = Explainer::new(&settings(), scene.world.now()).encrypted_token(token);
    assert_eq!(opened.explanation.failed().count(), 0);
    assert_eq!(opened.jws.expect("a JWS").matches('.').count(), 2);

    let environment = Environment::custom("https://op.example/v2");
    let others = PrivateKeys::generate().expect("OpenSSL makes keys");
    let of_others = Settings::new(CLIENT_ID, others, environment.clone());
    let opened = Explainer::new(&of_others, scene.world.now()).encrypted_token(token);
    let names: Vec<_> = opened.explanation.failed().map(|report| report.check.name).collect();
    assert_eq!(names, ["decryption"]);
    assert!(opened.jws.is_none());

    let by_secret = Settings::new(CLIENT_ID, ClientSecret::new("x".repeat(32)), environment);
    let opened = Explainer::new(&by_secret, scene.world.now()).encrypted_token(token);
    let names: Vec<_> = opened.explanation.failed().map(|report| report.check.name).collect();
    assert_eq!(names, ["alg", "direct enc", "direct key"]);
}

#[test]
fn a_login_that_took_too_long_is_told_with_the_seconds() {
    let mut scene = Scene::new();
    let login = scene.authorize(AuthorizationRequest::login(SERVICE));
    let callback = scene.op.approve(&login.url, &Person::ann());
    scene.world.advance(Duration::from_secs(1000));
    let settings = settings();
    let explainer = Explainer::new(&settings, scene.world.now());
    let absent = explainer.callback(callback.as_str());
    assert!(absent.checks.iter().all(|report| report.outcome == CheckOutcome::NotApplicable));
    let explanation = explainer.login(&login.state).callback(callback);
    let names: Vec<_> = explanation.failed().map(|report| report.check.name).collect();
    assert_eq!(names, ["age"]);
    let (expected, found) = found(&explanation, "age");
    assert_eq!(expected, "started at most 900 s before your clock");
    assert_eq!(found, "started 1000 s before your clock");
}

#[test]
fn what_is_odd_about_a_callback_is_told() {
    let mut scene = Scene::new();
    let begun = scene.world.now();
    let login = scene.authorize(AuthorizationRequest::login(SERVICE));
    let callback = scene.op.approve(&login.url, &Person::ann());
    let settings = settings();
    let explain =
        |now, callback: &str| Explainer::new(&settings, now).login(&login.state).callback(callback);
    let told = |now, callback: &str, name| found(&explain(now, callback), name).1;
    assert_eq!(told(begun, &callback, "state"), "the login's");
    let other = told(begun, &callback.replace("&state=", "&state=x"), "state");
    assert!(other.starts_with("a different login's"), "{other}");
    assert_eq!(told(begun, &callback, "age"), "started 0 s before your clock");
    let set_back = begun.before(Duration::from_secs(90));
    let age = "started 90 s after your clock; was it set back?";
    assert_eq!(told(set_back, &callback, "age"), age);

    let too_long = explain(begun, &"x".repeat(20_000));
    let failed: Vec<_> = too_long.failed().map(|report| report.check.name).collect();
    assert_eq!(failed, ["size"], "nothing in it is read");
    for name in ["duplicates", "state", "code or error"] {
        let report = too_long.checks.iter().find(|report| report.check.name == name);
        assert_eq!(
            report.map(|it| it.outcome.clone()),
            Some(CheckOutcome::NotApplicable),
            "{name}"
        );
    }
}

/// A text whose token was signed by another key, and one that was changed.
#[test]
fn evidence_is_explained_token_by_token() {
    let mut scene = Scene::warm();
    let who = scene.log_in_for(
        AuthorizationRequest::login(SERVICE).scope(Scope::Profile).scopes_by_userinfo(),
    );
    let text = who.expect("a person").evidence.to_text();
    let explained = explain::evidence(&text).expect("evidence");
    let documents: Vec<_> = explained.iter().map(|it| (it.document, it.name.as_deref())).collect();
    let (id_token, userinfo) = (Some("ID token"), Some("userinfo answer"));
    let (signature, claims) = (Document::Signature, Document::Evidence);
    let expected =
        [(signature, id_token), (claims, id_token), (signature, userinfo), (claims, userinfo)];
    assert_eq!(documents, expected);
    assert_eq!(failures(&explained), [""; 0]);

    let payload = text.splitn(4, ':').nth(3).expect("a payload");
    let mut archived: Value = serde_json::from_str(payload).expect("JSON");
    archived["client"]["client_id"] = json!("OTHER");
    let jws = archived["userinfo"]["jws"].as_str().expect("a JWS");
    archived["userinfo"]["jws"] = json!(format!("{}AAAA", &jws[..jws.len() - 4]));
    let payload = archived.to_string();
    let digest = itsme_core::internals::sha256(&[payload.as_bytes()]);
    let digest = itsme_core::internals::base64url(digest);
    let explained = explain::evidence(&format!("itsme-evidence:2:{digest}:{payload}"));
    let names = |it: &Explanation| it.failed().map(|report| report.check.name).collect::<Vec<_>>();
    let failed: Vec<_> = explained.expect("evidence").iter().map(names).collect();
    let expected: [&[&str]; 4] = [&[], &["aud"], &["signature"], &["aud"]];
    assert_eq!(failed, expected);
    assert_eq!(
        explain::evidence(&text.replace("OTHER", "x")[1..]).err(),
        Some(EvidenceError::Malformed)
    );
}

/// A request without a browser has no `nonce`, but an id that the token may contain.
#[test]
fn a_token_for_a_ticket_is_held_against_its_request() {
    let mut scene = Scene::new();
    let login = AuthorizationRequest::login(SERVICE);
    let ann = scene.op.sub_of(&Person::ann());
    let request = BackchannelRequest::known_user(ann, login);
    let ticket = scene.play(scene.client.start_backchannel(request)).expect("a ticket");
    let settings = settings();
    let explainer = Explainer::new(&settings, scene.world.now()).ticket(&ticket);
    let claim = "urn:openid:params:jwt:claim:auth_req_id";
    for (id, expected) in [(ticket.auth_req_id(), false), ("another", true)] {
        let claims = json!({ claim: id, "sub": "somebody else" });
        let explanation = explainer.id_token(claims.as_object().expect("claims"));
        let failed: Vec<_> = explanation.failed().map(|report| report.check.name).collect();
        assert_eq!(failed.contains(&"auth_req_id"), expected, "{id}");
        assert!(failed.contains(&"known user"));
        assert!(!failed.contains(&"nonce"));
    }
}

#[test]
fn endpoints_of_services_are_explained_beside_the_document() {
    let settings = settings();
    let explainer = Explainer::new(&settings, World::new().now());
    let document = json!({
        "issuer": "https://op.example/v2",
        "authorization_endpoint": "https://op.example/a",
        "token_endpoint": "http://op.example/t",
        "userinfo_endpoint": "https://op.example/u",
        "jwks_uri": "https://op.example/k",
        "revocation_endpoint": "https://elsewhere.example/r",
    });
    let explained = explainer.metadata(document.to_string().as_bytes()).expect("an object");
    assert_eq!(explained.len(), 2);
    let [document, revocation] = &explained[..] else { panic!("two") };
    let names: Vec<_> = document.failed().map(|report| report.check.name).collect();
    assert_eq!(names, ["token_endpoint"]);
    assert_eq!(revocation.name.as_deref(), Some("revocation_endpoint"));
    let names: Vec<_> = revocation.failed().map(|report| report.check.name).collect();
    assert_eq!(names, ["address"]);
    assert!(explainer.metadata(b"[]").is_err());
    let missing = MetadataError::Missing("issuer").to_string();
    let empty = explainer.metadata(b"{}").expect("an object");
    assert_eq!(failures(&empty), [missing]);
}
