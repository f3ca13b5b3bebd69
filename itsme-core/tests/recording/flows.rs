//! Each flow of a login is recorded with its input and its surroundings.

use std::time::Duration;

use itsme_core::{
    Acr, AuthorizationRequest, Backchannel, BackchannelRequest, Claim, Client, Country, DriveError,
    EntropyError, Error, FreeText, JwtProtection, LoginHintForm, Payment, Platform, Progress,
    Prompt, QrLogin, Replayed, ReplayedWhat, Scope, Settings, Step, UiLocale, UnixTime,
    UserDiscovery, drive, explain, internals::recording_all,
};
use itsme_testkit::{
    CONFIRM_SERVICE, Document, FakeOp, IDENTIFY_SERVICE, Person, REQUEST_URI, Reaction, SERVICE,
    World, play, play_all,
};

use crate::{
    common::{DISCOVERY, KEYS, Scene, TOKEN, USERINFO},
    recorded::{Recorded, open, replay},
};

/// A scene whose every flow is recorded.
fn scene(change: impl FnOnce(Settings) -> Settings) -> (Scene, Recorded) {
    let recorded = Recorded::default();
    let mut scene = Scene::with(change);
    scene.client = recording_all(scene.client, recorded.recorder());
    (scene, recorded)
}

/// All recordings, run again.
fn replayed(recorded: &Recorded) -> Vec<Replayed> {
    recorded.take().iter().map(replay).collect()
}

/// The requests, in the OP's notation.
fn requests(replayed: &[Replayed]) -> Vec<String> {
    let steps = replayed.iter().flat_map(|replayed| &replayed.steps);
    let asked = steps.filter_map(|step| match &step.what {
        ReplayedWhat::Request { method, attempt, host, .. } => {
            assert_eq!(host, "op.example");
            Some(format!("{method} {:?}", attempt.endpoint))
        }
        _ => None,
    });
    asked.collect()
}

#[test]
fn the_requests_are_those_that_the_op_got() {
    let (mut scene, recorded) = scene(|settings| settings);
    scene
        .log_in_for(AuthorizationRequest::login(SERVICE).scope(Scope::Email).scopes_by_userinfo())
        .expect("Ann");
    assert_eq!(scene.op.asked(), [DISCOVERY, KEYS, TOKEN, USERINFO]);
    let replayed = replayed(&recorded);
    let asked = requests(&replayed);
    assert_eq!(asked, ["GET Discovery", "GET KeySet", "POST Token", "GET Userinfo"]);
    assert!(replayed.iter().all(|flow| flow.outcome == "it succeeded"));
}

/// Everything that can be requested, in each way in which it can travel.
#[test]
fn every_request_is_made_again() {
    let (mut scene, recorded) = scene(|settings| settings);
    let all = || {
        AuthorizationRequest::identification(
            IDENTIFY_SERVICE,
            Claim::Email.in_userinfo().essential(),
        )
        .claim(Claim::NationalNumber(Country::Belgium))
        .claim(Claim::Other("urn:x".to_owned()))
        .scope(Scope::Profile)
        .scope(Scope::Address)
        .known_user("someone's sub")
        .acr(Acr::Advanced)
        .max_age(Duration::from_secs(300))
        .prompt(Prompt::Login)
        .prompt(Prompt::Consent)
        .ui_locales([UiLocale::Dutch, UiLocale::English, UiLocale::French, UiLocale::German])
        .state("a state of my own")
        .nonce("a nonce of my own")
        .code_verifier("v".repeat(43))
    };
    let payment = Payment::new("20", "EUR", "BE68 5390 0754 7034");
    let text = FreeText::new("Close <b>it</b>?");
    for request in [
        all(),
        all().as_request_object(),
        AuthorizationRequest::login(SERVICE).scope(Scope::Profile).scope(Scope::IdDocument),
        AuthorizationRequest::login(SERVICE).scope(Scope::Profile).scopes_by_userinfo(),
        AuthorizationRequest::share_data("SHARE", Claim::Address),
        AuthorizationRequest::confirm(CONFIRM_SERVICE, text).redirect_uri("https://rp.example/2"),
        AuthorizationRequest::confirm(CONFIRM_SERVICE, payment),
        // These are refused before any request.
        AuthorizationRequest::login(""),
        AuthorizationRequest::login(SERVICE).state("short"),
        AuthorizationRequest::confirm(CONFIRM_SERVICE, FreeText::new("<x>")),
    ] {
        let _ = scene.play(scene.client.authorize(request.clone()));
        let hosted = scene.client.request_object(request, REQUEST_URI, Duration::from_secs(600));
        let _ = scene.play(hosted);
    }
    let replayed = replayed(&recorded);
    assert_eq!(replayed.len(), 20);
    assert_eq!(replayed.iter().filter(|flow| flow.result.is_err()).count(), 6);
}

