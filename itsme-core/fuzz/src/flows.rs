//! Whole flows in which the OP, the wire and the clock do what the input says.

use std::{sync::OnceLock, time::Duration};

use itsme_core::{
    AuthorizationRequest, Backchannel, BackchannelRequest, Callback, Claim, Client, Error, Flow,
    LoggedIn, LoginState, Ping, Progress, QrLogin, Response, Scope, SendFailure, Step,
};
use itsme_testkit::{FakeOp, Person, REQUEST_URI, SERVICE, World, play};
use serde_json::Value;

use super::input::Input;

/// More steps than any flow takes: ten minutes of polls, each after as many waits as it takes to halve
/// five seconds down to a millisecond.
const MOST_STEPS: usize = 4000;

pub(super) struct Scene {
    pub(super) world: World,
    op: FakeOp,
    pub(super) client: Client,
}

impl Scene {
    pub(super) fn cold() -> Self {
        let world = World::new();
        let op = FakeOp::new(world.clock());
        let client = Client::new(op.settings()).expect("the settings are sound");
        Self { world, op, client }
    }

    /// With metadata and keys as stored by an earlier process.
    pub(super) fn warm() -> Self {
        static PROVIDER: OnceLock<String> = OnceLock::new();
        let mut scene = Self::cold();
        let provider = PROVIDER.get_or_init(|| {
            let provider = scene.play(scene.client.refresh());
            serde_json::to_string(&*provider).expect("a provider is JSON")
        });
        let provider = serde_json::from_str(provider).expect("what was stored is JSON");
        scene.client.import_provider(provider).expect("it is of this OP");
        scene
    }

    fn play<T>(&mut self, flow: Flow<T>) -> T {
        play(flow, &mut self.op, &mut self.world).unwrap_or_else(|error| panic!("{error}"))
    }

    pub(super) fn authorize(&self) -> Flow<itsme_core::Redirect> {
        self.client.authorize(login_and_userinfo())
    }

    /// A login by QR code, in which Ann does everything required.
    fn scan_and_approve(&mut self, input: &mut Input<'_>) -> Result<(), Option<Error>> {
        let mut login = QrLogin::new(AuthorizationRequest::login(SERVICE).claim(Claim::GivenName));
        for _ in 0..8 {
            login = match self.at_the_mercy_of(self.client.next_qr_step(login), input)? {
                Progress::Scan { then, .. } => {
                    let session = self.op.pending_sessions().last().map(|id| (*id).to_owned());
                    session.into_iter().for_each(|id| self.op.scan(&id, &Person::ann()));
                    then
                }
                Progress::Scanned { then } => then,
                Progress::Waiting { then } => {
                    let asked = self.op.pending_backchannel().pop();
                    asked.into_iter().for_each(|it| self.op.approve_backchannel(&it.auth_req_id));
                    then
                }
                Progress::LoggedIn(who) => {
                    must_be_ann(&who, &self.op);
                    return Ok(());
                }
            };
        }
        Ok(())
    }

    /// Resumes what was stored: starts, and continues after a wait.
    pub(super) fn take_up<T>(&mut self, flow: Flow<T>) {
        if let Ok(Step::Wait(time, paused)) = flow.start(&mut self.world) {
            self.world.advance(time);
            let _ = paused.resume(&mut self.world);
        }
    }

    /// A request to Ann, identified by her stored `sub`.
    fn ann_by_name(&self) -> BackchannelRequest {
        BackchannelRequest::known_user(self.op.sub_of(&Person::ann()), login_and_userinfo())
    }

    /// A login from which Ann returns.
    fn approved(&mut self) -> (LoginState, String) {
        let redirect = self.play(self.authorize());
        let callback = self.op.approve(&redirect.url, &Person::ann());
        (redirect.state, callback)
    }

    /// Runs a flow in which this is the response to the `place`th request, and the OP answers the others.
    fn answered_once<T>(
        &mut self,
        flow: Flow<T>,
        place: usize,
        response: Response,
    ) -> Result<T, Error> {
        let mut step = flow.start(&mut self.world)?;
        let mut response = Some(response);
        for number in 0..MOST_STEPS {
            step = match step {
                Step::Send(request, pending) => {
                    let honest = self.op.handle(request).expect("the OP answers");
                    let answer = response.take_if(|_| number == place).unwrap_or(honest);
                    pending.receive(answer, &mut self.world)?
                }
                Step::Wait(_, paused) => paused.resume(&mut self.world)?,
                Step::UseKey(_, key) => return Err(key.no_holder()),
                Step::Done(output) => return Ok(output),
            };
        }
        panic!("the flow does not end");
    }

