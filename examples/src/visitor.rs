//! The user with the browser and the phone.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    thread,
    time::Duration,
};

use itsme_core::{PrivateKeys, RequestObject, Settings};
use itsme_testkit::{Clock, Person, Server};

use crate::report::Report;

/// How long to wait for the browser to come back.
const PATIENCE: Duration = Duration::from_secs(30);

/// A user who is sent to the OP and comes back.
#[derive(Debug)]
pub struct Visitor(Kind);

#[derive(Debug)]
enum Kind {
    /// This program simulates the user and runs the fake itsme.
    Simulated { server: Server, callbacks: TcpListener, person: Person, approves: bool },
    /// The user is at the terminal.
    Real,
}

impl Visitor {
    /// Returns the user at the terminal, who has their own browser.
    pub fn real() -> Self {
        Self(Kind::Real)
    }

    /// Starts a fake itsme and returns a user who approves or refuses, along with the settings of a
    /// client registered there with these keys.
    ///
    /// # Errors
    /// If loopback has no free port.
    pub fn simulated(
        person: Person,
        approves: bool,
        keys: PrivateKeys,
        report: &Report,
    ) -> io::Result<(Self, Settings)> {
        let server = Server::start(Clock::system())?;
        let callbacks = TcpListener::bind(("127.0.0.1", 0))?;
        let redirect_uri = format!("http://{}/callback", callbacks.local_addr()?);
        let settings = {
            let mut op = server.op();
            op.allow_redirect_uri(&redirect_uri);
            // Poll every second instead of every five.
            op.polling_interval(Some(1));
            report.say(format_args!("A fake itsme is listening at {}", op.issuer()));
            op.settings_with(keys).redirect_uri(redirect_uri)
        };
        Ok((Self(Kind::Simulated { server, callbacks, person, approves }), settings))
    }

    /// Whether the user is simulated.
    pub fn is_simulated(&self) -> bool {
        matches!(self.0, Kind::Simulated { .. })
    }

    /// Makes a request object available to the OP.
    ///
    /// # Errors
    /// If standard input cannot be read while waiting for the user's confirmation.
    pub fn host(
        &self,
        request_uri: &str,
        object: &RequestObject,
        report: &Report,
    ) -> io::Result<()> {
        match &self.0 {
            Kind::Simulated { server, .. } => {
                let (uri, response) = (request_uri.to_owned(), object.response());
                server.op().host(move |asked| (asked == uri).then(|| response.clone()));
                Ok(())
            }
            Kind::Real => {
                let media_type = RequestObject::MEDIA_TYPE;
                eprintln!("Serve this at {request_uri} as {media_type}, then press Enter:");
                report.say(object.jwt.expose());
                io::stdin().lock().read_line(&mut String::new()).map(drop)
            }
        }
    }

    /// Scans the latest QR code, if the user is simulated.
    pub fn scan(&self) {
        if let Kind::Simulated { server, person, .. } = &self.0 {
            let mut op = server.op();
            let session = op.pending_sessions().last().map(|session| (*session).to_owned());
            if let Some(session) = session {
                op.scan(&session, person);
            }
        }
    }

    /// Approves or refuses in the app after a scan, if the user is simulated.
    pub fn answer(&self) {
        if let Kind::Simulated { server, approves, .. } = &self.0 {
            let mut op = server.op();
            let asked = op.pending_backchannel().last().map(|asked| asked.auth_req_id.clone());
            match asked {
                Some(asked) if *approves => op.approve_backchannel(&asked),
                Some(asked) => op.deny_backchannel(&asked),
                None => {}
            }
        }
    }

    /// Visits the authorization URL. Returns the URL that the browser comes back to.
    ///
    /// # Errors
    /// If the OP shows an error page, the browser does not come back, or no URL is entered.
    pub fn visit(&self, url: &str, report: &Report) -> io::Result<String> {
        match &self.0 {
            Kind::Real => ask_for_the_callback(),
            Kind::Simulated { callbacks, person, approves, .. } => {
                let arrived = await_callback(callbacks.try_clone()?);
                let answers = if *approves { "approves" } else { "refuses" };
                report.say(format_args!("2. {} {answers} in the itsme app", person.id()));
                use_the_phone(url, person, *approves)?;
                let path = arrived
                    .recv_timeout(PATIENCE)
                    .map_err(|_| failed("the browser did not come back in time"))??;
                Ok(format!("http://{}{path}", callbacks.local_addr()?))
            }
        }
    }
}

