use std::{
    cell::RefCell,
    future::{Future, ready},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

#[cfg(feature = "server")]
use itsme_core::Timeouts;
use itsme_core::{
    Acr, AuthorizationRequest, Backchannel, BackchannelRequest, Claim, Client, DriveError, Flow,
    LoggedIn, MAX_RESPONSE_BYTES, Request, Response, Scope, SendFailure, UserDiscovery,
    drive_async_with_keys,
};

use super::{Fault, Kind, Outcome};
use crate::{FakeKms, FakeOp, Person, SERVICE, World, kms::KeyCall, now::now};
#[cfg(feature = "server")]
use crate::{KmsServer, Server};

/// The timeout for connections that hang.
#[cfg(feature = "server")]
const PATIENCE: Duration = Duration::from_millis(500);

/// The result of a login that had the documented outcome.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Verdict {
    /// The fault's name.
    pub fault: String,
    /// The duration of the login, from its first request to its end.
    pub took: Duration,
}

pub(crate) fn in_memory(faults: Vec<Fault>, equip: impl Fn(Client) -> Client) -> Vec<Verdict> {
    let mut verdicts = Verdicts::default();
    for fault in faults {
        let world = World::new();
        let op = Mutex::new(FakeOp::new(world.clock()));
        let kms = Mutex::new(FakeKms::new());
        // A real transport stops reading at this size.
        let capped = |response: &Response| response.body().len() <= MAX_RESPONSE_BYTES;
        let send = |request| {
            let is_for_kms = lock(&kms).is_for(&request);
            let answer =
                if is_for_kms { lock(&kms).handle(request) } else { lock(&op).handle(request) };
            let answer =
                answer.and_then(|answer| Some(answer).filter(capped).ok_or(SendFailure::TooLarge));
            ready(answer.map_err(|why| (why, why)))
        };
        verdicts.add(&fault, now(try_out(&fault, world, (&op, &kms), (&equip, send))));
    }
    verdicts.all()
}

#[cfg(feature = "server")]
pub(crate) fn blocking<S, E>(
    faults: Vec<Fault>,
    equip: impl Fn(Client) -> Client,
    make: impl Fn(Timeouts) -> S,
) -> Vec<Verdict>
where
    S: FnMut(Request) -> Result<Response, (SendFailure, E)>,
{
    let make = |timeouts| {
        let mut send = make(timeouts);
        move |request| ready(send(request))
    };
    now(asynchronous(faults, equip, make))
}

#[cfg(feature = "server")]
pub(crate) async fn asynchronous<S, E, Sent>(
    faults: Vec<Fault>,
    equip: impl Fn(Client) -> Client,
    make: impl Fn(Timeouts) -> S,
) -> Vec<Verdict>
where
    S: FnMut(Request) -> Sent,
    Sent: Future<Output = Result<Response, (SendFailure, E)>>,
{
    let mut verdicts = Verdicts::default();
    for fault in faults {
        let world = World::new();
        let server = Server::start(world.clock()).expect("loopback has a free port");
        let kms = KmsServer::start().expect("loopback has a free port");
        let timeouts = Timeouts::default();
        let send = make(if fault.hangs() { timeouts.total(PATIENCE) } else { timeouts });
        let outside = (server.shared(), kms.shared());
        verdicts.add(&fault, try_out(&fault, world, outside, (&equip, send)).await);
    }
    verdicts.all()
}

#[derive(Default)]
struct Verdicts {
    right: Vec<Verdict>,
    wrong: Vec<String>,
}

impl Verdicts {
    fn add(&mut self, fault: &Fault, verdict: Result<Verdict, String>) {
        match verdict {
            Ok(verdict) => self.right.push(verdict),
            Err(reason) => self.wrong.push(format!("- {}: {reason}", fault.name)),
        }
    }