    /// Runs a flow in which the input determines what happens to every request.
    fn at_the_mercy_of<T>(
        &mut self,
        flow: Flow<T>,
        input: &mut Input<'_>,
    ) -> Result<T, Option<Error>> {
        let mut step = flow.start(&mut self.world)?;
        for _ in 0..MOST_STEPS {
            step = match step {
                Step::Send(request, pending) => {
                    let honest = self.op.handle(request).expect("the OP answers");
                    match happening(honest, input, &mut self.op, &self.world) {
                        Ok(response) => pending.receive(response, &mut self.world)?,
                        Err(why) => pending.failed(why, &mut self.world)?.ok_or(None)?,
                    }
                }
                Step::Wait(duration, paused) => {
                    // No one keeps the time exactly, and no clock stands still.
                    let slept = duration.mul_f64(f64::from(input.byte() % 3 + 1) / 2.0);
                    self.world.advance(slept.max(Duration::from_millis(1)));
                    paused.resume(&mut self.world)?
                }
                Step::UseKey(_, key) => return Err(key.no_holder().into()),
                Step::Done(output) => return Ok(output),
            };
        }
        panic!("the flow does not end");
    }
}

fn happening(
    mut honest: Response,
    input: &mut Input<'_>,
    op: &mut FakeOp,
    world: &World,
) -> Result<Response, SendFailure> {
    match input.byte() % 16 {
        1 => return Err(SendFailure::NotSent),
        2 => return Err(SendFailure::Lost),
        3 => return Ok(answer(input)),
        4 => input.spoil(honest.body_mut()),
        5 => *honest.status_mut() = status(input),
        6 => op.rotate_signing_key(),
        7 => op.rotate_encryption_key(),
        8 => world.advance(Duration::from_secs(input.number() as u64)),
        9 => op.forge_kid(Some("nobody's")),
        10 => op.forge_kid(None),
        11 => honest.headers_mut().clear(),
        12 => *honest.body_mut() = input.line().to_vec(),
        _ => {}
    }
    Ok(honest)
}

fn status(input: &mut Input<'_>) -> http::StatusCode {
    let status = 100 + input.number() % 500;
    http::StatusCode::from_u16(status as u16).expect("a status of three digits")
}

/// A status, a header, and the rest as the body.
fn answer(input: &mut Input<'_>) -> Response {
    const NAMES: [&str; 4] = ["content-type", "cache-control", "www-authenticate", "location"];
    let status = if input.byte().is_multiple_of(2) { http::StatusCode::OK } else { status(input) };
    let name = NAMES[usize::from(input.byte()) % NAMES.len()];
    let value = http::HeaderValue::from_bytes(input.line());
    let mut response = Response::new(input.line().to_vec());
    *response.status_mut() = status;
    response.headers_mut().extend(value.ok().map(|value| (name.parse().ok(), value)));
    response
}

/// Everything that describes itself does so without panicking.
pub(super) fn tell(error: &Error) {
    let _ = format!("{error} {error:?}");
}

/// A login request that also needs userinfo.
fn login_and_userinfo() -> AuthorizationRequest {
    let login = AuthorizationRequest::login(SERVICE).claim(Claim::GivenName);
    login.scope(Scope::Email).scopes_by_userinfo()
}

fn must_be_ann(who: &LoggedIn, op: &FakeOp) {
    assert_eq!(who.user.sub, op.sub_of(&Person::ann()));
    assert!(who.user.given_name.as_deref().is_none_or(|name| name == "Ann"));
    let _ = format!("{who:?} {:?}", who.user);
}

/// A response in place of the discovery document, then in place of the key set.
pub fn discovery(data: &[u8]) {
    let mut scene = Scene::cold();
    let refresh = scene.client.refresh();
    match scene.answered_once(refresh, 0, answer(&mut Input::new(data))) {
        Ok(provider) => assert_eq!(provider.issuer(), scene.op.issuer()),
        Err(error) => tell(&error),
    }
    let mut scene = Scene::cold();
    let refresh = scene.client.refresh();
    if let Err(error) = scene.answered_once(refresh, 1, answer(&mut Input::new(data))) {
        tell(&error);
    }
}

/// A callback in any form; `{state}` stands for the correct state.
pub fn callback(data: &[u8]) {
    let mut scene = Scene::warm();
    let (login, _) = scene.approved();
    let text = String::from_utf8_lossy(data).replace("{state}", login.id());
    let callback = Callback::from(text.as_str());
    let found = callback.state();
    let state = login.id().to_owned();
    match scene.client.finish_login(login, callback).start(&mut scene.world) {
        Ok(_) => assert_eq!(found, Some(state), "a code is redeemed only with the right state"),
        Err(error) => tell(&error),
    }
}

/// A response in place of the token endpoint's.
pub fn token(data: &[u8]) {
    let mut scene = Scene::warm();
    let (login, callback) = scene.approved();
    let flow = scene.client.finish_login(login, callback);
    let result = scene.answered_once(flow, 0, answer(&mut Input::new(data)));
    tell(&result.expect_err("nobody but the OP can make a token"));
}

