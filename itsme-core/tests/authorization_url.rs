//! The authorization URL: every parameter, as the OP reads it.

mod common;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use common::{DISCOVERY, KEYS, Scene, flow_error};
use itsme_core::{
    Acr, AuthorizationRequest, Claim, Client, Error, Prompt, RequestError, Scope, UiLocale,
    UrlError,
};
use itsme_testkit::{CLIENT_ID, Document, REDIRECT_URI, SERVICE};
use serde_json::json;

fn parameters(url: &str) -> BTreeMap<String, String> {
    let url = url::Url::parse(url).expect("a URL");
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    let map: BTreeMap<_, _> = pairs.iter().cloned().collect();
    assert_eq!(map.len(), pairs.len(), "no parameter appears twice");
    map
}

#[test]
fn a_plain_login_sends_what_is_required_and_recommended() {
    let mut scene = Scene::warm();
    let login = scene.authorize(AuthorizationRequest::login(SERVICE));
    assert!(login.url.starts_with("https://op.example/v2/authorization?"), "{}", login.url);
    let mut sent = parameters(&login.url);
    for (fresh, length) in [("state", 64), ("nonce", 64), ("code_challenge", 43)] {
        assert_eq!(sent.remove(fresh).map(|value| value.len()), Some(length), "{fresh}");
    }
    let expected = [
        ("client_id", CLIENT_ID),
        ("code_challenge_method", "S256"),
        ("redirect_uri", REDIRECT_URI),
        ("response_type", "code"),
        ("scope", "openid service:TEST_LOGIN"),
    ];
    assert_eq!(sent, expected.map(|(n, v)| (n.to_owned(), v.to_owned())).into());
    assert_eq!(scene.op.asked(), [""; 0], "no request is made with everything cached");
}

/// Mail gateways, proxies and apps decode URLs too often, or not often enough.
#[test]
fn state_and_nonce_survive_whoever_rewrites_urls() {
    let mut scene = Scene::warm();
    let mut seen = BTreeSet::new();
    for _ in 0..1_000 {
        let login = scene.authorize(AuthorizationRequest::login(SERVICE));
        let mut sent = parameters(&login.url);
        for name in ["state", "nonce"] {
            let value = sent.remove(name).expect("it is sent");
            assert!(value.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{name}: {value}");
            assert_eq!(value.len() * 4, 256, "{name}: {value}");
            assert!(seen.insert(value), "{name} is new each time");
        }
    }
    // Every digit occurs at every position: none of the 256 bits is constant.
    for place in 0..64 {
        let digits: BTreeSet<_> = seen.iter().map(|value| value.as_bytes()[place]).collect();
        assert_eq!(digits.len(), 16, "place {place}");
    }
}

#[test]
fn everything_that_is_asked_is_sent() {
    let mut scene = Scene::warm();
    let login = AuthorizationRequest::login("A_B-1")
        .scope(Scope::Profile)
        .scope(Scope::Email)
        .scope(Scope::Email)
        .scope(Scope::Phone)
        .scope(Scope::Address)
        .claim(Claim::AgeGte18.essential())
        .claim(Claim::Picture.in_userinfo())
        .acr(Acr::Advanced)
        .max_age(Duration::from_millis(1900))
        .prompt(Prompt::Login)
        .prompt(Prompt::Consent)
        .ui_locales([UiLocale::German, UiLocale::French])
        .redirect_uri("https://RP.example:443/a?b=c&d=%20")
        .state("my own state, 16+")
        .nonce("my own nonce, 16+")
        .code_verifier("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    let redirect = scene.authorize(login);
    assert_eq!(redirect.state.id(), "my own state, 16+");
    let claims = json!({
        "id_token": { "age_gte_18": { "essential": true } },
        "userinfo": { "picture": null },
    });
    let expected = [
        ("acr_values", "http://itsme.services/v2/claim/acr_advanced"),
        ("claims", &claims.to_string()),
        ("client_id", CLIENT_ID),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
        ("max_age", "1"),
        ("nonce", "my own nonce, 16+"),
        ("prompt", "login consent"),
        ("redirect_uri", "https://RP.example:443/a?b=c&d=%20"),
        ("response_type", "code"),
        ("scope", "openid service:A_B-1 profile email phone address"),
        ("state", "my own state, 16+"),
        ("ui_locales", "de fr"),
    ];
    let expected = expected.map(|(n, v)| (n.to_owned(), v.to_owned())).into();
    assert_eq!(parameters(&redirect.url), expected);
}

/// What itsme's own test links contain, by name and value, besides state, nonce and PKCE.
#[test]
fn itsmes_test_links_can_be_rebuilt() {
    let world = itsme_testkit::World::new;
    let links = |op: fn(itsme_testkit::FakeOp) -> itsme_testkit::FakeOp, claims: &[Claim]| {
        let world = world();
        let op = op(itsme_testkit::FakeOp::new(world.clock()));
        let client = Client::new(op.settings()).expect("the settings are sound");
        let mut scene = Scene { world, op, client };
        let login = AuthorizationRequest::login(SERVICE)
            .scope(Scope::Profile)
            .scope(Scope::Phone)
            .scope(Scope::Email)
            .scope(Scope::Address)
            .scope(Scope::Eid)
            .scopes_by_userinfo()
            .prompt(Prompt::Login)
            .prompt(Prompt::Consent)
            .max_age(Duration::from_secs(1));
        let login = claims.iter().fold(login, |login, claim| login.claim(claim.clone()));
        let mut sent = parameters(&scene.authorize(login).url);
        for own in ["state", "nonce", "code_challenge", "code_challenge_method"] {
            assert!(sent.remove(own).is_some(), "{own}");
        }
        sent
    };
    let common = [
        ("client_id", CLIENT_ID),
        ("max_age", "1"),
        ("prompt", "login consent"),
        ("redirect_uri", REDIRECT_URI),
        ("response_type", "code"),
        ("scope", "openid service:TEST_LOGIN profile phone email address eid"),
    ];
    let common: BTreeMap<_, _> = common.map(|(n, v)| (n.to_owned(), v.to_owned())).into();
    assert_eq!(links(|op| op, &[]), common);

    let v1 = [
        Claim::Citizenship,
        Claim::Eid,
        Claim::CityOfBirth,
        Claim::CountryOfBirth,
        Claim::Device,
        Claim::TransactionInfo,
        Claim::Photo,
        Claim::BirthdateAsString,
    ];
    let mut sent = links(itsme_testkit::FakeOp::v1, &v1);
    let claims = sent.remove("claims").expect("claims");
    assert_eq!(sent, common);
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&claims).expect("JSON"),
        json!({ "userinfo": {
            "tag:sixdots.be,2016-06:claim_nationality": null,
            "tag:sixdots.be,2016-06:claim_eid": null,
            "tag:sixdots.be,2016-06:claim_city_of_birth": null,
            "tag:sixdots.be,2016-06:claim_country_of_birth": null,
            "tag:sixdots.be,2017-05:claim_device": null,
            "tag:sixdots.be,2017-05:claim_transaction_info": null,
            "tag:sixdots.be,2017-05:claim_photo": null,
            "tag:sixdots.be,2020-03:claim_birthdate_as_string": null,
        } })
    );
}

