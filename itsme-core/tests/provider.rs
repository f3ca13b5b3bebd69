//! Metadata and keys: fetched once for everyone, kept as long as the OP says, fetched again when
//! its keys change, and still used when it cannot be reached.

mod common;

use std::time::Duration;

use common::{DISCOVERY, KEYS, Scene, TOKEN, USERINFO, flow_error, id_token_error};
use itsme_core::{
    AuthorizationRequest, Client, DriveError, Error, JoseError, MetadataError, Platform, Provider,
    Scope, SendFailure, Step, TokenError,
};
use itsme_testkit::{Document, FakeOp, Person, Reaction, SERVICE, World, play_all};
use serde_json::{Value, json};

const HOUR: Duration = Duration::from_secs(3600);

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

#[test]
fn a_hundred_cold_logins_make_one_fetch() {
    let mut scene = Scene::new();
    let flows = (0..100).map(|_| scene.client.authorize(AuthorizationRequest::login(SERVICE)));
    let logins = play_all(flows, &mut scene.op, &mut scene.world);
    assert_eq!(scene.op.asked(), [DISCOVERY, KEYS]);
    let mut flows = Vec::new();
    for login in logins {
        let login = login.expect("an authorization URL");
        let callback = scene.op.approve(&login.url, &Person::ann());
        flows.push(scene.client.finish_login(login.state, callback));
    }
    let people = play_all(flows, &mut scene.op, &mut scene.world);
    assert!(people.iter().all(Result::is_ok));
    assert_eq!(scene.times(TOKEN), 100);
    assert_eq!(scene.op.asked().len(), 102);
}

#[test]
fn a_dropped_leader_is_followed_by_another() {
    let Scene { mut world, mut op, client } = Scene::new();
    let leader =
        client.authorize(AuthorizationRequest::login(SERVICE)).start(&mut world).expect("a step");
    let Step::Send(request, pending) = leader else { panic!("a cold flow fetches") };
    assert_eq!(request.uri().path(), "/v2/.well-known/openid-configuration");
    let _ = op.handle(request);
    let mut followers: Vec<_> =
        (0..99).map(|_| client.authorize(AuthorizationRequest::login(SERVICE))).collect::<Vec<_>>();
    let Step::Wait(wait, _paused) =
        followers.pop().expect("a flow").start(&mut world).expect("a step")
    else {
        panic!("a second flow waits")
    };
    assert_eq!(wait, Duration::from_millis(50));
    drop(pending);
    followers.push(client.authorize(AuthorizationRequest::login(SERVICE)));
    let results = play_all(followers, &mut op, &mut world);
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 99);
    assert_eq!(op.asked(), [DISCOVERY, DISCOVERY, KEYS], "the leader's request and one more");
}

#[test]
fn a_leader_that_hangs_is_overtaken_after_half_a_minute() {
    let Scene { mut world, mut op, client } = Scene::new();
    let leader =
        client.authorize(AuthorizationRequest::login(SERVICE)).start(&mut world).expect("a step");
    let begun = world.now();
    let flows = (0..10).map(|_| client.authorize(AuthorizationRequest::login(SERVICE)));
    let results = play_all(flows, &mut op, &mut world);
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(op.asked(), [DISCOVERY, KEYS]);
    let took = world.now().since(begun);
    assert!(took >= Duration::from_secs(31) && took < Duration::from_secs(32), "{took:?}");
    drop(leader);
}

#[test]
fn a_failed_leader_ends_those_who_wait_and_nobody_else() {
    let mut scene = Scene::new();
    scene.op.react("/.well-known/openid-configuration", Reaction::Reply(page(503)));
    let flows = (0..100).map(|_| scene.client.authorize(AuthorizationRequest::login(SERVICE)));
    let results = play_all(flows, &mut scene.op, &mut scene.world);
    assert_eq!(scene.op.asked(), [DISCOVERY], "one request, a hundred errors");
    let mut unavailable = 0;
    for result in results {
        match flow_error(result) {
            Error::UnexpectedReply(reply) => assert_eq!(reply.status, 503),
            Error::ProviderUnavailable { cause } => {
                assert!(
                    matches!(&*cause, Error::UnexpectedReply(reply) if reply.status == 503),
                    "{cause}"
                );
                unavailable += 1;
            }
            other => panic!("{other}"),
        }
    }
    assert_eq!(unavailable, 99);
    assert!(scene.log_in().is_ok(), "later logins try again");
}

