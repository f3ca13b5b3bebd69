//! Every check of an ID token (OIDC Core §3.1.3.7) and of a userinfo response (§5.3.4), each with a
//! token that fails only this one.

mod common;

use std::time::Duration;

use common::{Scene, id_token_error, userinfo_error};
use itsme_core::{Acr, AuthorizationRequest, Claim, Platform, Scope, TokenError, UnixTime};
use itsme_testkit::{CLIENT_ID, Document, Person, SERVICE};
use serde_json::{Map, Value, json};

const BASIC: &str = "http://itsme.services/v2/claim/acr_basic";
const ADVANCED: &str = "http://itsme.services/v2/claim/acr_advanced";

/// How a login ends if its ID token is changed like this.
fn id_token(
    login: AuthorizationRequest,
    change: impl FnMut(&mut Map<String, Value>) + Send + 'static,
) -> Result<(), TokenError> {
    let mut scene = Scene::warm();
    scene.op.alter(Document::IdToken, change);
    let result = scene.log_in_for(login);
    if result.is_ok() {
        return Ok(());
    }
    Err(id_token_error(result))
}

/// The same, with one claim set to one value, in a plain login.
fn with(claim: &'static str, value: Value) -> Result<(), TokenError> {
    id_token(AuthorizationRequest::login(SERVICE), move |claims| {
        claims.insert(claim.to_owned(), value.clone());
    })
}

fn without(claim: &'static str) -> Result<(), TokenError> {
    id_token(AuthorizationRequest::login(SERVICE), move |claims| {
        claims.remove(claim);
    })
}

/// A time relative to the check of the ID token, in seconds.
fn at(offset: i64) -> Value {
    let now = itsme_testkit::World::new().now().as_secs();
    json!(now.checked_add_signed(offset))
}

#[test]
fn issuer() {
    for other in ["https://op.example/v2/", "https://OP.example/v2", "https://evil.example", ""] {
        assert_eq!(with("iss", json!(other)), Err(TokenError::Issuer), "{other}");
    }
    assert_eq!(without("iss"), Err(TokenError::Missing { claim: "iss" }));
    assert_eq!(
        with("iss", json!(["https://op.example/v2"])),
        Err(TokenError::Claim { claim: "iss" })
    );
}

#[test]
fn audience() {
    assert_eq!(with("aud", json!([CLIENT_ID])), Ok(()));
    assert_eq!(with("aud", json!("OTHER")), Err(TokenError::Audience));
    assert_eq!(with("aud", json!([])), Err(TokenError::Audience));
    assert_eq!(with("aud", json!(["OTHER"])), Err(TokenError::Audience));
    assert_eq!(with("aud", json!([CLIENT_ID, 7])), Err(TokenError::Claim { claim: "aud" }));
    assert_eq!(with("aud", json!([CLIENT_ID, null])), Err(TokenError::Claim { claim: "aud" }));
    let twice = json!([CLIENT_ID, CLIENT_ID]);
    assert_eq!(with("aud", twice), Err(TokenError::Missing { claim: "azp" }));
    assert_eq!(without("aud"), Err(TokenError::Missing { claim: "aud" }));
}

#[test]
fn authorized_party() {
    assert_eq!(with("azp", json!(CLIENT_ID)), Ok(()));
    assert_eq!(with("azp", json!("OTHER")), Err(TokenError::AuthorizedParty));
    assert_eq!(with("azp", json!(7)), Err(TokenError::Claim { claim: "azp" }));
    for nothing in [json!(""), json!(null)] {
        assert_eq!(with("azp", nothing), Ok(()), "no one else is named");
    }
}

