//! An application as far as itsme calls it: it publishes keys, hosts a request object, takes pings.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    thread,
    time::Duration,
};

use itsme_testkit::{private_jwks, private_keys};

/// How long a ping may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Application {
    /// Where it is: `http://127.0.0.1:PORT`.
    pub address: String,
    posted: mpsc::Receiver<http::Request<Vec<u8>>>,
}

impl Application {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let (post, posted) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if let Ok(Some(request)) = serve(stream) {
                    let _ = post.send(request);
                }
            }
        });
        Self { address, posted }
    }

    /// What was posted to it next.
    pub fn posted(&self) -> http::Request<Vec<u8>> {
        self.posted.recv_timeout(PATIENCE).expect("it is called")
    }
}

/// Answers one request; gives it if it is a POST.
fn serve(stream: TcpStream) -> io::Result<Option<http::Request<Vec<u8>>>> {
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
        "/requests/1" => ("200 OK", "application/jwt", "e30.e30.AA".to_owned()),
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
