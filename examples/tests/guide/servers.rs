//! The guide's three servers, and what browsers send to their callbacks.

use std::{net::TcpListener, thread, time::Duration};

use itsme_core::Settings;
use itsme_testkit::{Clock, Person, Server};

use crate::{
    browser::{Browser, path},
    callbacks::{Site, try_all},
    program::Program,
};

// Their own `main` runs as a test of the documentation.

#[allow(dead_code, unused_imports)]
mod axum {
    include!(concat!(env!("OUT_DIR"), "/axum.rs"));

    #[tokio::main]
    pub async fn run(listener: std::net::TcpListener, settings: itsme_core::Settings) {
        listener.set_nonblocking(true).expect("a socket");
        let listener = TcpListener::from_std(listener).expect("a runtime");
        let itsme = Client::new(settings).expect("settings");
        let app = App { key: Key::generate(), accounts: Arc::default() };
        axum::serve(listener, router(itsme, app)).await.expect("it serves");
    }
}

#[allow(dead_code, unused_imports)]
mod actix {
    include!(concat!(env!("OUT_DIR"), "/actix.rs"));

    pub fn run(listener: TcpListener, settings: itsme_core::Settings) {
        let itsme = Client::new(settings).expect("settings");
        let site = Site { itsme, accounts: Mutex::default() };
        let server = async { serve(listener, site, Key::generate())?.await };
        System::new().block_on(server).expect("it serves");
    }

    #[test]
    fn what_another_version_stored_is_no_error() {
        use actix_session::SessionExt as _;
        let request = actix_web::test::TestRequest::default().to_http_request();
        let session = request.get_session();
        session.insert("pending", "another version's").expect("it is stored");
        assert!(pending_in(&session).is_empty());
        session.insert("account", "another version's").expect("it is stored");
        assert!(logged_in(&mut Accounts::default(), &session).is_none());
    }

    #[test]
    fn a_session_ends_by_the_time_within_it() {
        use actix_session::SessionExt as _;
        let request = actix_web::test::TestRequest::default().to_http_request();
        let session = request.get_session();
        let mut accounts = Accounts::from([("sub".to_owned(), Account::default())]);
        for (age, is_in) in [(SESSION - Duration::minutes(1), true), (SESSION, false)] {
            let since = SystemTime::now() - age;
            session.insert("account", ("sub", since, 0)).expect("it is stored");
            assert_eq!(logged_in(&mut accounts, &session).is_some(), is_in, "after {age}");
        }
    }
}

#[allow(dead_code, unused_imports)]
mod blocking {
    include!(concat!(env!("OUT_DIR"), "/blocking.rs"));

    pub fn run(listener: std::net::TcpListener, settings: itsme_core::Settings) {
        let listener = tiny_http::Server::from_listener(listener, None).expect("it listens");
        let (sessions, accounts) = Default::default();
        let site = Site { itsme: Client::new(settings).expect("settings"), sessions, accounts };
        thread::scope(|threads| {
            for _ in 0..4 {
                threads.spawn(|| serve(&listener, &site));
            }
        });
    }

    const MINUTE: Duration = Duration::from_secs(60);

    fn make_older(site: &Site, by: Duration) {
        for session in lock(&site.sessions).values_mut() {
            for (since, _) in &mut session.pending {
                *since -= by;
            }
            if let Some((since, _)) = &mut session.account {
                *since -= by;
            }
        }
    }

