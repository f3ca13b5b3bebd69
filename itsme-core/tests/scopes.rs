//! Claims requested by scope arrive in the ID token if the OP does what itsme recommends, otherwise by userinfo. The
//! application gets the same either way.

mod common;

use common::{DISCOVERY, KEYS, Scene, TOKEN, USERINFO};
use itsme_core::{
    AuthorizationRequest, Backchannel, BackchannelRequest, Claim, Client, LoggedIn, LoginState,
    Scope, User,
};
use itsme_testkit::{Document, FakeOp, IDENTIFY_SERVICE, Person, SERVICE, World};
use serde_json::{Value, json};

const BACKCHANNEL: &str = "POST /backchannel/authentication";

const ALL: [Scope; 6] =
    [Scope::Profile, Scope::Email, Scope::Phone, Scope::Address, Scope::Eid, Scope::IdDocument];

/// The claims that itsme's documentation promises for everyone, by scope.
const ALWAYS: [(Scope, &[&str]); 3] = [
    (Scope::Profile, &["name", "family_name"]),
    (Scope::Phone, &["phone_number", "phone_number_verified"]),
    (
        Scope::IdDocument,
        &[
            "http://itsme.services/v2/claim/IDDocumentSN",
            "http://itsme.services/v2/claim/IDDocumentType",
            "http://itsme.services/v2/claim/IDIssuingCountry",
        ],
    ),
];

fn login(scopes: &[Scope]) -> AuthorizationRequest {
    let login = AuthorizationRequest::login(SERVICE);
    scopes.iter().fold(login, |login, scope| login.scope(*scope))
}

/// Someone logs in, and these requests are made when they return.
fn log_in_as(
    scene: &mut Scene,
    person: &Person,
    login: AuthorizationRequest,
) -> (LoggedIn, Vec<String>) {
    let redirect = scene.authorize(login);
    let callback = scene.op.approve(&redirect.url, person);
    scene.op.forget_asked();
    let who = scene.play(scene.client.finish_login(redirect.state, callback)).expect("a person");
    (who, scene.op.asked().iter().map(|asked| (*asked).to_owned()).collect())
}

/// An OP that reads scopes but not the `claims` parameter.
fn ignoring_claims() -> Scene {
    let mut scene = Scene::warm();
    scene.op.alter(Document::IdToken, |claims| {
        let about_the_token = ["iss", "sub", "aud", "iat", "exp", "nonce"];
        claims.retain(|name, _| about_the_token.contains(&name.as_str()));
    });
    scene
}

/// The `claims` of an authorization request.
fn claims(scene: &mut Scene, login: AuthorizationRequest) -> Value {
    let redirect = scene.authorize(login);
    let url = url::Url::parse(&redirect.url).expect("a URL");
    let sent = url.query_pairs().find(|(name, _)| name == "claims");
    let sent = sent.map(|(_, claims)| claims.into_owned());
    assert_eq!(redirect.claims, sent, "the archived claims are those that were sent");
    sent.map_or(Value::Null, |claims| serde_json::from_str(&claims).expect("JSON"))
}

#[test]
fn everybody_logs_in_by_one_request() {
    let mut scene = Scene::warm();
    let scopes = [Scope::Profile, Scope::Email, Scope::Phone, Scope::Address];
    for person in Person::samples() {
        let asked = log_in_as(&mut scene, &person, login(&scopes)).1;
        assert_eq!(asked, [TOKEN], "{}", person.id());
        let asked = log_in_as(&mut scene, &person, login(&scopes).as_request_object()).1;
        assert_eq!(asked, [TOKEN], "{}", person.id());
        let by_userinfo = login(&scopes).scopes_by_userinfo();
        let asked = log_in_as(&mut scene, &person, by_userinfo).1;
        assert_eq!(asked, [TOKEN, USERINFO], "{}", person.id());
    }
}

/// The sample people, and each of them without each claim of the scopes.
fn people(scene: &mut Scene) -> Vec<Person> {
    let mut people = vec![Person::new("nobody")];
    for person in Person::samples() {
        let (who, _) = log_in_as(scene, &person, login(&ALL).scopes_by_userinfo());
        let told = who.evidence.userinfo_claims().expect("a userinfo answer");
        let known = person.claims().keys().filter(|claim| told.contains_key(*claim));
        people.extend(known.map(|claim| person.clone().without(claim)));
        people.push(person);
    }
    assert!(people.len() > 40, "{}", people.len());
    people
}