/// Flows do not wait out the silence one after the other.
#[test]
fn a_leader_that_meets_silence_ends_those_who_wait() {
    use itsme_core::SendFailure::TimedOut;
    let mut scene = Scene::new();
    let start = |scene: &mut Scene| {
        scene.client.authorize(AuthorizationRequest::login(SERVICE)).start(&mut scene.world)
    };
    let Ok(Step::Send(_, pending)) = start(&mut scene) else { panic!("it fetches for everyone") };
    let mut waiting: Vec<_> = (0..20).map(|_| start(&mut scene)).collect();
    scene.world.advance(Duration::from_millis(30_900));
    for step in &mut waiting {
        let Ok(Step::Wait(_, paused)) = std::mem::replace(step, start(&mut scene)) else {
            panic!("it waits")
        };
        *step = paused.resume(&mut scene.world);
        assert!(matches!(step, Ok(Step::Wait(..))), "{step:?}");
    }
    assert!(matches!(pending.failed(TimedOut, &mut scene.world), Ok(None)));
    for step in waiting {
        let Ok(Step::Wait(_, paused)) = step else { panic!("it waits") };
        let error = paused.resume(&mut scene.world).expect_err("it has failed");
        assert!(matches!(error, Error::ProviderUnavailable { .. }), "{error}");
    }
}

#[test]
fn a_leader_whose_requests_are_lost_fails_with_the_transports_error() {
    let mut scene = Scene::new();
    for _ in 0..2 {
        scene.op.react("/.well-known/openid-configuration", Reaction::Lost);
    }
    let flows = (0..3).map(|_| scene.client.authorize(AuthorizationRequest::login(SERVICE)));
    let mut results = play_all(flows, &mut scene.op, &mut scene.world).into_iter();
    assert_eq!(scene.op.asked(), [DISCOVERY, DISCOVERY], "a GET is tried once more");
    let leader = results.next().expect("a result").expect_err("no OP");
    assert!(matches!(leader, DriveError::Transport { source: SendFailure::Lost, .. }), "{leader}");
    for follower in results {
        assert!(matches!(flow_error(follower), Error::ProviderUnavailable { .. }));
    }
}

#[test]
fn max_age_says_when_to_fetch_again() {
    let mut scene = Scene::new();
    scene.op.cache_control("max-age=600");
    scene.log_in().expect("a person");
    scene.op.forget_asked();
    scene.world.advance(minutes(10) - Duration::from_millis(200));
    scene.log_in().expect("a person");
    assert_eq!(scene.op.asked(), [TOKEN]);
    scene.world.advance(minutes(1));
    scene.log_in().expect("a person");
    assert_eq!(scene.op.asked(), [TOKEN, DISCOVERY, KEYS, TOKEN]);
}

#[test]
fn a_clock_put_back_makes_the_cache_stale() {
    let mut scene = Scene::warm();
    scene.world.set(scene.world.now().before(HOUR));
    scene.log_in().expect("a person");
    assert_eq!(scene.op.asked(), [DISCOVERY, KEYS, TOKEN]);
}

#[test]
fn a_rotation_costs_one_key_fetch() {
    let mut scene = Scene::warm();
    scene.op.rotate_signing_key();
    scene.log_in().expect("a person");
    assert_eq!(scene.op.asked(), [TOKEN, KEYS]);
    scene.log_in().expect("a person");
    assert_eq!(scene.op.asked(), [TOKEN, KEYS, TOKEN]);
}

#[test]
fn keys_that_were_announced_cost_no_fetch() {
    let mut scene = Scene::new();
    scene.op.roll_signing_key();
    scene.log_in().expect("a person");
    scene.op.forget_asked();
    for _ in 0..2 {
        scene.op.roll_signing_key();
        scene.log_in().expect("a person");
    }
    assert_eq!(scene.op.asked(), [TOKEN, TOKEN]);
    let login = scene.authorize(AuthorizationRequest::login(SERVICE));
    let callback = scene.op.approve(&login.url, &Person::ann());
    scene.op.roll_signing_key();
    scene.play(scene.client.finish_login(login.state, callback)).expect("a person");
    assert_eq!(scene.op.asked(), [TOKEN, TOKEN, TOKEN, KEYS]);
}

