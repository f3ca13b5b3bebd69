//! No debug output shows a secret or personal data.

mod common;

use common::Scene;
use itsme_core::{AuthorizationRequest, Scope, Step, UnixTime, explain::Document};
use itsme_testkit::{Person, SERVICE};

#[test]
fn steps_show_method_and_path_alone() {
    let mut scene = Scene::warm();
    let login = scene
        .authorize(AuthorizationRequest::login(SERVICE).scope(Scope::Email).scopes_by_userinfo());
    let callback = scene.op.approve(&login.url, &Person::ann());
    let Scene { world, op, client } = &mut scene;
    let mut step = client.finish_login(login.state, callback).start(world).expect("a step");
    let mut shown = Vec::new();
    loop {
        shown.push(format!("{step:?}"));
        step = match step {
            Step::Send(request, pending) => {
                assert_eq!(format!("{pending:?}"), "Pending(..)");
                let answer = op.handle(request).expect("an answer");
                pending.receive(answer, world).expect("a step")
            }
            _ => break,
        };
    }
    assert_eq!(shown, ["Send(POST /v2/token)", "Send(GET /v2/userinfo)", "Done(..)"]);
}

#[test]
fn values_hide_what_they_hold() {
    let mut scene = Scene::warm();
    assert_eq!(format!("{:?}", scene.client.refresh()), "Flow(refresh)");
    let provider = scene.client.provider().expect("it is cached");
    assert_eq!(
        format!("{provider:?}"),
        format!("Provider {{ issuer: {:?}, .. }}", scene.op.issuer())
    );
    let login = scene.authorize(AuthorizationRequest::login(SERVICE).scope(Scope::Profile));
    assert_eq!(format!("{login:?}"), "Redirect(..)");
    let callback = scene.op.approve(&login.url, &Person::ann());
    assert_eq!(format!("{:?}", itsme_core::Callback::from(&callback)), "Callback(..)");
    let who = scene.play(scene.client.finish_login(login.state, callback)).expect("a person");
    let shown = format!("{who:?} {:?} {:?} {:?}", who.access_token, who.evidence, scene.client);
    for hidden in [
        who.user.sub.as_str(),
        "Ann",
        "Peeters",
        "1987",
        who.access_token.expose(),
        who.evidence.id_token(),
    ] {
        assert!(!shown.contains(hidden), "{hidden} is in {shown}");
    }
    assert!(shown.contains("\"birthdate\""), "the names of claims are shown: {shown}");
}

#[test]
fn requests_hide_what_is_asked_and_confirmed() {
    use itsme_core::{Claim, DataRequest, FreeText, Payment, Template};
    let text = FreeText::new("hidden");
    let claim = Claim::Name.essential().value("hidden");
    assert_eq!(format!("{claim:?}"), "ClaimRequest(Name, ..)");
    let login = format!("{:?}", AuthorizationRequest::login("SERVICE"));
    assert_eq!(login, "AuthorizationRequest { service_code: \"SERVICE\", .. }");
    let shown = format!(
        "{text:?} {:?} {claim:?} {:?} {:?} {:?}",
        Template::from(text.clone()),
        DataRequest::from(claim.clone()),
        AuthorizationRequest::confirm("SERVICE", text.clone())
            .known_user("hidden")
            .claim(claim.clone()),
        Payment::new("hidden", "hidden", "hidden"),
    );
    assert!(!shown.contains("hidden"), "{shown}");
}

#[test]
fn evidence_is_the_signed_token_and_its_key() {
    let mut scene = Scene::warm();
    let begun = itsme_core::Platform::now(&scene.world);
    let who = scene
        .log_in_for(AuthorizationRequest::login(SERVICE).scope(Scope::Email))
        .expect("a person");
    let evidence = &who.evidence;
    assert_eq!(evidence.id_token().split('.').count(), 3);
    assert_eq!(evidence.signing_key().expect("a key")["kid"], "s1");
    assert_eq!(evidence.signing_key_thumbprint().expect("a key").len(), 43);
    assert_eq!(evidence.asked_at(), begun);
    assert_eq!(evidence.asked_scopes(), [Scope::Email]);
    assert_eq!(evidence.asked_acr(), None);
}

#[test]
fn times_and_checks_are_shown() {
    assert_eq!(format!("{:?}", UnixTime::from_millis(1_767_225_600_042)), "1767225600.042");
    let check =
        Document::IdToken.checks().into_iter().find(|check| check.name == "sub").expect("a check");
    let shown = format!("sub: {} ({})", check.expects, check.source);
    assert_eq!(check.to_string(), shown);
}