#[test]
fn every_setting_is_as_it_was() {
    let strict = |settings: Settings| {
        settings
            .client_assertion(JwtProtection::Signed)
            .request_objects(JwtProtection::Signed)
            .login_hint_token(LoginHintForm::Object)
            .clock_leeway(Duration::from_secs(1))
            .login_lifetime(Duration::from_secs(60))
            .other_audience("ANOTHER")
            .require_auth_time()
            .ping()
    };
    let (mut scene, recorded) = scene(strict);
    let login = AuthorizationRequest::login(SERVICE).max_age(Duration::from_secs(60));
    let _ = scene.log_in_for(login);
    let redirect = scene.authorize(AuthorizationRequest::login(SERVICE));
    let callback = scene.op.approve(&redirect.url, &Person::ann());
    scene.world.advance(Duration::from_secs(61));
    let late = scene.play(scene.client.finish_login(redirect.state, callback));
    assert!(matches!(late, Err(DriveError::Flow(Error::LoginExpired))));
    assert_eq!(replayed(&recorded).len(), 4);
}

/// With `next_qr_step`, from beginning to end, with an OP that stumbles on the way.
#[test]
fn a_login_by_qr_code_is_run_again() {
    let (Scene { mut world, mut op, client }, recorded) = scene(|settings| settings);
    let request = AuthorizationRequest::login(SERVICE).scope(Scope::Email);
    let mut login = QrLogin::new(request.acr(Acr::Advanced));
    loop {
        login = match play(client.next_qr_step(login), &mut op, &mut world).expect("progress") {
            Progress::Scan { then, .. } => {
                let session = op.pending_sessions()[0].to_owned();
                op.scan(&session, &Person::ann());
                then
            }
            Progress::Scanned { then } => then,
            Progress::Waiting { then } => {
                let asked = op.pending_backchannel()[0].auth_req_id.clone();
                op.approve_backchannel(&asked);
                op.react("/token", Reaction::Lost);
                then
            }
            Progress::LoggedIn(_) => break,
        };
    }
    let replayed = replayed(&recorded);
    assert_eq!(replayed.len(), 4);
    assert!(replayed.iter().flat_map(|flow| &flow.steps).any(|step| {
        matches!(&step.what, ReplayedWhat::Wait(time) if *time >= Duration::from_secs(5))
    }));
}

/// With the four flows.
#[test]
fn tickets_are_polled_for_again() {
    let (Scene { mut world, mut op, client }, recorded) = scene(|settings| settings);
    let ticket = play(client.discover_user(), &mut op, &mut world).expect("a code");
    let session = op.pending_sessions()[0].to_owned();
    op.scan(&session, &Person::ann());
    let found = play(client.poll_user_discovery(ticket), &mut op, &mut world).expect("somebody");
    let UserDiscovery::Found(who) = found else { panic!("she has scanned it") };
    let by_scope = AuthorizationRequest::login(SERVICE).scope(Scope::Profile);
    let ask = BackchannelRequest::discovered(who, by_scope.clone());
    let ask = ask.requested_expiry(Duration::from_secs(120));
    let ticket = play(client.start_backchannel(ask), &mut op, &mut world).expect("a ticket");
    let answer = play(client.poll_backchannel(ticket), &mut op, &mut world).expect("an answer");
    let Backchannel::Pending(ticket) = answer else { panic!("nobody has answered") };
    let asked = op.pending_backchannel()[0].auth_req_id.clone();
    op.deny_backchannel(&asked);
    let denied = play(client.poll_backchannel(ticket), &mut op, &mut world);
    assert!(matches!(denied, Err(DriveError::Flow(Error::Cancelled))));
    let replayed = replayed(&recorded);
    assert_eq!(replayed.len(), 5);
    let known = BackchannelRequest::known_user("ann", AuthorizationRequest::login(""));
    assert!(play(client.start_backchannel(known), &mut op, &mut world).is_err());
    let ann = op.sub_of(&Person::ann());
    let known = BackchannelRequest::known_user(ann, by_scope.scopes_by_userinfo());
    assert!(play(client.start_backchannel(known), &mut op, &mut world).is_ok());
    assert_eq!(self::replayed(&recorded).len(), 2);
}

/// One flow fetches for all, and the others find what it has stored.
#[test]
fn what_other_flows_did_is_around_a_flow() {
    let (Scene { mut world, mut op, client }, recorded) = scene(|settings| settings);
    let flows = (0..5).map(|_| client.authorize(AuthorizationRequest::login(SERVICE)));
    let flows: Vec<_> = flows.collect();
    for result in play_all(flows, &mut op, &mut world) {
        result.expect("a URL");
    }
    let replayed = replayed(&recorded);
    assert_eq!(requests(&replayed), ["GET Discovery", "GET KeySet"]);
    let waits =
        |flow: &&Replayed| flow.steps.iter().all(|step| matches!(step.what, ReplayedWhat::Wait(_)));
    assert_eq!(replayed.iter().filter(waits).count(), 4);
}

