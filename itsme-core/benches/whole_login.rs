//! (10) Whole logins through the public API, with the OP's responses from a recording: the same login again
//! and again, compared with the OpenSSL operations that it requires. No one else's work is in between.

use std::time::Duration;

use itsme_core::{
    AuthorizationRequest, Backchannel, BackchannelRequest, Claim, Client, Country, EntropyError,
    Flow, LoginState, Platform, Request, Response, UnixTime, UserDiscovery, drive,
};
use itsme_testkit::{Clock, FakeOp, Person, SERVICE, World};
use serde_json::Value;
use url::form_urlencoded;

use crate::{
    floor,
    paired::{compare, way},
    scene::own_key,
    tokens::{Sealed, Signed},
    warm_login,
};

/// One client with a warm cache, and the OP that its recordings were made with.
struct Scene {
    op: FakeOp,
    client: Client,
    same: Same,
}

/// A clock that stands still, and the same bytes in each login, so that a recorded response fits.
struct Same {
    clock: Clock,
    drawn: u8,
}

impl Platform for Same {
    fn now(&self) -> UnixTime {
        self.clock.now()
    }

    fn fill(&mut self, buf: &mut [u8]) -> Result<(), EntropyError> {
        self.drawn = self.drawn.wrapping_add(1);
        buf.fill(self.drawn);
        Ok(())
    }
}

/// What the OP told a login.
#[derive(Default)]
struct Recording {
    callback: String,
    answers: Vec<Response>,
    /// The encrypted tokens that were sent and received, and their content.
    sealed: Vec<(Sealed, Signed)>,
    opened: Vec<(Sealed, Signed)>,
}

impl Recording {
    fn note_sent(&mut self, form: &[u8], member: &str) {
        let token = form_urlencoded::parse(form).find(|(name, _)| name == member);
        self.sealed.extend(token.map(|(_, token)| {
            let sealed = Sealed::new(&token);
            let signed = Signed::as_long_as_within(&sealed);
            (sealed, signed)
        }));
    }

    fn note_received(&mut self, answer: &Response) {
        let body = std::str::from_utf8(answer.body()).expect("text");
        let members: Value = serde_json::from_str(body).unwrap_or_default();
        let token = members["id_token"].as_str().unwrap_or(body);
        if token.matches('.').count() == 4 {
            self.opened.push((Sealed::new(token), Signed::within(token)));
        }
        self.answers.push(answer.clone());
    }

    /// The bare operations.
    fn floor(&self, op: &mut crate::scene::Scene) -> impl FnMut(()) {
        let mut sealing = floor::Sealing::new(own_key("sig"), op.op_key("enc"));
        let mut opening = floor::Opening::new(own_key("enc"), op.op_key("sig"));
        move |()| {
            for (sealed, signed) in &self.sealed {
                sealing.seal(sealed, signed, &[7; 32]);
            }
            for (sealed, signed) in &self.opened {
                opening.open(sealed, signed);
            }
        }
    }
}

impl Scene {
    fn new() -> Self {
        let clock = World::new().clock();
        let mut op = FakeOp::new(clock.clone());
        let client = Client::new(op.settings()).expect("the settings are sound");
        let mut same = Same { clock, drawn: 0 };
        run(client.refresh(), &mut same, &mut |request| op.handle(request).expect("an answer"));
        Self { op, client, same }
    }

    /// One login; `approve` is where the browser goes and comes back from.
    fn log_in(
        &mut self,
        request: AuthorizationRequest,
        approve: impl FnOnce(&mut FakeOp, &str) -> String,
        send: &mut dyn FnMut(&mut FakeOp, Request) -> Response,
    ) {
        let Self { op, client, same } = self;
        same.drawn = 0;
        let redirect = run(client.authorize(request), same, &mut |request| send(op, request));
        let session = serde_json::to_string(&redirect.state).expect("JSON");
        let callback = approve(op, &redirect.url);
        let state: LoginState = serde_json::from_str(&session).expect("a login state");
        drop(run(client.finish_login(state, callback), same, &mut |request| send(op, request)));
    }

    fn record(&mut self, request: AuthorizationRequest) -> Recording {
        let (mut recording, mut callback) = (Recording::default(), String::new());
        let mut object = Recording::default();
        let approve = |op: &mut FakeOp, url: &str| {
            let (_, query) = url.split_once('?').expect("a query");
            object.note_sent(query.as_bytes(), "request");
            callback = op.approve(url, &Person::ann());
            callback.clone()
        };
        self.log_in(request, approve, &mut |op, request| recording.exchange(op, request));
        recording.sealed.append(&mut object.sealed);
        Recording { callback, ..recording }
    }

