//! Whatever this version has stored must be readable by every later one: a text of each format is in
//! `stored/`, and is never changed.

mod common;

use common::Scene;
use itsme_core::{
    Acr, CibaTicket, Claim, Country, DriveError, Endpoint, Error, Evidence, EvidenceError,
    LoggedIn, LoginState, Platform as _, Provider, Recording, RecordingError, ReplayedWhat,
    Request, Settings, Step, User, UserDiscoveryTicket,
};
use itsme_testkit::{World, private_keys, replay};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

macro_rules! stored {
    ($format:literal, $name:literal) => {
        include_str!(concat!("stored/format_", $format, "/", $name))
    };
}

/// Reads a text, and writes the same.
fn read<T: Serialize + DeserializeOwned>(text: &str) -> T {
    let read: T = serde_json::from_str(text).expect("it stays readable forever");
    let expected: Value = serde_json::from_str(text).expect("JSON");
    assert_eq!(serde_json::to_value(&read).expect("JSON"), expected);
    read
}

/// The client that stored the texts, with what it knew about the OP.
fn client() -> (itsme_core::Client, World) {
    let scene = Scene::with(Settings::ping);
    let provider: Provider = read(stored!("2", "provider.json"));
    assert_eq!(provider.issuer(), "https://op.example/v2");
    scene.client.import_provider(provider).expect("its own OP");
    (scene.client, scene.world)
}

fn request<T>(step: Step<T>) -> Request {
    let Step::Send(request, _) = step else { panic!("a request, not {step:?}") };
    request
}

fn body(request: &Request) -> String {
    String::from_utf8(request.body().clone()).expect("a form")
}

#[test]
fn a_login_state_goes_on() {
    let (client, mut world) = client();
    let state: LoginState = read(stored!("2", "login_state.json"));
    assert_eq!(state.id(), "r80dezmoIOL0Zbmhap54bk9FCYAYXcQG7IFMcqi4i_g");
    let callback = format!("code=the-code&state={}", state.id());
    let step = client.finish_login(state, callback).start(&mut world).expect("a step");
    let form = body(&request(step));
    assert!(form.contains("code_verifier=w4rJQZB45T6msIw2jEi48wk9sTzd7H5l9t5bBeAm08I"), "{form}");
    assert!(form.contains("redirect_uri=https%3A%2F%2Frp.example%2Fitsme%2Fcallback"), "{form}");
}

