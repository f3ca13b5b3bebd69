//! The web application, run as two instances behind one address.

mod callbacks;
mod database;
mod fleet;
mod languages;
mod link;
mod operators;
#[path = "../program/mod.rs"]
mod program;
mod qr;
mod visit;

use itsme_testkit::{Browser, Clock, Person, Server};

use self::{
    callbacks::Site,
    fleet::{Fleet, scratch, secret_file},
    program::{Program, command},
    visit::{Visit as _, parameter, path},
};

#[test]
fn a_login_begun_on_one_instance_finishes_on_the_other() {
    let op = Server::start_on_localhost(0, Clock::system()).expect("loopback");
    let fleet = Fleet::new("begun-and-finished", &op);
    let (one, two) = (fleet.start(), fleet.start());
    let mut browser = Browser::new(&one.address);

    let to_itsme = browser.get(&one, "/itsme/login").location();
    let callback = op.approve(&to_itsme, &Person::ann());
    browser.back(&two, &callback).leads_to("/");
    for instance in [&one, &two] {
        let page = browser.get(instance, "/");
        assert!(page.text.contains("Welcome, Ann"), "{}", page.text);
    }
    browser.post(&one, "/log-out").leads_to("/");
    assert!(browser.get(&two, "/").text.contains("Log in with itsme"));
}

#[test]
fn without_the_common_key_the_other_instance_does_not_know_the_login() {
    let op = Server::start_on_localhost(0, Clock::system()).expect("loopback");
    let fleet = Fleet::new("another-key", &op);
    let (one, two) = (fleet.start(), fleet.start_with_another_key());
    let mut browser = Browser::new(&one.address);

    let to_itsme = browser.get(&one, "/itsme/login").location();
    let callback = op.approve(&to_itsme, &Person::ann());
    let page = browser.settle(&two, &path(&callback));
    assert_eq!((page.status, page.heading()), (400, "This login cannot be continued"));
    // That instance did not use it up, so the first still has it.
    browser.back(&one, &callback).leads_to("/");
}

#[test]
fn a_pending_login_is_sealed_and_for_one_use() {
    let op = Server::start_on_localhost(0, Clock::system()).expect("loopback");
    let app = Fleet::new("one-use", &op).start();
    let mut browser = Browser::new(&app.address);

    let sent = browser.get(&app, "/itsme/login");
    let to_itsme = sent.location();
    let state = parameter(&to_itsme, "state");
    let cookie = sent.set_cookie(&format!("itsme-{state}"));
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=900"] {
        assert!(cookie.contains(attribute), "{attribute}: {cookie}");
    }
    assert!(!cookie.contains("nonce") && !cookie.contains(&parameter(&to_itsme, "nonce")));

    // Another browser did not begin it; this one did, and can finish it once.
    let callback = op.approve(&to_itsme, &Person::ann());
    let page = Browser::new(&app.address).settle(&app, &path(&callback));
    assert_eq!((page.status, page.heading()), (400, "This login cannot be continued"));
    browser.back(&app, &callback).leads_to("/");
    assert!(!browser.has(&format!("itsme-{state}")));
    assert_eq!(browser.settle(&app, &path(&callback)).status, 400);
    assert!(browser.get(&app, "/").text.contains("Welcome, Ann"), "and nobody is logged out by it");
}

#[test]
fn callbacks_come_as_browsers_send_them() {
    let op = Server::start_on_localhost(0, Clock::system()).expect("loopback");
    let app = Fleet::new("callbacks", &op).start();
    callbacks::try_all(&Site { app: &app, op: &op, method: "GET", login: "/itsme/login" });
}

#[test]
fn logins_in_parallel_tabs_do_not_meet_and_do_not_pile_up() {
    let op = Server::start_on_localhost(0, Clock::system()).expect("loopback");
    let app = Fleet::new("tabs", &op).start();
    let mut browser = Browser::new(&app.address);

    let mut callbacks = Vec::new();
    for _ in 0..9 {
        let to_itsme = browser.get(&app, "/itsme/login").location();
        callbacks.push(op.approve(&to_itsme, &Person::daan()));
        assert!(browser.pending() <= 6, "{}", browser.pending());
    }
    let (oldest, others) = callbacks.split_at(3);
    for callback in others.iter().rev() {
        browser.back(&app, callback).leads_to("/");
    }
    for callback in oldest {
        let page = browser.settle(&app, &path(callback));
        assert_eq!(page.heading(), "This login cannot be continued");
    }
    browser.get(&app, "/itsme/login");
    browser.post(&app, "/log-out");
    assert_eq!(browser.pending(), 0);
}

