//! What the testkit's browser does at an instance that a test chooses, and what the test sees.

use std::{io::Write as _, net::TcpStream, thread, time::Duration};

use itsme_testkit::{Browser, Person, Server};
use url::Url;

use crate::program::Program;

/// A header's name and value.
pub type Header = (&'static str, &'static str);

/// The header of a return from itsme.
pub const FROM_ITSME: Header = ("Sec-Fetch-Site", "cross-site");

/// One request each, unless stated otherwise. Instances differ in their ports, which cookies
/// ignore.
pub trait Visit {
    fn ask(&mut self, method: &str, app: &Program, path: &str, headers: &[Header]) -> Page;

    /// Gets a page, and reloads it if the application asks for it.
    fn settle(&mut self, app: &Program, path: &str) -> Page;

    /// Requests a page and disconnects before it arrives.
    fn leave(&self, app: &Program, path: &str, after: Duration);

    fn has(&self, cookie: &str) -> bool;

    /// How many logins are in progress.
    fn pending(&self) -> usize;

    fn get(&mut self, app: &Program, path: &str) -> Page {
        self.ask("GET", app, path, &[])
    }

    fn post(&mut self, app: &Program, path: &str) -> Page {
        self.ask("POST", app, path, &[])
    }

    /// Posts as if from a page of this kind of site.
    fn post_from(&mut self, site: &'static str, app: &Program, path: &str) -> Page {
        self.ask("POST", app, path, &[("Sec-Fetch-Site", site)])
    }

    /// Comes back from itsme, to whichever instance the proxy chooses.
    fn back(&mut self, app: &Program, callback: &str) -> Page {
        self.ask("GET", app, &path(callback), &[FROM_ITSME])
    }

    fn log_in(&mut self, app: &Program, op: &Server, person: &Person) {
        let to_itsme = self.get(app, "/itsme/login").location();
        let callback = op.approve(&to_itsme, person);
        self.back(app, &callback).leads_to("/");
    }
}

impl Visit for Browser {
    fn ask(&mut self, method: &str, app: &Program, path: &str, headers: &[Header]) -> Page {
        let mut request =
            http::Request::builder().method(method).uri(format!("{}{path}", app.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = self.send(request.body(Vec::new()).expect("a request")).expect("an answer");
        let (head, body) = answer.into_parts();
        let text = String::from_utf8(body).expect("text");
        Page { status: head.status.as_u16(), headers: head.headers, text }
    }

    fn settle(&mut self, app: &Program, path: &str) -> Page {
        let page = self.open(&format!("{}{path}", app.address)).expect("a page");
        assert!(page.via.len() <= 2, "{:?}", page.via);
        Page { status: page.status, headers: page.headers, text: page.text }
    }

    fn leave(&self, app: &Program, path: &str, after: Duration) {
        let address = app.address.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).expect("it listens");
        let cookies = self.cookies().map(|(name, value)| format!("{name}={value}"));
        let cookies = cookies.collect::<Vec<_>>().join("; ");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nCookie: {cookies}\r\n\r\n")
            .expect("it listens");
        thread::sleep(after);
    }

    fn has(&self, cookie: &str) -> bool {
        self.cookies().any(|(name, _)| name == cookie)
    }

    fn pending(&self) -> usize {
        self.cookies().filter(|(name, _)| name.starts_with("itsme-")).count()
    }
}

/// An answer.
pub struct Page {
    pub status: u16,
    headers: http::HeaderMap,
    pub text: String,
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

    /// Whether the page makes the browser reload.
    pub fn asks_again(&self) -> bool {
        self.headers.contains_key("refresh")
    }

    pub fn sets_no_cookie(&self) -> bool {
        !self.headers.contains_key("set-cookie")
    }

    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).expect("the header is there")
    }

    pub fn sets(&self, cookie: &str) -> bool {
        self.find_cookie(cookie).is_some()
    }

    pub fn set_cookie(&self, name: &str) -> &str {
        self.find_cookie(name).expect("the cookie is set")
    }

    fn find_cookie(&self, name: &str) -> Option<&str> {
        let cookies = self.headers.get_all("set-cookie").iter().filter_map(|it| it.to_str().ok());
        let mut of_that_name = cookies.filter(|cookie| cookie.starts_with(&format!("{name}=")));
        of_that_name.next()
    }

    pub fn heading(&self) -> &str {
        let heading = self.text.split("<h1>").nth(1).and_then(|rest| rest.split("</h1>").next());
        heading.unwrap_or_default()
    }
}

/// The path and query of a URL.
pub fn path(url: &str) -> String {
    let url = Url::parse(url).expect("a URL");
    url[url::Position::BeforePath..url::Position::AfterQuery].to_owned()
}

pub fn parameter(url: &str, name: &str) -> String {
    let url = Url::parse(url).expect("a URL");
    let found = url.query_pairs().find(|(found, _)| found == name);
    found.expect("it is there").1.into_owned()
}