#[test]
fn a_ciba_ticket_goes_on() {
    let (client, mut world) = client();
    let ticket: CibaTicket = read(stored!("2", "ciba_ticket.json"));
    assert_eq!(ticket.claims(), Some(r#"{"id_token":{"given_name":null}}"#));
    assert_eq!(ticket.expires_at().since(world.now()).as_secs(), 300);
    let Step::Wait(wait, paused) =
        client.poll_backchannel(ticket).start(&mut world).expect("a step")
    else {
        panic!("it is too early to poll")
    };
    world.advance(wait);
    let form = body(&request(paused.resume(&mut world).expect("a step")));
    assert!(form.contains("auth_req_id=a42d8983-a193-a8d9-761e-b8ba3daa5191"), "{form}");
}

#[test]
fn a_user_discovery_ticket_goes_on() {
    let (client, mut world) = client();
    let ticket: UserDiscoveryTicket = read(stored!("2", "user_discovery_ticket.json"));
    assert!(!ticket.qr().image.is_empty());
    let id = ticket.session_id().to_owned();
    let flow = client.poll_user_discovery(ticket);
    let Step::Wait(wait, paused) = flow.start(&mut world).expect("a step") else {
        panic!("it is too early to poll")
    };
    world.advance(wait);
    let request = request(paused.resume(&mut world).expect("a step"));
    assert!(request.uri().path().ends_with(&format!("/user_discovery_sessions/{id}")));
}

#[test]
fn evidence_still_proves() {
    let text = stored!("2", "evidence.txt");
    let evidence = Evidence::from_text(text).expect("it stays readable forever");
    assert_eq!(*evidence.to_text(), text);
    assert_eq!(evidence.claims()["sub"], "b42c47daba34667eefcf28942062dfcb4ffa");
    assert_eq!(evidence.userinfo_claims().expect("userinfo")["email"], "ann.peeters@mail.example");
    assert_eq!(evidence.asked_service(), "TEST_LOGIN");
    assert_eq!(evidence.asked_at().as_secs(), 1_767_225_600);
    let digest = "A3Z3-wN03YqPF_ltmCKPu2T4j_5qrHiOo29XHi9z7x4";
    assert_eq!(evidence.asked_claims_sha256(), Some(digest));
}

#[test]
fn a_user_is_the_same_person() {
    let user: User = read(stored!("2", "user.json"));
    assert_eq!(user.sub, "b42c47daba34667eefcf28942062dfcb4ffa");
    assert_eq!(user.given_name.as_deref(), Some("Ann"));
    assert_eq!(user.national_numbers[&Country::Belgium], "87041212345");
    let number = Claim::NationalNumber(Country::Belgium);
    assert_eq!(user.verified_at(&number), Some("2023-06-01T13:04:26+0000"));
}

#[test]
fn somebody_who_has_logged_in_is_handed_on() {
    let who: LoggedIn = read(stored!("2", "logged_in.json"));
    assert_eq!(who.user, read(stored!("2", "user.json")));
    assert_eq!((who.acr, who.access_token.expose()), (Some(Acr::Basic), "an-access-token"));
    assert_eq!(*who.evidence.to_text(), stored!("2", "evidence.txt"));
    // Evidence that was changed on the way is refused.
    let changed = stored!("2", "logged_in.json").replace("TEST_LOGIN", "TEST_OTHER");
    let refused = serde_json::from_str::<LoggedIn>(&changed).expect_err("it was changed");
    assert!(refused.to_string().contains("changed"), "{refused}");
}

#[test]
fn a_user_without_sub_is_refused() {
    for (text, why) in [
        (r#"{"v":2,"name":"Ann"}"#, "missing field `sub`"),
        (r#"{"v":2,"sub":"","name":"Ann"}"#, "the `sub` is empty"),
        (r#"{"v":2,"sub":null}"#, "invalid type: null"),
    ] {
        let error = serde_json::from_str::<User>(text).expect_err(text);
        assert!(error.to_string().starts_with(why), "{error}");
    }
}

#[test]
fn a_recording_runs_again() {
    let replayed = replay(stored!("1", "recording.txt"), private_keys());
    let refused = matches!(
        replayed.result,
        Err(DriveError::Flow(Error::Userinfo(itsme_core::TokenError::Issuer)))
    );
    assert!(refused, "{}", replayed.outcome);
    let asked = replayed.steps.iter().map(|step| match &step.what {
        ReplayedWhat::Request { attempt, answer, .. } => {
            (attempt.endpoint, answer.as_ref().map(|status| status.as_u16()).ok())
        }
        other => panic!("a request, not {other:?}"),
    });
    let expected = [(Endpoint::Token, Some(200)), (Endpoint::Userinfo, Some(200))];
    assert_eq!(asked.collect::<Vec<_>>(), expected);
}

fn refusal<T: DeserializeOwned>(text: &str) -> String {
    let error = serde_json::from_str::<T>(text).map(drop).expect_err("another format");
    // The position in the text follows it.
    error.to_string().split(" at line ").next().unwrap_or_default().to_owned()
}

#[test]
fn another_format_is_refused_by_name() {
    let refused = |found: &str| {
        format!(
            "stored by a different version of this library ({found}, expected format 2); start again"
        )
    };
    for found in [
        refusal::<LoginState>(stored!("1", "login_state.json")),
        refusal::<CibaTicket>(stored!("1", "ciba_ticket.json")),
        refusal::<UserDiscoveryTicket>(stored!("1", "user_discovery_ticket.json")),
        refusal::<Provider>(stored!("1", "provider.json")),
    ] {
        assert_eq!(found, refused("format 1"));
    }
    assert_eq!(refusal::<User>(stored!("1", "user.json")), refused("no format number"));
    let newer = stored!("2", "login_state.json").replace("\"v\":2", "\"v\":3");
    assert_eq!(refusal::<LoginState>(&newer), refused("format 3"));

    let newer = stored!("1", "recording.txt").replace("recording:1:", "recording:2:");
    let other = Some(RecordingError::OtherFormat { expected: 1, found: 2 });
    assert_eq!(newer.parse::<Recording>().err(), other);

    let other = |found| Some(EvidenceError::OtherFormat { expected: 2, found });
    assert_eq!(Evidence::from_text(stored!("1", "evidence.txt")).err(), other(1));
    let newer = stored!("2", "evidence.txt").replace("evidence:2:", "evidence:3:");
    assert_eq!(Evidence::from_text(&newer).err(), other(3));
    for malformed in ["", "{}", "{\"v\":2}", "itsme-evidence:02:x:{}", "itsme-evidence:x:x:{}"] {
        let error = Evidence::from_text(malformed).err();
        assert_eq!(error, Some(EvidenceError::Malformed), "{malformed}");
    }
}
