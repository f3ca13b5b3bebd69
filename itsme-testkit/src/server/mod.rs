mod browser;
mod tls;
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
use tokio::{
    sync::oneshot,
    task::{JoinSet, spawn_blocking},
    time::sleep,
};

use self::wire::{Fuse, Socket, Stream, WireBody};
pub use self::{
    browser::{Browser, Page},
    tls::Tls,
};
use crate::{
    Clock, FakeKms, FakeOp, Person, Wire,
    op::{Errand, Fetched, query},
};

/// The maximum size of a request body in bytes.
const MAX_REQUEST: usize = 1024 * 1024;

/// A [`FakeOp`] on a loopback socket, which runs in its own thread. Dropping it closes the socket.
///
/// Its issuer is `http://127.0.0.1:PORT/v2` or `http://localhost:PORT/v2`, so its clients need
/// [`danger_http_on_loopback`](itsme_core::Settings::danger_http_on_loopback), which
/// [`FakeOp::settings`] sets. You can approve logins on the page at the authorization endpoint, on
/// a simulated phone at `/phone` under the issuer, or by calling [`approve`](Self::approve). HTTP
/// clients use the system's time, so use [`Clock::system`] unless your test runs flows in its own
/// [`World`](crate::World). A [`SendFailure`] becomes a connection that is closed without a
/// response.
#[derive(Debug)]
pub struct Server(Listening<FakeOp>);

impl Server {
    /// Starts on a free port on 127.0.0.1.
    ///
    /// # Errors
    /// If no port or thread is available.
    pub fn start(clock: Clock) -> io::Result<Self> {
        Self::start_at((Ipv4Addr::LOCALHOST, 0).into(), clock)
    }

    /// Starts on an address of your choice. Port 0 picks a free port.
    ///
    /// # Errors
    /// If it cannot listen on the address, or no thread is available.
    pub fn start_at(address: SocketAddr, clock: Clock) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let host = listener.local_addr()?;
        Self::serve(listener, Self::op_at(&host.to_string(), clock))
    }

    /// Starts on a port on 127.0.0.1, with the issuer `http://localhost:PORT/v2`. Port 0 picks a
    /// free port.
    ///
    /// A browser then considers an application at `http://127.0.0.1` to be on a different site than the OP,
    /// as in production: a `SameSite=Strict` cookie is not sent when the browser returns from the
    /// OP.
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
    /// If it cannot listen on the port, or no thread is available.
    pub fn start_on_localhost(port: u16, clock: Clock) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let host = format!("localhost:{}", listener.local_addr()?.port());
        Self::serve(listener, Self::op_at(&host, clock))
    }

    /// Serves this OP on a socket of your choice. The OP's issuer must be the address that clients
    /// use, which can be that of a proxy.
    ///
    /// # Errors
    /// If no thread is available.
    pub fn serve(listener: TcpListener, op: FakeOp) -> io::Result<Self> {
        Ok(Self(Listening::start(listener, op, None)?))
    }

    /// Serves this OP like [`serve`](Self::serve), but over HTTPS.
    ///
    /// ```
    /// use std::net::TcpListener;
    ///
    /// use itsme_testkit::{Clock, FakeOp, Server, Tls};
    ///
    /// let listener = TcpListener::bind("127.0.0.1:0")?;
    /// let issuer = format!("https://{}/v2", listener.local_addr()?);
    /// let (tls, ca) = Tls::generate(&["127.0.0.1"])?;
    /// let op = FakeOp::with_issuer(issuer, Clock::system());
    /// let server = Server::serve_tls(listener, op, tls)?;
    /// // An HTTP client that trusts this certificate can log people in there.
    /// assert!(ca.starts_with("-----BEGIN CERTIFICATE-----"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// If no thread is available.
    pub fn serve_tls(listener: TcpListener, op: FakeOp, tls: Tls) -> io::Result<Self> {
        Ok(Self(Listening::start(listener, op, Some(tls))?))
    }

    fn op_at(host: &str, clock: Clock) -> FakeOp {
        FakeOp::with_issuer(format!("http://{host}/v2"), clock)
    }

    /// Settings for the built-in client with keys; see [`FakeOp::settings`].
    pub fn settings(&self) -> Settings {
        self.op().settings()
    }

    /// Approves an authorization request as a person would; see [`FakeOp::approve`]. Returns the
    /// callback URL.
    pub fn approve(&self, url: &str, person: &Person) -> String {
        self.decide(url, |op| op.approve(url, person))
    }

    /// Refuses an authorization request as a person would; see [`FakeOp::deny`]. Returns the
    /// callback URL.
    pub fn deny(&self, url: &str) -> String {
        self.decide(url, |op| op.deny(url))
    }

    fn decide(&self, url: &str, decide: impl Fn(&mut FakeOp) -> String) -> String {
        let mut fetched = None;
        loop {
            let decided = self.op().after_errand(query(url), fetched, &decide);
            match decided {
                Ok(callback) => return callback,
                Err(errand) => fetched = Some(errand.run()),
            }
        }
    }

    pub(crate) fn shared(&self) -> &Mutex<FakeOp> {
        &self.0.shared
    }

    /// Locks and returns the OP behind the socket. **Requests wait while the guard is held**, so
    /// never hold it while a client sends a request, blocking or async. A guard created in
    /// a function call's arguments lives until the whole call returns, so bind the result to a variable
    /// first.
    pub fn op(&self) -> MutexGuard<'_, FakeOp> {
        lock(&self.0.shared)
    }
}

