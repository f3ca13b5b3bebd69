//! Every service, template, dialect and authentication method, from the request to the person.

mod common;

use std::time::Duration;

use common::{DISCOVERY, KEYS, Scene, TOKEN, USERINFO, flow_error, id_token_error};
use itsme_core::{
    Acr, AuthorizationRequest, Claim, Client, ClientSecret, DriveError, Error, ErrorCode, FreeText,
    FreeTextError, JwtProtection, LoggedIn, Payment, PaymentError, RequestError, RequestObject,
    Scope, SendFailure, TokenError, UrlError,
};
use itsme_testkit::{
    CLIENT_SECRET, CONFIRM_SERVICE, Document, FakeOp, IDENTIFY_SERVICE, Person, REDIRECT_URI,
    REQUEST_URI, RegisteredClient, SECRET_CLIENT_ID, SERVICE, SHARE_SERVICE, World,
};
use serde_json::{Value, json};

const IBAN: &str = "BE68 5390 0754 7034";

/// The setups that a service must work in.
fn scenes() -> Vec<(&'static str, Scene)> {
    let scene = |make: fn(FakeOp) -> FakeOp, settings: fn(&mut FakeOp) -> itsme_core::Settings| {
        let world = World::new();
        let mut op = make(FakeOp::new(world.clock()));
        let client = Client::new(settings(&mut op)).expect("the settings are sound");
        Scene { world, op, client }
    };
    vec![
        ("V2 by keys", scene(|op| op, |op| op.settings())),
        (
            "V2 by keys, signed assertion",
            scene(|op| op, |op| op.settings().client_assertion(JwtProtection::Signed)),
        ),
        ("V1 by keys", scene(FakeOp::v1, |op| op.settings())),
        ("V2 by secret, RS256", scene(|op| op, |op| op.secret_settings())),
        (
            "V2 by secret, request objects signed only",
            scene(|op| op, |op| op.secret_settings().request_objects(JwtProtection::Signed)),
        ),
        (
            "V2 by secret, HS256",
            scene(
                |op| op,
                |op| {
                    let client = RegisteredClient::with_secret(SECRET_CLIENT_ID, CLIENT_SECRET)
                        .hs256()
                        .redirect_uri(REDIRECT_URI)
                        .request_uri(REQUEST_URI)
                        .service(SERVICE)
                        .identify_service(IDENTIFY_SERVICE)
                        .share_service(SHARE_SERVICE)
                        .confirm_service(CONFIRM_SERVICE);
                    op.register(client);
                    let secret = ClientSecret::new(CLIENT_SECRET).hs256();
                    let environment = itsme_core::Environment::custom(op.issuer());
                    itsme_core::Settings::new(SECRET_CLIENT_ID, secret, environment)
                        .redirect_uri(REDIRECT_URI)
                },
            ),
        ),
    ]
}

fn go(
    scene: &mut Scene,
    request: AuthorizationRequest,
) -> Result<LoggedIn, DriveError<SendFailure>> {
    let login = scene.play(scene.client.authorize(request))?;
    let callback = scene.op.approve(&login.url, &Person::ann());
    scene.play(scene.client.finish_login(login.state, callback))
}

#[test]
fn a_login_works_everywhere() {
    for (name, mut scene) in scenes() {
        let who =
            go(&mut scene, AuthorizationRequest::login(SERVICE).acr(Acr::Advanced)).expect(name);
        assert_eq!(who.acr, Some(Acr::Advanced), "{name}");
        assert_eq!(scene.op.asked(), [DISCOVERY, KEYS, TOKEN], "{name}");
    }
}

#[test]
fn an_identification_works_everywhere() {
    for (name, mut scene) in scenes() {
        let request = AuthorizationRequest::identification(IDENTIFY_SERVICE, Scope::Profile)
            .scope(Scope::Address)
            .scope(Scope::Eid)
            .claim(Claim::BirthdateAsString);
        let who = go(&mut scene, request).expect(name);
        assert_eq!(who.user.family_name.as_deref(), Some("Peeters"), "{name}");
        assert_eq!(who.user.birthdate_as_string.as_deref(), Some("12 APR 1987"), "{name}");
        let town = who.user.address.as_ref().and_then(|address| address.locality.as_deref());
        assert_eq!(town, Some("Gent"), "{name}");
        let number = who.user.national_numbers.get(&itsme_core::Country::Belgium);
        assert_eq!(number.map(String::as_str), Some("87041212345"), "{name}");
        assert_eq!(who.user.be_eid_sn.as_deref(), Some("591-1234567-53"), "{name}");
    }
}