#[test]
fn a_rotation_between_token_and_userinfo_costs_one_key_fetch() {
    let mut scene = Scene::warm();
    let login = scene
        .authorize(AuthorizationRequest::login(SERVICE).scope(Scope::Email).scopes_by_userinfo());
    let callback = scene.op.approve(&login.url, &Person::ann());
    let Scene { world, op, client } = &mut scene;
    let mut step = client.finish_login(login.state, callback).start(world).expect("a step");
    let who = loop {
        let Step::Send(request, pending) = step else { panic!("it asks") };
        if request.uri().path() == "/v2/userinfo" {
            op.rotate_signing_key();
        }
        let response = op.handle(request).expect("a response");
        step = match pending.receive(response, world).expect("a step") {
            Step::Done(who) => break who,
            step => step,
        };
    };
    assert_eq!(op.asked(), [TOKEN, USERINFO, KEYS]);
    assert_eq!(who.user.email.as_deref(), Some("ann.peeters@mail.example"));
}

#[test]
fn a_hundred_logins_after_a_rotation_make_one_key_fetch() {
    let mut scene = Scene::warm();
    let mut flows = Vec::new();
    for _ in 0..100 {
        let login = scene.authorize(AuthorizationRequest::login(SERVICE));
        let callback = scene.op.approve(&login.url, &Person::ann());
        flows.push(scene.client.finish_login(login.state, callback));
    }
    scene.op.rotate_signing_key();
    let results = play_all(flows, &mut scene.op, &mut scene.world);
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(scene.times(KEYS), 1);
}

/// Whether the OP says so itself or through the browser.
#[test]
fn a_refused_request_object_that_comes_back_by_the_browser_has_the_keys_fetched() {
    let mut scene = Scene::warm();
    for _ in 0..2 {
        let login = scene.authorize(AuthorizationRequest::login(SERVICE));
        let callback = format!("error=invalid_request_object&state={}", login.state.id());
        let error = flow_error(scene.play(scene.client.finish_login(login.state, callback)));
        assert!(matches!(error, Error::Refused(_)), "{error}");
        scene.log_in().expect("a person");
    }
    assert_eq!(scene.times(KEYS), 1, "once within a minute");
}

/// What counts is when the person returned, not how long another flow takes to fetch.
#[test]
fn a_login_does_not_expire_while_it_waits_for_the_ops_keys() {
    let mut scene = Scene::warm();
    let login = scene.authorize(AuthorizationRequest::login(SERVICE));
    scene.world.advance(minutes(15) - Duration::from_millis(20));
    let callback = scene.op.approve(&login.url, &Person::ann());
    scene.client = Client::new(scene.op.settings()).expect("the settings are sound");
    let leader = scene.client.refresh().start(&mut scene.world).expect("a step");
    let Step::Send(request, pending) = leader else { panic!("a cold flow fetches") };
    let flow = scene.client.finish_login(login.state, callback);
    let Step::Wait(wait, paused) = flow.start(&mut scene.world).expect("in time") else {
        panic!("another flow is fetching")
    };
    let metadata = scene.op.handle(request).expect("metadata");
    let keys = pending.receive(metadata, &mut scene.world).expect("a step");
    let Step::Send(request, pending) = keys else { panic!("the keys") };
    let keys = scene.op.handle(request).expect("keys");
    assert!(matches!(pending.receive(keys, &mut scene.world), Ok(Step::Done(_))));
    scene.world.advance(wait);
    let step = paused.resume(&mut scene.world).expect("it was in time");
    assert!(matches!(step, Step::Send(..)), "{step:?}");
}

#[test]
fn two_rotations_within_a_minute_are_one_too_many() {
    let mut scene = Scene::warm();
    scene.op.rotate_signing_key();
    scene.log_in().expect("a person");
    scene.op.rotate_signing_key();
    let error = id_token_error(scene.log_in());
    assert_eq!(
        error,
        TokenError::Jose(JoseError::UnknownSigningKey {
            kid: Some("s3".into()),
            published: vec!["s2".into()],
        })
    );
    assert_eq!(scene.times(KEYS), 1);
    scene.world.advance(minutes(1));
    scene.log_in().expect("a minute later the key is known");
    assert_eq!(scene.times(KEYS), 2);
}

