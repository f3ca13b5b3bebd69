//! A browser that shows its cookies and follows nothing by itself.

use std::{collections::BTreeMap, io::Write as _, net::TcpStream, thread, time::Duration};

use itsme_testkit::{Person, Server};
use url::Url;

use crate::program::Program;

/// Cookies by name, for a host whatever the port, as in every browser.
#[derive(Clone, Default)]
pub struct Browser {
    cookies: BTreeMap<String, String>,
}

/// A header's name and value.
pub type Header = (&'static str, &'static str);

/// What came.
pub struct Page {
    pub status: u16,
    headers: http::HeaderMap,
    pub text: String,
}

impl Browser {
    pub fn get(&mut self, app: &Program, path: &str) -> Page {
        self.ask("GET", app, path, &[])
    }

    /// Gets a page, and once more if it says so.
    pub fn settle(&mut self, app: &Program, path: &str) -> Page {
        let page = self.get(app, path);
        match page.again(path) {
            Some(again) => self.get(app, &again),
            None => page,
        }
    }

    pub fn post(&mut self, app: &Program, path: &str) -> Page {
        self.ask("POST", app, path, &[])
    }

    /// As a page of another site makes it.
    pub fn post_from(&mut self, site: &'static str, app: &Program, path: &str) -> Page {
        self.ask("POST", app, path, &[("Sec-Fetch-Site", site)])
    }

    /// Asks for a page, and is gone before it comes.
    pub fn leave(&self, app: &Program, path: &str, after: Duration) {
        let address = app.address.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).expect("it listens");
        let cookies = self.cookies();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nCookie: {cookies}\r\n\r\n")
            .expect("it listens");
        thread::sleep(after);
    }

    fn cookies(&self) -> String {
        let pairs = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    /// As if its time were over.
    pub fn lose(&mut self, cookie: &str) {
        self.cookies.remove(cookie);
    }

    /// Comes back from itsme, to whichever instance the address in front chooses.
    pub fn back(&mut self, app: &Program, callback: &str) -> Page {
        let path = path(callback);
        self.settle(app, &path)
    }

    pub fn log_in(&mut self, app: &Program, op: &Server, person: &Person) {
        let to_itsme = self.post(app, "/login").location();
        let callback = op.approve(&to_itsme, person);
        self.back(app, &callback).leads_to("/");
    }

    pub fn has(&self, cookie: &str) -> bool {
        self.cookies.contains_key(cookie)
    }

    /// How many logins are under way.
    pub fn pending(&self) -> usize {
        self.cookies.keys().filter(|name| name.starts_with("itsme-")).count()
    }

    /// Keeps this cookie, too.
    pub fn keep(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }

    pub fn ask(&mut self, method: &str, app: &Program, path: &str, headers: &[Header]) -> Page {
        let config = ureq::Agent::config_builder()
            .proxy(None)
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(30)));
        let agent: ureq::Agent = config.build().into();
        let url = format!("{}{path}", app.address);
        let mut request = http::Request::builder().method(method).uri(url);
        if !self.cookies.is_empty() {
            request = request.header("Cookie", self.cookies());
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(()).expect("a request");
        let mut response = agent.run(request).expect("an answer");
        let headers = response.headers().clone();
        for cookie in headers.get_all("set-cookie") {
            let cookie = cookie.to_str().expect("text");
            let (pair, attributes) = cookie.split_once(';').expect("attributes");
            let (name, value) = pair.split_once('=').expect("a pair");
            // Browsers take such a name, also to remove it, with these alone.
            let is_whole = attributes.contains("Secure") && attributes.contains("Path=/");
            if name.starts_with("__Host-") && !is_whole {
                continue;
            }
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let text = response.body_mut().read_to_string().expect("text");
        Page { status: response.status().as_u16(), headers, text }
    }
}

impl Page {
    #[track_caller]
    pub fn location(&self) -> String {
        assert_eq!(self.status, 303, "{}", self.text);
        self.header("location").to_owned()
    }

    #[track_caller]
    pub fn leads_to(&self, path: &str) {
        assert_eq!(self.location(), path);
    }

    /// Where a page at this path sends the browser at once, by its own doing.
    pub fn again(&self, path: &str) -> Option<String> {
        let refresh = self.headers.get("refresh")?.to_str().expect("text");
        let query = refresh.strip_prefix("0;url=")?;
        let (path, _) = path.split_once('?').unwrap_or((path, ""));
        Some(format!("{path}{query}"))
    }

    pub fn sets_no_cookie(&self) -> bool {
        !self.headers.contains_key("set-cookie")
    }

    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).expect("the header is there")
    }

    pub fn set_cookie(&self, name: &str) -> &str {
        let cookies = self.headers.get_all("set-cookie").iter().filter_map(|it| it.to_str().ok());
        let mut of_that_name = cookies.filter(|cookie| cookie.starts_with(&format!("{name}=")));
        of_that_name.next().expect("the cookie is set")
    }

    pub fn heading(&self) -> &str {
        let heading = self.text.split("<h1>").nth(1).and_then(|rest| rest.split("</h1>").next());
        heading.unwrap_or_default()
    }
}

/// Path and query.
pub fn path(url: &str) -> String {
    let url = Url::parse(url).expect("a URL");
    url[url::Position::BeforePath..url::Position::AfterQuery].to_owned()
}

pub fn parameter(url: &str, name: &str) -> String {
    let url = Url::parse(url).expect("a URL");
    let found = url.query_pairs().find(|(found, _)| found == name);
    found.expect("it is there").1.into_owned()
}