#[test]
fn data_is_shared_everywhere() {
    for (name, mut scene) in scenes() {
        let request = AuthorizationRequest::share_data(SHARE_SERVICE, Claim::Email.essential())
            .claim(Claim::Device);
        let who = go(&mut scene, request).expect(name);
        assert_eq!(who.user.email.as_deref(), Some("ann.peeters@mail.example"), "{name}");
        let device = who.user.device.as_ref().expect(name);
        assert_eq!(device.rooted, Some(false), "{name}");
        assert_eq!(device.msisdn.as_deref(), Some("0032470123456"), "{name}");
    }
}

#[test]
fn both_templates_are_confirmed_everywhere() {
    for (name, mut scene) in scenes() {
        let text = FreeText::new("Close the account?</br><b>For good</b>");
        let who = go(&mut scene, AuthorizationRequest::confirm(CONFIRM_SERVICE, text)).expect(name);
        let sub = who.user.sub.clone();
        let payment = Payment::new("20", "EUR", IBAN);
        let confirm = AuthorizationRequest::confirm(CONFIRM_SERVICE, payment)
            .known_user(&sub)
            .acr(Acr::Advanced);
        let who = go(&mut scene, confirm).expect(name);
        assert_eq!(who.user.sub, sub, "{name}");
        assert_eq!(scene.times(USERINFO), 0, "{name}: a template is not a claim to fetch");
    }
}

/// The query that a browser sees contains what OAuth requires, but nothing that is confirmed.
#[test]
fn a_confirmation_is_hidden_and_sealed() {
    let mut scene = Scene::warm();
    let confirm = AuthorizationRequest::confirm(CONFIRM_SERVICE, FreeText::new("a secret text"));
    let login = scene.play(scene.client.authorize(confirm)).expect("a URL");
    let url = url::Url::parse(&login.url).expect("a URL");
    let names: Vec<String> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    let expected = ["response_type", "client_id", "scope", "redirect_uri", "state", "request"];
    assert_eq!(names, expected);
    assert!(!login.url.contains("secret") && !login.url.contains("c2VjcmV0"));
    assert_eq!(scene.op.asked(), [""; 0]);

    for (sent, instead) in [
        ("TEST_CONFIRM", "TEST_LOGIN"),
        ("response_type=code", "response_type=token"),
        ("&state=", "&state=x"),
    ] {
        let confirm =
            AuthorizationRequest::confirm(CONFIRM_SERVICE, FreeText::new("a secret text"));
        let url = scene.authorize(confirm).url;
        assert!(url.contains(sent));
        let callback = scene.op.approve(&url.replace(sent, instead), &Person::ann());
        assert!(callback.contains("error=invalid_request&"), "{callback}");
    }
}

#[test]
fn a_known_user_is_that_user() {
    let mut scene = Scene::warm();
    let ann = scene.op.sub_of(&Person::ann());
    let confirm =
        || AuthorizationRequest::confirm(CONFIRM_SERVICE, FreeText::new("Yes?")).known_user(&ann);
    let login = scene.play(scene.client.authorize(confirm())).expect("a URL");
    let callback = scene.op.approve(&login.url, &Person::daan());
    let error = flow_error(scene.play(scene.client.finish_login(login.state, callback)));
    assert!(matches!(error, Error::Cancelled), "the OP knows: {error}");

    // An OP that lets someone else in.
    scene.op.alter(Document::IdToken, |claims| {
        claims.insert("sub".into(), json!("0".repeat(36)));
    });
    assert_eq!(id_token_error(go(&mut scene, confirm())), TokenError::Subject);
}