#[test]
fn forged_kids_cost_one_key_fetch_a_minute() {
    let mut scene = Scene::warm();
    let begun = scene.world.now();
    for forged in 0..1000 {
        scene.op.forge_kid(Some(&format!("forged-{forged}")));
        let error = id_token_error(scene.log_in());
        assert!(matches!(error, TokenError::Jose(JoseError::UnknownSigningKey { .. })), "{error}");
        scene.world.advance(Duration::from_millis(100));
    }
    let minutes = scene.world.now().since(begun).as_secs() / 60;
    assert_eq!(minutes, 1, "1,000 logins in 100 seconds");
    assert_eq!(scene.times(KEYS), 2);
    assert_eq!(scene.times(DISCOVERY), 0);
    scene.op.forge_kid(None);
    assert!(scene.log_in().is_ok(), "no one else is affected");
}

#[test]
fn a_lost_key_fetch_after_the_token_answer_is_made_once_more() {
    let mut scene = Scene::warm();
    scene.op.rotate_signing_key();
    scene.op.react("/jwkSet", Reaction::Lost);
    scene.log_in().expect("a person");
    assert_eq!(scene.op.asked(), [TOKEN, KEYS, KEYS], "the code is not redeemed again");
}

#[test]
fn expired_keys_serve_for_a_day_while_the_op_is_away() {
    let mut scene = Scene::warm();
    let redirect = scene.authorize(AuthorizationRequest::login(SERVICE));
    drop(redirect);
    for (hours, works) in [(2, true), (22, true), (2, false)] {
        scene.world.advance(HOUR * hours);
        for _ in 0..2 {
            scene.op.react("/.well-known/openid-configuration", Reaction::NotSent);
        }
        let login = scene.play(scene.client.authorize(AuthorizationRequest::login(SERVICE)));
        assert_eq!(login.is_ok(), works, "after {hours} more hours");
        if let Err(error) = login {
            assert!(matches!(error, DriveError::Transport { source: SendFailure::NotSent, .. }));
        }
    }
}

#[test]
fn expired_keys_serve_while_the_op_answers_nonsense() {
    let mut scene = Scene::warm();
    scene.world.advance(HOUR * 2);
    scene.op.react("/.well-known/openid-configuration", Reaction::Reply(page(200)));
    assert!(scene.log_in().is_ok());
    assert!(scene.log_in().is_ok());
    assert_eq!(scene.op.asked(), [DISCOVERY, TOKEN, TOKEN], "the OP is left alone for a minute");
    scene.world.advance(minutes(1));
    scene.op.forget_asked();
    scene.op.react("/jwkSet", Reaction::Reply(page(502)));
    assert!(scene.log_in().is_ok());
    assert_eq!(scene.op.asked(), [DISCOVERY, KEYS, TOKEN]);
    scene.world.advance(minutes(1));
    scene.op.forget_asked();
    assert!(scene.log_in().is_ok());
    assert_eq!(scene.op.asked(), [DISCOVERY, KEYS, TOKEN], "the OP has recovered");
}

#[test]
fn a_refresh_never_settles_for_old_keys() {
    let mut scene = Scene::warm();
    scene.op.react("/jwkSet", Reaction::Reply(page(502)));
    let error = flow_error(scene.play(scene.client.refresh()));
    assert!(matches!(error, Error::UnexpectedReply(_)), "{error}");
    assert!(scene.log_in().is_ok(), "the cache is not lost");
    scene.op.forget_asked();
    scene.play(scene.client.refresh()).expect("the OP answers");
    assert_eq!(scene.op.asked(), [DISCOVERY, KEYS], "even if fresh");
}

/// Nothing else shows that the OP has changed its encryption key.
#[test]
fn a_refused_client_fetches_the_keys_before_the_next_attempt() {
    let mut scene = Scene::warm();
    scene.op.rotate_encryption_key();
    let error = flow_error(scene.log_in());
    let Error::Refused(refusal) = error else { panic!("{error}") };
    assert_eq!(refusal.code, itsme_core::ErrorCode::InvalidClient);
    assert!(scene.log_in().is_ok());
    assert_eq!(scene.op.asked(), [TOKEN, KEYS, TOKEN]);

    scene.op.rotate_encryption_key();
    assert!(scene.log_in().is_err());
    assert!(scene.log_in().is_err(), "under the same pause as unknown kids");
    assert_eq!(scene.times(KEYS), 1);
    scene.world.advance(minutes(1));
    assert!(scene.log_in().is_ok());
    assert_eq!(scene.times(KEYS), 2);
}

