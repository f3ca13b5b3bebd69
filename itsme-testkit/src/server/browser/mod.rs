use std::{io, time::Duration};

use cookie_store::{CookieError, CookieStore, RawCookie};
use http::{HeaderMap, HeaderValue, Method, header};
use ureq::Agent;
use url::Url;

/// A minimal browser for testing an application. It keeps cookies, submits forms, and follows
/// redirects and immediate `Refresh` headers as long as they stay within the application. When the
/// application redirects elsewhere, for example to the OP, the browser stops and the test takes
/// over.
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
/// Cookies work as in real browsers (RFC 6265bis). They are matched by host, path and `Secure`,
/// which loopback satisfies, and are kept until their `Max-Age` or `Expires`. A `__Host-` cookie
/// that breaks the rules for this prefix is rejected. After the application has redirected the
/// browser elsewhere, opening a full URL of the application counts as coming from a different site:
/// `SameSite=Strict` cookies are not sent, just as when a user returns from itsme. Opening a path
/// without a host counts as typing the address. The browser sends `Sec-Fetch-Site` accordingly.
///
/// Browsers ignore ports in cookies, so you can log in to several instances of an application with
/// one `Browser`: pass the URL of an instance instead of a path.
///
/// All methods block. In an async test, call them where blocking is allowed.
#[derive(Clone, Debug)]
pub struct Browser {
    agent: Agent,
    application: String,
    cookies: CookieStore,
    /// Whether the application has redirected the browser elsewhere.
    is_away: bool,
}

/// The page at which a [`Browser`] has arrived.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Page {
    /// The page's URL. A URL outside the application is not opened. In that case, `status`,
    /// `headers` and `text` are those of the redirect to it.
    pub url: String,
    /// The HTTP status.
    pub status: u16,
    /// The headers, such as `Set-Cookie` or `Content-Security-Policy`.
    pub headers: HeaderMap,
    /// The body.
    pub text: String,
    /// The URLs that were opened on the way, ending with this page's.
    pub via: Vec<String>,
}

/// More redirects than this in a row count as a loop.
const MAX_REDIRECTS: usize = 10;

/// The timeout for a request, so that an application that hangs cannot hang its test.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// The header that tells the application what kind of site initiated a request.
const SITE: &str = "sec-fetch-site";
const APPLICATION: &str = "same-origin";
const OTHER_SITE: &str = "cross-site";
const PERSON: &str = "none";

impl Browser {
    /// Creates a browser for the application at this origin, such as `http://127.0.0.1:8080`.
    pub fn new(application: impl Into<String>) -> Self {
        let config = Agent::config_builder().proxy(None).max_redirects(0);
        let config = config.http_status_as_error(false).timeout_global(Some(MAX_WAIT));
        let agent = config.build().into();
        let (application, cookies) = (application.into(), CookieStore::default());
        Self { agent, application, cookies, is_away: false }
    }

    /// Opens a page of the application by path or URL, and follows its redirects.
    ///
    /// # Errors
    /// If the application does not respond within 30 seconds, or redirects in a loop.
    pub fn open(&mut self, page: &str) -> io::Result<Page> {
        let is_typed = Url::parse(page).is_err();
        let site = match self.is_away {
            _ if is_typed => PERSON,
            true => OTHER_SITE,
            false => APPLICATION,
        };
        let request = http::Request::get(page).body(Vec::new());
        self.follow(request.map_err(io::Error::other)?, site)
    }