#[test]
fn a_hosted_request_object_is_fetched_by_the_op() {
    for (name, mut scene) in scenes() {
        let uri = format!("{REQUEST_URI}1?x=y");
        let confirm = AuthorizationRequest::confirm(CONFIRM_SERVICE, FreeText::new("Yes?"));
        let flow = scene.client.request_object(confirm, &uri, Duration::from_secs(600));
        let hosted = scene.play(flow).expect(name);
        assert_eq!(
            hosted.object.expires_at.since(itsme_core::Platform::now(&scene.world)).as_secs(),
            600
        );
        let response = hosted.object.response();
        assert_eq!(response.headers()["content-type"], RequestObject::MEDIA_TYPE);
        assert_eq!(response.body(), hosted.object.jwt.expose().as_bytes());
        let served = uri.clone();
        scene.op.host(move |asked| (asked == served).then(|| response.clone()));

        let url = url::Url::parse(&hosted.redirect.url).expect("a URL");
        let sent = url.query_pairs().find(|(name, _)| name == "request_uri").expect("it is sent").1;
        assert_eq!(sent, uri, "with its port, as written");
        let callback = scene.op.approve(&hosted.redirect.url, &Person::ann());
        let who = scene.play(scene.client.finish_login(hosted.redirect.state, callback));
        assert!(who.is_ok(), "{name}");
    }
}

#[test]
fn any_service_can_travel_as_a_request_object() {
    let mut scene = Scene::warm();
    let request = AuthorizationRequest::login(SERVICE)
        .claim(Claim::Name)
        .max_age(Duration::from_secs(1))
        .prompt(itsme_core::Prompt::Consent)
        .ui_locales([itsme_core::UiLocale::French])
        .acr(Acr::Basic)
        .as_request_object();
    let who = go(&mut scene, request).expect("a person");
    assert_eq!(who.user.name.as_deref(), Some("Ann Peeters"));
}

#[test]
fn what_the_op_cannot_do_for_a_service_comes_back_in_its_words() {
    let mut scene = Scene::warm();
    for request in
        [AuthorizationRequest::login(CONFIRM_SERVICE), AuthorizationRequest::login(SHARE_SERVICE)]
    {
        let Error::Refused(refusal) = flow_error(go(&mut scene, request)) else { panic!() };
        assert_eq!(refusal.code, ErrorCode::InvalidRequest);
    }
}

/// How each dialect protects a request object.
#[test]
fn request_objects_are_wrapped_as_the_dialect_says() {
    for (name, mut scene) in scenes() {
        let confirm = AuthorizationRequest::confirm(CONFIRM_SERVICE, FreeText::new("Yes?"));
        let login = scene.play(scene.client.authorize(confirm)).expect(name);
        let url = url::Url::parse(&login.url).expect("a URL");
        let jwt = url.query_pairs().find(|(name, _)| name == "request").expect("it is sent").1;
        let header = jwt.split('.').next().expect("a header");
        let header = itsme_core::internals::base64url_decode(header).expect("base64url");
        let header: Value = serde_json::from_slice(&header).expect("JSON");
        let expected = match name {
            "V1 by keys" => "RSA-OAEP",
            "V2 by secret, request objects signed only" => "HS256",
            _ => "RSA-OAEP-256",
        };
        assert_eq!(header["alg"], expected, "{name}");
        assert_eq!(header["typ"], "JWT", "{name}");
        let encrypted = expected != "HS256";
        assert_eq!(header.get("cty").is_some(), encrypted, "{name}");
        assert_eq!(header.get("kid").is_some(), encrypted, "{name}");
    }
}

fn refused(request: AuthorizationRequest) -> RequestError {
    let mut scene = Scene::new();
    let error = flow_error(scene.play(scene.client.authorize(request)));
    assert_eq!(scene.op.asked(), [""; 0], "before any request");
    match error {
        Error::Request(error) => error,
        other => panic!("{other}"),
    }
}

#[test]
fn wrong_texts_are_refused_before_any_request() {
    let text = |text: &str| match refused(AuthorizationRequest::confirm(
        CONFIRM_SERVICE,
        FreeText::new(text),
    )) {
        RequestError::FreeText(fault) => fault,
        other => panic!("{other}"),
    };
    assert_eq!(text("It is “so”"), FreeTextError::Character { character: '“', position: 7 });
    assert_eq!(text("a — b"), FreeTextError::Character { character: '—', position: 3 });
    assert!(matches!(text("<script>x</script>"), FreeTextError::Tag { position: 1, .. }));
    let too_long = FreeTextError::TooLong { characters: 7501, limit: 7500 };
    assert_eq!(text(&"x".repeat(7501)), too_long);
}

