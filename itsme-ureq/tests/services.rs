//! Tests each of the four services over a real socket.

use std::time::Duration;

use itsme_core::{
    Acr, AuthorizationRequest, Claim, FreeText, ImageType, LoggedIn, Payment, Scope, Timeouts,
};
use itsme_testkit::{
    CONFIRM_SERVICE, Clock, IDENTIFY_SERVICE, Person, REQUEST_URI, SERVICE, SHARE_SERVICE, Server,
};
use itsme_ureq::{Client, Transport};

struct Scene {
    server: Server,
    itsme: Client,
}

impl Scene {
    fn new() -> Self {
        let server = Server::start(Clock::system()).expect("loopback has a free port");
        let agent = ureq::Agent::config_builder().proxy(None).build().into();
        let transport = Transport::with_agent(agent, Timeouts::default());
        let core = itsme_core::Client::new(server.settings()).expect("the settings are sound");
        Self { server, itsme: Client::with_transport(core, transport) }
    }

    fn go(&self, request: AuthorizationRequest) -> LoggedIn {
        let login = self.itsme.authorize(request).expect("an authorization URL");
        let callback = self.server.approve(&login.url, &Person::ann());
        self.itsme.finish_login(login.state, callback).expect("a person")
    }
}

#[test]
fn each_service_works() {
    let scene = Scene::new();
    let who = scene.go(AuthorizationRequest::login(SERVICE).claim(Claim::Picture));
    let picture = scene.itsme.picture(&who).expect("a picture");
    assert_eq!(picture.image_type(), Some(ImageType::Png));
    let who = scene
        .go(AuthorizationRequest::identification(IDENTIFY_SERVICE, Scope::Profile)
            .scope(Scope::Eid));
    assert_eq!(who.user.be_eid_sn.as_deref(), Some("591-1234567-53"));
    let who = scene.go(AuthorizationRequest::share_data(SHARE_SERVICE, Claim::Address));
    assert!(who.user.address.is_some());
    let confirm = AuthorizationRequest::confirm(CONFIRM_SERVICE, FreeText::new("Yes?"))
        .known_user(&who.user.sub);
    let confirmed = scene.go(confirm.acr(Acr::Advanced));
    assert_eq!(
        (confirmed.user.sub.as_str(), confirmed.acr),
        (who.user.sub.as_str(), Some(Acr::Advanced))
    );
}

#[test]
fn a_request_object_is_hosted() {
    let scene = Scene::new();
    let uri = format!("{REQUEST_URI}1");
    let payment = Payment::new("20", "EUR", "BE68539007547034");
    let confirm = AuthorizationRequest::confirm(CONFIRM_SERVICE, payment);
    let minute = Duration::from_secs(60);
    let hosted = scene.itsme.request_object(confirm, &uri, minute).expect("a request object");
    let response = hosted.object.response();
    scene.server.op().host(move |asked| (asked == uri).then(|| response.clone()));
    let callback = scene.server.approve(&hosted.redirect.url, &Person::daan());
    assert!(scene.itsme.finish_login(hosted.redirect.state, callback).is_ok());
}