fn ask_for_the_callback() -> io::Result<String> {
    eprintln!(
        "Open this URL, log in within 15 minutes, and paste the URL where the browser ends up.\n\
         The browser may report that the page cannot be reached, because nothing needs to run there. Copy the\n\
         URL from the address bar:"
    );
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    match line.trim() {
        "" => Err(failed("no URL was given on standard input")),
        url => Ok(url.to_owned()),
    }
}

/// Opens the login page and clicks as the user with the phone would. The browser then follows the
/// redirect to the application.
fn use_the_phone(url: &str, person: &Person, approves: bool) -> io::Result<()> {
    let config = ureq::Agent::config_builder().proxy(None).timeout_global(Some(PATIENCE));
    let browser: ureq::Agent = config.build().into();
    let page = browser.get(url).call().and_then(|mut page| page.body_mut().read_to_string());
    if !page.map_err(ureq::Error::into_io)?.contains("name=\"decision\"") {
        return Err(failed("the OP did not show a login page"));
    }
    let (endpoint, query) = url.split_once('?').ok_or_else(|| failed("the URL has no query"))?;
    let decision = if approves { "approve" } else { "deny" };
    let form = [("request", query), ("person", person.id()), ("decision", decision)];
    browser.post(endpoint).send_form(form).map(drop).map_err(ureq::Error::into_io)
}

/// Plays the application's part in the redirect: waits for one request to the redirect URI,
/// ignoring prefetches.
fn await_callback(callbacks: TcpListener) -> mpsc::Receiver<io::Result<String>> {
    let (tell, arrived) = mpsc::channel();
    thread::spawn(move || {
        let mut visits = callbacks.incoming().map(|stream| stream.and_then(welcome));
        if let Some(visit) = visits.find_map(Result::transpose) {
            let _ = tell.send(visit);
        }
    });
    arrived
}

/// Returns the requested path, or `None` if the request is only a prefetch.
fn welcome(mut stream: TcpStream) -> io::Result<Option<String>> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut looks_ahead = first.starts_with("HEAD ");
    let mut line = String::new();
    while reader.read_line(&mut line)? > 0 && line != "\r\n" {
        let header = line.to_ascii_lowercase();
        let purposes = ["sec-purpose: pre", "purpose: pre", "x-purpose: pre", "x-moz: pre"];
        looks_ahead |= purposes.iter().any(|purpose| header.starts_with(purpose));
        line.clear();
    }
    if looks_ahead {
        write!(stream, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")?;
        return Ok(None);
    }
    let body = "You can close this window.";
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )?;
    let path = first.split(' ').nth(1);
    path.map(|path| Some(path.to_owned()))
        .ok_or_else(|| failed("the browser did not send an HTTP request"))
}

fn failed(why: &str) -> io::Error {
    io::Error::other(why)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn whoever_looks_ahead_is_not_the_visitor() {
        let callbacks = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = callbacks.local_addr().expect("an address");
        let arrived = await_callback(callbacks);
        let visit = |request: &str| {
            let mut stream = TcpStream::connect(address).expect("a connection");
            stream.write_all(request.as_bytes()).expect("the request is read");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).expect("an answer");
            answer
        };
        for (method, header) in [
            ("HEAD", "Accept: */*"),
            ("GET", "Sec-Purpose: prefetch;prerender"),
            ("GET", "purpose: prefetch"),
            ("GET", "X-Purpose: preview"),
            ("GET", "X-moz: prefetch"),
        ] {
            let answer = visit(&format!("{method} /callback?ahead HTTP/1.1\r\n{header}\r\n\r\n"));
            assert!(answer.starts_with("HTTP/1.1 204"), "{header}: {answer}");
        }
        let answer = visit("GET /callback?code=a HTTP/1.1\r\nHost: app\r\n\r\n");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert_eq!(arrived.recv().expect("a visit").expect("a path"), "/callback?code=a");
    }
}
