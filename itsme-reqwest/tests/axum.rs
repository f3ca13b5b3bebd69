//! The routes for axum, as browsers meet them.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    response::{IntoResponse as _, Redirect},
    routing::get,
};
use itsme_core::{Advice, AuthorizationRequest, Claim};
use itsme_reqwest::{
    Client,
    axum::{Arrived, Key, Logins},
};
use itsme_testkit::{Browser, Clock, Person, Reaction, SERVICE, Server};
use tokio::{net::TcpListener, runtime::Runtime};

/// Who has arrived, in order.
type Seen = Arc<Mutex<Vec<String>>>;

struct Site {
    itsme: Server,
    origin: String,
    seen: Seen,
    _runtime: Runtime,
}

impl Site {
    fn start() -> Self {
        Self::with(|logins| logins)
    }

    fn with(change: impl FnOnce(Logins) -> Logins) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let itsme = Server::start(Clock::system()).expect("loopback");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        let redirect_uri = format!("{origin}/itsme/callback");
        itsme.op().allow_redirect_uri(&redirect_uri);
        let settings = itsme.settings().redirect_uri(redirect_uri);
        let client = Client::new(settings).expect("the settings are sound");
        let request = || AuthorizationRequest::login(SERVICE).claim(Claim::GivenName);
        let logins = change(Logins::new(client, Key::from(&[7; 64]), request));
        let seen = Seen::default();
        let router = Router::new()
            .route("/", get(async || "home"))
            .route("/orders", get(async || "orders"))
            .merge(logins.routes(arrived))
            .with_state(Arc::clone(&seen));
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { itsme, origin, seen, _runtime: runtime }
    }

    fn browser(&self) -> Browser {
        Browser::new(&self.origin)
    }

    /// Begins a login, and has Ann approve it: the address of the callback.
    fn begin(&self, browser: &mut Browser, query: &str) -> String {
        let at_itsme = browser.open(&format!("/itsme/login{query}")).expect("a redirect");
        self.itsme.approve(&at_itsme.url, &Person::ann())
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().expect("nobody panicked").clone()
    }
}

async fn arrived(State(seen): State<Seen>, arrived: Arrived) -> Redirect {
    let name = arrived.who.user.given_name.clone().unwrap_or_default();
    seen.lock().expect("nobody panicked").push(name);
    Redirect::to(&arrived.return_to)
}

fn send(browser: &mut Browser, method: &str, url: &str, header: (&str, &str)) -> (u16, usize) {
    let request = http::Request::builder().method(method).uri(url).header(header.0, header.1);
    let answer = browser.send(request.body(Vec::new()).expect("a request")).expect("an answer");
    (answer.status().as_u16(), answer.headers().get_all("set-cookie").iter().count())
}

#[test]
fn a_person_arrives_where_they_wanted_to_be_and_once() {
    let site = Site::start();
    let mut browser = site.browser();
    let back = site.begin(&mut browser, "?return_to=/orders%3Fa=b");
    let page = browser.open(&back).expect("a page");
    assert_eq!((page.url, page.text.as_str()), (format!("{}/orders?a=b", site.origin), "orders"));
    assert_eq!(site.seen(), ["Ann"]);
    assert_eq!(browser.cookies().count(), 0, "it is used up");
    let page = browser.open(&back).expect("a page");
    assert_eq!(page.status, 400);
    assert!(page.text.contains("<a href=\"/itsme/login\">"), "{}", page.text);
    assert_eq!(site.seen(), ["Ann"]);

    let back = site.begin(&mut browser, "?return_to=//evil.example");
    assert_eq!(browser.open(&back).expect("a page").text, "home");
}

#[test]
fn what_went_wrong_is_told_with_the_way_to_begin_again() {
    let site = Site::start();
    let mut browser = site.browser();
    let at_itsme = browser.open("/itsme/login?return_to=/orders").expect("a redirect");
    let page = browser.open(&site.itsme.deny(&at_itsme.url)).expect("a page");
    assert_eq!(page.status, 200);
    let again = "You cancelled the login. <a href=\"/itsme/login?return_to=%2Forders\">";
    assert!(page.text.contains(again), "{}", page.text);

    // Nobody has fetched anything from this one, and nobody can.
    let site = Site::start();
    site.itsme.op().react_when(|_| Some(Reaction::Lost));
    let page = site.browser().open("/itsme/login?return_to=/orders").expect("a page");
    assert_eq!(page.status, 503);
    let again = "<a href=\"/itsme/login?return_to=%2Forders\">Try again</a>";
    assert!(page.text.contains(again), "{}", page.text);
}