    /// A poll that logs someone in, and the ticket for it.
    fn record_poll(&mut self, request: AuthorizationRequest) -> (Recording, String) {
        let Self { op, client, same } = self;
        let mut send = |request: Request| op.handle(request).expect("an answer");
        let ticket = run(client.discover_user(), same, &mut send);
        op.scan(ticket.session_id(), &Person::ann());
        same.clock.advance(Duration::from_secs(60));
        let mut send = |request: Request| op.handle(request).expect("an answer");
        let UserDiscovery::Found(who) = run(client.poll_user_discovery(ticket), same, &mut send)
        else {
            panic!("expected a person");
        };
        let ask = BackchannelRequest::discovered(who, request);
        let ticket = run(client.start_backchannel(ask), same, &mut send);
        self.op.approve_backchannel(ticket.auth_req_id());
        let ticket = serde_json::to_string(&ticket).expect("JSON");
        self.same.clock.advance(Duration::from_secs(30));
        let mut recording = Recording::default();
        drop(self.poll(&ticket, &mut |op, request| recording.exchange(op, request)));
        (recording, ticket)
    }

    fn poll(
        &mut self,
        ticket: &str,
        send: &mut dyn FnMut(&mut FakeOp, Request) -> Response,
    ) -> Backchannel {
        let Self { op, client, same } = self;
        let ticket = serde_json::from_str(ticket).expect("a ticket");
        run(client.poll_backchannel(ticket), same, &mut |request| send(op, request))
    }
}

impl Recording {
    fn exchange(&mut self, op: &mut FakeOp, request: Request) -> Response {
        self.note_sent(request.body(), "client_assertion");
        let answer = op.handle(request).expect("an answer");
        self.note_received(&answer);
        answer
    }
}

fn run<T>(flow: Flow<T>, same: &mut Same, send: &mut dyn FnMut(Request) -> Response) -> T {
    let send = |request| Ok::<_, (_, std::convert::Infallible)>(send(request));
    drive(flow, same, send, |_| panic!("nothing to wait for")).expect("nothing goes wrong")
}

fn twelve_claims() -> AuthorizationRequest {
    let claims = [
        Claim::Name,
        Claim::GivenName,
        Claim::FamilyName,
        Claim::Gender,
        Claim::Birthdate,
        Claim::Email,
        Claim::PhoneNumber,
        Claim::Address,
        Claim::PlaceOfBirth,
        Claim::NationalNumber(Country::Belgium),
        Claim::VerificationDate,
        Claim::Device,
    ];
    claims.into_iter().fold(AuthorizationRequest::login(SERVICE), |login, claim| login.claim(claim))
}

fn next(answers: &mut std::vec::IntoIter<Response>) -> Response {
    answers.next().expect("as many requests as were recorded")
}

pub fn measure() {
    let mut keys = crate::scene::Scene::new();
    for (what, request) in [
        ("3 claims", warm_login::request as fn() -> AuthorizationRequest),
        ("12 claims", twelve_claims),
        ("userinfo", || warm_login::request().claim(Claim::Address.in_userinfo())),
        ("request object", || warm_login::request().as_request_object()),
    ] {
        let mut scene = Scene::new();
        let recording = scene.record(request());
        let mut floor = recording.floor(&mut keys);
        let prepare =
            || (request(), recording.callback.clone(), recording.answers.clone().into_iter());
        let login = |(request, callback, mut answers): (_, String, _)| {
            scene.log_in(request, |_, _| callback, &mut |_, _| next(&mut answers));
        };
        let characters = recording.opened[0].0.ciphertext.len() * 4 / 3;
        let what = format!("(10) whole login, {what}, ID token of {characters} characters");
        compare(&what, [("login", way(4, prepare, login)), ("floor", way(4, || (), &mut floor))]);
    }
    let mut scene = Scene::new();
    let (recording, ticket) = scene.record_poll(warm_login::request());
    let mut floor = recording.floor(&mut keys);
    let poll = |mut answers: std::vec::IntoIter<Response>| {
        let polled = scene.poll(&ticket, &mut |_, _| next(&mut answers));
        assert!(matches!(polled, Backchannel::LoggedIn(_)), "the person has approved");
    };
    let prepare = || recording.answers.clone().into_iter();
    let ways = [("poll", way(4, prepare, poll)), ("floor", way(4, || (), &mut floor))];
    compare("(10) poll of a login without a browser", ways);
}