#[test]
fn a_snapshot_saves_another_process_the_fetch() {
    let mut scene = Scene::warm();
    let stored = serde_json::to_string(&*scene.client.provider().expect("cached")).expect("JSON");
    let Scene { world, op, .. } = &mut scene;
    let other = Client::new(op.settings()).expect("the settings are sound");
    assert!(other.provider().is_none());
    other.import_provider(serde_json::from_str(&stored).expect("a snapshot")).expect("ours");
    let mut fleet = Scene { world: World::new(), op: FakeOp::new(world.clock()), client: other };
    fleet.world.set(world.now());
    fleet.log_in().expect("a person");
    assert_eq!(fleet.op.asked(), [TOKEN]);
    fleet.op.forget_asked();
    fleet.world.advance(HOUR);
    world.advance(HOUR);
    fleet.log_in().expect("a person");
    assert_eq!(fleet.op.asked(), [DISCOVERY, KEYS, TOKEN], "it keeps its age");
}

/// A client that knows the OP by a snapshot in which something expired so long ago.
fn with_expired(what: &[&str], since: Duration) -> Scene {
    let scene = Scene::warm();
    let mut stored =
        serde_json::to_value(&*scene.client.provider().expect("cached")).expect("JSON");
    for member in what {
        stored[member]["until"] = json!(scene.world.now().before(since));
    }
    let client = Client::new(scene.op.settings()).expect("the settings are sound");
    client.import_provider(serde_json::from_value(stored).expect("a snapshot")).expect("ours");
    Scene { client, ..scene }
}

#[test]
fn metadata_and_keys_expire_separately() {
    let mut keys = with_expired(&["keys_freshness"], minutes(1));
    keys.log_in().expect("a person");
    assert_eq!(keys.op.asked(), [KEYS, TOKEN]);
    let mut metadata = with_expired(&["metadata_freshness"], minutes(1));
    metadata.log_in().expect("a person");
    assert_eq!(metadata.op.asked(), [DISCOVERY, KEYS, TOKEN]);
}

#[test]
fn what_has_long_expired_does_not_serve_while_the_op_is_away() {
    for long_expired in [&["keys_freshness"][..], &["metadata_freshness"]] {
        for (hours, works) in [(23, true), (25, false)] {
            let mut scene = with_expired(long_expired, HOUR * hours);
            for path in ["/.well-known/openid-configuration", "/jwkSet"] {
                (0..2).for_each(|_| scene.op.react(path, Reaction::NotSent));
            }
            let login = scene.play(scene.client.authorize(AuthorizationRequest::login(SERVICE)));
            assert_eq!(login.is_ok(), works, "{long_expired:?} {hours} hours ago");
        }
    }
}

#[test]
fn a_foreign_or_newer_snapshot_is_refused() {
    let scene = Scene::warm();
    let provider = scene.client.provider().expect("cached");
    let mut stored = serde_json::to_value(&*provider).expect("JSON");
    let import = |stored: &Value| {
        let provider: Provider = serde_json::from_value(stored.clone()).expect("a snapshot");
        scene.client.import_provider(provider)
    };
    assert!(import(&stored).is_ok());
    stored["unknown"] = json!(1);
    assert!(import(&stored).is_ok(), "unknown members are accepted");
    let mut foreign = stored.clone();
    foreign["metadata"]["issuer"] = json!("https://evil.example");
    assert!(matches!(import(&foreign), Err(Error::ForeignProvider)));
    let mut http = stored.clone();
    http["metadata"]["token_endpoint"] = json!("http://op.example/token");
    assert!(matches!(
        import(&http),
        Err(Error::Metadata(MetadataError::Url { member: "token_endpoint", .. }))
    ));
    stored["v"] = json!(3);
    let error = serde_json::from_value::<Provider>(stored).expect_err("another version");
    assert!(error.to_string().contains("another version"), "{error}");
}