#[test]
fn an_application_makes_its_own_pages() {
    let site = Site::with(|logins| {
        logins.page(|problem| {
            let is_known = problem.error.is_some();
            (problem.status(), format!("{:?} {is_known} {}", problem.advice(), problem.again))
                .into_response()
        })
    });
    let mut browser = site.browser();
    let at_itsme = browser.open("/itsme/login?return_to=/orders").expect("a redirect");
    let page = browser.open(&site.itsme.deny(&at_itsme.url)).expect("a page");
    assert_eq!(page.text, format!("{:?} true /itsme/login?return_to=%2Forders", Advice::Cancelled));
    let page = browser.open("/itsme/callback?code=a&state=b&again").expect("a page");
    assert_eq!(page.text, format!("{:?} false /itsme/login", Advice::StartOver));
}

#[test]
fn looks_ahead_use_nothing_up() {
    let site = Site::start();
    let mut browser = site.browser();
    let back = site.begin(&mut browser, "");
    for (method, header) in [
        ("GET", ("sec-purpose", "prefetch;prerender")),
        ("GET", ("purpose", "prefetch")),
        ("GET", ("x-purpose", "preview")),
        ("HEAD", ("accept", "*/*")),
    ] {
        assert_eq!(send(&mut browser, method, &back, header), (204, 0), "{method} {header:?}");
        let login = format!("{}/itsme/login", site.origin);
        assert_eq!(send(&mut browser, method, &login, header), (204, 0), "{method} {header:?}");
    }
    browser.open(&back).expect("a page");
    assert_eq!(site.seen(), ["Ann"]);
}

#[test]
fn without_cookies_it_is_asked_once_more() {
    let site = Site::start();
    let mut browser = site.browser();
    let back = site.begin(&mut browser, "");
    // As some browsers do it when a person comes from an app.
    let request = http::Request::get(&back).body(Vec::new()).expect("a request");
    let answer = site.browser().send(request).expect("an answer");
    let refresh = answer.headers()["refresh"].to_str().expect("text");
    let query = refresh.strip_prefix("0;url=").expect("at once");
    let again = format!("{}/itsme/callback{query}", site.origin);
    assert_eq!(site.browser().open(&again).expect("a page").status, 400, "once");
    // Somebody who has a login of their own under way gets no second try.
    let mut other = site.browser();
    site.begin(&mut other, "");
    assert_eq!(other.open(&back).expect("a page").status, 400);
    assert_eq!(site.seen(), [""; 0]);
    assert_eq!(browser.open(&again).expect("a page").text, "home");
    assert_eq!(site.seen(), ["Ann"]);
}

#[test]
fn tabs_do_not_meet_and_the_oldest_login_is_given_up() {
    let site = Site::start();
    let mut browser = site.browser();
    let mut backs = Vec::new();
    for _ in 0..8 {
        backs.push(site.begin(&mut browser, ""));
        // Which is the oldest is told by the millisecond.
        thread::sleep(Duration::from_millis(5));
    }
    let names: HashSet<_> = browser.cookies().map(|(name, _)| name.to_owned()).collect();
    assert!(names.len() == 6 && names.iter().all(|name| name.starts_with("itsme-")), "{names:?}");
    for (place, back) in backs.iter().enumerate().rev() {
        let is_kept = place >= 2;
        assert_eq!(browser.open(back).expect("a page").status == 200, is_kept, "{place}");
    }
}

#[test]
fn a_cookie_of_another_hand_is_none() {
    let site = Site::start();
    let mut browser = site.browser();
    let back = site.begin(&mut browser, "");
    let (_, state) = back.split_once("state=").expect("a state");
    let forged = format!("itsme-{state}={{\"begun\":0}}");
    let request = http::Request::get(&back).header("cookie", forged).body(Vec::new());
    let answer = site.browser().send(request.expect("a request")).expect("an answer");
    assert!(answer.headers().contains_key("refresh"), "as if there were none");
}

#[test]
fn the_keys_are_served() {
    let site = Site::start();
    let page = site.browser().open("/itsme/jwks").expect("a page");
    assert!(page.status == 200 && page.text.contains("\"rp-sig-1\""), "{}", page.text);
    assert!(!page.text.contains("\"d\""), "{}", page.text);
}
