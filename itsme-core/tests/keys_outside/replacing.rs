//! Keys and secrets that are replaced while the client runs.

use std::time::Duration;

use itsme_core::{
    Advice, AuthorizationRequest, Backchannel, Client, ClientSecret, DriveError, Error, Flow,
    JoseError, LoggedIn, PrivateKeys, SendFailure, SettingsError, TokenError,
};
use itsme_testkit::{
    CLIENT_SECRET, FakeOp, Person, REQUEST_URI, RegisteredClient, SECRET_CLIENT_ID, SERVICE, World,
    play, private_keys,
};
use serde_json::Value;

use super::{Outside, login};

const OLD: &str = "the old one, as long as one that signs must be";
const NEW: &str = "the new one, as long as one that signs must be";

struct Here {
    world: World,
    op: FakeOp,
    client: Client,
}

impl Here {
    fn new() -> Self {
        let world = World::new();
        let op = FakeOp::new(world.clock());
        let client = Client::new(op.settings()).expect("the settings are sound");
        Self { world, op, client }
    }

    fn play<T>(&mut self, flow: Flow<T>) -> Result<T, DriveError<SendFailure>> {
        play(flow, &mut self.op, &mut self.world)
    }

    fn approved(&mut self) -> Flow<LoggedIn> {
        let login = self.client.authorize(AuthorizationRequest::login(SERVICE));
        let login = self.play(login).expect("an authorization URL");
        let callback = self.op.approve(&login.url, &Person::ann());
        self.client.finish_login(login.state, callback)
    }

    fn log_in(&mut self) -> Result<LoggedIn, DriveError<SendFailure>> {
        let flow = self.approved();
        self.play(flow)
    }
}

/// The OP keeps encrypting to the key that it knows, for a day.
#[test]
fn what_was_encrypted_to_the_old_key_is_read_until_it_is_forgotten() {
    let mut here = Here::new();
    let old = private_keys();
    let under_way = here.approved();
    let new = old.with_new_encryption_key().expect("a key");
    let new = new.without(old.encryption_kids()[0]).expect("the others");
    let new = new.without(old.encryption_kids()[1]).expect("the others");
    here.client.replace_keys(new.clone()).expect("it has keys");
    assert!(here.play(under_way).is_ok(), "it was started with the old keys");
    here.world.advance(Duration::from_secs(24 * 3600));
    assert!(here.log_in().is_ok(), "the OP has not fetched the new set");
    let published: Value = serde_json::from_str(&new.public_jwks()).expect("JSON");
    assert_eq!(served(&here.client), published);
    assert!(format!("{:?}", here.client).contains(new.encryption_kids()[0]));

    here.op.publish(&new.public_jwks());
    assert!(here.log_in().is_ok());
    here.client.forget_old_keys();
    assert!(here.log_in().is_ok(), "the new key is used");
    here.op.publish(&old.public_jwks());
    let error = here.log_in().expect_err("the old key is gone");
    let DriveError::Flow(Error::IdToken(TokenError::Jose(error))) = error else {
        panic!("not {error}")
    };
    assert!(matches!(error, JoseError::UnknownDecryptionKey { ours, .. } if ours.len() == 1));
}

fn served(client: &Client) -> Value {
    let response = client.public_jwks_response().expect("it has keys");
    serde_json::from_slice(response.body()).expect("JSON")
}

#[test]
fn the_new_signing_key_signs_at_once() {
    let mut here = Here::new();
    let both = private_keys().with_new_signing_key().expect("a key");
    let new = both.signing_kids()[1].to_owned();
    here.client.replace_keys(both.signing_with(&new).expect("it is there")).expect("it has keys");
    let error = here.log_in().expect_err("the OP does not know it");
    assert_eq!(error.advice(), Advice::OurFault);
    here.op.publish(&both.public_jwks());
    assert!(here.log_in().is_ok());
    let only = both.without(private_keys().signing_kids()[0]).expect("the other");
    here.op.publish(&only.public_jwks());
    here.client.replace_keys(only).expect("it has keys");
    assert!(here.log_in().is_ok());
}