/// Old keys are used while the OP is unavailable, until told otherwise.
#[test]
fn what_was_cached_is_found_again() {
    let (mut scene, recorded) = scene(|settings| settings);
    scene.log_in().expect("Ann");
    scene.world.advance(Duration::from_secs(2 * 3600));
    scene.op.react("/.well-known/openid-configuration", Reaction::Lost);
    scene.op.react("/.well-known/openid-configuration", Reaction::Lost);
    scene.log_in().expect("the old keys are used");
    assert_eq!(replayed(&recorded).len(), 4);
}

/// A world in which the first request for random bytes fails.
struct WithoutRandomness {
    world: World,
    has_failed: bool,
}

impl Platform for WithoutRandomness {
    fn now(&self) -> UnixTime {
        self.world.now()
    }

    fn fill(&mut self, buf: &mut [u8]) -> Result<(), EntropyError> {
        if std::mem::replace(&mut self.has_failed, true) {
            self.world.fill(buf)
        } else {
            Err(EntropyError)
        }
    }
}

#[test]
fn missing_randomness_is_missing_again() {
    let (Scene { world, mut op, client }, recorded) = scene(|settings| settings);
    let mut platform = WithoutRandomness { world, has_failed: false };
    let flow = client.authorize(AuthorizationRequest::login(SERVICE));
    let send = |request| op.handle(request).map_err(|why| (why, why));
    let failed = drive(flow, &mut platform, send, |_| ()).expect_err("there is no randomness");
    assert!(matches!(failed, DriveError::Flow(Error::Entropy(_))), "{failed:?}");
    assert_eq!(replayed(&recorded).len(), 1);
}

#[test]
fn only_failures_are_handed_over_and_only_of_this_client() {
    let recorded = Recorded::default();
    let mut world = World::new();
    let mut op = FakeOp::new(world.clock());
    let other = Client::new(op.settings()).expect("the settings are sound");
    let client = other.clone().on_failure(recorded.recorder());
    let sibling = client.sibling(op.settings()).expect("the settings are sound");
    for (client, recordings) in [(&other, 0), (&sibling, 0), (&client, 1), (&client.clone(), 1)] {
        let login = AuthorizationRequest::login(SERVICE);
        let login = play(client.authorize(login), &mut op, &mut world).expect("a URL");
        let _ = play(client.finish_login(login.state, "code=x&state=y"), &mut op, &mut world);
        // A person's refusal is not recorded.
        let login = AuthorizationRequest::login(SERVICE);
        let login = play(client.authorize(login), &mut op, &mut world).expect("a URL");
        let denied = op.deny(&login.url);
        let _ = play(client.finish_login(login.state, denied), &mut op, &mut world);
        let taken = recorded.take();
        assert_eq!(taken.len(), recordings);
        for recording in taken {
            let replay = open(&recording);
            assert_eq!(
                (replay.flow(), replay.client_id()),
                ("finish_login", itsme_testkit::CLIENT_ID)
            );
            assert_eq!(replay.issuer(), "https://op.example/v2");
            assert_eq!(replay.begun_at(), itsme_core::Platform::now(&world));
        }
    }
}

/// A token is checked against the keys that its flow knew, whatever another flow has fetched
/// meanwhile.
#[test]
fn keys_that_another_flow_has_fetched_explain_nothing() {
    let (mut scene, recorded) = scene(|settings| settings);
    let login = scene.authorize(AuthorizationRequest::login(SERVICE));
    let callback = scene.op.approve(&login.url, &Person::ann());
    scene.op.alter(Document::IdToken, |claims| {
        claims.insert("aud".into(), "OTHER".into());
    });
    let flow = scene.client.finish_login(login.state, callback);
    let Ok(Step::Send(request, pending)) = flow.start(&mut scene.world) else { panic!("it asks") };
    let answer = scene.op.handle(request).expect("a token answer");
    scene.op.rotate_signing_key();
    scene.play(scene.client.refresh()).expect("new keys");
    let refused = pending.receive(answer, &mut scene.world);
    assert!(refused.is_err());
    let replayed = replayed(&recorded).pop().expect("a flow");
    let failed: Vec<_> = replayed.documents().flat_map(|it| it.failed()).collect();
    let [aud] = &failed[..] else { panic!("{failed:?}") };
    assert_eq!(aud.check.name, "aud");
    let (document, cause) = replayed.refusal().expect("a check refuses it");
    assert_eq!((document.document, cause), (explain::Document::IdToken, *aud));
}
