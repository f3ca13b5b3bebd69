//! What every request needs, and which address leads where.

use axum::{
    Router,
    extract::FromRef,
    http::{HeaderValue, header},
    middleware::map_response,
    response::Response,
    routing::{get, post},
};
use axum_extra::extract::cookie::Key;
use itsme_reqwest::Client;
use tower_sessions::{SessionManagerLayer, SessionStore, cookie::SameSite};

use crate::{accounts::Accounts, home, login, options::Services, payment, qr, share};

/// Cheap to clone: all of it is shared.
#[derive(Clone)]
pub struct App {
    pub itsme: Client,
    pub services: Services,
    pub accounts: Accounts,
    /// Encrypts the cookies of pending logins; all instances have the same.
    pub cookie_key: Key,
    /// Whether browsers come by https, so that cookies may insist on it.
    pub is_https: bool,
}

impl FromRef<App> for Key {
    fn from_ref(app: &App) -> Self {
        app.cookie_key.clone()
    }
}

impl App {
    pub fn router(self, sessions: impl SessionStore + Clone) -> Router {
        let sessions = SessionManagerLayer::new(sessions)
            .with_name("session")
            .with_secure(self.is_https)
            // Strict would leave it at home when the person comes back from itsme, another site.
            .with_same_site(SameSite::Lax);
        Router::new()
            .route("/", get(home::home))
            .route("/style.css", get(home::style))
            .route("/login", post(login::begin))
            .route("/link", post(login::begin_link))
            .route(login::CALLBACK, get(login::callback))
            .route("/share", post(share::begin))
            .route("/pay", post(payment::begin))
            .route("/receipts/{id}", get(payment::receipt))
            .route("/qr", get(qr::progress).post(qr::begin))
            .route("/log-out", post(home::log_out))
            .layer(sessions)
            .layer(map_response(with_headers))
            .with_state(self)
    }
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
