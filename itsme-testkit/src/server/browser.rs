use std::io;

use cookie_store::{CookieStore, RawCookie};
use http::{Method, header};
use ureq::Agent;
use url::Url;

/// As much of a browser as a test of an application needs: it keeps cookies, sends forms, and follows
/// redirects, and the header `Refresh` with no delay, as long as they stay in the application. Where they leave it, as
/// for the OP, the test goes on.
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
/// Cookies come back as in real browsers (RFC 6265bis): by host, path and `Secure`, for which loopback is good
/// enough, until `Max-Age` or `Expires`, and not with the prefix `__Host-` unless they keep what it promises.
/// When the application has sent the browser away, an address of the application that is opened next, with
/// its host, comes from another site: cookies that are `SameSite=Strict` stay at home, as they do when a person
/// comes back from itsme. A path alone is what a person types.
///
/// It blocks; in an async test, call it where blocking is allowed.
#[derive(Clone, Debug)]
pub struct Browser {
    agent: Agent,
    application: String,
    cookies: CookieStore,
    /// Whether the application has sent it elsewhere.
    is_away: bool,
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
    /// The addresses that were opened on the way, this page's last.
    pub via: Vec<String>,
}

/// More redirects in a row are a loop.
const MAX_REDIRECTS: usize = 10;

/// Where a request comes from, as far as cookies mind.
#[derive(Clone, Copy, PartialEq)]
enum Initiator {
    Application,
    /// A link or a redirect of another site: a `GET` that changes what is in the address bar.
    OtherSite,
}

impl Browser {
    /// For the application at this origin, as `http://127.0.0.1:8080`.
    pub fn new(application: impl Into<String>) -> Self {
        let config = Agent::config_builder().proxy(None).max_redirects(0);
        let agent = config.http_status_as_error(false).build().into();
        let (application, cookies) = (application.into(), CookieStore::default());
        Self { agent, application, cookies, is_away: false }
    }

    /// Opens a page of the application, by its path or its URL, and goes where it is sent.
    ///
    /// # Errors
    /// The application does not answer, or sends the browser around in circles.
    pub fn open(&mut self, page: &str) -> io::Result<Page> {
        let is_typed = Url::parse(page).is_err();
        let from =
            if self.is_away && !is_typed { Initiator::OtherSite } else { Initiator::Application };
        let request = http::Request::get(page).body(Vec::new());
        self.follow(request.map_err(io::Error::other)?, from)
    }