/// One bad key does not spoil the set, but two different ones with the same `kid` spoil each other.
#[test]
fn bad_keys_among_good_ones_are_skipped() {
    let mut scene = Scene::new();
    scene.op.alter(Document::KeySet, |set| {
        let keys = set["keys"].as_array_mut().expect("keys");
        let good = keys[0].clone();
        let changed = |change: fn(&mut Value)| {
            let mut key = good.clone();
            key["kid"] = json!("bad");
            change(&mut key);
            key
        };
        keys.splice(
            0..0,
            [
                json!(null),
                json!({}),
                json!({ "kty": "EC", "kid": "s1", "crv": "P-256", "x": "", "y": "" }),
                changed(|key| key["kty"] = json!("XYZ")),
                changed(|key| key["n"] = json!("!")),
                changed(|key| key["e"] = json!("AQ")),
                changed(|key| key["e"] = json!("AAAC")),
                changed(|key| key["use"] = json!("tls")),
                changed(|key| key["alg"] = json!("PS256")),
                changed(|key| key["d"] = json!("AQAB")),
                changed(|key| key["kid"] = json!(7)),
                // The same key twice counts as one key.
                good.clone(),
            ],
        );
    });
    scene.log_in().expect("a person");

    let mut scene = Scene::new();
    scene.op.alter(Document::KeySet, |set| {
        let keys = set["keys"].as_array_mut().expect("keys");
        let mut other = keys[1].clone();
        other["use"] = json!("sig");
        other["kid"] = keys[0]["kid"].clone();
        keys.push(other);
    });
    let error = flow_error(scene.play(scene.client.refresh()));
    assert_eq!(
        error.to_string(),
        "the key set endpoint returned an unusable response: it has no usable signing key: `s1` names two \
         different keys; `e1` is for another purpose"
    );
}

/// An empty set must not replace good keys.
#[test]
fn a_set_without_a_signing_key_is_not_stored() {
    let mut scene = Scene::warm();
    scene.op.alter(Document::KeySet, |set| set["keys"] = json!([]));
    scene.world.advance(HOUR);
    assert!(scene.log_in().is_ok(), "the old keys are still used");
    assert!(scene.play(scene.client.refresh()).is_err());
}

#[test]
fn a_refetch_that_fails_is_the_error() {
    let mut scene = Scene::warm();
    scene.op.rotate_signing_key();
    scene.op.react("/jwkSet", Reaction::Reply(page(503)));
    let error = flow_error(scene.log_in());
    assert!(matches!(&error, Error::UnexpectedReply(reply) if reply.status == 503), "{error}");
    for _ in 0..2 {
        scene.op.react("/jwkSet", Reaction::Lost);
    }
    scene.world.advance(minutes(1));
    let error = scene.log_in().expect_err("no keys");
    assert!(matches!(error, DriveError::Transport { source: SendFailure::Lost, .. }), "{error}");
}

/// A flow abandoned in the middle of a refetch must not cost the others a minute.
#[test]
fn a_dropped_refetch_is_made_by_the_next() {
    let mut scene = Scene::warm();
    let login = scene.authorize(AuthorizationRequest::login(SERVICE));
    let callback = scene.op.approve(&login.url, &Person::ann());
    scene.op.rotate_signing_key();
    let Scene { world, op, client } = &mut scene;
    let step = client.finish_login(login.state, callback).start(world).expect("a step");
    let Step::Send(request, pending) = step else { panic!("it redeems the code") };
    let answer = op.handle(request).expect("an answer");
    let step = pending.receive(answer, world).expect("a step");
    let Step::Send(request, dropped) = step else { panic!("it fetches the keys") };
    assert_eq!(request.uri().path(), "/v2/jwkSet");
    drop(dropped);
    assert!(scene.log_in().is_ok());
    assert_eq!(scene.op.asked(), [TOKEN, TOKEN, KEYS]);
}

#[test]
fn a_slash_at_the_end_of_the_issuer_is_cut_for_the_address_alone() {
    let mut scene = Scene::with(|settings| {
        let environment = itsme_core::Environment::custom("https://op.example/v2/");
        let keys = itsme_testkit::private_keys();
        drop(settings);
        itsme_core::Settings::new(itsme_testkit::CLIENT_ID, keys, environment)
            .redirect_uri(itsme_testkit::REDIRECT_URI)
    });
    let error = flow_error(scene.play(scene.client.refresh()));
    assert_eq!(scene.op.asked(), [DISCOVERY]);
    assert!(matches!(error, Error::Metadata(MetadataError::ForeignIssuer { .. })), "{error}");
    let slash = |members: &mut serde_json::Map<String, Value>| {
        members.insert("iss".into(), json!("https://op.example/v2/"));
        members.insert("issuer".into(), json!("https://op.example/v2/"));
    };
    scene.op.alter(Document::Discovery, slash);
    scene.op.alter(Document::IdToken, slash);
    assert!(scene.log_in().is_ok());
}