    fn all(self) -> Vec<Verdict> {
        assert!(
            self.wrong.is_empty(),
            "these logins did not end as documented:\n{}",
            self.wrong.join("\n")
        );
        self.right
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs one login with nothing cached under the fault, and one login after the fault has ended.
async fn try_out<S, E, Sent>(
    fault: &Fault,
    world: World,
    (op, kms): (&Mutex<FakeOp>, &Mutex<FakeKms>),
    (equip, send): (&impl Fn(Client) -> Client, S),
) -> Result<Verdict, String>
where
    S: FnMut(Request) -> Sent,
    Sent: Future<Output = Result<Response, (SendFailure, E)>>,
{
    let settings = match fault.is_at_key_holder() {
        true => lock(op).settings_with(lock(kms).keys()),
        false => fault.settings(&mut lock(op)),
    };
    let client = equip(Client::new(settings).expect("the settings are sound"));
    let mut visit = Visit { world, op, kms, client, send: send.into() };
    let begun = Instant::now();
    let result = visit.log_in(fault, true).await;
    let took = begun.elapsed();
    let found = Outcome::of(&result);
    if found != fault.outcome {
        return Err(format!("the login ends in {found}, expected {}", fault.outcome));
    }
    visit.is_right(fault, &result)?;
    lock(op).recover();
    lock(kms).recover();
    visit.world.advance(fault.believed_for());
    let later = Outcome::of(&visit.log_in(fault, false).await);
    if later != Outcome::LoggedIn {
        return Err(format!("a login after the fault ends in {later}"));
    }
    Ok(Verdict { fault: fault.name.clone(), took })
}

struct Visit<'a, S> {
    world: World,
    op: &'a Mutex<FakeOp>,
    kms: &'a Mutex<FakeKms>,
    client: Client,
    send: RefCell<S>,
}

impl<S> Visit<'_, S> {
    /// Runs one login that exercises every endpoint and every check, with or without the fault.
    async fn log_in<E, Sent>(
        &mut self,
        fault: &Fault,
        is_on: bool,
    ) -> Result<LoggedIn, DriveError<E>>
    where
        S: FnMut(Request) -> Sent,
        Sent: Future<Output = Result<Response, (SendFailure, E)>>,
    {
        if is_on && !fault.midway {
            fault.inject(&mut lock(self.op));
            fault.inject_at_key_holder(&mut lock(self.kms));
        }
        let request =
            AuthorizationRequest::login(SERVICE).claim(Claim::GivenName).scope(Scope::Email);
        let request = match fault.login {
            Kind::Scopes => request.scope(Scope::Profile).scope(Scope::Address),
            _ => request.scopes_by_userinfo(),
        };
        let strict = || request.clone().acr(Acr::Advanced).max_age(Duration::from_secs(1));
        let request = match fault.login {
            Kind::QrCode => return self.by_qr_code(request.acr(Acr::Advanced)).await,
            Kind::Plain => request,
            _ => strict(),
        };
        let redirect = self.run(self.client.authorize(request)).await?;
        let callback = lock(self.op).approve(&redirect.url, &Person::ann());
        if is_on && fault.midway {
            fault.inject(&mut lock(self.op));
        }
        self.run(self.client.finish_login(redirect.state, callback)).await
    }

    /// Runs a login by QR code. The person scans the code after the first poll, and decides after
    /// the first poll for tokens.
    async fn by_qr_code<E, Sent>(
        &mut self,
        request: AuthorizationRequest,
    ) -> Result<LoggedIn, DriveError<E>>
    where
        S: FnMut(Request) -> Sent,
        Sent: Future<Output = Result<Response, (SendFailure, E)>>,
    {
        let mut ticket = self.run(self.client.discover_user()).await?;
        let mut polls = 0;
        let person = loop {
            polls += 1;
            if polls == 2 {
                let mut op = lock(self.op);
                let session = op.pending_sessions().last().map(|id| (*id).to_owned());
                let session = session.expect("a session was begun");
                op.scan(&session, &Person::ann());
            }
            ticket = match self.run(self.client.poll_user_discovery(ticket)).await? {
                UserDiscovery::Waiting(ticket) | UserDiscovery::Redraw(ticket) => ticket,
                UserDiscovery::Found(person) => break person,
            };
        };
        let ask = BackchannelRequest::discovered(person, request);
        let mut ticket = self.run(self.client.start_backchannel(ask)).await?;
        loop {
            ticket = match self.run(self.client.poll_backchannel(ticket)).await? {
                Backchannel::Pending(ticket) => ticket,
                Backchannel::LoggedIn(who) => return Ok(*who),
            };
            let mut op = lock(self.op);
            let asked = op.pending_backchannel().pop().expect("a request is pending").auth_req_id;
            op.approve_backchannel(&asked);
        }
    }