/// As long as the key that signed it is published.
#[test]
fn a_hosted_object_outlives_its_signing_key() {
    let mut here = Here::new();
    let both = private_keys().with_new_signing_key().expect("a key");
    here.op.publish(&both.public_jwks());
    let uri = format!("{REQUEST_URI}1");
    let login = AuthorizationRequest::login(SERVICE);
    let hosted = here.client.request_object(login, &uri, Duration::from_secs(600));
    let hosted = here.play(hosted).expect("a request object");
    let new = both.signing_kids()[1].to_owned();
    here.client.replace_keys(both.signing_with(&new).expect("it is there")).expect("it has keys");
    let response = hosted.object.response();
    here.op.host(move |asked| (asked == uri).then(|| response.clone()));
    let callback = here.op.approve(&hosted.redirect.url, &Person::ann());
    let flow = here.client.finish_login(hosted.redirect.state, callback);
    assert!(here.play(flow).is_ok());
}

/// From a file to an HSM in three steps, with one person at the OP and another one in the app all the
/// while.
#[test]
fn keys_move_out_of_the_process() {
    let mut outside = Outside::new();
    let file = private_keys();
    outside.op.publish(&file.public_jwks());
    let settings = outside.op.settings();
    outside.client = Client::new(settings).expect("the settings are sound");
    let (under_way, ticket) = (outside.approved(login()), outside.start());
    assert!(outside.kms.calls().is_empty());

    // Published beside the old ones: the new key decrypts, the old one signs.
    let mixed = file.with_external(&outside.kms.public_jwks()).expect("they are sound");
    assert_eq!(mixed.encryption_kids()[0], "kms-enc-1");
    assert_eq!(mixed.signing_kids().last(), Some(&"kms-sig-1"));
    let written = PrivateKeys::mixed(&mixed.to_json()).expect("what was written is read");
    assert_eq!(written.public_jwks(), mixed.public_jwks());
    outside.client.replace_keys(written.clone()).expect("it has keys");
    outside.op.publish(&mixed.public_jwks());
    assert!(outside.play(under_way).is_ok());
    outside.log_in(login());

    // A day later the new one signs.
    let signing = written.signing_with("kms-sig-1").expect("it is there");
    outside.client.replace_keys(signing).expect("it has keys");
    outside.log_in(login());

    // Another day later the old ones are gone, except for what is still encrypted to them.
    outside.client.replace_keys(outside.kms.keys()).expect("it has keys");
    outside.op.publish(&outside.kms.public_jwks());
    outside.log_in(login());
    outside.op.approve_backchannel(ticket.auth_req_id());
    let answer = outside.play(outside.client.poll_backchannel(ticket));
    assert!(matches!(answer, Ok(Backchannel::LoggedIn(_))), "{answer:?}");
}

#[test]
fn a_secret_is_replaced_too() {
    for hs256 in [false, true] {
        let mut here = Here::new();
        let registered = |secret: &str| {
            let client = RegisteredClient::with_secret(SECRET_CLIENT_ID, secret);
            let client = client.redirect_uri(itsme_testkit::REDIRECT_URI).service(SERVICE);
            if hs256 { client.hs256() } else { client }
        };
        let secret = |secret: &str| {
            let secret = ClientSecret::new(secret);
            if hs256 { secret.hs256() } else { secret }
        };
        here.op.register(registered(CLIENT_SECRET));
        let settings = itsme_core::Settings::new(
            SECRET_CLIENT_ID,
            secret(CLIENT_SECRET),
            itsme_core::Environment::custom(here.op.issuer()),
        );
        let settings = settings.redirect_uri(itsme_testkit::REDIRECT_URI);
        here.client = Client::new(settings).expect("the settings are sound");
        assert!(here.log_in().is_ok());

        // Something encrypted with the old one is on its way.
        let flow = here.approved();
        let step = flow.start(&mut here.world).expect("a step");
        let itsme_core::Step::Send(request, pending) = step else { panic!("it redeems") };
        let response = here.op.handle(request).expect("the OP answers");
        for _ in 0..3 {
            here.client.replace_secret(secret(NEW)).expect("it has a secret");
        }
        let done = pending.receive(response, &mut here.world);
        assert!(matches!(done, Ok(itsme_core::Step::Done(_))), "{done:?}");

        assert!(here.log_in().is_err(), "the OP does not know the new one");
        here.op.register(registered(NEW));
        assert!(here.log_in().is_ok());
        here.client.forget_old_keys();
        assert!(here.log_in().is_ok());
    }
}

