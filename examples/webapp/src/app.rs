//! What every request needs, and which address leads where.

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use itsme_reqwest::{Client, axum::Logins};
use sqlx::AnyPool;
use tower_sessions::{
    Expiry, SessionManagerLayer,
    cookie::{SameSite, time::Duration},
};

use crate::{
    accounts::Accounts,
    health::{self, Draining},
    home, language, link,
    link_codes::LinkCodes,
    login,
    options::Services,
    outbox, page, payment,
    problem::{self, Problem},
    sessions::Sessions,
    share,
};

/// Cheap to clone: all of it is shared.
#[derive(Clone)]
pub struct App {
    pub itsme: Client,
    pub logins: Logins,
    pub services: Services,
    pub database: AnyPool,
    pub accounts: Accounts,
    pub link_codes: LinkCodes,
    pub draining: Draining,
    /// Whether browsers come by https, so that cookies may insist on it.
    pub is_https: bool,
    /// Whether everybody may read the shop's messages.
    pub shows_outbox: bool,
}

impl App {
    pub fn router(self, sessions: Sessions) -> Router {
        // Over https, browsers take a cookie of this name from this host alone, not from its neighbours.
        let cookie = if self.is_https { "__Host-session" } else { "session" };
        let sessions = SessionManagerLayer::new(sessions)
            .with_name(cookie)
            .with_secure(self.is_https)
            // Browsers that bring back yesterday's tabs bring back their cookies, too.
            .with_expiry(Expiry::OnInactivity(Duration::minutes(30)))
            // Strict would leave it at home when the person comes back from itsme, another site.
            .with_same_site(SameSite::Lax);
        let logins = self.logins.clone().routes(login::arrived);
        Router::new()
            .route("/", get(home::home))
            .route("/share", post(share::begin))
            .route("/shared", get(share::shared))
            .route("/pay", post(payment::begin))
            .route("/receipts/{id}", get(payment::receipt))
            .route("/link", get(link::ask).post(link::begin))
            .route("/link/confirm", post(link::confirm))
            .route("/link/done", get(link::done))
            .route("/link/stop", post(link::stop))
            .route("/log-out", post(home::log_out))
            .route("/outbox", get(outbox::show))
            .merge(logins)
            .layer(sessions)
            .route("/language", post(language::choose))
            .route("/style.css", get(page::style))
            .fallback(async || Problem::NoSuchPage)
            // A form's address in a bookmark.
            .method_not_allowed_fallback(async || Redirect::to("/"))
            .layer(from_fn(of_this_site))
            .layer(from_fn(problem::show))
            .layer(from_fn_with_state(self.is_https, with_headers))
            .route("/health/live", get(health::live))
            .route("/health/ready", get(health::ready))
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
async fn with_headers(State(is_https): State<bool>, request: Request, next: Next) -> Response {
    const HEADERS: [(HeaderName, &str); 4] = [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'",
        ),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    // A year: whoever came once by https never comes by http again.
    const ALWAYS_HTTPS: (HeaderName, &str) =
        (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    let mut response = next.run(request).await;
    let headers: &mut HeaderMap = response.headers_mut();
    for (name, value) in HEADERS.into_iter().chain(is_https.then_some(ALWAYS_HTTPS)) {
        // The public keys may be kept for a while.
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
