mod browser;
mod wire;

use std::{
    convert::Infallible,
    future::pending,
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
};

use http_body_util::{BodyExt as _, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use itsme_core::{Request, Response, SendFailure, Settings};
use tokio::{sync::oneshot, task::JoinSet, time::sleep};

pub use self::browser::{Browser, Page};
use self::wire::{Fuse, Socket, WireBody};
use crate::{Clock, FakeKms, FakeOp, Person, Wire};

/// The most bytes of a request body that are read.
const MAX_REQUEST: usize = 1024 * 1024;

/// A [`FakeOp`] on a loopback socket, in a thread of its own. Dropping it closes it.
///
/// Its issuer is `http://127.0.0.1:PORT/v2` or `http://localhost:PORT/v2`, so its clients need
/// [`danger_http_on_loopback`](itsme_core::Settings::danger_http_on_loopback), which
/// [`FakeOp::settings`] sets. A person signs in on a page at the authorization endpoint, on a
/// simulated phone at `/phone` below the issuer, or by [`approve`](Self::approve). HTTP clients live
/// in the system's time, so use [`Clock::system`] unless they run flows in a world of their own. A
/// [`SendFailure`] is a connection that is closed without an answer.
#[derive(Debug)]
pub struct Server(Listening<FakeOp>);

impl Server {
    /// At a free port of 127.0.0.1.
    ///
    /// # Errors
    /// There is no port, or no thread, to be had.
    pub fn start(clock: Clock) -> io::Result<Self> {
        Self::start_at((Ipv4Addr::LOCALHOST, 0).into(), clock)
    }

    /// At an address of your choice; port 0 is a free one.
    ///
    /// # Errors
    /// The address cannot be listened at, or there is no thread to be had.
    pub fn start_at(address: SocketAddr, clock: Clock) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let host = listener.local_addr()?;
        Self::serve(listener, &host.to_string(), clock)
    }

    /// At a port of 127.0.0.1 with `localhost` as its name, `http://localhost:PORT/v2`; port 0 is a
    /// free one.
    ///
    /// To a browser, an application at `http://127.0.0.1` is then another site than the OP, as it
    /// is in life: a cookie that is `SameSite=Strict` is not there when the person comes back.
    ///
    /// ```
    /// use itsme_testkit::{Clock, Server};
    ///
    /// let server = Server::start_on_localhost(0, Clock::system())?;
    /// assert!(server.op().issuer().starts_with("http://localhost:"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// The port cannot be listened at, or there is no thread to be had.
    pub fn start_on_localhost(port: u16, clock: Clock) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let host = format!("localhost:{}", listener.local_addr()?.port());
        Self::serve(listener, &host, clock)
    }

    fn serve(listener: TcpListener, host: &str, clock: Clock) -> io::Result<Self> {
        let op = FakeOp::with_issuer(format!("http://{host}/v2"), clock);
        Ok(Self(Listening::start(listener, op)?))
    }

    /// Settings for the client that the OP knows from the start, see [`FakeOp::settings`].
    pub fn settings(&self) -> Settings {
        self.op().settings()
    }

    /// A person approves, see [`FakeOp::approve`]. Gives the callback URL.
    pub fn approve(&self, url: &str, person: &Person) -> String {
        self.op().approve(url, person)
    }

    /// A person refuses, see [`FakeOp::deny`]. Gives the callback URL.
    pub fn deny(&self, url: &str) -> String {
        self.op().deny(url)
    }

    /// The address that it listens at.
    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    pub(crate) fn shared(&self) -> &Mutex<FakeOp> {
        &self.0.shared
    }

    /// The OP behind the socket. **Requests wait as long as this is held**: never hold it while a client
    /// sends, blocking or async. A guard in an argument lives until the whole call returns; bind the
    /// result first.
    pub fn op(&self) -> MutexGuard<'_, FakeOp> {
        lock(&self.0.shared)
    }
}

/// A [`FakeKms`] on a loopback socket, in a thread of its own. Dropping it closes it.
#[derive(Debug)]
pub struct KmsServer(Listening<FakeKms>);

impl KmsServer {
    /// At a free port of 127.0.0.1, with keys that it makes for itself.
    ///
    /// # Errors
    /// There is no port, or no thread, to be had.
    pub fn start() -> io::Result<Self> {
        Self::serve(FakeKms::new(), 0)
    }

    /// This one, at a port of 127.0.0.1; port 0 is a free one.
    ///
    /// # Errors
    /// The port cannot be listened at, or there is no thread to be had.
    pub fn serve(kms: FakeKms, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let kms = kms.at(format!("http://{}", listener.local_addr()?));
        Ok(Self(Listening::start(listener, kms)?))
    }

    pub(crate) fn shared(&self) -> &Mutex<FakeKms> {
        &self.0.shared
    }

    /// The KMS behind the socket. Calls wait as long as this is held.
    pub fn kms(&self) -> MutexGuard<'_, FakeKms> {
        lock(&self.0.shared)
    }
}

/// Whoever answers requests, with what the wire is to do to each answer.
trait Answers: Send + 'static {
    fn over_the_wire(&mut self, request: Request) -> Result<(Response, Option<Wire>), SendFailure>;
}

impl Answers for FakeOp {
    fn over_the_wire(&mut self, request: Request) -> Result<(Response, Option<Wire>), SendFailure> {
        self.over_the_wire(request)
    }
}

impl Answers for FakeKms {
    fn over_the_wire(&mut self, request: Request) -> Result<(Response, Option<Wire>), SendFailure> {
        self.over_the_wire(request)
    }
}

/// A socket, and who answers there.
#[derive(Debug)]
struct Listening<T> {
    address: SocketAddr,
    shared: Arc<Mutex<T>>,
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

impl<T: Answers> Listening<T> {
    fn start(listener: TcpListener, who: T) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Mutex::new(who));
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&shared);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = thread::Builder::new().name("fake itsme".to_owned());
        let thread = thread.spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = serve(listener, served) => {}
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Self { address, shared, stop: Some(stop), thread: Some(thread) })
    }
}

impl<T> Drop for Listening<T> {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Accepts connections until it is dropped, and they with it.
async fn serve(listener: TcpListener, who: Arc<Mutex<impl Answers>>) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("the runtime does sockets");
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok((stream, _)) = listener.accept().await else { continue };
        let who = Arc::clone(&who);
        connections.spawn(async move {
            let fuse = Fuse::new();
            let socket = Socket::new(stream, fuse.clone());
            let service =
                service_fn(move |request| answer(request, Arc::clone(&who), fuse.clone()));
            // A client that goes away in the middle is nobody's trouble.
            let _ = http1::Builder::new().serve_connection(socket, service).await;
        });
    }
}

async fn answer(
    request: http::Request<Incoming>,
    who: Arc<Mutex<impl Answers>>,
    fuse: Fuse,
) -> io::Result<http::Response<WireBody>> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, MAX_REQUEST).collect().await.map_err(io::Error::other)?;
    let request = Request::from_parts(head, body.to_bytes().to_vec());
    let answer = lock(&who).over_the_wire(request);
    let (response, wire) = answer.map_err(|_: SendFailure| io::ErrorKind::ConnectionAborted)?;
    match wire {
        Some(Wire::Silence) => pending().await,
        Some(Wire::Late(time)) => sleep(time).await,
        Some(wire) => fuse.set(wire),
        None => {}
    }
    Ok(response.map(|body| WireBody::new(body, wire)))
}