    #[test]
    fn what_has_had_its_time_is_over_and_forgotten() {
        let listener = tiny_http::Server::http("127.0.0.1:0").expect("a free port");
        let origin = format!("http://{}", listener.server_addr());
        let redirect_uri = format!("{origin}{CALLBACK}");
        let itsme = Server::start(Clock::system()).expect("loopback");
        itsme.op().allow_redirect_uri(&redirect_uri);
        let settings = itsme.settings().redirect_uri(redirect_uri);
        let (sessions, accounts) = Default::default();
        let client = Client::new(settings).expect("settings");
        let site = Arc::new(Site { itsme: client, sessions, accounts });
        let served = Arc::clone(&site);
        thread::spawn(move || serve(&listener, &served));
        let count = || lock(&site.sessions).len();
        let open = |browser: &mut Browser, page: &str| browser.open(page).expect("a page");

        let mut browser = Browser::new(&origin);
        let to_itsme = open(&mut browser, "/login").url;
        make_older(&site, LOGIN - MINUTE);
        let page = open(&mut browser, &itsme.approve(&to_itsme, &Person::ann()));
        assert_eq!(page.text, "Hello Ann", "just in time for both");
        let to_itsme = open(&mut browser, "/login").url;
        make_older(&site, LOGIN);
        let late = open(&mut browser, &itsme.approve(&to_itsme, &Person::ann()));
        assert_eq!((late.status, count()), (400, 1));

        make_older(&site, SESSION - LOGIN - MINUTE);
        assert_eq!(open(&mut browser, "/").text, "Hello Ann");
        make_older(&site, MINUTE);
        assert!(open(&mut browser, "/").text.starts_with("Nobody is logged in"));

        // Only what a newcomer begins is left of that session, and of logins that were given up.
        open(&mut Browser::new(&origin), "/login");
        assert_eq!(count(), 1);
        make_older(&site, LOGIN);
        open(&mut Browser::new(&origin), "/login");
        assert_eq!(count(), 1);
    }
}

type Run = fn(TcpListener, Settings);

/// Starts a server of the guide, and tries it.
fn with_server(
    login: &str,
    run: impl FnOnce(TcpListener, Settings) + Send + 'static,
    trial: impl FnOnce(&Site<'_>),
) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let redirect_uri = format!("{address}/itsme/callback");
    let op = Server::start(Clock::system()).expect("loopback");
    op.op().allow_redirect_uri(&redirect_uri);
    let settings = op.settings().redirect_uri(redirect_uri);
    thread::spawn(move || run(listener, settings));
    trial(&Site { app: &Program { address }, op: &op, method: "GET", login });
}

/// Begins a login, and gives the path of its callback.
fn begin(site: &Site<'_>, browser: &mut Browser) -> String {
    let to_itsme = browser.get(site.app, site.login).location();
    path(&site.op.approve(&to_itsme, &Person::ann()))
}

fn is_logged_in(site: &Site<'_>, browser: &mut Browser) -> bool {
    browser.get(site.app, "/").text.contains("Ann")
}

/// Logs somebody in in this browser.
#[track_caller]
fn log_in(site: &Site<'_>, browser: &mut Browser) {
    let callback = begin(site, browser);
    browser.get(site.app, &callback).leads_to("/");
    assert!(is_logged_in(site, browser));
}

/// One login more than may be under way is begun in a browser.
fn the_oldest_is_given_up(site: &Site<'_>, most: usize) {
    let mut browser = Browser::default();
    log_in(site, &mut browser);
    let callbacks: Vec<_> = (0..=most).map(|_| begin(site, &mut browser)).collect();
    for (place, callback) in callbacks.iter().enumerate() {
        let page = browser.get(site.app, callback);
        assert_eq!(page.status, if place == 0 { 400 } else { 303 }, "login {place}");
    }
}

fn a_session_ends_by_log_out(site: &Site<'_>) {
    let mut browser = Browser::default();
    log_in(site, &mut browser);
    // A GET is no log-out.
    assert_eq!(browser.get(site.app, "/log-out").status, 404);
    assert!(is_logged_in(site, &mut browser));
    let mut with_the_old_cookie = browser.clone();
    let pending = begin(site, &mut browser);
    browser.post(site.app, "/log-out").leads_to("/");
    assert!(!browser.has("session") && !browser.has("id"));
    assert!(!is_logged_in(site, &mut browser));
    assert!(!is_logged_in(site, &mut with_the_old_cookie));
    assert_eq!(browser.settle(site.app, &pending).status, 400);

    // Nobody is logged in who logs out, and a new login is one.
    Browser::default().post(site.app, "/log-out").leads_to("/");
    with_the_old_cookie.post(site.app, "/log-out").leads_to("/");
    log_in(site, &mut browser);
}