/// Other audiences are accepted only if the settings allow them, and the token names us as the
/// requester.
#[test]
fn other_audiences() {
    let shared = |known: &'static [&str], aud: Value, azp: Option<&'static str>| {
        let mut scene = Scene::with(|settings| {
            known.iter().fold(settings, |settings, known| settings.other_audience(*known))
        });
        scene.op.alter(Document::IdToken, move |claims| {
            claims.insert("aud".into(), aud.clone());
            claims.extend(azp.map(|azp| ("azp".to_owned(), json!(azp))));
        });
        let result = scene.log_in();
        if result.is_ok() { Ok(()) } else { Err(id_token_error(result)) }
    };
    let two = || json!([CLIENT_ID, "OTHER"]);
    for azp in [None, Some(""), Some(CLIENT_ID), Some("OTHER")] {
        assert_eq!(shared(&[], two(), azp), Err(TokenError::OtherAudience), "{azp:?}");
        assert_eq!(shared(&["other", "OTHE"], two(), azp), Err(TokenError::OtherAudience));
    }
    let three = json!(["OTHER", CLIENT_ID, "A THIRD"]);
    assert_eq!(shared(&["OTHER"], three.clone(), Some(CLIENT_ID)), Err(TokenError::OtherAudience));
    assert_eq!(shared(&["A THIRD", "OTHER"], three, Some(CLIENT_ID)), Ok(()));
    assert_eq!(shared(&["OTHER"], two(), Some(CLIENT_ID)), Ok(()));
    assert_eq!(shared(&["OTHER"], two(), Some("OTHER")), Err(TokenError::AuthorizedParty));
    for azp in [None, Some("")] {
        assert_eq!(shared(&["OTHER"], two(), azp), Err(TokenError::Missing { claim: "azp" }));
    }
    assert_eq!(shared(&["OTHER"], json!("OTHER"), Some(CLIENT_ID)), Err(TokenError::Audience));
    assert_eq!(shared(&["OTHER"], json!(CLIENT_ID), None), Ok(()), "no one else is named");
}

/// The OP signs logouts and other events as well (RFC 8417, OIDC Back-Channel Logout §2.4).
#[test]
fn tokens_of_another_kind() {
    let other = Err(TokenError::OtherKind { claim: "events" });
    let logout = json!({ "http://schemas.openid.net/event/backchannel-logout": {} });
    for events in [logout, json!({}), json!([]), json!("x")] {
        assert_eq!(with("events", events.clone()), other, "{events}");
        assert_eq!(userinfo_with("events", events), other);
    }
}

#[test]
fn expiry_with_a_minute_of_leeway() {
    let ends = |exp: i64| {
        id_token(AuthorizationRequest::login(SERVICE), move |claims| {
            claims.insert("iat".into(), at(-300));
            claims.insert("exp".into(), at(exp));
        })
    };
    assert_eq!(ends(-59), Ok(()));
    assert_eq!(ends(-60), Err(TokenError::Expired));
    assert_eq!(with("exp", at(-1)), Err(TokenError::EndsBeforeBeginning));
    assert_eq!(with("exp", at(0)), Ok(()), "the leeway is a minute");
    assert_eq!(with("exp", at(-3600)), Err(TokenError::Expired));
    assert_eq!(without("exp"), Err(TokenError::Missing { claim: "exp" }));
}

#[test]
fn issue_time_with_a_minute_of_leeway() {
    assert_eq!(with("iat", at(60)), Ok(()));
    assert_eq!(with("iat", at(61)), Err(TokenError::IssuedInFuture));
    assert_eq!(without("iat"), Err(TokenError::Missing { claim: "iat" }));
}

/// A token that answers this request was not issued long before it, however long it is valid.
#[test]
fn a_token_is_no_older_than_its_request() {
    assert_eq!(with("iat", at(-600)), Ok(()), "our clock may be fast");
    for age in [601, 3600, 7 * 24 * 3600] {
        assert_eq!(with("iat", at(-age)), Err(TokenError::IssuedBeforeRequest), "{age}");
        assert_eq!(userinfo_with("iat", at(-age)), Err(TokenError::IssuedBeforeRequest));
    }
    // The person takes their time: the time of the request counts.
    let mut scene = Scene::warm();
    let redirect = scene.authorize(AuthorizationRequest::login(SERVICE));
    let begun = scene.world.now().as_secs();
    scene.world.advance(Duration::from_secs(800));
    scene.op.alter(Document::IdToken, move |claims| {
        claims.insert("iat".into(), json!(begun));
    });
    let callback = scene.op.approve(&redirect.url, &Person::ann());
    assert!(scene.play(scene.client.finish_login(redirect.state, callback)).is_ok());
}

#[test]
fn not_before_with_a_minute_of_leeway() {
    assert_eq!(with("nbf", at(60)), Ok(()));
    assert_eq!(with("nbf", at(61)), Err(TokenError::NotYetValid));
}

