//! Tests of the guide's three servers with the requests that browsers send.

use std::{net::TcpListener, thread, time::Duration};

use itsme_core::Settings;
use itsme_testkit::{Browser, Clock, Person, Reaction, Server};

use crate::{
    callbacks::{Site, try_all},
    program::Program,
    sessions,
};

// The `main` functions of the other two servers run as documentation tests; axum's runs in
// `new_project`.

#[allow(dead_code, unused_imports)]
mod axum {
    include!(concat!(env!("OUT_DIR"), "/axum.rs"));

    #[tokio::main]
    pub async fn run(listener: std::net::TcpListener, settings: itsme_core::Settings) {
        listener.set_nonblocking(true).expect("a socket");
        let listener = TcpListener::from_std(listener).expect("a runtime");
        let itsme = Client::new(settings).expect("settings");
        axum::serve(listener, router(itsme, Key::generate())).await.expect("it serves");
    }

    #[test]
    fn a_session_ends_by_itself() {
        let now = OffsetDateTime::now_utc();
        let jar = PrivateCookieJar::new(Key::generate()).add(session("ann", now));
        assert_eq!(logged_in(&jar, now).as_deref(), Some("ann"));
        assert_eq!(logged_in(&jar, now + SESSION), None);
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

    /// A session in a cookie is always new, but a server-side store must give it a new key.
    #[test]
    fn a_login_renews_the_session() {
        use actix_session::{SessionExt as _, SessionStatus};
        use actix_web::test::TestRequest;
        let op = Server::start(Clock::system()).expect("loopback");
        let itsme = Client::new(op.settings()).expect("settings");
        let site = web::Data::new(Site { itsme, accounts: Mutex::default() });
        let session = TestRequest::default().to_http_request().get_session();
        System::new().block_on(async {
            let redirect = login(site.clone(), session.clone()).await.expect("a redirect");
            let to_itsme = redirect.headers().get(header::LOCATION).expect("an address");
            let to_itsme = to_itsme.to_str().expect("a URL");
            let back = op.approve(to_itsme, &Person::ann());
            let back = TestRequest::with_uri(&back).to_http_request();
            callback(site.clone(), session.clone(), back).await.expect("the user continues");
        });
        assert!(logged_in(&mut site.accounts(), &session).is_some());
        assert!(session.status() == SessionStatus::Renewed);
    }

    #[test]
    fn a_session_ends_by_the_time_within_it() {
        use actix_session::SessionExt as _;
        let request = actix_web::test::TestRequest::default().to_http_request();
        let session = request.get_session();
        let mut accounts = Accounts::from([("sub".to_owned(), Account::default())]);
        for (minutes, is_in) in [(8 * 60 - 1, true), (8 * 60, false)] {
            let since = SystemTime::now() - Duration::minutes(minutes);
            session.insert("account", ("sub", since, 0)).expect("it is stored");
            let account = logged_in(&mut accounts, &session);
            assert_eq!(account.is_some(), is_in, "after {minutes} minutes");
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
        make_older(&site, 14 * MINUTE);
        let page = open(&mut browser, &itsme.approve(&to_itsme, &Person::ann()));
        assert_eq!((page.text.as_str(), count()), ("Hello Ann", 1), "just in time");
        let to_itsme = open(&mut browser, "/login").url;
        make_older(&site, 15 * MINUTE);
        let late = open(&mut browser, &itsme.approve(&to_itsme, &Person::ann()));
        assert_eq!((late.status, count()), (400, 1));

        make_older(&site, (8 * 60 - 15 - 1) * MINUTE);
        assert_eq!(open(&mut browser, "/").text, "Hello Ann");
        make_older(&site, MINUTE);
        assert!(open(&mut browser, "/").text.starts_with("Nobody is logged in"));

        // Of that session and the abandoned logins, nothing is left except for the login that a new
        // browser starts.
        open(&mut Browser::new(&origin), "/login");
        assert_eq!(count(), 1);
        make_older(&site, 15 * MINUTE);
        open(&mut Browser::new(&origin), "/login");
        assert_eq!(count(), 1);
    }
}

type Run = fn(TcpListener, Settings);

/// Starts one of the guide's servers and runs the tests against it.
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

#[test]
fn a_person_with_two_tabs_changes_their_mind() {
    with_server("/itsme/login", axum::run, |site| {
        let itsme = site.op;
        let mut browser = Browser::new(&site.app.address);
        let mut open = |url: &str| browser.open(url).expect("a page");
        let first = open("/itsme/login");
        let second = open("/itsme/login");
        let back = itsme.approve(&first.url, &Person::ann());
        let page = open(&back);
        // The browser sent its cookies immediately: it went only to the callback and the home page.
        assert_eq!((page.text.as_str(), page.via.len()), ("Hello Ann", 2));

        // In the second tab, the user changes their mind.
        let page = open(&itsme.deny(&second.url));
        assert!(
            page.status == 200 && page.text.contains("You cancelled the login."),
            "{}",
            page.text
        );
        assert_eq!(open("/").text, "Hello Ann");
        // Going back to the first tab's callback finds no pending login.
        assert_eq!(open(&back).status, 400);

        // The user is too slow for itsme. Later, itsme is overloaded.
        for (refused, status) in [("invalid_grant", 400), ("temporarily_unavailable", 503)] {
            let again = open("/itsme/login");
            let back = itsme.approve(&again.url, &Person::ann());
            let body = format!(r#"{{"error":"{refused}"}}"#).into_bytes();
            let reply = http::Response::builder().status(400).body(body).expect("a reply");
            itsme.op().react("/token", Reaction::Reply(reply));
            assert_eq!(open(&back).status, status);
        }
    });
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
        with_server(login, run, sessions::a_cancelled_login_is_used_up);
    }
}

#[test]
fn pending_logins_end_by_themselves() {
    for (login, run) in SERVERS {
        let run = move |listener, settings: Settings| {
            run(listener, settings.login_lifetime(Duration::ZERO));
        };
        with_server(login, run, sessions::a_late_callback_begins_again);
    }
}

#[test]
fn of_many_pending_logins_the_oldest_is_given_up() {
    with_server("/itsme/login", axum::run, |site| sessions::the_oldest_is_given_up(site, 6));
    with_server("/login", actix::run, |site| sessions::the_oldest_is_given_up(site, 3));
    with_server("/login", blocking::run, |site| sessions::the_oldest_is_given_up(site, 6));
}

#[test]
fn sessions_end_by_log_out() {
    for run in [actix::run as Run, blocking::run] {
        with_server("/login", run, sessions::a_session_ends_by_log_out);
    }
}

#[test]
fn a_login_changes_the_session() {
    for (run, cookie) in [(actix::run as Run, "id"), (blocking::run, "session")] {
        with_server("/login", run, |site| {
            sessions::a_login_gets_a_session_of_its_own(site, cookie)
        });
    }
}

/// Browsers drop a cookie of more than 4096 bytes.
#[test]
fn a_cookie_has_room_for_the_logins_of_all_tabs() {
    with_server("/login", actix::run, sessions::a_cookie_stays_small);
}
