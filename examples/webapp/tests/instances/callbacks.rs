//! Callbacks as browsers, link scanners and proxies really send them, whatever the specifications
//! say. The guide's servers are tested with the same.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use itsme_testkit::{Browser, Person, Server};

use crate::{
    program::Program,
    visit::{FROM_ITSME, Header, Page, Visit as _, parameter, path},
};

const CALLBACK: &str = "/itsme/callback";

/// An application, and the itsme that it knows.
pub struct Site<'a> {
    pub app: &'a Program,
    pub op: &'a Server,
    /// Where a login starts, and with which method.
    pub login: &'a str,
    pub method: &'a str,
}

pub fn try_all(site: &Site<'_>) {
    looks_ahead_use_nothing_up(site);
    a_second_time_is_told(site);
    without_cookies_it_is_asked_again_once(site);
    another_browser_is_told_to_start_again(site);
    a_mangled_state_finds_nothing(site);
    nothing_is_smuggled_into_the_answer(site);
}

impl Site<'_> {
    fn browser(&self) -> Browser {
        Browser::new(&self.app.address)
    }

    /// Begins a login and returns the path of its callback.
    fn begin(&self, browser: &mut Browser, person: &Person) -> String {
        let to_itsme = browser.ask(self.method, self.app, self.login, &[]).location();
        path(&self.op.approve(&to_itsme, person))
    }

    /// Arrives at a callback as if from itsme.
    fn arrive(&self, browser: &mut Browser, path: &str) -> Page {
        browser.ask("GET", self.app, path, &[FROM_ITSME])
    }

    /// Reloads if the page asks for it: a session's cookie does not prove that no other was
    /// withheld.
    fn settle(&self, browser: &mut Browser, path: &str) -> Page {
        browser.settle(self.app, path)
    }

    #[track_caller]
    fn assert_finishes(&self, browser: &mut Browser, path: &str, name: &str) {
        self.arrive(browser, path).leads_to("/");
        self.assert_home_says(browser, name);
    }

    #[track_caller]
    fn assert_home_says(&self, browser: &mut Browser, name: &str) {
        let home = browser.get(self.app, "/");
        assert!(home.status == 200 && home.text.contains(name), "{}", home.text);
    }

    #[track_caller]
    fn assert_nobody_is_in(&self, browser: &mut Browser) {
        let home = browser.get(self.app, "/");
        let somebody = ["Ann", "Daan"].iter().any(|name| home.text.contains(name));
        assert!(home.status == 200 && !somebody, "{}", home.text);
    }
}

/// Checks that the page offers to start again, and does nothing else.
#[track_caller]
fn assert_start_again(site: &Site<'_>, page: &Page) {
    assert_eq!(page.status, 400, "{}", page.text);
    let way = format!("=\"{}\"", site.login);
    let offers = page.text.contains("in this browser") && page.text.contains(&way);
    assert!(offers && page.header("content-type").starts_with("text/html"), "{}", page.text);
    assert!(!page.asks_again());
}

fn looks_ahead_use_nothing_up(site: &Site<'_>) {
    const LOOKS: [(&str, &[Header]); 9] = [
        ("GET", &[("Sec-Purpose", "prefetch")]),
        ("GET", &[("Sec-Purpose", "prefetch;prerender")]),
        ("GET", &[("Sec-Purpose", "prefetch;anonymous-client-ip")]),
        ("GET", &[("Purpose", "prefetch")]),
        ("GET", &[("X-Moz", "prefetch")]),
        ("GET", &[("X-Purpose", "preview")]),
        ("HEAD", &[]),
        ("HEAD", &[("Sec-Purpose", "prefetch")]),
        ("HEAD", &[("User-Agent", "LinkScanner/1.0"), ("Sec-Fetch-Site", "cross-site")]),
    ];
    for (method, headers) in LOOKS {
        let mut browser = site.browser();
        let callback = site.begin(&mut browser, &Person::ann());
        // A scanner has only the URL.
        for looking in [&mut browser.clone(), &mut site.browser(), &mut browser] {
            let seen = looking.ask(method, site.app, &callback, headers);
            assert_eq!((seen.status, seen.text.as_str()), (204, ""), "{method} {headers:?}");
            assert!(seen.sets_no_cookie(), "{method} {headers:?}");
            // Or the person would be shown it instead of a page.
            assert_eq!(seen.header("cache-control"), "no-store");
        }
        site.assert_finishes(&mut browser, &callback, "Ann");
    }
    // Other headers do not mark a prefetch.
    let mut browser = site.browser();
    let callback = site.begin(&mut browser, &Person::ann());
    let headers = [("Sec-Fetch-Mode", "navigate"), ("Purpose", "navigation")];
    browser.ask("GET", site.app, &callback, &headers).leads_to("/");
}