#[test]
fn times_are_numbers_that_can_be_times() {
    for claim in ["exp", "iat", "nbf", "auth_time"] {
        for odd in [json!("1767225600"), json!(-1), json!(1e300), json!(2.0f64.powi(41))] {
            let asked = AuthorizationRequest::login(SERVICE).max_age(Duration::from_secs(1));
            let value = odd.clone();
            let result =
                id_token(asked, move |claims| drop(claims.insert(claim.into(), value.clone())));
            assert_eq!(result, Err(TokenError::Claim { claim }), "{claim} {odd}");
            if claim == "auth_time" {
                assert_eq!(with(claim, odd), Ok(()), "no `max_age` was requested");
            }
        }
    }
    let now = at(0).as_f64().expect("a time");
    assert_eq!(with("iat", json!(now + 0.5)), Ok(()), "fractions are allowed");
}

/// Some serializers write absent members like this.
#[test]
fn null_is_absent() {
    for claim in ["iss", "aud", "exp", "iat", "nonce", "sub"] {
        assert_eq!(with(claim, json!(null)), Err(TokenError::Missing { claim }));
    }
    for claim in ["acr", "azp", "auth_time", "nbf", "at_hash", "events", "name", "address", "x"] {
        assert_eq!(with(claim, json!(null)), Ok(()), "{claim}");
    }
    for claim in ["iss", "aud", "exp", "iat", "nbf", "name", "x"] {
        assert_eq!(userinfo_with(claim, json!(null)), Ok(()), "{claim}");
    }
    assert_eq!(userinfo_with("sub", json!(null)), Err(TokenError::Missing { claim: "sub" }));
    let null = |claim: &'static str| {
        move |claims: &mut Map<String, Value>| {
            claims.insert(claim.into(), json!(null));
        }
    };
    let advanced = AuthorizationRequest::login(SERVICE).acr(Acr::Advanced);
    assert_eq!(id_token(advanced, null("acr")), Err(TokenError::Acr));
    // A claim that is null in the ID token is fetched from userinfo.
    let mut scene = Scene::warm();
    scene.op.alter(Document::IdToken, null("email"));
    let login = AuthorizationRequest::login(SERVICE)
        .scope(Scope::Email)
        .scopes_by_userinfo()
        .claim(Claim::Email);
    let who = scene.log_in_for(login).expect("a person");
    assert_eq!(who.user.email.as_deref(), Some("ann.peeters@mail.example"));
    assert!(who.user.extra.is_empty());
}

#[test]
fn the_leeway_can_be_set() {
    let mut scene = Scene::with(|settings| settings.clock_leeway(Duration::ZERO));
    scene.op.alter(Document::IdToken, |claims| {
        claims.insert("exp".into(), at(0));
    });
    assert_eq!(id_token_error(scene.log_in()), TokenError::Expired);
}

#[test]
fn nonce() {
    assert_eq!(with("nonce", json!("another nonce, as long as ours")), Err(TokenError::Nonce));
    assert_eq!(with("nonce", json!("")), Err(TokenError::Nonce));
    assert_eq!(with("nonce", json!(7)), Err(TokenError::Claim { claim: "nonce" }));
    assert_eq!(without("nonce"), Err(TokenError::Missing { claim: "nonce" }));
}

#[test]
fn subject() {
    assert_eq!(with("sub", json!("")), Err(TokenError::Missing { claim: "sub" }));
    let too_long = "x".repeat(256);
    for odd in [json!(7), json!(too_long), json!("a\nb"), json!("\u{7f}"), json!("\u{85}")] {
        assert_eq!(with("sub", odd.clone()), Err(TokenError::Claim { claim: "sub" }), "{odd}");
    }
    for fine in ["x".repeat(255), "\u{e9}".repeat(255), "a b".to_owned()] {
        assert_eq!(with("sub", json!(fine)), Ok(()));
    }
    assert_eq!(without("sub"), Err(TokenError::Missing { claim: "sub" }));
}