fn a_login_gets_a_session_of_its_own(site: &Site<'_>, cookie: &str) {
    let mut browser = Browser::default();
    let callback = begin(site, &mut browser);
    let mut who_planted_it = browser.clone();
    let page = browser.get(site.app, &callback);
    page.leads_to("/");
    let set = page.set_cookie(cookie);
    for attribute in ["Path=/", "HttpOnly", "Secure", "SameSite=Lax", "Max-Age=28800"] {
        assert!(set.split("; ").any(|it| it == attribute), "{attribute}: {set}");
    }
    assert!(is_logged_in(site, &mut browser));
    assert!(!is_logged_in(site, &mut who_planted_it));
}

fn a_cancelled_login_is_used_up(site: &Site<'_>) {
    let mut browser = Browser::default();
    let to_itsme = browser.get(site.app, site.login).location();
    let callback = path(&site.op.deny(&to_itsme));
    let statuses = [(); 2].map(|()| browser.settle(site.app, &callback).status);
    assert_eq!(statuses, [200, 400]);
}

fn a_late_callback_begins_again(site: &Site<'_>) {
    let mut browser = Browser::default();
    let callback = begin(site, &mut browser);
    thread::sleep(Duration::from_secs(1));
    assert_eq!(browser.get(site.app, &callback).status, 400);
    assert!(!is_logged_in(site, &mut browser));
}

#[test]
fn the_axum_server_answers_what_browsers_send() {
    with_server("/itsme/login", axum::run, try_all);
}

#[test]
fn the_actix_server_answers_what_browsers_send() {
    with_server("/login", actix::run, try_all);
}

#[test]
fn the_blocking_server_answers_what_browsers_send() {
    with_server("/login", blocking::run, try_all);
}

const SERVERS: [(&str, Run); 3] =
    [("/itsme/login", axum::run), ("/login", actix::run), ("/login", blocking::run)];

#[test]
fn whatever_comes_of_a_login_it_is_used_up() {
    for (login, run) in SERVERS {
        with_server(login, run, a_cancelled_login_is_used_up);
    }
}

#[test]
fn pending_logins_end_by_themselves() {
    for (login, run) in SERVERS {
        let run = move |listener, settings: Settings| {
            run(listener, settings.login_lifetime(Duration::ZERO));
        };
        with_server(login, run, a_late_callback_begins_again);
    }
}

#[test]
fn of_many_pending_logins_the_oldest_is_given_up() {
    with_server("/itsme/login", axum::run, |site| the_oldest_is_given_up(site, 6));
    with_server("/login", actix::run, |site| the_oldest_is_given_up(site, 3));
    with_server("/login", blocking::run, |site| the_oldest_is_given_up(site, 6));
}

#[test]
fn sessions_end_by_log_out() {
    for run in [actix::run as Run, blocking::run] {
        with_server("/login", run, a_session_ends_by_log_out);
    }
}

#[test]
fn a_login_changes_the_session() {
    for (run, cookie) in [(actix::run as Run, "id"), (blocking::run, "session")] {
        with_server("/login", run, |site| a_login_gets_a_session_of_its_own(site, cookie));
    }
}

/// Browsers drop a cookie of more than 4096 bytes.
#[test]
fn a_cookie_has_room_for_the_logins_of_all_tabs() {
    with_server("/login", actix::run, |site| {
        let mut browser = Browser::default();
        log_in(site, &mut browser);
        let sizes = [(); 3].map(|()| {
            let page = browser.get(site.app, site.login);
            page.set_cookie("id").split(';').next().map_or(0, str::len)
        });
        // With a fourth of them to spare, for longer redirect URIs and more that is asked for.
        assert!(sizes[0] > 0 && sizes[2] < 3 * 1024, "{sizes:?}");
    });
}