    /// Submits a form as if from a page of the application, and follows the redirects.
    ///
    /// # Errors
    /// In the same cases as [`open`](Self::open).
    pub fn submit(&mut self, action: &str, fields: &[(&str, &str)]) -> io::Result<Page> {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        let request = http::Request::post(action)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ORIGIN, &self.application)
            .body(form.extend_pairs(fields).finish().into_bytes());
        self.follow(request.map_err(io::Error::other)?, APPLICATION)
    }

    /// Sends one request with the matching cookies, and keeps the cookies from the response. Does not
    /// follow redirects.
    ///
    /// By default, the request counts as coming from a page of the application. If it has the
    /// header `Sec-Fetch-Site: cross-site`, it counts as coming from a link (`GET`) or a form
    /// (`POST`) on a different site. In that case, cookies that are protected by `SameSite` are not sent. A
    /// cookie without `SameSite` is sent, as in some browsers.
    ///
    /// ```no_run
    /// # fn example(mut browser: itsme_testkit::Browser) -> std::io::Result<()> {
    /// let forged = http::Request::post("/log-out").header("Sec-Fetch-Site", "cross-site");
    /// let answer = browser.send(forged.body(Vec::new()).expect("a request"))?;
    /// assert_eq!(answer.status(), 403);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the application does not respond within 30 seconds.
    pub fn send(&mut self, request: http::Request<Vec<u8>>) -> io::Result<http::Response<Vec<u8>>> {
        self.exchange(request).map(|(_, response)| response)
    }

    /// Sets or removes a cookie, as if the application had sent this `Set-Cookie` header: for
    /// example `consent=yes; Path=/`, or `session=; Max-Age=0; Path=/` to lose the session.
    ///
    /// # Errors
    /// If a browser would reject this cookie from the application.
    pub fn set_cookie(&mut self, cookie: &str) -> io::Result<()> {
        let base = self.base()?;
        self.take(cookie, &base)
    }

    /// The names and values of the cookies that the browser sends to the application.
    pub fn cookies(&self) -> impl Iterator<Item = (&str, &str)> {
        self.base()
            .into_iter()
            .flat_map(|base| self.cookies.get_request_values(&base).collect::<Vec<_>>())
    }

    fn base(&self) -> io::Result<Url> {
        Url::parse(&self.application).map_err(io::Error::other)
    }

    /// Sends a request initiated by `site`, and follows redirects.
    fn follow(
        &mut self,
        mut request: http::Request<Vec<u8>>,
        mut site: &'static str,
    ) -> io::Result<Page> {
        let base = self.base()?;
        let mut via = Vec::new();
        for _ in 0..MAX_REDIRECTS {
            request.headers_mut().insert(SITE, HeaderValue::from_static(site));
            let (url, response) = self.exchange(request)?;
            via.push(url.to_string());
            let header = |name| response.headers().get(name)?.to_str().ok();
            let redirect = header(header::LOCATION);
            let refresh = header(header::REFRESH).and_then(|it| it.strip_prefix("0;url="));
            let next = redirect.or(refresh).map(|next| url.join(next)).transpose();
            let next = next.map_err(io::Error::other)?;
            // The site that sent the browser here also counts as the cause of the redirects that
            // follow. A `Refresh`, however, is caused by the application's own page.
            if redirect.is_none() {
                site = APPLICATION;
            }
            // A redirect within a different instance also stays in the application.
            let stays = |next: &Url| [&base, &url].iter().any(|at| at.origin() == next.origin());
            self.is_away = next.as_ref().is_some_and(|next| !stays(next));
            match next {
                Some(next) if !self.is_away => {
                    request = http::Request::get(next.as_str())
                        .body(Vec::new())
                        .map_err(io::Error::other)?;
                }
                next => {
                    let (url, status) = (next.unwrap_or(url).into(), response.status().as_u16());
                    let (head, body) = response.into_parts();
                    let text = String::from_utf8(body).map_err(io::Error::other)?;
                    return Ok(Page { url, status, headers: head.headers, text, via });
                }
            }
        }
        Err(io::Error::other(format!("more than {MAX_REDIRECTS} redirects")))
    }

    /// Sends one request. Returns its URL and its response.
    fn exchange(
        &mut self,
        request: http::Request<Vec<u8>>,
    ) -> io::Result<(Url, http::Response<Vec<u8>>)> {
        let url = self.base()?.join(&request.uri().to_string()).map_err(io::Error::other)?;
        let (mut head, body) = request.into_parts();
        head.uri = url.as_str().parse().map_err(io::Error::other)?;
        let cookies = self.cookies_for(&url, &head);
        if !cookies.is_empty() {
            let cookies = cookies.parse().map_err(io::Error::other)?;
            head.headers.insert(header::COOKIE, cookies);
        }
        let has_body = head.method == Method::POST;
        let request = http::Request::from_parts(head, body);
        // Leave the body out of a GET, because even an empty body would add a Content-Length.
        let answer = match has_body {
            true => self.agent.run(request),
            false => self.agent.run(request.map(|_| ())),
        };
        let (head, mut body) = answer.map_err(io::Error::other)?.into_parts();
        let body = body.read_to_vec().map_err(io::Error::other)?;
        for cookie in head.headers.get_all(header::SET_COOKIE) {
            // Ignore a rejected cookie: a real browser does not report it to the page either.
            let _ = self.take(&String::from_utf8_lossy(cookie.as_bytes()), &url);
        }
        Ok((url, http::Response::from_parts(head, body)))
    }

    fn cookies_for(&self, url: &Url, head: &http::request::Parts) -> String {
        let cookies = self.cookies.matches(url).into_iter();
        let comes_from_elsewhere = head.headers.get(SITE).is_some_and(|site| site == OTHER_SITE);
        let stays_at_home = |cookie: &RawCookie<'_>| {
            cookie.same_site().is_some_and(|same_site| {
                same_site.is_strict() || same_site.is_lax() && !head.method.is_safe()
            })
        };
        cookies
            .filter(|cookie| !comes_from_elsewhere || !stays_at_home(cookie))
            .map(|cookie| format!("{}={}", cookie.name(), cookie.value()))
            .collect::<Vec<_>>()
            .join("; ")
    }

    /// Stores a cookie given as `name=value; attributes`, unless a browser would reject it.
    fn take(&mut self, cookie: &str, url: &Url) -> io::Result<()> {
        let cookie = RawCookie::parse(cookie).map_err(io::Error::other)?;
        let is_secure = cookie.secure() == Some(true);
        let is_host = is_secure && cookie.path() == Some("/") && cookie.domain().is_none();
        let keeps_its_promise = match cookie.name() {
            name if name.starts_with("__Host-") => is_host,
            name if name.starts_with("__Secure-") => is_secure,
            _ => is_secure || !cookie.same_site().is_some_and(|same_site| same_site.is_none()),
        };
        if !keeps_its_promise {
            let needed = "its prefix or SameSite=None requires Secure; __Host- requires Path=/ and no Domain";
            return Err(io::Error::other(format!("cookie {}: {needed}", cookie.name())));
        }
        match self.cookies.insert_raw(&cookie, url) {
            // Removing a cookie that does not exist succeeds.
            Ok(_) | Err(CookieError::Expired) => Ok(()),
            Err(error) => Err(io::Error::other(error)),
        }
    }
}

#[cfg(test)]
mod tests;