#[test]
fn state_nonce_and_challenge_are_new_each_time() {
    let mut scene = Scene::warm();
    let mut seen = std::collections::HashSet::new();
    for _ in 0..10 {
        let url = scene.authorize(AuthorizationRequest::login(SERVICE)).url;
        let sent = parameters(&url);
        for fresh in ["state", "nonce", "code_challenge"] {
            assert!(seen.insert(sent[fresh].clone()), "{fresh} was seen before");
        }
    }
}

#[test]
fn an_endpoint_with_a_query_keeps_it() {
    let mut scene = Scene::new();
    scene.op.alter(Document::Discovery, |document| {
        let endpoint = "https://op.example/v2/authorization?tenant=1";
        document.insert("authorization_endpoint".into(), json!(endpoint));
    });
    let url = scene.authorize(AuthorizationRequest::login(SERVICE)).url;
    assert!(url.starts_with("https://op.example/v2/authorization?tenant=1&response_type=code&"));
}

#[test]
fn what_cannot_be_sent_is_refused_before_any_request() {
    let mut scene = Scene::new();
    let uri = |fault| RequestError::RedirectUri(fault);
    for (login, expected) in [
        (AuthorizationRequest::login(""), RequestError::EmptyServiceCode),
        (AuthorizationRequest::login("MY SERVICE"), RequestError::ServiceCode),
        (AuthorizationRequest::login("S\u{e9}RVICE"), RequestError::ServiceCode),
        (
            AuthorizationRequest::login(SERVICE).claim(Claim::Other(String::new())),
            RequestError::EmptyClaim,
        ),
        (
            AuthorizationRequest::login(SERVICE)
                .claim(Claim::Other("sub".into()).in_userinfo().value("x")),
            RequestError::TokenClaim("sub"),
        ),
        (AuthorizationRequest::login(SERVICE).state("too short"), RequestError::TooShort("state")),
        (AuthorizationRequest::login(SERVICE).nonce("too short"), RequestError::TooShort("nonce")),
        (
            AuthorizationRequest::login(SERVICE).code_verifier("too short"),
            RequestError::CodeVerifier,
        ),
        (
            AuthorizationRequest::login(SERVICE).redirect_uri("https://rp.example/cb#x"),
            uri(UrlError::Fragment),
        ),
        (
            AuthorizationRequest::login(SERVICE).redirect_uri("http://rp.example/cb"),
            uri(UrlError::NotHttps),
        ),
        (
            AuthorizationRequest::login(SERVICE).redirect_uri("http://localhost/cb"),
            uri(UrlError::NotHttps),
        ),
        (AuthorizationRequest::login(SERVICE).redirect_uri("myapp:/cb"), uri(UrlError::NotAUrl)),
        (AuthorizationRequest::login(SERVICE).redirect_uri("/cb"), uri(UrlError::NotAUrl)),
    ] {
        let error = flow_error(scene.play(scene.client.authorize(login)));
        let Error::Request(error) = error else { panic!("{error}") };
        assert_eq!(error, expected);
    }
    assert_eq!(scene.op.asked(), [""; 0]);
    assert!(scene.client.provider().is_none(), "no partial result is stored");

    let settings = itsme_core::Settings::new(
        CLIENT_ID,
        itsme_testkit::private_keys(),
        itsme_core::Environment::custom(scene.op.issuer()),
    );
    scene.client = Client::new(settings).expect("a redirect URI is not required here");
    let error =
        flow_error(scene.play(scene.client.authorize(AuthorizationRequest::login(SERVICE))));
    assert!(matches!(error, Error::Request(RequestError::NoRedirectUri)), "{error}");
    let login = AuthorizationRequest::login(SERVICE).redirect_uri(REDIRECT_URI);
    scene.play(scene.client.authorize(login)).expect("one for the request is enough");
    assert_eq!(scene.op.asked(), [DISCOVERY, KEYS]);
}
