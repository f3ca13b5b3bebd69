//! Many people who log in at once, each with their own name.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use itsme_testkit::{Browser, Person, Server};
use url::Url;

pub struct Crowd<'a> {
    address: &'a str,
    op: &'a Server,
    next: AtomicUsize,
    finished: AtomicUsize,
    /// Nobody whose login failed tries again before it is over.
    pub outage: AtomicBool,
}

/// One login, from the shop's page back to the shop's page.
pub struct Attempt {
    pub person: String,
    pub begun: Instant,
    pub ended: Instant,
    /// The `state` of the login, once it has one.
    pub state: Option<String>,
    /// What the person saw instead of their account.
    pub error: Option<String>,
}

impl Attempt {
    pub fn is_under_way_at(&self, from: Instant, until: Instant) -> bool {
        self.begun <= until && from <= self.ended
    }
}

impl<'a> Crowd<'a> {
    pub fn new(address: &'a str, op: &'a Server) -> Self {
        let [next, finished] = [0, 0].map(AtomicUsize::new);
        Self { address, op, next, finished, outage: AtomicBool::new(false) }
    }

    /// Waits until this many have finished.
    pub fn wait_for(&self, finished: usize) {
        while self.finished.load(Ordering::Relaxed) < finished {
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Logs people in one after another, until all browsers together reach this number.
    pub fn log_in_until(&self, most: usize) -> Vec<Attempt> {
        let numbers = std::iter::from_fn(|| Some(self.next.fetch_add(1, Ordering::Relaxed)));
        let numbers = numbers.take_while(|number| *number < most);
        let log_in = |number| {
            let attempt = self.log_in(&format!("person-{number}"));
            while attempt.error.is_some() && self.outage.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(10));
            }
            attempt
        };
        numbers.map(log_in).collect()
    }

    /// Logs a person in in their own browser.
    pub fn log_in(&self, person: &str) -> Attempt {
        let begun = Instant::now();
        let mut state = None;
        let error = self.try_log_in(person, &mut state).err();
        self.finished.fetch_add(1, Ordering::Relaxed);
        Attempt { person: person.to_owned(), begun, ended: Instant::now(), state, error }
    }

    fn try_log_in(&self, name: &str, state: &mut Option<String>) -> Result<(), String> {
        let mut browser = Browser::new(self.address);
        let mut open = |page: &str| {
            // Someone who sees no page at all could not start again.
            let page = browser.open(page).unwrap_or_else(|error| panic!("{name}: {error}"));
            let offers_again = page.text.contains("/itsme/login");
            assert!(page.status < 400 || offers_again, "{name}: {}: {}", page.status, page.text);
            if page.status < 400 {
                Ok(page)
            } else {
                Err(format!("{}: {}", page.status, page.text))
            }
        };
        let at_itsme = open("/itsme/login")?;
        let url = Url::parse(&at_itsme.url).expect("itsme's URL");
        *state = url.query_pairs().find(|(name, _)| name == "state").map(|(_, it)| it.into_owned());
        let callback = self.op.approve(&at_itsme.url, &self.person(name));
        let page = open(&callback)?;
        // Seeing another person's page would be worse than seeing none.
        let heading = format!("<h1>Welcome, {}</h1>", full_name(name));
        assert!(page.text.contains(&heading), "{name}: {}", page.text);
        Ok(())
    }

    fn person(&self, name: &str) -> Person {
        Person::new(name).with("name", full_name(name))
    }

    /// What the database must hold for this person.
    pub fn account_of(&self, name: &str) -> String {
        format!("{} {}", self.op.op().sub_of(&self.person(name)), full_name(name))
    }
}

fn full_name(name: &str) -> String {
    format!("Full name of {name}")
}
