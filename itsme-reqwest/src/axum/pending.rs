//! Logins in progress, each in its own encrypted cookie in the browser. Without a store, the cookie
//! contains the login itself. With a store, the cookie only binds the stored login to this browser.

use axum_extra::extract::cookie::{Cookie, PrivateCookieJar, SameSite};
use itsme_core::LoginState;
use serde::{Deserialize, Serialize, de::IgnoredAny};
use time::{Duration, OffsetDateTime};

use super::{Cause, Logins};

/// The maximum number of cookies. The browser sends all of them with every request, and proxies and
/// servers limit a request's size.
const MOST: usize = 6;
const MOST_BYTES: usize = 6_000;
/// The maximum length of a cookie's unencrypted value. Browsers silently drop a cookie of more than
/// 4,096 bytes, including its name (RFC 6265bis §5.6). Encryption, base64 and cookie escaping make
/// a value two fifths longer.
const LONGEST: usize = 2_700;

#[derive(Deserialize, Serialize)]
pub(super) struct Pending {
    pub(super) return_to: String,
    pub(super) note: Option<String>,
    pub(super) claims: Option<String>,
    pub(super) state: LoginState,
}

/// A pending login with its start time in milliseconds, which is used to find the oldest one.
#[derive(Deserialize, Serialize)]
struct Stored<P> {
    begun: i128,
    pending: P,
}

impl Logins {
    /// Keeps the login until the user comes back.
    pub(super) async fn keep(
        &self,
        pending: &Pending,
        jar: PrivateCookieJar,
    ) -> Result<PrivateCookieJar, Cause> {
        let id = pending.state.id();
        let Some(store) = &self.store else { return self.cookies.store(id, Some(pending), jar) };
        let text = serde_json::to_string(pending).expect("texts are JSON");
        let lifetime = self.client.core().login_lifetime();
        store.put(&stored_id(id), &text, lifetime).await.map_err(Cause::Store)?;
        self.cookies.store(id, None, jar)
    }

    /// Takes the login with this `state` if it was started in this browser. With a store, it can be
    /// taken only once.
    pub(super) async fn take(
        &self,
        id: &str,
        jar: &PrivateCookieJar,
    ) -> Result<Option<Pending>, Cause> {
        // Check the cookie before the store: the `state` is visible in URLs, so it proves nothing
        // on its own.
        let Some(in_cookie) = self.cookies.get(jar, id) else { return Ok(None) };
        let (None, Some(store)) = (&in_cookie, &self.store) else { return Ok(in_cookie) };
        let id = stored_id(id);
        let text = store.get(&id).await.map_err(Cause::Store)?;
        let is_ours = text.is_some() && store.remove(&id).await.map_err(Cause::Store)?;
        Ok(text.filter(|_| is_ours).and_then(|text| serde_json::from_str(&text).ok()))
    }
}

/// The ID under which the login with this `state` is stored.
pub(super) fn stored_id(id: &str) -> String {
    format!("login:{id}")
}

/// The names and attributes of the cookies.
#[derive(Clone)]
pub(super) struct Cookies {
    prefix: &'static str,
    lifetime: Duration,
}

impl Cookies {
    /// With the `__Host-` prefix, no other host under the same domain can plant a cookie. Browsers
    /// reject that prefix over http, which is used on loopback.
    pub(super) fn new(is_https: bool, lifetime: std::time::Duration) -> Self {
        let lifetime = lifetime.try_into().unwrap_or(Duration::MAX);
        Self { prefix: if is_https { "__Host-itsme-" } else { "itsme-" }, lifetime }
    }

    /// Adds a cookie. If there are too many, the oldest ones are dropped.
    fn store(
        &self,
        id: &str,
        pending: Option<&Pending>,
        mut jar: PrivateCookieJar,
    ) -> Result<PrivateCookieJar, Cause> {
        let begun = OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000;
        let value = serde_json::to_string(&Stored { begun, pending }).expect("texts are JSON");
        if value.len() > LONGEST {
            return Err(Cause::TooLong { bytes: value.len(), most: LONGEST });
        }
        let begun = |cookie: &Cookie<'_>| {
            serde_json::from_str::<Stored<IgnoredAny>>(cookie.value()).map_or(0, |it| it.begun)
        };
        let mut others: Vec<_> = self.of_logins(&jar).collect();
        // Newest first: keep as many as there is room for.
        others.sort_by_key(|cookie| std::cmp::Reverse(begun(cookie)));
        let mut room = MOST_BYTES.saturating_sub(size(&value));
        for (place, other) in others.into_iter().enumerate() {
            let size = size(other.value());
            if place + 1 >= MOST || size > room {
                room = 0;
                jar = jar.remove(self.cookie(other.name().to_owned(), String::new()));
            } else {
                room -= size;
            }
        }
        let cookie = self.cookie(self.name(id), value);
        Ok(jar.add(Cookie::build(cookie).max_age(self.lifetime)))
    }

    /// Returns what the cookie for the login with this `state` contains.
    fn get(&self, jar: &PrivateCookieJar, id: &str) -> Option<Option<Pending>> {
        let stored: Stored<Option<Pending>> =
            serde_json::from_str(jar.get(&self.name(id))?.value()).ok()?;
        Some(stored.pending)
    }

    /// Whether there is a cookie for any login.
    pub(super) fn is_any(&self, jar: &PrivateCookieJar) -> bool {
        self.of_logins(jar).next().is_some()
    }

    /// Removes this login's cookie from the jar.
    pub(super) fn forget(&self, jar: PrivateCookieJar, id: &str) -> PrivateCookieJar {
        jar.remove(self.cookie(self.name(id), String::new()))
    }

    /// Returns the `state` of each login in progress.
    pub(super) fn ids(&self, jar: &PrivateCookieJar) -> Vec<String> {
        let id = |cookie: Cookie<'_>| cookie.name().strip_prefix(self.prefix).map(str::to_owned);
        self.of_logins(jar).filter_map(id).collect()
    }

    /// Returns the login cookies. The jar already skips cookies that were encrypted for another
    /// purpose or with a different key.
    fn of_logins(&self, jar: &PrivateCookieJar) -> impl Iterator<Item = Cookie<'static>> {
        jar.iter().filter(|cookie| cookie.name().starts_with(self.prefix))
    }

    /// Creates a cookie. `name` is the full name, including the prefix.
    pub(super) fn cookie(&self, name: String, value: String) -> Cookie<'static> {
        Cookie::build((name, value))
            .path("/")
            .http_only(true)
            .secure(true)
            // The cookie must be sent when itsme redirects the person back.
            .same_site(SameSite::Lax)
            .build()
    }

    /// The name of a QR login's cookie. It cannot collide with a `state`.
    pub(super) fn qr_name(&self) -> String {
        format!("{}_qr", self.prefix.trim_end_matches('-'))
    }

    fn name(&self, id: &str) -> String {
        format!("{}{id}", self.prefix)
    }
}

/// The approximate space that a cookie with this value takes up in a request: the name, plus the value after
/// encryption and base64.
fn size(value: &str) -> usize {
    100 + value.len() * 4 / 3
}