    /// Runs a flow on the world's clock, so that waiting takes no real time.
    async fn run<T, E, Sent>(&mut self, flow: Flow<T>) -> Result<T, DriveError<E>>
    where
        S: FnMut(Request) -> Sent,
        Sent: Future<Output = Result<Response, (SendFailure, E)>>,
    {
        let clock = self.world.clock();
        let sleep = |time| {
            clock.advance(time);
            ready(())
        };
        let send = |request| (self.send.borrow_mut())(request);
        let kms = lock(self.kms).client();
        // The KMS is only called for clients whose keys it holds.
        let use_key = |operation| {
            let (sent, kms) = (send(kms.request(&operation)), kms.clone());
            async move { kms.outcome(sent.await.ok()) }
        };
        drive_async_with_keys(flow, &mut self.world, send, sleep, use_key).await
    }

    /// Checks that Ann is logged in, that the code was redeemed at most once, and that no
    /// unexpected endpoint or host was called.
    fn is_right<E>(
        &self,
        fault: &Fault,
        result: &Result<LoggedIn, DriveError<E>>,
    ) -> Result<(), String> {
        let op = lock(self.op);
        if let Ok(who) = result {
            let client_id = match fault.login {
                Kind::Keys | Kind::Plain | Kind::Scopes | Kind::V1 | Kind::QrCode => {
                    crate::CLIENT_ID
                }
                Kind::Secret | Kind::Hs256 => crate::SECRET_CLIENT_ID,
            };
            if who.user.sub != op.pairwise_sub(client_id, &Person::ann()) {
                return Err("a different user is logged in".to_owned());
            }
            if fault.seen.is_some_and(|seen| !seen(who)) {
                return Err(format!("the claims were not read correctly: {who:?}"));
            }
        }
        let asked = op.asked();
        let is_polled = fault.login == Kind::QrCode;
        if !is_polled && asked.iter().filter(|asked| **asked == "POST /token").count() > 1 {
            return Err("the code was sent twice".to_owned());
        }
        if let Some(call) = lock(self.kms).calls().iter().find(|call| !is_ours(call)) {
            return Err(format!("the KMS was called unexpectedly: {call:?}"));
        }
        let calls = |algorithm| {
            let calls = lock(self.kms).calls().to_vec();
            calls.into_iter().filter(|call| call.algorithm == algorithm).count()
        };
        // There are three operations, for the assertion, the ID token and the userinfo response,
        // each with at most one retry.
        if calls("RS256") > 2 || calls("RSA-OAEP-256") > 2 * 2 {
            return Err("a key operation was requested more than twice".to_owned());
        }
        let refused = format!("{}", fault.outcome).contains("Refused)") && fault.is_at_key_holder();
        if refused && calls("RS256") + calls("RSA-OAEP-256") > 2 {
            return Err("the KMS was called again for a key that it refuses to use".to_owned());
        }
        let known = |asked: &str| {
            let polled = ["POST /user_discovery_sessions", "POST /backchannel/authentication"];
            super::ENDPOINTS.iter().any(|(path, _)| asked.ends_with(path))
                || is_polled && polled.iter().any(|polled| asked.starts_with(polled))
        };
        match asked.iter().find(|asked| !known(asked)) {
            Some(asked) => Err(format!("there was an unexpected request: {asked}")),
            None => Ok(()),
        }
    }
}

/// Whether the call is for one of the client's two keys, and for the purpose for which that key is
/// published.
fn is_ours(call: &KeyCall) -> bool {
    matches!(
        (call.kid.as_str(), call.algorithm.as_str()),
        ("kms-sig-1", "RS256") | ("kms-enc-1", "RSA-OAEP-256")
    )
}