#[test]
fn the_built_in_environments_have_their_own_names_alone() {
    use itsme_core::Environment::{E2e, E2eV1, Production};
    for (environment, own, second) in [
        (E2eV1, "https://merchant.e2e.itsme.be/oidc", "https://e2emerchant.itsme.be/oidc"),
        (Production, "https://idp.prd.itsme.services/v2", "https://oidc.prd.itsme.services/v2"),
        (E2e, "https://idp.e2e.itsme.services/v2", "https://oidc.e2e.itsme.services/v2"),
    ] {
        assert_eq!(environment.issuer(), own);
        for (issuer, accepted) in [(own, true), (second, true), ("https://op.example/v2", false)] {
            let mut scene = Scene::at(environment.clone());
            for document in [Document::Discovery, Document::IdToken] {
                scene.op.alter(document, move |members| {
                    let name = if document == Document::Discovery { "issuer" } else { "iss" };
                    members.insert(name.into(), json!(issuer));
                });
            }
            assert_eq!(scene.log_in_if_possible(), accepted, "{issuer}");
        }
        // A token's issuer must be the metadata's.
        let mut scene = Scene::at(environment.clone());
        scene.op.alter(Document::IdToken, move |claims| {
            claims.insert("iss".into(), json!(second));
        });
        assert_eq!(id_token_error(scene.log_in()), TokenError::Issuer);
    }
}

#[test]
fn each_refusal_of_the_client_itself_makes_the_keys_suspect() {
    for (code, suspect) in [
        ("invalid_client", true),
        ("unauthorized_client", true),
        ("invalid_request_object", true),
        ("invalid_grant", false),
        ("access_denied", false),
    ] {
        let mut scene = Scene::warm();
        let body = json!({ "error": code }).to_string();
        let response = http::Response::builder().status(400).body(body.into_bytes());
        scene.op.react("/token", Reaction::Reply(response.expect("a response")));
        let error = flow_error(scene.log_in());
        assert!(matches!(error, Error::Refused(_)), "{code} from the OP is not a cancellation");
        for _ in 0..2 {
            assert!(scene.log_in().is_ok());
        }
        assert_eq!(scene.times(KEYS), usize::from(suspect), "{code}: fetched once, if at all");
    }
}

#[test]
fn an_older_snapshot_does_not_replace_newer_keys() {
    let mut scene = Scene::warm();
    let old = scene.client.provider().expect("cached");
    scene.world.advance(minutes(1));
    scene.op.rotate_signing_key();
    scene.play(scene.client.refresh()).expect("the OP answers");
    scene.client.import_provider((*old).clone()).expect("ours");
    scene.op.forget_asked();
    scene.log_in().expect("a person");
    assert_eq!(scene.op.asked(), [TOKEN]);
    let new = scene.client.provider().expect("cached");
    let other = Client::new(scene.op.settings()).expect("the settings are sound");
    for snapshot in [old.clone(), new.clone(), old.clone()] {
        other.import_provider((*snapshot).clone()).expect("ours");
    }
    assert_eq!(other.provider().expect("cached").keys_fetched_at(), new.keys_fetched_at());
    assert_eq!(old.issuer(), "https://op.example/v2");
}