#[test]
fn data_and_payments_are_of_the_person_who_is_logged_in() {
    let op = Server::start_on_localhost(0, Clock::system()).expect("loopback");
    let fleet = Fleet::new("ann-alone", &op);
    let app = fleet.start();
    let mut browser = Browser::new(&app.address);
    browser.log_in(&app, &op, &Person::ann());

    let to_itsme = browser.post(&app, "/share").location();
    let page = browser.back(&app, &op.approve(&to_itsme, &Person::daan()));
    assert_eq!((page.status, page.heading()), (403, "A different person answered"));
    assert!(!browser.get(&app, "/").text.contains("Date of birth"));
    let to_itsme = browser.post(&app, "/share").location();
    browser.back(&app, &op.approve(&to_itsme, &Person::ann())).leads_to("/shared");
    for page in [browser.get(&app, "/shared"), browser.get(&app, "/")] {
        assert!(page.text.contains("1987-04-12") && page.text.contains("Address"), "{}", page.text);
        assert!(!page.text.contains("does not have"), "{}", page.text);
    }

    let to_itsme = browser.post(&app, "/pay").location();
    // Only Ann may confirm the payment: nobody else gets to see it in the app.
    let page = browser.back(&app, &op.approve(&to_itsme, &Person::daan()));
    assert_eq!((page.status, page.heading()), (200, "You cancelled"));
    let receipts = || database::texts(fleet.database(), "SELECT id FROM receipt");
    assert!(receipts().is_empty());
    let to_itsme = browser.post(&app, "/pay").location();
    let page = browser.back(&app, &op.approve(&to_itsme, &Person::ann()));
    let receipt = page.location();
    let page = browser.get(&app, &receipt);
    assert!(page.text.contains("BE68539007547034"), "{}", page.text);
    // A payment counts even if the session has ended meanwhile.
    let to_itsme = browser.post(&app, "/pay").location();
    browser.set_cookie("session=; Max-Age=0; Path=/").expect("it is lost");
    let page = browser.back(&app, &op.approve(&to_itsme, &Person::ann()));
    assert_eq!((page.status, page.heading()), (200, "Paid"));
    let second = receipts().into_iter().map(|id| format!("/receipts/{id}"));
    let second = second.into_iter().find(|path| *path != receipt).expect("a second one");
    assert_eq!(browser.get(&app, &second).status, 403);
    browser.log_in(&app, &op, &Person::ann());
    assert!(browser.get(&app, &second).text.contains("BE68539007547034"));
    // Nobody else sees the receipt.
    let mut other = Browser::new(&app.address);
    other.log_in(&app, &op, &Person::daan());
    assert_eq!(other.get(&app, &receipt).status, 404);
    // The page says what itsme does not have about him.
    let to_itsme = other.post(&app, "/share").location();
    other.back(&app, &op.approve(&to_itsme, &Person::daan())).leads_to("/shared");
    let page = other.get(&app, "/shared").text;
    let (shared, lacking) = page.split_once("itsme does not have").expect("both");
    assert!(shared.contains("2004-11-30") && !shared.contains("Address"), "{page}");
    assert!(lacking.contains("Address") && !lacking.contains("Date of birth"), "{page}");
}

#[test]
fn a_login_changes_the_sessions_name_and_pages_keep_to_themselves() {
    let op = Server::start_on_localhost(0, Clock::system()).expect("loopback");
    let app = Fleet::new("session", &op).start();
    let mut browser = Browser::new(&app.address);
    // A session planted in their browser before must not work after they log in.
    browser.log_in(&app, &op, &Person::daan());
    let mut thief = browser.clone();
    browser.log_in(&app, &op, &Person::ann());
    assert!(browser.get(&app, "/").text.contains("Welcome, Ann"));
    let page = thief.get(&app, "/");
    assert!(page.text.contains("Log in with itsme"), "{}", page.text);

    assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(page.header("cache-control"), "no-store");
}

