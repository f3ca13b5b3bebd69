//! The login that counts and times refer to: metadata and keys are cached, everything requested
//! is in the ID token, and the login state passes through a session as JSON.

use itsme_core::{AuthorizationRequest, Claim, Client, Flow, LoggedIn, LoginState, Request, drive};
use itsme_testkit::{Clock, FakeOp, Person, SERVICE};

/// The request.
pub fn request() -> AuthorizationRequest {
    AuthorizationRequest::login(SERVICE)
        .claim(Claim::Name)
        .claim(Claim::Birthdate)
        .claim(Claim::Email)
}

pub struct WarmLogin {
    pub op: FakeOp,
    client: Client,
    clock: Clock,
    person: Person,
}

/// Runs something that is not the library's: the OP's work, or the person's.
pub type Outside<'a> = &'a mut dyn FnMut(&mut dyn FnMut());

impl WarmLogin {
    pub fn new() -> Self {
        let clock = Clock::system();
        let op = FakeOp::new(clock.clone());
        let client = Client::new(op.settings()).expect("the settings are sound");
        let mut this = Self { op, client, clock, person: Person::ann() };
        this.play(this.client.refresh(), &mut |run| run());
        this
    }

    /// One login.
    pub fn run(&mut self, outside: Outside<'_>) -> LoggedIn {
        let redirect = self.play(self.client.authorize(request()), outside);
        let session = serde_json::to_string(&redirect.state).expect("JSON");
        let mut callback = String::new();
        outside(&mut || callback = self.op.approve(&redirect.url, &self.person));
        let state: LoginState = serde_json::from_str(&session).expect("a login state");
        self.play(self.client.finish_login(state, callback), outside)
    }

    fn play<T>(&mut self, flow: Flow<T>, outside: Outside<'_>) -> T {
        let op = &mut self.op;
        let send = |request: Request| {
            let (mut request, mut answer) = (Some(request), None);
            outside(&mut || {
                answer = request.take().map(|request| op.handle(request));
                // As it comes off the wire; JSON writers leave spare capacity.
                answer.iter_mut().flatten().for_each(|answer| answer.body_mut().shrink_to_fit());
            });
            answer.expect("outside runs what it is given").map_err(|why| (why, why))
        };
        drive(flow, &mut self.clock, send, |_| {}).expect("nothing goes wrong")
    }
}
