//! A whole login, its transcript and its repetition with warm caches.

use std::time::Duration;

use itsme_core::{AuthorizationRequest, Claim, Client, LoggedIn, Scope};
use itsme_testkit::{FakeOp, Person, SERVICE, World, play};

fn log_in(
    client: &Client,
    op: &mut FakeOp,
    world: &mut World,
    login: AuthorizationRequest,
) -> LoggedIn {
    let login = play(client.authorize(login), op, world).expect("an authorization URL");
    let callback = op.approve(&login.url, &Person::ann());
    play(client.finish_login(login.state, callback), op, world).expect("a person")
}

fn setting() -> (World, FakeOp, Client) {
    let world = World::new();
    let op = FakeOp::new(world.clock());
    let client = Client::new(op.settings()).expect("the settings are sound");
    (world, op, client)
}

const COLD: [&str; 3] = ["GET /.well-known/openid-configuration", "GET /jwkSet", "POST /token"];

#[test]
fn a_cold_login_asks_for_metadata_keys_and_token() {
    let (mut world, mut op, client) = setting();
    let who = log_in(&client, &mut op, &mut world, AuthorizationRequest::login(SERVICE));
    assert_eq!(op.asked(), COLD);
    assert_eq!(who.user.sub, op.sub_of(&Person::ann()));
    assert_eq!(who.user.name, None, "nothing was requested");
    assert_eq!(who.expires_in, Some(Duration::from_secs(300)));
}

#[test]
fn a_warm_login_asks_for_the_token_alone() {
    let (mut world, mut op, client) = setting();
    log_in(&client, &mut op, &mut world, AuthorizationRequest::login(SERVICE));
    op.forget_asked();
    let login =
        AuthorizationRequest::login(SERVICE).claim(Claim::Name).claim(Claim::Birthdate.essential());
    let who = log_in(&client, &mut op, &mut world, login);
    assert_eq!(op.asked(), ["POST /token"]);
    assert_eq!(who.user.name.as_deref(), Some("Ann Peeters"));
    assert_eq!(who.user.birthdate.as_deref(), Some("1987-04-12"));
}

/// What an HTTP client, a proxy or a log can see of the requests.
#[test]
fn requests_have_their_headers() {
    use itsme_core::Step;
    let (mut world, mut op, client) = setting();
    let login = AuthorizationRequest::login(SERVICE).scope(Scope::Email).scopes_by_userinfo();
    let login = play(client.authorize(login), &mut op, &mut world).expect("an authorization URL");
    let callback = op.approve(&login.url, &Person::ann());
    let step = client.finish_login(login.state, callback).start(&mut world).expect("a step");
    let Step::Send(request, pending) = step else { panic!("it redeems the code") };
    assert_eq!(request.method(), "POST");
    assert_eq!(request.uri(), "https://op.example/v2/token");
    assert_eq!(request.headers()["accept"], "application/json");
    assert_eq!(request.headers()["content-type"], "application/x-www-form-urlencoded");
    assert_eq!(request.headers().len(), 2);
    let answer = op.handle(request).expect("an answer");
    let step = pending.receive(answer, &mut world).expect("a step");
    let Step::Send(request, _) = step else { panic!("it asks for userinfo") };
    assert_eq!(request.method(), "GET");
    assert_eq!(request.uri(), "https://op.example/v2/userinfo");
    assert_eq!(request.headers()["accept"], "application/jwt, application/json");
    assert!(request.headers()["authorization"].is_sensitive());
    assert!(request.body().is_empty());
}

#[test]
fn userinfo_is_asked_for_what_the_id_token_lacks() {
    let (mut world, mut op, client) = setting();
    let login = AuthorizationRequest::login(SERVICE)
        .scope(Scope::Profile)
        .scope(Scope::Email)
        .scopes_by_userinfo();
    let who = log_in(&client, &mut op, &mut world, login);
    assert_eq!(op.asked()[..3], COLD);
    assert_eq!(op.asked()[3..], ["GET /userinfo"]);
    assert_eq!(who.user.given_name.as_deref(), Some("Ann"));
    assert_eq!(who.user.email.as_deref(), Some("ann.peeters@mail.example"));
    assert_eq!(who.user.email_verified, Some(false));
    assert_eq!(who.user.phone_number, None);
}
