//! The login that somebody has begun and not finished, in their browser's keeping.
//!
//! Each has a cookie of its own, named by its `state`, so that logins in parallel tabs do not meet.
//! It is encrypted, because it holds the nonce and the PKCE verifier, and it is all that one
//! instance of the application must know of what another began.

use axum_extra::extract::cookie::{Cookie, PrivateCookieJar, SameSite};
use itsme_core::{Callback, LoginState, Redirect};
use serde::{Deserialize, Serialize};
use tower_sessions::cookie::time::Duration;

use crate::accounts::AccountId;

const PREFIX: &str = "itsme-";

/// As long as itsme-core would finish it.
const LIFETIME: Duration = Duration::minutes(15);

/// More than a person has tabs; each cookie is about 1.5 KB, and proxies have limits.
const MOST: usize = 4;

#[derive(Serialize, Deserialize)]
pub struct Pending {
    pub purpose: Purpose,
    pub state: LoginState,
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
    /// Keeps it until the person is back.
    pub fn store(
        purpose: Purpose,
        redirect: Redirect,
        is_https: bool,
        mut jar: PrivateCookieJar,
    ) -> serde_json::Result<PrivateCookieJar> {
        let others: Vec<_> = jar
            .iter()
            .filter(|cookie| cookie.name().starts_with(PREFIX))
            .map(|cookie| cookie.name().to_owned())
            .collect();
        if others.len() >= MOST {
            // Which is the oldest, a browser does not tell.
            jar = others.into_iter().fold(jar, |jar, name| jar.remove(removal(name)));
        }
        let name = format!("{PREFIX}{}", redirect.state.id());
        let value = serde_json::to_string(&Self { purpose, state: redirect.state })?;
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
    pub fn take(callback: &Callback, jar: PrivateCookieJar) -> (Option<Self>, PrivateCookieJar) {
        let cookie = callback.state().and_then(|state| jar.get(&format!("{PREFIX}{state}")));
        let Some(cookie) = cookie else { return (None, jar) };
        let pending = serde_json::from_str(cookie.value()).ok();
        (pending, jar.remove(removal(cookie.name().to_owned())))
    }
}

fn removal(name: String) -> Cookie<'static> {
    Cookie::build((name, "")).path("/").build()
}