/// Only a checked template says what is confirmed, and only in a confirmation.
#[test]
fn a_template_cannot_come_in_as_a_claim() {
    for name in [
        "http://itsme.services/v2/claim/claim_approval_text_key",
        "http://itsme.services/V2/claim/Claim_Approval_Text_Key",
        "tag:sixdots.be,2016-08:claim_approval_amount_key",
    ] {
        let claim = || Claim::Other(name.to_owned()).in_userinfo().value("anything");
        assert_eq!(
            refused(AuthorizationRequest::login(SERVICE).claim(claim())),
            RequestError::TemplateClaim
        );
        let confirm =
            AuthorizationRequest::confirm(CONFIRM_SERVICE, FreeText::new("ok")).claim(claim());
        assert_eq!(refused(confirm), RequestError::TemplateClaim);
    }
}

#[test]
fn a_scope_without_a_meaning_in_the_dialect_is_refused_before_any_request() {
    for (name, mut scene) in scenes() {
        let request = AuthorizationRequest::login(SERVICE).scope(Scope::IdDocument);
        let result = scene.play(scene.client.authorize(request));
        assert_eq!(result.is_ok(), !name.starts_with("V1"), "{name}");
    }
}

/// Each claim arrives from the place in which it was requested.
#[test]
fn claims_are_answered_where_they_are_asked_for() {
    let mut scene = Scene::warm();
    let request = AuthorizationRequest::login(SERVICE)
        .claim(Claim::Name.essential())
        .claim(Claim::Email.in_userinfo().essential())
        .claim(Claim::Other("birthdate".to_owned()).in_userinfo());
    let who = go(&mut scene, request).expect("a person");
    assert_eq!(scene.op.asked(), [TOKEN, USERINFO]);
    assert!(who.evidence.claims().contains_key("name"));
    let userinfo = who.evidence.userinfo_claims().expect("a userinfo answer");
    assert!(userinfo.contains_key("email") && userinfo.contains_key("birthdate"));
    assert!(!userinfo.contains_key("name"));
    assert!(who.user.name.is_some() && who.user.email.is_some() && who.user.birthdate.is_some());
}

/// Real formats of real countries, each with one wrong character.
#[test]
fn wrong_payments_are_refused_before_any_request() {
    let payment = |amount: &str, currency: &str, iban: &str| {
        let payment = Payment::new(amount, currency, iban);
        match refused(AuthorizationRequest::confirm(CONFIRM_SERVICE, payment)) {
            RequestError::Payment(fault) => fault,
            other => panic!("{other}"),
        }
    };
    for amount in ["20.5", "-1", "", "+1", "1e3", " 20", "20,00", "007", "٢٠"] {
        assert_eq!(payment(amount, "EUR", IBAN), PaymentError::Amount, "{amount:?}");
    }
    assert_eq!(payment(&"9".repeat(19), "EUR", IBAN), PaymentError::Amount);
    assert_eq!(Payment::new("9".repeat(18), "EUR", IBAN).check(), Ok(()));
    for currency in ["", "eur", "EURO", "EU", "XYZ", "€"] {
        assert_eq!(payment("20", currency, IBAN), PaymentError::Currency, "{currency:?}");
    }
    let right = [
        "BE68539007547034",
        "NL91ABNA0417164300",
        "FR1420041010050500013M02606",
        "DE89370400440532013000",
        "LU280019400644750000",
        "GB29NWBK60161331926819",
        "IT60X0542811101000000123456",
        "ES9121000418450200051332",
        "PT50000201231234567890154",
        "AT611904300234573201",
        "CH9300762011623852957",
        "IE29AIBK93115212345678",
        "PL61109010140000071219812874",
        "RO49AAAA1B31007593840000",
        "BG80BNBG96611020345678",
        "CZ6508000000192000145399",
        "SK3112000000198742637541",
        "HR1210010051863000160",
        "LT121000011101001000",
        "LV80BANK0000435195001",
        "SI56263300012039086",
        "MT84MALT011000012345MTLCAST001S",
    ];
    for iban in right {
        assert_eq!(Payment::new("20", "EUR", iban).check(), Ok(()), "{iban}");
        let mut wrong = iban.to_owned();
        let last = wrong.pop().expect("a character");
        wrong.push(if last == '1' { '2' } else { '1' });
        assert!(matches!(payment("20", "EUR", &wrong), PaymentError::Iban(_)), "{wrong}");
        assert!(matches!(payment("20", "EUR", &iban[..iban.len() - 1]), PaymentError::Iban(_)));
        assert!(matches!(payment("20", "EUR", &format!("{iban}0")), PaymentError::Iban(_)));
    }
    // Correct check digits, but the wrong length for the country.
    for iban in ["BE975390075470340", "BE0853900754703"] {
        let fault = PaymentError::Iban("wrong length or format for its country");
        assert_eq!(payment("20", "EUR", iban), fault, "{iban}");
    }
    for place in 0..16 {
        let mut wrong = right[0].as_bytes().to_vec();
        wrong[place] = if wrong[place] == b'9' { b'8' } else { b'9' };
        let wrong = String::from_utf8(wrong).expect("ASCII");
        assert!(matches!(payment("20", "EUR", &wrong), PaymentError::Iban(_)), "{wrong}");
    }
    for iban in ["", "BE", "XX68539007547034", "be68539007547034", "BE68-5390-0754-7034", "ＢＥ68"]
    {
        assert!(matches!(payment("20", "EUR", iban), PaymentError::Iban(_)), "{iban}");
    }
}

