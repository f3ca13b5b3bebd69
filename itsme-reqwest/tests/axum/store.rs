//! Tests of logins that are kept in a store.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use itsme_reqwest::axum::{InMemory, Store, StoreError};
use itsme_testkit::{Browser, Person};
use tokio::runtime::Runtime;

use crate::site::Site;

fn stored() -> Site {
    Site::with(|settings| settings, |logins| logins.keep_in(InMemory::new()))
}

#[test]
fn a_login_is_kept_in_the_store_and_bound_to_its_browser() {
    let site = stored();
    let mut browser = site.browser();
    let note = "a".repeat(6_000);
    let at_itsme = browser.submit(&format!("/confirm?{note}"), &[]).expect("a redirect");
    assert_eq!(at_itsme.status, 303, "there is room for a long note");
    let (name, value) = browser.cookies().next().expect("a cookie");
    assert!(name.len() + value.len() < 300, "{name}={value}");
    let back = site.itsme.approve(&at_itsme.url, &Person::ann());

    // An attacker who only knows the URL, or who has put the `state` into their own cookie, does
    // not get in, and does not use up the login.
    let mut thief = site.browser();
    let forged = value.to_owned();
    let own = site.begin(&mut thief, "");
    assert_eq!(thief.open(&back).expect("a page").status, 400);
    let (_, state) = back.split_once("state=").expect("a state");
    for value in [format!("A{forged}"), thief_cookie(&thief)] {
        let cookie = format!("itsme-{state}={value}");
        let request = http::Request::get(format!("{back}&again")).header("cookie", cookie);
        let answer = site.browser().send(request.body(Vec::new()).expect("a request"));
        assert_eq!(answer.expect("an answer").status(), 400);
    }
    assert_eq!(thief.open(&own).expect("a page").text, "home");

    assert_eq!(browser.open(&back).expect("a page").text, "orders");
    assert_eq!(site.seen()[1].note.as_deref(), Some(note.as_str()));
}

fn thief_cookie(browser: &Browser) -> String {
    browser.cookies().next().expect("a cookie").1.to_owned()
}

#[test]
fn a_login_is_for_one_use_though_the_browser_keeps_its_cookie() {
    let site = stored();
    let mut browser = site.browser();
    let back = site.begin(&mut browser, "");
    let mut copy = browser.clone();
    assert_eq!(browser.open(&back).expect("a page").text, "home");
    site.itsme.op().forget_asked();
    assert_eq!(copy.open(&back).expect("a page").status, 400);
    assert!(site.itsme.op().asked().is_empty(), "itsme must not be asked again");
    // Logging out removes the login from the store, not only from this browser.
    let back = site.begin(&mut browser, "");
    let mut copy = browser.clone();
    browser.submit("/log-out", &[]).expect("a page");
    assert_eq!(copy.open(&back).expect("a page").status, 400);
    assert_eq!(site.names(), ["Ann"]);
}

/// A store that fails whenever its flag is set.
struct Fragile(InMemory, Arc<AtomicBool>);

impl Fragile {
    fn check(&self) -> Result<(), StoreError> {
        if self.1.load(Ordering::SeqCst) { Err("the disk is full".into()) } else { Ok(()) }
    }
}

impl Store for Fragile {
    async fn put(&self, id: &str, text: &str, lifetime: Duration) -> Result<(), StoreError> {
        self.check()?;
        self.0.put(id, text, lifetime).await
    }

    async fn get(&self, id: &str) -> Result<Option<String>, StoreError> {
        self.check()?;
        self.0.get(id).await
    }

    async fn lease(&self, id: &str, time: Duration) -> Result<Option<String>, StoreError> {
        self.check()?;
        self.0.lease(id, time).await
    }

    async fn give_back(&self, id: &str, text: &str) -> Result<(), StoreError> {
        self.check()?;
        self.0.give_back(id, text).await
    }

    async fn remove(&self, id: &str) -> Result<bool, StoreError> {
        self.check()?;
        self.0.remove(id).await
    }
}

#[test]
fn a_store_that_fails_uses_nothing_up() {
    let fails = Arc::new(AtomicBool::new(false));
    let store = Fragile(InMemory::new(), Arc::clone(&fails));
    let site = Site::with(|settings| settings, |logins| logins.keep_in(store));
    let mut browser = site.browser();
    let back = site.begin(&mut browser, "");
    fails.store(true, Ordering::SeqCst);
    for page in [&back, "/itsme/login"] {
        let page = browser.open(page).expect("a page");
        assert_eq!(page.status, 500);
        assert!(!page.text.contains("disk"), "{}", page.text);
    }
    assert_eq!(browser.submit("/log-out", &[]).expect("a page").text, "home");
    fails.store(false, Ordering::SeqCst);
    let back = site.begin(&mut browser, "");
    assert_eq!(browser.open(&back).expect("a page").text, "home");
}

#[test]
fn one_alone_has_a_lease_or_removes() {
    let store = InMemory::new();
    let minute = Duration::from_secs(60);
    Runtime::new().expect("a runtime").block_on(async {
        store.put("a", "one", minute).await.expect("room");
        let get = || async { store.get("a").await.expect("memory") };
        let lease = |time| {
            let store = &store;
            async move { store.lease("a", time).await.expect("memory") }
        };
        assert_eq!(lease(minute).await.as_deref(), Some("one"));
        assert_eq!(lease(minute).await, None, "the text is leased");
        assert_eq!(get().await.as_deref(), Some("one"), "a leased text can still be read");
        store.give_back("a", "two").await.expect("memory");
        assert_eq!(lease(Duration::from_millis(20)).await.as_deref(), Some("two"));
        thread::sleep(Duration::from_millis(30));
        assert_eq!(lease(minute).await.as_deref(), Some("two"), "the lease has expired");
        assert!(store.remove("a").await.expect("memory"), "a leased entry can be removed");
        assert!(!store.remove("a").await.expect("memory"), "only once");
        store.give_back("a", "three").await.expect("memory");
        assert_eq!(get().await, None, "a removed entry does not come back");

        store.put("b", "one", Duration::from_millis(20)).await.expect("room");
        thread::sleep(Duration::from_millis(30));
        let over = (store.get("b").await, store.lease("b", minute).await, store.remove("b").await);
        assert!(matches!(over, (Ok(None), Ok(None), Ok(false))), "{over:?}");

        // Starting ever more logins must not fill the memory, and expired logins make room for new
        // ones.
        let store = InMemory::new();
        for n in 0..20_000 {
            let lifetime = Duration::from_millis(if n == 0 { 500 } else { 60_000 });
            store.put(&n.to_string(), "text", lifetime).await.expect("room");
        }
        assert!(store.put("more", "text", minute).await.is_err());
        thread::sleep(Duration::from_millis(510));
        store.put("more", "text", minute).await.expect("room again");
        assert!(store.put("even more", "text", minute).await.is_err());
    });
}
