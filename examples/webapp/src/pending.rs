//! The login that somebody has begun and not finished, in their browser's keeping.
//!
//! Each has a cookie of its own, named by its `state`, so that logins in parallel tabs do not meet.
//! It is encrypted, because it holds the nonce and the PKCE verifier, and it is all that one
//! instance of the application must know of what another began.

use axum_extra::extract::cookie::{Cookie, PrivateCookieJar, SameSite};
use itsme_core::{Callback, LoginState, Redirect};
use serde::{Deserialize, Serialize};
use tower_sessions::cookie::time::{Duration, OffsetDateTime};

use crate::{accounts::AccountId, app::cookie_name, problem::Problem};

const PREFIX: &str = "itsme-";

/// As long as itsme-core would finish it.
const LIFETIME: Duration = Duration::minutes(15);

/// All of them come with every request, and proxies have limits.
const MOST: usize = 6;

/// Browsers drop a cookie of 4 KB or more without a word; encryption makes it a third longer. The
/// `claims` of a long text belong in the database.
const MOST_BYTES: usize = 2_800;

#[derive(Serialize, Deserialize)]
pub struct Pending {
    pub purpose: Purpose,
    pub state: LoginState,
    begun_at: i64,
}

/// What the person wanted, and who was logged in when they did.
#[derive(Serialize, Deserialize)]
pub enum Purpose {
    LogIn,
    Link(AccountId),
    Share(AccountId),
    /// With the `claims` that are being confirmed, to archive.
    Pay(AccountId, String),
}

impl Pending {
    /// Keeps it until the person is back; of too many, the oldest is given up.
    pub fn store(
        purpose: Purpose,
        redirect: Redirect,
        is_https: bool,
        mut jar: PrivateCookieJar,
    ) -> Result<PrivateCookieJar, Problem> {
        let mut others: Vec<_> = of_logins(&jar)
            .map(|cookie| (read(&cookie).map_or(0, |it| it.begun_at), cookie))
            .collect();
        others.sort_by_key(|(begun_at, _)| *begun_at);
        let too_many = (others.len() + 1).saturating_sub(MOST);
        for (_, oldest) in others.into_iter().take(too_many) {
            jar = jar.remove(removal(&oldest));
        }

        let name = cookie_name(&format!("{PREFIX}{}", redirect.state.id()), is_https);
        let begun_at = OffsetDateTime::now_utc().unix_timestamp();
        let value = serde_json::to_string(&Self { purpose, state: redirect.state, begun_at })?;
        if value.len() > MOST_BYTES {
            return Err(Problem::TooLong);
        }
        let cookie = Cookie::build((name, value))
            .path("/")
            .http_only(true)
            // They come back from another site: Strict would leave it at home.
            .same_site(SameSite::Lax)
            .secure(is_https)
            .max_age(LIFETIME);
        Ok(jar.add(cookie))
    }

    /// Takes out the one that a callback answers: it is for one use.
    pub fn take(
        callback: &Callback,
        is_https: bool,
        jar: PrivateCookieJar,
    ) -> (Option<Self>, PrivateCookieJar) {
        let name = |state: String| cookie_name(&format!("{PREFIX}{state}"), is_https);
        match callback.state().and_then(|state| jar.get(&name(state))) {
            Some(cookie) => (read(&cookie), jar.remove(removal(&cookie))),
            None => (None, jar),
        }
    }

    /// Whether any came, whichever login a callback answers.
    pub fn is_any(jar: &PrivateCookieJar) -> bool {
        of_logins(jar).next().is_some()
    }

    /// Gives up all of them.
    pub fn forget(jar: PrivateCookieJar) -> PrivateCookieJar {
        let all: Vec<_> = of_logins(&jar).collect();
        all.iter().fold(jar, |jar, cookie| jar.remove(removal(cookie)))
    }
}

fn of_logins(jar: &PrivateCookieJar) -> impl Iterator<Item = Cookie<'static>> {
    jar.iter().filter(|cookie| cookie.name().trim_start_matches("__Host-").starts_with(PREFIX))
}

fn read(cookie: &Cookie<'_>) -> Option<Pending> {
    serde_json::from_str(cookie.value()).ok()
}

fn removal(cookie: &Cookie<'_>) -> Cookie<'static> {
    // Browsers take a name with `__Host-` only with these, also to remove it.
    let is_https = cookie.name().starts_with("__Host-");
    Cookie::build((cookie.name().to_owned(), "")).path("/").secure(is_https).build()
}