/// An application that reads its file again every minute.
#[test]
fn the_same_keys_once_more_change_nothing() {
    let mut here = Here::new();
    let new = PrivateKeys::generate().expect("keys");
    for _ in 0..3 {
        here.client.replace_keys(new.clone()).expect("it has keys");
    }
    let old_signs = |op: &mut FakeOp| op.publish(&both(&private_keys(), &new));
    old_signs(&mut here.op);
    assert!(here.log_in().is_ok(), "what is encrypted to the old key is still read");
}

#[test]
fn another_set_of_as_many_keys_is_another_one() {
    let mut here = Here::new();
    let [old, new] = [(); 2].map(|()| PrivateKeys::generate().expect("keys"));
    for keys in [&old, &new] {
        here.client.replace_keys(keys.clone()).expect("it has keys");
    }
    here.op.publish(&both(&old, &new));
    assert!(here.log_in().is_ok(), "what is encrypted to the old key is still read");
}

/// A published set with the signing key of the second and the encryption key of the first.
fn both(encryption: &PrivateKeys, signing: &PrivateKeys) -> String {
    let keys = |keys: &PrivateKeys, usage: &str| -> Vec<Value> {
        let set: Value = serde_json::from_str(&keys.public_jwks()).expect("JSON");
        let keys = set["keys"].as_array().expect("keys").iter();
        keys.filter(|key| key["use"] == usage).cloned().collect()
    };
    let all = [keys(encryption, "enc"), keys(signing, "sig")].concat();
    serde_json::json!({ "keys": all }).to_string()
}

#[test]
fn a_secret_goes_on_signing_what_it_has_signed() {
    let mut here = Here::new();
    let client = RegisteredClient::with_secret(SECRET_CLIENT_ID, NEW).hs256();
    let client = client.redirect_uri(itsme_testkit::REDIRECT_URI).service(SERVICE);
    here.op.register(client);
    let settings = itsme_core::Settings::new(
        SECRET_CLIENT_ID,
        ClientSecret::new(OLD).hs256(),
        itsme_core::Environment::custom(here.op.issuer()),
    );
    let settings = settings.redirect_uri(itsme_testkit::REDIRECT_URI);
    here.client = Client::new(settings).expect("the settings are sound");
    here.client.replace_secret(ClientSecret::new(NEW)).expect("it has a secret");
    assert!(here.log_in().is_ok(), "HS256 was agreed at onboarding");
}

#[test]
fn a_secret_that_signs_is_replaced_by_one_as_long() {
    let here = Here::new();
    let new = "twenty-nine bytes, not a few."; // enough for one that does not sign
    let client = Client::new(here.op.secret_settings()).expect("the settings are sound");
    assert!(client.replace_secret(ClientSecret::new(new)).is_ok());
    let environment = itsme_core::Environment::custom(here.op.issuer());
    let secret = ClientSecret::new(OLD).hs256();
    let settings = itsme_core::Settings::new(SECRET_CLIENT_ID, secret, environment);
    let client = Client::new(settings).expect("the settings are sound");
    let error = client.replace_secret(ClientSecret::new(new)).expect_err("it is short");
    let needed = SettingsError::ShortClientSecret { needed: 32, found: 29 };
    assert!(matches!(&error, Error::Settings(found) if *found == needed), "{error}");
}

#[test]
fn a_client_keeps_its_kind_of_credentials() {
    let here = Here::new();
    let text = |error: Error| error.to_string();
    let kind = "the settings are unusable: a client keeps the kind of credentials it was created with: \
                private keys or a secret";
    let error = here.client.replace_secret(ClientSecret::new(NEW)).expect_err("it has keys");
    assert_eq!(text(error), kind);
    let client = Client::new(here.op.secret_settings()).expect("the settings are sound");
    assert_eq!(text(client.replace_keys(private_keys()).expect_err("it has a secret")), kind);
    let error = client.replace_secret(ClientSecret::new("")).expect_err("it is empty");
    assert!(text(error).contains("empty"));
}