/// The client uses an encryption that the OP says it supports.
#[test]
fn the_content_encryption_is_one_that_the_op_reads() {
    let both = ["A128CBC-HS256", "A256GCM"];
    for (advertised, written) in [
        (None, "A128CBC-HS256"),
        (Some(&both[..]), "A128CBC-HS256"),
        (Some(&both[1..]), "A256GCM"),
        (Some(&["A192GCM"][..]), "A128CBC-HS256"),
    ] {
        let mut scene = Scene::new();
        let advertised = advertised.map(|names| json!(names));
        scene.op.alter(Document::Discovery, move |document| {
            let name = "request_object_encryption_enc_values_supported".to_owned();
            document.extend(advertised.clone().map(|names| (name, names)));
        });
        let login = scene.authorize(AuthorizationRequest::login(SERVICE));
        let callback = scene.op.approve(&login.url, &Person::ann());
        let Scene { world, op, client } = &mut scene;
        let step = client.finish_login(login.state, callback).start(world).expect("a step");
        let Step::Send(request, pending) = step else { panic!("it redeems the code") };
        let form: Vec<_> = url::form_urlencoded::parse(request.body()).into_owned().collect();
        let assertion = form.iter().find(|(name, _)| name == "client_assertion");
        let header =
            assertion.expect("an assertion").1.split('.').next().expect("a header").to_owned();
        let header = itsme_core::internals::base64url_decode(header).expect("base64url");
        let header: Value = serde_json::from_slice(&header).expect("JSON");
        assert_eq!(
            header,
            json!({ "alg": "RSA-OAEP-256", "enc": written, "cty": "JWT", "typ": "JWT", "kid": "e1" })
        );
        assert!(pending.receive(op.handle(request).expect("an answer"), world).is_ok());
    }
}

/// Also in a set in which enough keys remain.
#[test]
fn keys_that_are_passed_over_are_named() {
    let mut scene = Scene::new();
    scene.op.alter(Document::KeySet, |set| {
        let keys = set["keys"].as_array_mut().expect("keys");
        let other = |member: &str, value: Value| {
            let mut key = keys[0].clone();
            key["kid"] = json!("other");
            key[member] = value;
            key
        };
        let padded = json!(format!("{}=", keys[0]["n"].as_str().expect("a number")));
        let others = [
            other("kty", json!("EC")),
            other("alg", json!("PS256")),
            other("kid", json!(7)),
            other("n", padded),
            other("use", json!("tls")),
        ];
        keys.splice(0..0, others);
    });
    let provider = scene.play(scene.client.refresh()).expect("enough keys remain");
    assert_eq!(
        provider.passed_over_keys(),
        [
            "`other` has a `kty` other than RSA",
            "`other` has an unsupported `alg`",
            "key 3 has a `kid` that is not a string",
            "`other` has an `n` that is not base64url without padding",
            "`other` has an unknown `use`",
        ]
    );
    scene.op.recover();
    let provider = scene.play(scene.client.refresh()).expect("the OP answers");
    assert!(provider.passed_over_keys().is_empty());
}

#[test]
fn without_an_encryption_key_nothing_is_sent_to_the_token_endpoint() {
    let mut scene = Scene::new();
    scene.op.alter(Document::KeySet, |set| {
        set["keys"].as_array_mut().expect("keys").retain(|key| key["use"] == "sig");
    });
    // This fails before the person is sent to the OP.
    let login = AuthorizationRequest::login(SERVICE);
    let error = flow_error(scene.play(scene.client.authorize(login)));
    assert!(matches!(error, Error::Metadata(MetadataError::NoEncryptionKey)), "{error}");
    assert_eq!(scene.op.asked(), [DISCOVERY, KEYS]);
    scene.op.recover();
    assert!(scene.log_in().is_ok(), "the next login fetches newer keys");
    assert_eq!(scene.op.asked(), [DISCOVERY, KEYS, KEYS, TOKEN]);

    let mut signed =
        Scene::with(|settings| settings.client_assertion(itsme_core::JwtProtection::Signed));
    signed.op.alter(Document::KeySet, |set| {
        set["keys"].as_array_mut().expect("keys").retain(|key| key["use"] == "sig");
    });
    assert!(signed.log_in().is_ok(), "a signed assertion needs no encryption key");
    let mut by_secret = Scene::new();
    by_secret.client = Client::new(by_secret.op.secret_settings()).expect("sound settings");
    by_secret.op.alter(Document::KeySet, |set| {
        set["keys"].as_array_mut().expect("keys").retain(|key| key["use"] == "sig");
    });
    assert!(by_secret.log_in().is_ok(), "neither does a secret");
}

fn page(status: u16) -> itsme_core::Response {
    http::Response::builder()
        .status(status)
        .header("content-type", "text/html")
        .body(b"<h1>Maintenance</h1>".to_vec())
        .expect("a response")
}