/// A [`FakeKms`] on a loopback socket, which runs in its own thread. Dropping it closes the socket.
#[derive(Debug)]
pub struct KmsServer(Listening<FakeKms>);

impl KmsServer {
    /// Starts on a free port on 127.0.0.1, with generated keys.
    ///
    /// # Errors
    /// If no port or thread is available.
    pub fn start() -> io::Result<Self> {
        Self::serve(FakeKms::new(), 0)
    }

    /// Serves this KMS on a port on 127.0.0.1. Port 0 picks a free port.
    ///
    /// # Errors
    /// If it cannot listen on the port, or no thread is available.
    pub fn serve(kms: FakeKms, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let kms = kms.at(format!("http://{}", listener.local_addr()?));
        Ok(Self(Listening::start(listener, kms, None)?))
    }

    pub(crate) fn shared(&self) -> &Mutex<FakeKms> {
        &self.0.shared
    }

    /// Locks and returns the KMS behind the socket. Calls to the KMS wait while the guard is held.
    pub fn kms(&self) -> MutexGuard<'_, FakeKms> {
        lock(&self.0.shared)
    }
}

/// A response, and the network failure to apply to it.
type Answer = Result<(Response, Option<Wire>), SendFailure>;

/// Something that responds to requests.
trait Answers: Send + 'static {
    /// Responds to a request, or returns what must be fetched first.
    fn answer(&mut self, request: &Request, fetched: Option<Fetched>) -> Result<Answer, Errand>;
}

impl Answers for FakeOp {
    fn answer(&mut self, request: &Request, fetched: Option<Fetched>) -> Result<Answer, Errand> {
        // Call the interceptor first: if it responds, nothing needs to be fetched.
        if let Some(answer) = self.intercepted(request) {
            return Ok(Ok((answer, None)));
        }
        let query = self.brought(request);
        self.after_errand(&query, fetched, |op| op.over_the_wire(request))
    }
}

impl Answers for FakeKms {
    fn answer(&mut self, request: &Request, _: Option<Fetched>) -> Result<Answer, Errand> {
        Ok(self.over_the_wire(request))
    }
}

/// A socket, and the thread that responds on it.
#[derive(Debug)]
struct Listening<T> {
    shared: Arc<Mutex<T>>,
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

impl<T: Answers> Listening<T> {
    fn start(listener: TcpListener, who: T, tls: Option<Tls>) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let shared = Arc::new(Mutex::new(who));
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&shared);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = thread::Builder::new().name("fake itsme".to_owned());
        let thread = thread.spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = serve(listener, served, tls) => {}
                    _ = stopped => {}
                }
            });
            // Don't wait for fetches that are still running.
            runtime.shutdown_background();
        })?;
        Ok(Self { shared, stop: Some(stop), thread: Some(thread) })
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

/// Accepts connections until this future is dropped, which also closes them.
async fn serve(listener: TcpListener, who: Arc<Mutex<impl Answers>>, tls: Option<Tls>) {
    let listener =
        tokio::net::TcpListener::from_std(listener).expect("the runtime supports sockets");
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok((stream, _)) = listener.accept().await else { continue };
        let (who, tls) = (Arc::clone(&who), tls.clone());
        connections.spawn(async move {
            match tls {
                None => speak(stream, who).await,
                // If a client does not trust the certificate, it reports that itself.
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        speak(stream, who).await;
                    }
                }
            }
        });
    }
}

/// Responds to the requests on a connection.
async fn speak(stream: impl Stream, who: Arc<Mutex<impl Answers>>) {
    let fuse = Fuse::new();
    let socket = Socket::new(stream, fuse.clone());
    let service = service_fn(move |request| answer(request, Arc::clone(&who), fuse.clone()));
    // Ignore the error: it only means that the client disconnected or the wire failed on purpose.
    let _ = http1::Builder::new().serve_connection(socket, service).await;
}

async fn answer(
    request: http::Request<Incoming>,
    who: Arc<Mutex<impl Answers>>,
    fuse: Fuse,
) -> io::Result<http::Response<WireBody>> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, MAX_REQUEST).collect().await.map_err(io::Error::other)?;
    let request = Request::from_parts(head, body.to_bytes().to_vec());
    let mut fetched = None;
    let answer = loop {
        let answer = lock(&who).answer(&request, fetched);
        match answer {
            Ok(answer) => break answer,
            Err(errand) => fetched = Some(spawn_blocking(|| errand.run()).await?),
        }
    };
    let (response, wire) = answer.map_err(|_: SendFailure| io::ErrorKind::ConnectionAborted)?;
    match wire {
        Some(Wire::Silence) => pending().await,
        Some(Wire::Late(time)) => sleep(time).await,
        Some(wire) => fuse.set(wire),
        None => {}
    }
    Ok(response.map(|body| WireBody::new(body, wire)))
}
