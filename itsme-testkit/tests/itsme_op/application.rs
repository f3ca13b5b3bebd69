//! An application, as far as itsme calls it: it publishes keys, hosts a request object and receives
//! pings.

use std::{
    fs,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};

use itsme_core::RequestObject;
use itsme_testkit::{private_jwks, private_keys};
use ureq::tls::RootCerts;

use crate::sandbox::{self, Sandbox, agent, send};

pub const REDIRECT_URI: &str = "http://127.0.0.1:8080/callback";

/// The maximum time for a ping to arrive on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Application {
    /// The application's origin: `http://127.0.0.1:PORT`.
    pub address: String,
    posted: mpsc::Receiver<http::Request<Vec<u8>>>,
    hosted: Arc<Mutex<Option<Hosted>>>,
}

/// The request object at `/requests/1`.
struct Hosted {
    /// The URL of the keys that the application requests before it responds.
    op: String,
    jwt: String,
    fetches: usize,
}

/// Writes the configuration file of a sandbox that knows the application as the client `MINE`. Its
/// keys are at one of the application's paths or in a file.
pub fn configuration(at: &str, name: &str, keys: &str) -> String {
    let directory = sandbox::directory(name);
    fs::write(directory.join("jwks.json"), private_keys().public_jwks()).expect("a file");
    let keys = if keys.starts_with('/') { format!("{at}{keys}") } else { keys.to_owned() };
    let file = directory.join("sandbox.toml");
    let text = format!(
        "[[clients]]\nclient_id = \"MINE\"\njwks = \"{keys}\"\n\
         redirect_uris = [\"{REDIRECT_URI}\"]\nrequest_uris = [\"{at}/requests/\"]\n\
         notification_endpoint = \"{at}/ping\"\nservices = {{ login = [\"MY_LOGIN\"] }}\n"
    );
    fs::write(&file, text).expect("a file");
    file.to_str().expect("a path in UTF-8").to_owned()
}

/// Starts a sandbox with such a configuration file.
pub fn start(at: &str, name: &str, keys: &str) -> Sandbox {
    Sandbox::start(&["--config", &configuration(at, name, keys)])
}

impl Application {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let (post, posted) = mpsc::channel();
        let hosted = Arc::new(Mutex::new(None));
        let served = Arc::clone(&hosted);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if let Ok(Some(request)) = serve(stream, &served) {
                    let _ = post.send(request);
                }
            }
        });
        Self { address, posted, hosted }
    }

    /// Serves this request object at `/requests/1`. Each time, the application first requests the
    /// OP's keys.
    pub fn host(&self, issuer: &str, object: &RequestObject) {
        let (op, jwt) = (issuer.to_owned(), object.jwt.expose().to_owned());
        *self.hosted.lock().expect("no panic") = Some(Hosted { op, jwt, fetches: 0 });
    }

    /// The number of times that the request object was fetched.
    pub fn fetches(&self) -> usize {
        self.hosted.lock().expect("no panic").as_ref().map_or(0, |hosted| hosted.fetches)
    }

    /// Waits for the next POST request to the application.
    pub fn posted(&self) -> http::Request<Vec<u8>> {
        self.posted.recv_timeout(PATIENCE).expect("a POST arrives")
    }
}

/// Responds to one request. Returns the request if it is a POST.
fn serve(
    stream: TcpStream,
    hosted: &Mutex<Option<Hosted>>,
) -> io::Result<Option<http::Request<Vec<u8>>>> {
    let mut reader = BufReader::new(&stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let (method, rest) = line.split_once(' ').unwrap_or_default();
    let path = rest.split(' ').next().unwrap_or_default().to_owned();
    let mut request = http::Request::builder().method(method).uri(&path);
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().map_err(io::Error::other)?;
        }
        request = request.header(name, value);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let (status, media_type, answer) = match path.as_str() {
        "/jwks" => ("200 OK", "application/json", private_keys().public_jwks()),
        "/private" => ("200 OK", "application/json", private_jwks().to_owned()),
        "/requests/1" => {
            let mut hosted = hosted.lock().expect("no panic");
            let hosted = hosted.as_mut().ok_or(io::ErrorKind::NotFound)?;
            hosted.fetches += 1;
            let keys = http::Request::get(format!("{}/jwkSet", hosted.op)).body(Vec::new());
            let keys = keys.map_err(io::Error::other)?;
            send(&agent(RootCerts::WebPki), keys).map_err(io::Error::other)?;
            ("200 OK", "application/jwt", hosted.jwt.clone())
        }
        path if path.starts_with("/requests/") => ("404 Not Found", "text/plain", String::new()),
        _ => ("202 Accepted", "text/plain", String::new()),
    };
    write!(
        &stream,
        "HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{answer}",
        answer.len(),
    )?;
    let request = request.body(body).map_err(io::Error::other)?;
    Ok((request.method() == http::Method::POST).then_some(request))
}