fn a_second_time_is_told(site: &Site<'_>) {
    let mut browser = site.browser();
    let callback = site.begin(&mut browser, &Person::ann());
    let state = parameter(&format!("http://app{callback}"), "state");
    site.assert_finishes(&mut browser, &callback, "Ann");
    for again in [
        callback.clone(),
        callback.clone(),
        format!("{callback}&again"),
        format!("{CALLBACK}?error=access_denied&state={state}"),
    ] {
        assert_start_again(site, &site.settle(&mut browser, &again));
        site.assert_home_says(&mut browser, "Ann");
    }
}

fn without_cookies_it_is_asked_again_once(site: &Site<'_>) {
    let mut browser = site.browser();
    let callback = site.begin(&mut browser, &Person::ann());
    let state = parameter(&format!("http://app{callback}"), "state");
    let mut only_others = site.browser();
    only_others.set_cookie("theme=dark; Path=/").expect("a cookie");
    for (mut bare, asked) in [
        (site.browser(), callback.clone()),
        (only_others, callback.clone()),
        (site.browser(), format!("{CALLBACK}?error=access_denied&state={state}")),
        (site.browser(), CALLBACK.to_owned()),
    ] {
        let page = site.arrive(&mut bare, &asked);
        assert!(page.status == 200 && !page.text.is_empty(), "{asked}: {}", page.text);
        assert!(page.sets_no_cookie(), "{asked}");
        assert!(page.asks_again(), "{asked}");
        assert_start_again(site, &bare.settle(site.app, &asked));
        site.assert_nobody_is_in(&mut bare);
    }
    // When cookies come along from a page of ours, the login continues.
    let url = format!("{}{callback}", site.app.address);
    let via = site.browser().open(&url).expect("a page").via;
    assert_eq!((via.len(), &via[0]), (2, &url), "it is requested again, once");
    browser.get(site.app, &path(&via[1])).leads_to("/");
    site.assert_home_says(&mut browser, "Ann");
}

fn another_browser_is_told_to_start_again(site: &Site<'_>) {
    let mut browser = site.browser();
    let callback = site.begin(&mut browser, &Person::ann());

    // First with a login of its own in progress, then logged in, then both.
    let mut other = site.browser();
    let own = site.begin(&mut other, &Person::daan());
    assert_start_again(site, &site.arrive(&mut other, &callback));
    site.assert_nobody_is_in(&mut other);
    site.assert_finishes(&mut other, &own, "Daan");
    assert_start_again(site, &site.settle(&mut other, &callback));
    site.assert_home_says(&mut other, "Daan");
    let own = site.begin(&mut other, &Person::daan());
    assert_start_again(site, &site.arrive(&mut other, &callback));
    site.assert_finishes(&mut other, &own, "Daan");

    site.assert_finishes(&mut browser, &callback, "Ann");
}

fn a_mangled_state_finds_nothing(site: &Site<'_>) {
    let mut browser = site.browser();
    let callback = site.begin(&mut browser, &Person::ann());
    let state = parameter(&format!("http://app{callback}"), "state");
    assert!(state.bytes().all(|byte| byte.is_ascii_alphanumeric()), "nothing to mangle: {state}");
    let encoded: String = state.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let (half, rest) = state.split_at(state.len() / 2);
    for mangled in [
        format!("state={}", state.to_uppercase()),
        format!("state={half}+{rest}"),
        format!("state={half}_{rest}"),
        format!("state={state}%2B"),
        format!("state={state}%3D%3D"),
        format!("state={}", encoded.replace('%', "%25")),
        format!("state={half}"),
        format!("state={state}%00%FF"),
        format!("state=%22{state}%22"),
        "state=".to_owned(),
        format!("State={state}"),
    ] {
        let callback = callback.replace(&format!("state={state}"), &mangled);
        assert_start_again(site, &site.arrive(&mut browser, &callback));
        site.assert_nobody_is_in(&mut browser);
    }
    // Nothing was used up, and a reversible encoding does no harm.
    site.assert_finishes(&mut browser, &callback.replace(&state, &encoded), "Ann");
}

/// The query comes back in a header.
fn nothing_is_smuggled_into_the_answer(site: &Site<'_>) {
    // More attempts than a threaded server has threads.
    for end in ["\n", "\r", "\n", "\r", "\n", "\r"] {
        let address = site.app.address.trim_start_matches("http://");
        let query = format!("code=a{end}Set-Cookie:planted=1;&state=b");
        let request = format!(
            "GET {CALLBACK}?{query} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
        );
        let mut stream = TcpStream::connect(address).expect("it listens");
        // In one go: a server may answer and close before it has read everything.
        stream.write_all(request.as_bytes()).expect("it listens");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer");
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
        assert!(
            !answer.split(['\r', '\n']).any(|line| line.starts_with("Set-Cookie:")),
            "{answer}"
        );
    }
    site.assert_nobody_is_in(&mut site.browser());
}