#[test]
fn everything_that_goes_wrong_has_a_page() {
    let op = Server::start_on_localhost(0, Clock::system()).expect("loopback");
    let app = Fleet::new("wrong", &op).start();
    let mut browser = Browser::new(&app.address);

    let to_itsme = browser.get(&app, "/itsme/login").location();
    let page = browser.back(&app, &op.deny(&to_itsme));
    assert_eq!((page.status, page.heading()), (200, "You cancelled"));
    for query in ["", "?code=a", "?state=a", "?code=a&state=%00%FF", "?state=a&state=a"] {
        let page = browser.settle(&app, &format!("/itsme/callback{query}"));
        assert_eq!(
            (page.status, page.heading()),
            (400, "This login cannot be continued"),
            "{query}"
        );
    }
    assert_eq!(browser.get(&app, "/receipts/1").status, 403);
    assert_eq!(browser.get(&app, "/itsme/qr").location(), "/");
    assert_eq!(browser.get(&app, "/pay").location(), "/", "a bookmark");
    for nothing in ["/nope", "/receipts", "/style.css/x"] {
        let page = browser.get(&app, nothing);
        assert_eq!((page.status, page.heading()), (404, "Page not found"), "{nothing}");
    }
    let page = browser.get(&app, "/receipts/%FF");
    assert_eq!((page.status, page.heading()), (404, "Page not found"));
    for site in ["cross-site", "same-site"] {
        let page = browser.post_from(site, &app, "/share");
        assert_eq!((page.status, page.heading()), (403, "This was not started here"), "{site}");
    }
    let page = browser.post_from("same-origin", &app, "/share");
    assert_eq!((page.status, page.heading()), (403, "You are not logged in"));
    assert!(page.text.contains("href=\"/itsme/login\""), "{}", page.text);

    let to_itsme = browser.get(&app, "/itsme/login").location();
    let callback = op.approve(&to_itsme, &Person::ann());
    drop(op);
    let page = browser.back(&app, &callback);
    assert_eq!((page.status, page.heading()), (503, "itsme cannot be reached"));
    let page = browser.post(&app, "/itsme/qr");
    assert_eq!((page.status, page.heading()), (503, "itsme cannot be reached"));
}

#[test]
fn over_https_cookies_are_this_hosts_alone() {
    let op = Server::start_on_localhost(0, Clock::system()).expect("loopback");
    let app = Fleet::at("https://shop.example.be", "https", &op).start();
    let mut browser = Browser::new(&app.address);
    let sent = browser.get(&app, "/itsme/login");
    let state = parameter(&sent.location(), "state");
    let cookie = sent.set_cookie(&format!("__Host-itsme-{state}"));
    assert!(cookie.contains("Secure") && cookie.contains("Path=/") && !cookie.contains("Domain"));
    let callback = op.approve(&sent.location(), &Person::ann());
    let page = browser.back(&app, &callback);
    page.leads_to("/");
    assert!(page.set_cookie("__Host-session").contains("Secure"));
    assert!(!browser.has(&format!("__Host-itsme-{state}")), "it is for one use");
    let page = browser.get(&app, "/");
    assert!(page.text.contains("Welcome, Ann"));
    assert_eq!(page.header("strict-transport-security"), "max-age=31536000");
}

#[test]
fn a_session_ends_however_busy_somebody_is() {
    let op = Server::start_on_localhost(0, Clock::system()).expect("loopback");
    let fleet = Fleet::new("absolute", &op);
    let app = fleet.start();
    let mut browser = Browser::new(&app.address);
    browser.log_in(&app, &op, &Person::ann());
    assert!(browser.get(&app, "/").text.contains("Welcome, Ann"));
    let is_in = |browser: &mut Browser| browser.get(&app, "/").text.contains("Welcome, Ann");
    // Active all day, with pauses of less than half an hour.
    for _ in 0..24 {
        grow_older(&fleet, 29 * 60);
        assert!(is_in(&mut browser));
    }
    grow_older(&fleet, 23 * 60);
    assert!(is_in(&mut browser), "11 hours and 59 minutes");
    grow_older(&fleet, 2 * 60);
    assert!(!is_in(&mut browser), "12 hours");
    assert_eq!(browser.post(&app, "/share").status, 403);

    browser.log_in(&app, &op, &Person::ann());
    grow_older(&fleet, 31 * 60);
    assert!(!is_in(&mut browser), "a longer pause");
}