#[test]
fn wrong_request_uris_are_refused_before_any_request() {
    for (uri, fault) in [
        ("https://rp.example/r", UrlError::Port),
        ("https://localhost:443/r", UrlError::Local),
        ("http://rp.example:443/r", UrlError::NotHttps),
        ("https://rp.example:443/r#x", UrlError::Fragment),
    ] {
        let mut scene = Scene::new();
        let login = AuthorizationRequest::login(SERVICE);
        let flow = scene.client.request_object(login, uri, Duration::from_secs(60));
        let error = flow_error(scene.play(flow));
        let Error::Request(RequestError::RequestUri(found)) = error else { panic!("{error}") };
        assert_eq!(found, fault, "{uri}");
        assert_eq!(scene.op.asked(), [""; 0]);
    }
    let mut scene = Scene::new();
    let login = AuthorizationRequest::login(SERVICE);
    let flow = scene.client.request_object(login, REQUEST_URI, Duration::ZERO);
    let error = flow_error(scene.play(flow));
    assert!(matches!(error, Error::Request(RequestError::Lifetime)), "{error}");
    let empty =
        AuthorizationRequest::confirm(CONFIRM_SERVICE, FreeText::new("Yes?")).known_user("");
    assert_eq!(refused(empty), RequestError::EmptyKnownUser);
}

#[test]
fn a_claim_without_a_name_in_the_dialect_is_refused_before_any_request() {
    for (name, mut scene) in scenes() {
        let claim = if name.starts_with("V1") { Claim::BeEidSn } else { Claim::Eid };
        let error =
            flow_error(scene.play(
                scene.client.authorize(AuthorizationRequest::share_data(SHARE_SERVICE, claim)),
            ));
        let not_in_dialect =
            matches!(error, Error::Request(RequestError::ClaimNotInDialect { .. }));
        assert!(not_in_dialect, "{name}: {error}");
        assert!(error.to_string().ends_with(&name[..2]), "{name}: {error}");
        assert_eq!(scene.op.asked(), [""; 0]);
    }
}

/// The account is new, and so is the `sub`. An application links it to the old account only if the
/// person is logged in there by other means; the same e-mail address proves nothing.
#[test]
fn a_new_account_is_linked_by_a_logged_in_user_alone() {
    use std::collections::HashMap;
    let mut scene = Scene::warm();
    let login = || AuthorizationRequest::login(SERVICE).claim(Claim::Email);
    let before = go(&mut scene, login()).expect("a person");
    let mut accounts: HashMap<String, &str> =
        HashMap::from([(before.user.sub.clone(), "account 1")]);

    scene.op.recreate_account(&Person::ann());
    let after = go(&mut scene, login()).expect("a person");
    assert_eq!(after.user.email, before.user.email);
    assert_ne!(after.user.sub, before.user.sub);
    assert_eq!(accounts.get(&after.user.sub), None, "by sub they are a stranger");

    // Logged in to "account 1" with a password, they ask to link itsme again.
    let session_account = "account 1";
    accounts.retain(|_, account| *account != session_account);
    accounts.insert(after.user.sub.clone(), session_account);
    assert_eq!(accounts.get(&after.user.sub), Some(&"account 1"));
    assert_eq!(accounts.get(&before.user.sub), None, "the old sub no longer works");
}