#[test]
fn nothing_is_lost_whatever_somebody_lacks() {
    let (mut scene, mut old, mut ignoring) = (Scene::warm(), Scene::warm(), ignoring_claims());
    let mut asked_for: Vec<Vec<Scope>> = ALL.iter().map(|scope| vec![*scope]).collect();
    asked_for.push(ALL[..4].to_vec());
    asked_for.push(ALL.to_vec());
    let (mut spared, mut asked_twice) = (0, 0);
    for person in people(&mut old) {
        for scopes in &asked_for {
            let by_userinfo = login(scopes).scopes_by_userinfo();
            let (expected, _) = log_in_as(&mut old, &person, by_userinfo);
            let (who, asked) = log_in_as(&mut scene, &person, login(scopes));
            let what = format!("{} {scopes:?}: {:?}", person.id(), person.claims());
            assert_eq!(who.user, expected.user, "{what}");
            // Userinfo is skipped if nobody can have more claims than the ID token had.
            let of_scopes = |(scope, _): &&(Scope, _)| scopes.contains(scope);
            let mut always = ALWAYS.iter().filter(of_scopes).flat_map(|(_, names)| *names);
            let has_all = always.all(|name| person.claims().contains_key(*name));
            let is_spared = has_all && *who.user != nobody_but(&who);
            let expected_requests = if is_spared { vec![TOKEN] } else { vec![TOKEN, USERINFO] };
            assert_eq!(asked, expected_requests, "{what}");
            *(if is_spared { &mut spared } else { &mut asked_twice }) += 1;

            let (who, asked) = log_in_as(&mut ignoring, &person, login(scopes));
            assert_eq!(who.user, expected.user, "{what}, only by scope");
            assert_eq!(asked, [TOKEN, USERINFO], "{what}");
        }
    }
    assert!(spared > 250 && asked_twice > 50, "{spared} and {asked_twice}");
}

/// A person about whom nothing is known.
fn nobody_but(who: &LoggedIn) -> User {
    serde_json::from_value(json!({ "v": 2, "sub": who.user.sub })).expect("a user")
}

/// One claim of many does not prove that the OP has read them all.
#[test]
fn an_id_token_with_a_part_of_it_is_not_enough() {
    let ann = Person::ann();
    let expected = log_in_as(&mut Scene::warm(), &ann, login(&ALL)).0.user;
    for (_, names) in ALWAYS {
        for name in names {
            let mut scene = Scene::warm();
            scene.op.alter(Document::IdToken, |claims| drop(claims.remove(*name)));
            let (who, asked) = log_in_as(&mut scene, &ann, login(&ALL));
            assert_eq!((who.user, asked.len()), (expected.clone(), 2), "{name}");
        }
    }
}

#[test]
fn the_id_token_is_asked_for_what_scopes_stand_for() {
    const V2: &str = "http://itsme.services/v2/claim/";
    let mut scene = Scene::warm();
    let named = |names: &[&str]| {
        let member = |name: &&str| ((*name).replace("V2:", V2), Value::Null);
        json!({ "id_token": names.iter().map(member).collect::<serde_json::Map<_, _>>() })
    };
    for (scope, names) in [
        (Scope::Address, &["address", "V2:address_assurance_level"][..]),
        (Scope::Eid, &["V2:BENationalNumber", "V2:BEeidSn"]),
        (Scope::Email, &["email", "email_verified"]),
        (
            Scope::IdDocument,
            &[
                "V2:IDDocumentSN",
                "V2:IDDocumentType",
                "V2:IDIssuingCountry",
                "V2:validityFrom",
                "V2:validityTo",
            ],
        ),
        (Scope::Phone, &["phone_number", "phone_number_verified"]),
        (
            Scope::Profile,
            &["family_name", "given_name", "name", "gender", "locale", "birthdate", "picture"],
        ),
    ] {
        assert_eq!(claims(&mut scene, login(&[scope])), named(names));
        assert_eq!(claims(&mut scene, login(&[scope]).scopes_by_userinfo()), Value::Null);
    }
    // Claims that were requested individually are unchanged.
    let essential = login(&[Scope::Email]).claim(Claim::Email.essential()).claim(Claim::Name);
    let expected = json!({ "id_token": {
        "email": { "essential": true }, "email_verified": null, "name": null,
    } });
    assert_eq!(claims(&mut scene, essential), expected);
    assert_eq!(claims(&mut scene, login(&[])), Value::Null);
}