#[test]
fn authentication_level() {
    let asked = |asked: Acr, found: Option<&'static str>| {
        id_token(AuthorizationRequest::login(SERVICE).acr(asked), move |claims| {
            claims.remove("acr");
            if let Some(found) = found {
                claims.insert("acr".into(), json!(found));
            }
        })
    };
    assert_eq!(asked(Acr::Advanced, Some(ADVANCED)), Ok(()));
    assert_eq!(asked(Acr::Advanced, Some("tag:sixdots.be,2016-06:acr_advanced")), Ok(()));
    assert_eq!(asked(Acr::Advanced, Some(BASIC)), Err(TokenError::Acr));
    assert_eq!(asked(Acr::Advanced, Some("acr_advanced")), Err(TokenError::Acr));
    assert_eq!(asked(Acr::Advanced, None), Err(TokenError::Acr));
    assert_eq!(asked(Acr::Basic, Some(BASIC)), Ok(()));
    assert_eq!(asked(Acr::Basic, Some(ADVANCED)), Ok(()));
    assert_eq!(asked(Acr::Basic, None), Ok(()));
    assert_eq!(with("acr", json!(BASIC)), Ok(()), "sent without being requested");
    for odd in [json!(3), json!([ADVANCED]), json!({})] {
        assert_eq!(with("acr", odd.clone()), Ok(()), "nothing was requested");
        let advanced = AuthorizationRequest::login(SERVICE).acr(Acr::Advanced);
        let result =
            id_token(advanced, move |claims| drop(claims.insert("acr".into(), odd.clone())));
        assert_eq!(result, Err(TokenError::Claim { claim: "acr" }));
    }
    for close in
        ["tag:sixdots.be,9999-99:acr_advanced", "tag:itsmetag:sixdots.be,2016-06:acr_advanced"]
    {
        assert_eq!(asked(Acr::Advanced, Some(close)), Err(TokenError::Acr), "{close}");
    }
}

/// The query passes through the person's browser, where `acr_values` can be removed.
#[test]
fn a_stripped_authentication_level_is_noticed() {
    let mut scene = Scene::warm();
    let login = scene.authorize(AuthorizationRequest::login(SERVICE).acr(Acr::Advanced));
    let (before, rest) = login.url.split_once("&acr_values=").expect("it is requested");
    let (_, after) = rest.split_once('&').expect("more follows");
    let callback = scene.op.approve(&format!("{before}&{after}"), &Person::ann());
    let result = scene.play(scene.client.finish_login(login.state, callback));
    assert_eq!(id_token_error(result), TokenError::Acr);
}

#[test]
fn a_weaker_level_can_be_accepted_on_demand() {
    let mut scene = Scene::with(|settings| settings.danger_accept_weaker_acr());
    scene.op.alter(Document::IdToken, |claims| {
        claims.insert("acr".into(), json!(BASIC));
    });
    let who = scene
        .log_in_for(AuthorizationRequest::login(SERVICE).acr(Acr::Advanced))
        .expect("a person");
    assert_eq!(who.acr, Some(Acr::Basic), "the application is told");
}

#[test]
fn the_level_is_told() {
    let mut scene = Scene::warm();
    let who = scene
        .log_in_for(AuthorizationRequest::login(SERVICE).acr(Acr::Advanced))
        .expect("a person");
    assert_eq!(who.acr, Some(Acr::Advanced));
    assert_eq!(scene.log_in().expect("a person").acr, None);
}

/// `max_age` is compared with the request, so that a person may take their time.
#[test]
fn max_age_counts_from_the_request() {
    let login = || AuthorizationRequest::login(SERVICE).max_age(Duration::from_secs(1));
    let found = |offset: i64| {
        id_token(login(), move |claims| {
            claims.insert("auth_time".into(), at(offset));
        })
    };
    assert_eq!(found(0), Ok(()));
    assert_eq!(found(-61), Ok(()), "one second and a minute of leeway");
    assert_eq!(found(-62), Err(TokenError::AuthTime));
    assert_eq!(id_token(login(), |_| ()), Ok(()), "itsme omits auth_time");
    assert_eq!(with("auth_time", at(-100_000)), Ok(()), "no max_age, no limit");

    let mut scene = Scene::warm();
    let redirect = scene.authorize(login());
    let begun = scene.world.now().as_secs();
    scene.world.advance(Duration::from_secs(120));
    scene.op.alter(Document::IdToken, move |claims| {
        claims.insert("auth_time".into(), json!(begun));
    });
    let callback = scene.op.approve(&redirect.url, &Person::ann());
    let who =
        scene.play(scene.client.finish_login(redirect.state, callback)).expect("a slow person");
    assert_eq!(who.auth_time, Some(UnixTime::from_secs(begun)));
}

