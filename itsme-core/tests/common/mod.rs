//! A client, an OP and a world, and the ways in which they interact.

#![allow(dead_code, reason = "each test file uses its part")]

use itsme_core::{
    AuthorizationRequest, Client, DriveError, Environment, Error, Flow, LoggedIn, Redirect,
    SendFailure, Settings, TokenError,
};
use itsme_testkit::{CLIENT_ID, FakeOp, Person, REDIRECT_URI, SERVICE, World, play, private_keys};

pub const DISCOVERY: &str = "GET /.well-known/openid-configuration";
pub const KEYS: &str = "GET /jwkSet";
pub const TOKEN: &str = "POST /token";
pub const USERINFO: &str = "GET /userinfo";

pub struct Scene {
    pub world: World,
    pub op: FakeOp,
    pub client: Client,
}

impl Scene {
    pub fn new() -> Self {
        Self::with(|settings| settings)
    }

    pub fn with(change: impl FnOnce(Settings) -> Settings) -> Self {
        let world = World::new();
        let op = FakeOp::new(world.clock());
        let client = Client::new(change(op.settings())).expect("the settings are sound");
        Self { world, op, client }
    }

    /// With an environment's settings; the OP has its issuer.
    pub fn at(environment: Environment) -> Self {
        let world = World::new();
        let op = FakeOp::with_issuer(environment.issuer(), world.clock());
        let settings = Settings::new(CLIENT_ID, private_keys(), environment);
        let client = Client::new(settings.redirect_uri(REDIRECT_URI));
        Self { world, op, client: client.expect("the settings are sound") }
    }

    /// A scene with metadata and keys cached, and an empty transcript.
    pub fn warm() -> Self {
        let mut scene = Self::new();
        scene.play(scene.client.refresh()).expect("the OP answers");
        scene.op.forget_asked();
        scene
    }

    pub fn play<T>(&mut self, flow: Flow<T>) -> Result<T, DriveError<SendFailure>> {
        play(flow, &mut self.op, &mut self.world)
    }

    pub fn authorize(&mut self, login: AuthorizationRequest) -> Redirect {
        self.play(self.client.authorize(login)).expect("an authorization URL")
    }

    /// Ann approves, and returns.
    pub fn log_in_for(
        &mut self,
        login: AuthorizationRequest,
    ) -> Result<LoggedIn, DriveError<SendFailure>> {
        let Redirect { url, state, .. } = self.authorize(login);
        let callback = self.op.approve(&url, &Person::ann());
        self.play(self.client.finish_login(state, callback))
    }

    pub fn log_in(&mut self) -> Result<LoggedIn, DriveError<SendFailure>> {
        self.log_in_for(AuthorizationRequest::login(SERVICE))
    }

    pub fn log_in_if_possible(&mut self) -> bool {
        let Ok(login) = self.play(self.client.authorize(AuthorizationRequest::login(SERVICE)))
        else {
            return false;
        };
        let callback = self.op.approve(&login.url, &Person::ann());
        self.play(self.client.finish_login(login.state, callback)).is_ok()
    }

    /// How often this request was made.
    pub fn times(&self, request: &str) -> usize {
        self.op.asked().iter().filter(|asked| **asked == request).count()
    }
}

/// The protocol's error; a transport error fails the test.
pub fn flow_error<T>(result: Result<T, DriveError<SendFailure>>) -> Error {
    match result {
        Ok(_) => panic!("it succeeded"),
        Err(DriveError::Flow(error)) => error,
        Err(other) => panic!("not a protocol error: {other}"),
    }
}

pub fn id_token_error<T>(result: Result<T, DriveError<SendFailure>>) -> TokenError {
    match flow_error(result) {
        Error::IdToken(error) => error,
        other => panic!("not an ID token error: {other}"),
    }
}

pub fn userinfo_error<T>(result: Result<T, DriveError<SendFailure>>) -> TokenError {
    match flow_error(result) {
        Error::Userinfo(error) => error,
        other => panic!("not a userinfo error: {other}"),
    }
}
