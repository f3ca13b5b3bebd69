use std::{collections::BTreeMap, io};

use http::header;
use ureq::Agent;
use url::Url;

/// As much of a browser as a test of an application needs: it keeps cookies and follows redirects as
/// long as they stay in the application. Where they leave it, as for the OP, the test goes on.
///
/// ```no_run
/// use itsme_testkit::{Browser, Clock, Person, Server};
///
/// # fn example(application: &str) -> std::io::Result<()> {
/// let server = Server::start(Clock::system())?;
/// // … start your application with `server.settings()`, and then, as a person:
/// let mut browser = Browser::new(application);
/// let at_itsme = browser.open("/login")?;
/// let back = server.approve(&at_itsme.url, &Person::ann());
/// assert!(browser.open(&back)?.text.contains("Ann"));
/// # Ok(())
/// # }
/// ```
///
/// Every cookie goes to every page of the application until it is taken back: paths, `Secure` and
/// `SameSite` mean nothing to it. It blocks; in an async test, call it where blocking is allowed.
#[derive(Debug)]
pub struct Browser {
    agent: Agent,
    application: String,
    cookies: BTreeMap<String, String>,
}

/// Where a [`Browser`] has ended up.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Page {
    /// Its address. An address out of the application was not opened: `status` and `text` are those
    /// of the redirect to it.
    pub url: String,
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub text: String,
}

/// More redirects in a row are a loop.
const MAX_REDIRECTS: usize = 10;

impl Browser {
    /// For the application at this origin, as `http://127.0.0.1:8080`.
    pub fn new(application: impl Into<String>) -> Self {
        let config = Agent::config_builder().proxy(None).max_redirects(0);
        let agent = config.http_status_as_error(false).build().into();
        Self { agent, application: application.into(), cookies: BTreeMap::new() }
    }

    /// Opens a page of the application, by its path or its URL, and goes where it is sent.
    ///
    /// # Errors
    /// The application does not answer, or sends the browser around in circles.
    pub fn open(&mut self, page: &str) -> io::Result<Page> {
        let base = Url::parse(&self.application).map_err(io::Error::other)?;
        let mut url = base.join(page).map_err(io::Error::other)?;
        for _ in 0..MAX_REDIRECTS {
            let (next, mut page) = self.get(&url)?;
            let Some(next) = next else { return Ok(page) };
            url = url.join(&next).map_err(io::Error::other)?;
            if url.origin() != base.origin() {
                page.url = url.into();
                return Ok(page);
            }
        }
        Err(io::Error::other(format!("more than {MAX_REDIRECTS} redirects")))
    }

    /// One page, and where it sends the browser.
    fn get(&mut self, url: &Url) -> io::Result<(Option<String>, Page)> {
        let pairs = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        let cookies = pairs.collect::<Vec<_>>().join("; ");
        let request = self.agent.get(url.as_str()).header(header::COOKIE, cookies);
        let mut response = request.call().map_err(io::Error::other)?;
        let text = response.body_mut().read_to_string().map_err(io::Error::other)?;
        let header = |value: &http::HeaderValue| value.to_str().ok().map(str::to_owned);
        for cookie in response.headers().get_all(header::SET_COOKIE).iter().filter_map(header) {
            self.take(&cookie);
        }
        let next = response.headers().get(header::LOCATION).and_then(header);
        Ok((next, Page { url: url.to_string(), status: response.status().as_u16(), text }))
    }

    /// `name=value; attributes`. One that lives no longer is taken back.
    fn take(&mut self, cookie: &str) {
        let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
        let Some((name, value)) = pair.trim().split_once('=') else { return };
        if attributes.to_ascii_lowercase().contains("max-age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{net::TcpListener, thread};

    use super::*;

    /// An application that answers each request by what stands in its path.
    fn application() -> String {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer(&stream).expect("it can be written to");
            }
        });
        format!("http://{address}")
    }

    fn answer(mut stream: &std::net::TcpStream) -> io::Result<()> {
        use std::io::{BufRead as _, BufReader, Write as _};
        let lines = BufReader::new(stream).lines().map_while(Result::ok);
        let lines: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
        let cookie = lines.iter().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("cookie").then_some(value)
        });
        let body = cookie.unwrap_or_default();
        let head = match lines[0].split(' ').nth(1).unwrap_or_default() {
            "/begin" => "302 Found\r\nSet-Cookie: a=1; Path=/\r\nSet-Cookie: b=2\r\nLocation: next",
            "/next" => "303 See Other\r\nSet-Cookie: b=; Max-Age=0; Path=/\r\nLocation: /end?x=y",
            "/away" => "302 Found\r\nLocation: https://op.example/authorize?state=s",
            "/around" => "302 Found\r\nLocation: /around",
            "/broken" => "500 Internal Server Error",
            _ => "200 OK",
        };
        let length = body.len();
        write!(
            stream,
            "HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )
    }

    #[test]
    fn it_follows_the_application_with_the_cookies_it_was_given() {
        let application = application();
        let mut browser = Browser::new(&application);
        let page = browser.open("/begin").expect("a page");
        assert_eq!((page.url, page.status), (format!("{application}/end?x=y"), 200));
        assert_eq!(page.text, "a=1", "the other one was taken back");
        let page = browser.open(&format!("{application}/broken")).expect("a page");
        assert_eq!((page.status, page.text.as_str()), (500, "a=1"));
    }

    #[test]
    fn it_stops_where_it_is_sent_away_or_around() {
        let mut browser = Browser::new(application());
        let page = browser.open("/away").expect("a redirect");
        assert_eq!(page.url, "https://op.example/authorize?state=s");
        assert_eq!(page.status, 302);
        assert!(browser.open("/around").is_err());
    }
}