/// Makes sessions look this many seconds older.
fn grow_older(fleet: &Fleet, seconds: i64) {
    for data in database::texts(fleet.database(), "SELECT data FROM session") {
        let mut older: serde_json::Value = serde_json::from_str(&data).expect("JSON");
        for time in ["since", "seen"] {
            let now = older["login"][time].as_i64().expect("a time");
            older["login"][time] = (now - seconds).into();
        }
        let update = format!(
            "UPDATE session SET data = '{older}', expires_at = expires_at - {seconds} WHERE data = '{data}' RETURNING \
                id"
        );
        assert_eq!(database::texts(fleet.database(), &update).len(), 1);
    }
}

#[test]
fn instances_start_at_once_on_a_new_database() {
    let op = Server::start_on_localhost(0, Clock::system()).expect("loopback");
    let fleet = Fleet::new("at-once", &op);
    let instances: Vec<_> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..4).map(|_| scope.spawn(|| fleet.start())).collect();
        starts.into_iter().map(|start| start.join().expect("it starts")).collect()
    });
    let mut browser = Browser::new(&instances[0].address);
    browser.log_in(&instances[0], &op, &Person::ann());
    for instance in &instances {
        assert!(browser.get(instance, "/").text.contains("Welcome, Ann"));
    }
}

#[test]
fn an_older_instance_takes_the_tables_of_a_newer_one() {
    let op = Server::start_on_localhost(0, Clock::system()).expect("loopback");
    let fleet = Fleet::new("newer", &op);
    drop(fleet.start());
    let newer =
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
        VALUES (9999, 'newer', true, '', 1) RETURNING description";
    assert_eq!(database::texts(fleet.database(), newer), ["newer"]);
    let app = fleet.start();
    assert_eq!(Browser::new(&app.address).get(&app, "/").status, 200);
}

#[test]
fn the_keys_are_published() {
    let op = Server::start_on_localhost(0, Clock::system()).expect("loopback");
    let app = Fleet::new("published", &op).start();
    let page = Browser::new(&app.address).get(&app, "/itsme/jwks");
    assert_eq!(page.header("content-type"), "application/json");
    assert_eq!(page.header("cache-control"), "public, max-age=3600");
    assert!(page.text.contains("\"kid\"") && !page.text.contains("\"d\""), "{}", page.text);
}

#[test]
fn what_cannot_work_is_told_at_the_start() {
    let short = secret_file(&scratch("short"), "cookie.key", &[7; 63]);
    let run = |arguments: &[&str]| command(arguments).output().expect("it runs");
    let ended = run(&["--cookie-key", short.to_str().expect("a path of text")]);
    assert_eq!(ended.status.code(), Some(1));
    let told = String::from_utf8_lossy(&ended.stderr);
    assert!(told.contains("has 63 bytes, but at least 64 random bytes are needed"), "{told}");
    #[cfg(unix)]
    {
        let open = scratch("open").join("cookie.key");
        std::fs::write(&open, [7; 64]).expect("a file");
        let ended = command(&["--cookie-key", open.to_str().expect("a path of text")]).output();
        let told = String::from_utf8_lossy(&ended.expect("it runs").stderr).into_owned();
        assert!(told.contains("others can read the cookie key"), "{told}");
        let keys = scratch("open-keys").join("keys.json");
        std::fs::write(&keys, itsme_testkit::private_jwks()).expect("a file");
        let keys = keys.to_str().expect("a path of text");
        let ended = run(&[
            "--issuer",
            "http://127.0.0.1:1",
            "--client-id",
            "x",
            "--service",
            "x",
            "--keys",
            keys,
        ]);
        let told = String::from_utf8_lossy(&ended.stderr);
        assert!(told.contains("others can read the key file"), "{told}");
        let database = scratch("open-database").join("shop.sqlite");
        std::fs::write(&database, "").expect("a file");
        let ended = run(&["--database", database.to_str().expect("a path of text")]);
        let told = String::from_utf8_lossy(&ended.stderr);
        assert!(told.contains("others can read the database"), "{told}");
    }

    let taken = Program::start(&[]);
    let address = taken.address.trim_start_matches("http://");
    let ended = run(&["--listen", address]);
    let told = String::from_utf8_lossy(&ended.stderr);
    assert!(told.contains("--listen 127.0.0.1:0 picks a free port"), "{told}");
    assert_eq!(run(&["--environment", "e2e"]).status.code(), Some(2));
    let with_outbox =
        ["--environment", "production", "--client-id", "x", "--keys", "x", "--service", "x"];
    let ended = run(&[&with_outbox[..], &["--danger-show-outbox"]].concat());
    assert_eq!(ended.status.code(), Some(2), "nobody reads other people's codes");
}
