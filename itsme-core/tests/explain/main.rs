//! Explaining agrees with verification, reveals nothing about the person, and says what a
//! developer needs.

#[path = "../common/mod.rs"]
mod common;
mod documents;
mod found;

use std::collections::BTreeMap;

use itsme_core::{
    AuthorizationRequest, Claim, Client, DriveError, Endpoint, Environment, Error, Flow,
    LoginState, Platform, Request, Scope, SendFailure, Settings, drive,
    explain::{CheckOutcome, Document, Explainer, Explanation},
};
use itsme_testkit::{CLIENT_ID, FakeOp, Fault, Person, SERVICE, World, private_keys, quirks};
use serde_json::{Map, Value};

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
