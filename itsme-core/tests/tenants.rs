//! Many clients of one environment: each has its own settings, and all share what is known about the
//! OP.

mod common;

use std::time::Duration;

use common::{DISCOVERY, KEYS, Scene};
use itsme_core::{
    AuthorizationRequest, CallbackError, Client, Environment, Error, Progress, QrLogin, Settings,
    SettingsError,
};
use itsme_testkit::{Person, RegisteredClient, SERVICE, private_keys};

const REDIRECT_URI: &str = "https://rp.example/itsme/callback";
const TENANTS: u32 = 200;

/// A client of its own at the scene's OP.
fn settings(scene: &Scene, client_id: &str) -> Settings {
    let environment = Environment::custom(scene.op.issuer());
    Settings::new(client_id, private_keys(), environment).redirect_uri(REDIRECT_URI)
}

fn tenants(scene: &mut Scene) -> Vec<Client> {
    let public = private_keys().public_jwks();
    let tenants = (0..TENANTS).map(|number| {
        let client_id = format!("TENANT_{number}");
        let registered = RegisteredClient::new(&client_id, &public);
        scene.op.register(registered.service(SERVICE).redirect_uri(REDIRECT_URI));
        scene.client.sibling(settings(scene, &client_id)).expect("the same environment")
    });
    tenants.collect()
}

fn log_in(scene: &mut Scene, tenant: &Client) -> String {
    let flow = tenant.authorize(AuthorizationRequest::login(SERVICE));
    let login = scene.play(flow).expect("an authorization URL");
    let callback = scene.op.approve(&login.url, &Person::ann());
    scene.play(tenant.finish_login(login.state, callback)).expect("a person").user.sub
}

#[test]
fn siblings_fetch_metadata_and_keys_once_an_hour() {
    let mut scene = Scene::new();
    let tenants = tenants(&mut scene);
    let mut subs = Vec::new();
    for tenant in &tenants {
        subs.push(log_in(&mut scene, tenant));
        scene.world.advance(Duration::from_secs(3600) / TENANTS - Duration::from_millis(50));
    }
    assert_eq!((scene.times(DISCOVERY), scene.times(KEYS)), (1, 1), "two GETs in an hour");
    subs.sort();
    subs.dedup();
    assert_eq!(subs.len(), 200, "each tenant knows Ann by its own `sub`");

    scene.op.forget_asked();
    scene.op.rotate_signing_key();
    for tenant in &tenants {
        log_in(&mut scene, tenant);
    }
    assert_eq!((scene.times(DISCOVERY), scene.times(KEYS)), (0, 1), "one fetch for all");
}

#[test]
fn a_sibling_does_not_finish_what_another_began() {
    let mut scene = Scene::warm();
    let tenants = tenants(&mut scene);
    let login = scene.play(tenants[0].authorize(AuthorizationRequest::login(SERVICE)));
    let login = login.expect("an authorization URL");
    let callback = scene.op.approve(&login.url, &Person::ann());
    let error = common::flow_error(scene.play(tenants[1].finish_login(login.state, callback)));
    assert!(matches!(error, Error::Callback(CallbackError::ForeignClient)), "{error}");
}

/// At whatever stage it is.
#[test]
fn a_sibling_does_not_go_on_with_the_qr_login_of_another() {
    let mut scene = Scene::warm();
    let tenants = tenants(&mut scene);
    let begin = |scene: &mut Scene| {
        let login = QrLogin::new(AuthorizationRequest::login(SERVICE));
        let progress = scene.play(tenants[0].next_qr_step(login));
        let Ok(Progress::Scan { then, .. }) = progress else { panic!("a code, not {progress:?}") };
        then
    };
    let refused = |scene: &mut Scene, then| {
        let error = common::flow_error(scene.play(tenants[1].next_qr_step(then)));
        assert!(matches!(error, Error::ForeignTicket), "{error}");
    };
    let scanning = begin(&mut scene);
    refused(&mut scene, scanning);

    let scanning = begin(&mut scene);
    let session = scene.op.pending_sessions().last().expect("a session").to_string();
    scene.op.scan(&session, &Person::ann());
    let progress = scene.play(tenants[0].next_qr_step(scanning));
    let Ok(Progress::Scanned { then }) = progress else { panic!("scanned, not {progress:?}") };
    refused(&mut scene, then);
}

#[test]
fn a_sibling_is_of_the_same_environment() {
    let scene = Scene::new();
    for other in [
        Settings::new("OTHER", private_keys(), Environment::E2e),
        Settings::new("OTHER", private_keys(), Environment::custom_v1(scene.op.issuer())),
        settings(&scene, "OTHER").danger_http_on_loopback(),
    ] {
        let error = scene.client.sibling(other).expect_err("another environment");
        assert!(matches!(error, Error::Settings(SettingsError::OtherEnvironment)), "{error}");
    }
    let error = scene.client.sibling(settings(&scene, "")).expect_err("no client id");
    assert!(matches!(error, Error::Settings(SettingsError::EmptyClientId)), "{error}");
}
