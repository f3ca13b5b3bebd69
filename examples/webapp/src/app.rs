//! What every request needs, and the routes.

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

/// Cheap to clone: everything is shared.
#[derive(Clone)]
pub struct App {
    pub itsme: Client,
    pub logins: Logins,
    pub services: Services,
    pub database: AnyPool,
    pub accounts: Accounts,
    pub link_codes: LinkCodes,
    pub draining: Draining,
    /// Whether browsers use https, so that cookies can require it.
    pub is_https: bool,
    /// Whether everyone may read the shop's messages.
    pub shows_outbox: bool,
}

impl App {
    pub fn router(self, sessions: Sessions) -> Router {
        // Over https, browsers accept a cookie with this prefix only from this host, not from its
        // neighbours.
        let cookie = if self.is_https { "__Host-session" } else { "session" };
        let sessions = SessionManagerLayer::new(sessions)
            .with_name(cookie)
            .with_secure(self.is_https)
            // Browsers that restore yesterday's tabs also restore their cookies.
            .with_expiry(Expiry::OnInactivity(Duration::minutes(30)))
            // With Strict, the cookie would not be sent when the person comes back from itsme,
            // another site.
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
            // For a form's address in a bookmark.
            .method_not_allowed_fallback(async || Redirect::to("/"))
            .layer(from_fn(of_this_site))
            .layer(from_fn(problem::show))
            .layer(from_fn_with_state(self.is_https, with_headers))
            .route("/health/live", get(health::live))
            .route("/health/ready", get(health::ready))
            .with_state(self)
    }
}

/// Forms must come from our own pages. `SameSite` by itself admits neighbours on other subdomains,
/// and is all there is for browsers that do not say where a form came from.
async fn of_this_site(request: Request, next: Next) -> Response {
    let from = request.headers().get("sec-fetch-site").map(HeaderValue::as_bytes);
    let is_ours = matches!(from, None | Some(b"same-origin" | b"none"));
    if request.method() == Method::POST && !is_ours {
        return Problem::AnotherSite.into_response();
    }
    next.run(request).await
}

/// Allows nothing foreign on a page and no page in a frame, and keeps a callback's URL from caches
/// and other sites.
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
    // One year: whoever came by https once never uses http again.
    const ALWAYS_HTTPS: (HeaderName, &str) =
        (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    let mut response = next.run(request).await;
    let headers: &mut HeaderMap = response.headers_mut();
    for (name, value) in HEADERS.into_iter().chain(is_https.then_some(ALWAYS_HTTPS)) {
        // The public keys may be cached for a while.
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