    /// Sends a form that is on a page of the application, and goes where that leads.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn submit(&mut self, action: &str, fields: &[(&str, &str)]) -> io::Result<Page> {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        let request = http::Request::post(action)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ORIGIN, &self.application)
            .header("sec-fetch-site", "same-origin")
            .body(form.extend_pairs(fields).finish().into_bytes());
        self.follow(request.map_err(io::Error::other)?, Initiator::Application)
    }

    /// Sends one request from a page of the application, with the cookies that belong to it, keeps those that
    /// come back, and follows nothing. Its address may be a path, or of another instance of the application.
    ///
    /// # Errors
    /// The application does not answer.
    pub fn send(&mut self, request: http::Request<Vec<u8>>) -> io::Result<http::Response<Vec<u8>>> {
        self.exchange(request, Initiator::Application).map(|(_, response)| response)
    }

    /// The names and values of the cookies that a page of the application gets.
    pub fn cookies(&self) -> impl Iterator<Item = (&str, &str)> {
        let base = Url::parse(&self.application);
        base.into_iter().flat_map(|base| self.cookies.get_request_values(&base).collect::<Vec<_>>())
    }

    fn follow(
        &mut self,
        mut request: http::Request<Vec<u8>>,
        mut from: Initiator,
    ) -> io::Result<Page> {
        let base = Url::parse(&self.application).map_err(io::Error::other)?;
        let mut via = Vec::new();
        for _ in 0..MAX_REDIRECTS {
            let (url, response) = self.exchange(request, from)?;
            via.push(url.to_string());
            let header = |name| response.headers().get(name)?.to_str().ok();
            let redirect = header(header::LOCATION);
            let refresh = header(header::REFRESH).and_then(|it| it.strip_prefix("0;url="));
            let next = redirect.or(refresh).map(|next| url.join(next)).transpose();
            let next = next.map_err(io::Error::other)?;
            // Whoever has sent the browser on its way has also caused what it is redirected to; what a page does by
            // itself is the application's.
            if redirect.is_none() {
                from = Initiator::Application;
            }
            self.is_away = next.as_ref().is_some_and(|next| next.origin() != base.origin());
            match next {
                Some(next) if !self.is_away => {
                    request = http::Request::get(next.as_str())
                        .body(Vec::new())
                        .map_err(io::Error::other)?;
                }
                next => {
                    let (url, status) = (next.unwrap_or(url).into(), response.status().as_u16());
                    let text = String::from_utf8(response.into_body()).map_err(io::Error::other)?;
                    return Ok(Page { url, status, text, via });
                }
            }
        }
        Err(io::Error::other(format!("more than {MAX_REDIRECTS} redirects")))
    }

    /// One answer, and the address of what was asked.
    fn exchange(
        &mut self,
        request: http::Request<Vec<u8>>,
        from: Initiator,
    ) -> io::Result<(Url, http::Response<Vec<u8>>)> {
        let base = Url::parse(&self.application).map_err(io::Error::other)?;
        let url = base.join(&request.uri().to_string()).map_err(io::Error::other)?;
        let (mut head, body) = request.into_parts();
        head.uri = url.as_str().parse().map_err(io::Error::other)?;
        let cookies = self.cookies_for(&url, from);
        if !cookies.is_empty() {
            let cookies = cookies.parse().map_err(io::Error::other)?;
            head.headers.insert(header::COOKIE, cookies);
        }
        let has_body = head.method == Method::POST;
        let request = http::Request::from_parts(head, body);
        // An empty body would be announced, which a GET must not have.
        let answer = match has_body {
            true => self.agent.run(request),
            false => self.agent.run(request.map(|_| ())),
        };
        let (head, mut body) = answer.map_err(io::Error::other)?.into_parts();
        let body = body.read_to_vec().map_err(io::Error::other)?;
        for cookie in head.headers.get_all(header::SET_COOKIE) {
            self.take(&String::from_utf8_lossy(cookie.as_bytes()), &url);
        }
        Ok((url, http::Response::from_parts(head, body)))
    }

    fn cookies_for(&self, url: &Url, from: Initiator) -> String {
        let cookies = self.cookies.matches(url).into_iter();
        let is_strict = |cookie: &RawCookie<'_>| {
            cookie.same_site().is_some_and(|same_site| same_site.is_strict())
        };
        cookies
            .filter(|cookie| from == Initiator::Application || !is_strict(cookie))
            .map(|cookie| format!("{}={}", cookie.name(), cookie.value()))
            .collect::<Vec<_>>()
            .join("; ")
    }

    /// `name=value; attributes`. What a browser would not keep is not kept.
    fn take(&mut self, cookie: &str, url: &Url) {
        let Ok(cookie) = RawCookie::parse(cookie) else { return };
        let is_secure = cookie.secure() == Some(true);
        let is_host = is_secure && cookie.path() == Some("/") && cookie.domain().is_none();
        let keeps_its_promise = match cookie.name() {
            name if name.starts_with("__Host-") => is_host,
            name if name.starts_with("__Secure-") => is_secure,
            _ => is_secure || !cookie.same_site().is_some_and(|same_site| same_site.is_none()),
        };
        if keeps_its_promise {
            // The error says why it was not kept; a browser does not say it to the page either.
            let _ = self.cookies.insert_raw(&cookie, url);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{net::TcpListener, thread};

    use url::form_urlencoded;

    use super::*;

    /// An application that answers each request by what stands in its path, with the cookies it got as text.
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
        use std::io::{BufRead as _, BufReader, Read as _, Write as _};
        let mut reader = BufReader::new(stream);
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            match line.trim_end() {
                "" => break,
                line => lines.push(line.to_owned()),
            }
        }
        let header = |wanted: &str| {
            lines.iter().find_map(|line| {
                let (name, value) = line.split_once(": ")?;
                name.eq_ignore_ascii_case(wanted).then_some(value)
            })
        };
        let length = header("content-length").map_or(0, |it| it.parse().expect("a length"));
        let mut form = vec![0; length];
        reader.read_exact(&mut form)?;
        let form = String::from_utf8(form).expect("a form");
        let cookies = header("cookie").unwrap_or_default();
        let head = match lines[0].split(' ').nth(1).unwrap_or_default() {
            "/begin" => "302 Found\r\nSet-Cookie: a=1; Path=/\r\nSet-Cookie: b=2\r\nLocation: next",
            "/next" => "303 See Other\r\nSet-Cookie: b=; Max-Age=0; Path=/\r\nLocation: /end?x=y",
            "/away" => "302 Found\r\nLocation: https://op.example/authorize?state=s",
            "/around" => "302 Found\r\nLocation: /around",
            "/broken" => "500 Internal Server Error",
            "/form" => "303 See Other\r\nLocation: /end",
            "/once-more" => "200 OK\r\nRefresh: 0;url=?again",
            path if path.starts_with("/set?") => {
                let set = form_urlencoded::parse(&path.as_bytes()[5..]);
                let set = set.map(|(_, cookie)| format!("\r\nSet-Cookie: {cookie}"));
                return respond(stream, &format!("200 OK{}", set.collect::<String>()), cookies);
            }
            _ => "200 OK",
        };
        respond(stream, head, &format!("{cookies}{form}"))?;
        stream.flush()
    }

    fn respond(mut stream: &std::net::TcpStream, head: &str, body: &str) -> io::Result<()> {
        use std::io::Write as _;
        let length = body.len();
        write!(
            stream,
            "HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )
    }

    fn text(browser: &mut Browser, page: &str) -> String {
        browser.open(page).expect("a page").text
    }

    #[test]
    fn it_follows_the_application_with_the_cookies_it_was_given() {
        let application = application();
        let mut browser = Browser::new(&application);
        let page = browser.open("/begin").expect("a page");
        assert_eq!((page.url.clone(), page.status), (format!("{application}/end?x=y"), 200));
        assert_eq!(page.text, "a=1", "the other one was taken back");
        let [begin, next] = ["/begin", "/next"].map(|path| format!("{application}{path}"));
        assert_eq!(page.via, [begin, next, format!("{application}/end?x=y")]);
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

    #[test]
    fn it_sends_forms_and_asks_once() {
        let mut browser = Browser::new(application());
        let page = browser.submit("/other", &[("a b", "c&d")]).expect("a page");
        assert_eq!(page.text, "a+b=c%26d");
        let page = browser.submit("/form", &[]).expect("a page");
        assert!(page.url.ends_with("/end"), "{}", page.url);
        let request = http::Request::get("/around").body(Vec::new()).expect("a request");
        assert_eq!(browser.send(request).expect("an answer").status(), 302);
    }

    #[test]
    fn strict_cookies_stay_at_home_when_somebody_comes_back() {
        let application = application();
        let mut browser = Browser::new(&application);
        let set = "/set?c=strict=1;SameSite=Strict&c=lax=2;SameSite=Lax&c=unsaid=3\
                   &c=all=4;SameSite=None;Secure&c=pale=5;SameSite=None";
        browser.open(set).expect("a page");
        let all = |text: &str| {
            let mut names: Vec<_> = text.split("; ").map(str::to_owned).collect();
            names.sort();
            names.join(" ")
        };
        assert_eq!(all(&text(&mut browser, "/x")), "all=4 lax=2 strict=1 unsaid=3");
        browser.open("/away").expect("a redirect");
        let back = format!("{application}/begin");
        // The redirects that follow come from there, too.
        assert_eq!(all(&text(&mut browser, &back)), "a=1 all=4 lax=2 unsaid=3");
        // What the application's page does then is its own.
        browser.open("/away").expect("a redirect");
        let once_more = text(&mut browser, &format!("{application}/once-more"));
        assert!(once_more.contains("strict=1"), "{once_more}");
        // From a page of the application, or typed, they come along.
        assert!(text(&mut browser, &back).contains("strict=1"));
        browser.open("/away").expect("a redirect");
        assert!(text(&mut browser, "/x").contains("strict=1"));
    }

    #[test]
    fn cookies_end_and_keep_to_their_place() {
        let mut browser = Browser::new(application());
        for (set, kept) in [
            ("a=1;Max-Age=60", "a=1"),
            ("a=1;Expires=Thu, 01 Jan 1970 00:00:00 GMT", ""),
            ("a=1;Expires=Fri, 31 Dec 2100 00:00:00 GMT", "a=1"),
            ("a=1;Max-Age=0", ""),
            ("a=1;Path=/elsewhere", ""),
            ("a=1;Domain=other.example", ""),
            ("__Host-a=1;Path=/", ""),
            ("__Host-a=1;Secure", ""),
            ("__Host-a=1;Secure;Path=/", "__Host-a=1"),
            ("__Host-a=;Max-Age=0;Path=/", "__Host-a=1"),
            ("__Host-a=;Max-Age=0;Path=/;Secure", ""),
            ("__Secure-a=1", ""),
        ] {
            let query: String = form_urlencoded::byte_serialize(set.as_bytes()).collect();
            browser.open(&format!("/set?c={query}")).expect("a page");
            assert_eq!(text(&mut browser, "/x"), kept, "{set}");
            let named: Vec<_> = browser.cookies().map(|(name, _)| name.to_owned()).collect();
            assert_eq!(named.len(), usize::from(!kept.is_empty()), "{set}");
        }
    }
}