/// Userinfo is called anyway, or the person may have another value than the requested one.
#[test]
fn beside_some_claims_scopes_are_asked_for_as_scopes_alone() {
    let mut scene = Scene::warm();
    let userinfo = || login(&[Scope::IdDocument]).claim(Claim::Birthdate.in_userinfo());
    assert_eq!(claims(&mut scene, userinfo()), json!({ "userinfo": { "birthdate": null } }));
    let by_value = || login(&[Scope::Email]).claim(Claim::Email.essential().value("other"));
    let asked = json!({ "id_token": { "email": { "essential": true, "value": "other" } } });
    assert_eq!(claims(&mut scene, by_value()), asked);

    // Metadata describes the claims in the same response.
    let card = "http://itsme.services/v2/claim/IDDocumentSN";
    let valid = json!({ card: "2030-01-02", "birthdate": "2030-01-02" });
    let ann = Person::ann().with("http://itsme.services/v2/claim/validityTo", valid);
    let (who, asked) = log_in_as(&mut scene, &ann, userinfo());
    assert_eq!(who.user.valid_until(&Claim::Birthdate), Some("2030-01-02"));
    assert_eq!(asked, [TOKEN, USERINFO]);

    scene.op.alter(Document::IdToken, |claims| drop(claims.remove("email")));
    let (who, asked) = log_in_as(&mut scene, &ann, by_value());
    assert_eq!(who.user.email.as_deref(), Some("ann.peeters@mail.example"));
    assert_eq!(asked, [TOKEN, USERINFO]);
}

#[test]
fn in_v1_scopes_are_answered_by_userinfo() {
    let world = World::new();
    let op = FakeOp::new(world.clock()).v1();
    let client = Client::new(op.settings()).expect("the settings are sound");
    let mut scene = Scene { world, op, client };
    assert_eq!(claims(&mut scene, login(&[Scope::Profile, Scope::Eid])), Value::Null);
    for person in Person::samples() {
        let (who, asked) = log_in_as(&mut scene, &person, login(&[Scope::Profile]));
        assert!(who.user.name.is_some());
        assert_eq!(asked, [TOKEN, USERINFO]);
    }
}

/// A login stored before scopes were requested in the ID token.
#[test]
fn an_older_login_state_is_finished_as_it_was_begun() {
    let mut scene = Scene::warm();
    for (begun, expected) in
        [(login(&ALL), vec![TOKEN]), (login(&ALL).scopes_by_userinfo(), vec![TOKEN, USERINFO])]
    {
        let redirect = scene.authorize(begun);
        let callback = scene.op.approve(&redirect.url, &Person::daan());
        let stored = serde_json::to_string(&redirect.state).expect("JSON");
        let state: LoginState = serde_json::from_str(&stored).expect("a login state");
        scene.op.forget_asked();
        scene.play(scene.client.finish_login(state, callback)).expect("Daan");
        assert_eq!(scene.op.asked(), expected);
    }
    let redirect = scene.authorize(login(&ALL));
    let callback = scene.op.approve(&redirect.url, &Person::daan());
    let mut older = serde_json::to_value(&redirect.state).expect("JSON");
    let asked = older["requested"].as_object_mut().expect("an object");
    assert_eq!(asked.remove("scopes_in_id_token"), Some(json!(true)));
    let state: LoginState = serde_json::from_value(older).expect("a login state");
    scene.op.forget_asked();
    scene.play(scene.client.finish_login(state, callback)).expect("Daan");
    assert_eq!(scene.op.asked(), [TOKEN, USERINFO]);
}

#[test]
fn every_service_asks_so() {
    let mut scene = Scene::warm();
    let identification = AuthorizationRequest::identification(IDENTIFY_SERVICE, Scope::Profile);
    let (who, asked) = log_in_as(&mut scene, &Person::daan(), identification);
    assert_eq!((who.user.name.as_deref(), asked), (Some("Daan de Vries"), vec![TOKEN.to_owned()]));

    let sub = scene.op.sub_of(&Person::ann());
    scene.op.forget_asked();
    let mut by_backchannel = |what: AuthorizationRequest| {
        let request = BackchannelRequest::known_user(&sub, what);
        let ticket = scene.play(scene.client.start_backchannel(request)).expect("a ticket");
        scene.op.approve_backchannel(ticket.auth_req_id());
        match scene.play(scene.client.poll_backchannel(ticket)).expect("an answer") {
            Backchannel::LoggedIn(who) => who.user.clone(),
            Backchannel::Pending(_) => panic!("she has approved"),
        }
    };
    let users = [by_backchannel(login(&ALL)), by_backchannel(login(&ALL).scopes_by_userinfo())];
    assert_eq!(users[0], users[1]);
    assert_eq!(scene.op.asked(), [BACKCHANNEL, TOKEN, BACKCHANNEL, TOKEN, USERINFO]);
}

/// A cold login fetches what is not cached, then the token.
#[test]
fn a_cold_login_makes_three_requests() {
    let mut scene = Scene::new();
    assert!(scene.log_in_for(login(&ALL)).expect("Ann").user.be_eid_sn.is_some());
    assert_eq!(scene.op.asked(), [DISCOVERY, KEYS, TOKEN]);
}