#[test]
fn auth_time_can_be_required() {
    let mut scene = Scene::with(|settings| settings.require_auth_time());
    assert!(scene.log_in().is_ok(), "it is not needed without max_age");
    let login = AuthorizationRequest::login(SERVICE).max_age(Duration::from_secs(1));
    let error = id_token_error(scene.log_in_for(login));
    assert_eq!(error, TokenError::Missing { claim: "auth_time" });
}

#[test]
fn access_token_hash() {
    assert_eq!(with("at_hash", json!("77QmUPtjPfzWtF2AnpK9RQ")), Err(TokenError::AccessTokenHash));
    assert_eq!(with("at_hash", json!(7)), Err(TokenError::Claim { claim: "at_hash" }));

    // The example of OIDC Core, appendix A.3: its access token and its at_hash.
    let mut scene = Scene::warm();
    scene.op.alter(Document::IdToken, |claims| {
        claims.insert("at_hash".into(), json!("77QmUPtjPfzWtF2AnpK9RQ"));
    });
    scene.op.alter(Document::TokenAnswer, |members| {
        let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        members.insert("access_token".into(), json!(token));
    });
    assert!(scene.log_in().is_ok());
}

/// How a login ends if its userinfo response is changed like this.
fn userinfo(
    change: impl FnMut(&mut Map<String, Value>) + Send + 'static,
) -> Result<(), TokenError> {
    let mut scene = Scene::warm();
    scene.op.alter(Document::Userinfo, change);
    let result = scene.log_in_for(
        AuthorizationRequest::login(SERVICE).scope(Scope::Profile).scopes_by_userinfo(),
    );
    if result.is_ok() {
        return Ok(());
    }
    Err(userinfo_error(result))
}

fn userinfo_with(claim: &'static str, value: Value) -> Result<(), TokenError> {
    userinfo(move |claims| {
        claims.insert(claim.to_owned(), value.clone());
    })
}

#[test]
fn userinfo_is_about_the_same_person() {
    assert_eq!(userinfo_with("sub", json!("somebody else")), Err(TokenError::Subject));
    assert_eq!(userinfo_with("sub", json!("")), Err(TokenError::Missing { claim: "sub" }));
    let without = userinfo(|claims| {
        claims.remove("sub");
    });
    assert_eq!(without, Err(TokenError::Missing { claim: "sub" }));
}

#[test]
fn userinfo_is_checked_as_far_as_it_says_anything() {
    assert_eq!(userinfo(|claims| claims.retain(|name, _| name == "sub")), Ok(()));
    assert_eq!(userinfo_with("iss", json!("https://evil.example")), Err(TokenError::Issuer));
    assert_eq!(userinfo_with("aud", json!("OTHER")), Err(TokenError::Audience));
    assert_eq!(userinfo_with("aud", json!([CLIENT_ID, "OTHER"])), Err(TokenError::OtherAudience));
    assert_eq!(userinfo_with("exp", at(-60)), Err(TokenError::Expired));
    assert_eq!(userinfo_with("exp", at(300)), Ok(()));
    assert_eq!(userinfo_with("iat", at(61)), Err(TokenError::IssuedInFuture));
    assert_eq!(userinfo_with("exp", json!("soon")), Err(TokenError::Claim { claim: "exp" }));
}

#[test]
fn userinfo_never_speaks_against_the_id_token() {
    let mut scene = Scene::warm();
    scene.op.alter(Document::Userinfo, |claims| {
        claims.insert("name".into(), json!("Somebody Else"));
        claims.insert("gender".into(), json!("female"));
    });
    // Also under another of its names.
    scene.op.alter(Document::IdToken, |claims| {
        claims.insert("BEeidSn".into(), json!("1"));
    });
    scene.op.alter(Document::Userinfo, |claims| {
        claims.insert("http://itsme.services/v2/claim/BEeidSn".into(), json!("2"));
    });
    let login = AuthorizationRequest::login(SERVICE)
        .claim(Claim::Name)
        .scope(Scope::Profile)
        .scopes_by_userinfo();
    let who = scene.log_in_for(login).expect("a person");
    assert_eq!(who.user.be_eid_sn.as_deref(), Some("1"));
    assert_eq!(
        who.user.name.as_deref(),
        Some("Ann Peeters"),
        "the ID token was made for this login"
    );
    assert_eq!(who.user.gender.as_deref(), Some("female"));
}
