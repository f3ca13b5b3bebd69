//! A login that is under way, in the keeping of its browser: one encrypted cookie each.

use axum_extra::extract::cookie::{Cookie, PrivateCookieJar, SameSite};
use itsme_core::LoginState;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

const PREFIX: &str = "itsme-";
/// As long as a login can be finished.
const LIFETIME: Duration = Duration::minutes(15);
/// All of them come with every request, and servers have limits.
const MOST: usize = 6;

#[derive(Deserialize, Serialize)]
pub(super) struct Pending {
    pub(super) return_to: String,
    pub(super) state: LoginState,
}

/// With the time at which it began, to know the oldest.
#[derive(Deserialize, Serialize)]
struct Stored<P> {
    begun: i64,
    pending: P,
}

impl Pending {
    /// Keeps it until the person is back; of too many, the oldest are given up.
    pub(super) fn store(&self, mut jar: PrivateCookieJar, path: &str) -> PrivateCookieJar {
        let begun = |cookie: &Cookie<'_>| {
            serde_json::from_str::<Stored<serde::de::IgnoredAny>>(cookie.value())
                .map_or(0, |stored| stored.begun)
        };
        let mut others: Vec<_> = of_logins(&jar).map(|it| (begun(&it), it)).collect();
        others.sort_by_key(|(begun, _)| *begun);
        let too_many = (others.len() + 1).saturating_sub(MOST);
        for (_, oldest) in others.into_iter().take(too_many) {
            jar = jar.remove(Cookie::build(oldest.name().to_owned()).path(path.to_owned()));
        }
        let begun = OffsetDateTime::now_utc().unix_timestamp();
        let stored = serde_json::to_string(&Stored { begun, pending: self });
        let cookie = Cookie::build((name(self.state.id()), stored.expect("texts are JSON")))
            .path(path.to_owned())
            .max_age(LIFETIME)
            .http_only(true)
            .secure(true)
            // Sent along when itsme sends the person back.
            .same_site(SameSite::Lax);
        jar.add(cookie)
    }

    /// The login with this `state`.
    pub(super) fn take(jar: &PrivateCookieJar, id: &str) -> Option<Self> {
        let stored: Stored<Self> = serde_json::from_str(jar.get(&name(id))?.value()).ok()?;
        Some(stored.pending)
    }
}

/// The jar without the login with this `state`.
pub(super) fn forget(jar: PrivateCookieJar, id: &str, path: &str) -> PrivateCookieJar {
    jar.remove(Cookie::build(name(id)).path(path.to_owned()))
}

fn of_logins(jar: &PrivateCookieJar) -> impl Iterator<Item = Cookie<'static>> {
    jar.iter().filter(|cookie| cookie.name().starts_with(PREFIX))
}

fn name(id: &str) -> String {
    format!("{PREFIX}{id}")
}
