//! What every request needs, and which address leads where.

use axum::{
    Router,
    extract::{FromRef, Request},
    http::{HeaderValue, Method, header},
    middleware::{Next, from_fn, map_response},
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use axum_extra::extract::cookie::Key;
use itsme_reqwest::Client;
use tower_sessions::{
    Expiry, SessionManagerLayer, SessionStore,
    cookie::{SameSite, time::Duration},
};

use crate::{
    accounts::Accounts, home, login, options::Services, payment, problem::Problem, qr,
    qr_logins::QrLogins, share,
};

/// Cheap to clone: all of it is shared.
#[derive(Clone)]
pub struct App {
    pub itsme: Client,
    pub services: Services,
    pub accounts: Accounts,
    pub qr_logins: QrLogins,
    /// Encrypts the cookies of pending logins; all instances have the same.
    pub cookie_key: Key,
    /// Whether browsers come by https, so that cookies may insist on it.
    pub is_https: bool,
}

/// Over https, browsers take a cookie of this name from this host alone, not from its neighbours.
pub fn cookie_name(name: &str, is_https: bool) -> String {
    if is_https { format!("__Host-{name}") } else { name.to_owned() }
}

impl FromRef<App> for Key {
    fn from_ref(app: &App) -> Self {
        app.cookie_key.clone()
    }
}

impl App {
    pub fn router(self, sessions: impl SessionStore + Clone) -> Router {
        let sessions = SessionManagerLayer::new(sessions)
            .with_name(cookie_name("session", self.is_https))
            .with_secure(self.is_https)
            // Browsers that bring back yesterday's tabs bring back their cookies, too.
            .with_expiry(Expiry::OnInactivity(Duration::minutes(30)))
            // Strict would leave it at home when the person comes back from itsme, another site.
            .with_same_site(SameSite::Lax);
        Router::new()
            .route("/", get(home::home))
            .route("/style.css", get(home::style))
            .route("/login", post(login::begin))
            .route("/link", post(login::begin_link))
            .route(login::CALLBACK, get(login::callback).layer(from_fn(login::answer_looks_ahead)))
            .route("/share", post(share::begin))
            .route("/pay", post(payment::begin))
            .route("/receipts/{id}", get(payment::receipt))
            .route("/qr", get(qr::progress).post(qr::begin))
            .route("/qr/stop", post(qr::stop))
            .route("/log-out", post(home::log_out))
            .fallback(async || Problem::NoSuchPage)
            // A form's address in a bookmark.
            .method_not_allowed_fallback(async || Redirect::to("/"))
            .layer(from_fn(of_this_site))
            .layer(sessions)
            .layer(map_response(with_headers))
            .with_state(self)
    }
}

/// Forms are sent from our own pages. `SameSite` alone lets the neighbours on other subdomains in;
/// browsers that do not tell are left to it.
async fn of_this_site(request: Request, next: Next) -> Response {
    let from = request.headers().get("sec-fetch-site").map(HeaderValue::as_bytes);
    let is_ours = matches!(from, None | Some(b"same-origin" | b"none"));
    if request.method() == Method::POST && !is_ours {
        return Problem::AnotherSite.into_response();
    }
    next.run(request).await
}

/// Nothing from elsewhere on a page, no page in a frame, and neither caches nor other sites get to
/// know a callback's address.
async fn with_headers(mut response: Response) -> Response {
    const HEADERS: [(header::HeaderName, &str); 4] = [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'",
        ),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