/// A response in place of the userinfo endpoint's.
pub fn userinfo(data: &[u8]) {
    let mut scene = Scene::warm();
    let (login, callback) = scene.approved();
    let flow = scene.client.finish_login(login, callback);
    let result = scene.answered_once(flow, 1, answer(&mut Input::new(data)));
    tell(&result.expect_err("nobody but the OP can make a userinfo response"));
}

/// Method, media type and `Authorization` on three lines, then the body, as a ping.
pub fn ping(data: &[u8]) {
    let mut input = Input::new(data);
    let method = http::Method::from_bytes(input.line());
    let mut request = http::Request::new(Vec::new());
    *request.method_mut() = method.unwrap_or(http::Method::POST);
    for name in [http::header::CONTENT_TYPE, http::header::AUTHORIZATION] {
        let value = http::HeaderValue::from_bytes(input.line());
        request.headers_mut().extend(value.ok().map(|value| (Some(name), value)));
    }
    *request.body_mut() = input.rest().to_vec();
    match Ping::read(&request) {
        Ok(ping) => {
            assert_eq!(request.method(), http::Method::POST);
            let body: Value = serde_json::from_slice(request.body()).expect("a ping is JSON");
            assert_eq!(body["auth_req_id"], ping.auth_req_id());
        }
        Err(error) => assert!(error.response().status().is_client_error()),
    }
}

/// Any sequence of responses, failures and waits in every flow. Whatever happens, it ends; and if it
/// succeeds, the result is correct.
pub fn flow(data: &[u8]) {
    let mut input = Input::new(data);
    let kind = input.byte();
    let mut scene = if kind & 0x80 == 0 { Scene::warm() } else { Scene::cold() };
    let told = match kind % 12 {
        0 => scene.at_the_mercy_of(scene.authorize(), &mut input).err(),
        1 => {
            let object = AuthorizationRequest::login(SERVICE).as_request_object();
            let flow = scene.client.authorize(object);
            scene.at_the_mercy_of(flow, &mut input).err()
        }
        2 => scene.at_the_mercy_of(scene.client.refresh(), &mut input).err(),
        3 => {
            let (login, callback) = scene.approved();
            if kind & 0x40 != 0 {
                scene.client = Client::new(scene.op.settings()).expect("the settings are sound");
            }
            let flow = scene.client.finish_login(login, callback);
            scene.at_the_mercy_of(flow, &mut input).map(|who| must_be_ann(&who, &scene.op)).err()
        }
        4 => {
            let redirect = scene.play(
                scene.client.authorize(AuthorizationRequest::login(SERVICE).claim(Claim::Picture)),
            );
            let callback = scene.op.approve(&redirect.url, &Person::ann());
            let who = scene.play(scene.client.finish_login(redirect.state, callback));
            scene.at_the_mercy_of(scene.client.picture(&who), &mut input).err()
        }
        5 => scene.at_the_mercy_of(scene.client.discover_user(), &mut input).err(),
        6 => {
            let ticket = scene.play(scene.client.discover_user());
            if kind & 0x40 != 0 {
                scene.op.scan(ticket.session_id(), &Person::ann());
            }
            scene.at_the_mercy_of(scene.client.poll_user_discovery(ticket), &mut input).err()
        }
        7 => {
            let flow = scene.client.start_backchannel(scene.ann_by_name());
            scene.at_the_mercy_of(flow, &mut input).err()
        }
        8 => {
            let ticket = scene.play(scene.client.start_backchannel(scene.ann_by_name()));
            if kind & 0x40 != 0 {
                scene.op.approve_backchannel(ticket.auth_req_id());
            }
            let answer = scene.at_the_mercy_of(scene.client.poll_backchannel(ticket), &mut input);
            if let Ok(Backchannel::LoggedIn(who)) = &answer {
                must_be_ann(who, &scene.op);
            }
            answer.err()
        }
        9 => {
            let login = AuthorizationRequest::login(SERVICE);
            let minute = Duration::from_secs(60);
            let flow = scene.client.request_object(login, REQUEST_URI, minute);
            scene.at_the_mercy_of(flow, &mut input).err()
        }
        10 => scene.scan_and_approve(&mut input).err(),
        _ => {
            let settings = scene.op.secret_settings();
            scene.client = Client::new(settings).expect("the settings are sound");
            let (login, callback) = scene.approved();
            let who = scene.play(scene.client.finish_login(login, callback));
            let flow = scene.client.revoke(who.access_token.clone());
            scene.at_the_mercy_of(flow, &mut input).err()
        }
    };
    if let Some(Some(error)) = told {
        tell(&error);
    }
}
