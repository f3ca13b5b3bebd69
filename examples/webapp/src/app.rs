//! The state that every request needs, and the routes.

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

/// The application's state. Cheap to clone, because clones share everything.
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
    /// Whether everyone can read the shop's messages.
    pub shows_outbox: bool,
}

impl App {
    pub fn router(self, sessions: Sessions) -> Router {
        // Over https, browsers accept a cookie with this prefix only from this host, and not from
        // other subdomains.
        let cookie = if self.is_https { "__Host-session" } else { "session" };
        let sessions = SessionManagerLayer::new(sessions)
            .with_name(cookie)
            .with_secure(self.is_https)
            // End sessions on the server, because browsers that restore yesterday's tabs also
            // restore their cookies.
            .with_expiry(Expiry::OnInactivity(Duration::minutes(30)))
            // With `Strict`, the cookie would not be sent when the user comes back from itsme,
            // which is another site.
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
            // A bookmark can contain the URL of a form, which a browser then requests with GET.
            .method_not_allowed_fallback(async || Redirect::to("/"))
            .layer(from_fn(of_this_site))
            .layer(from_fn(problem::show))
            .layer(from_fn_with_state(self.is_https, with_headers))
            .route("/health/live", get(health::live))
            .route("/health/ready", get(health::ready))
            .with_state(self)
    }
}

/// Rejects forms that were sent from another site's pages. `SameSite` does not stop other
/// subdomains, but it is the only protection in browsers that do not report where a form came from.
async fn of_this_site(request: Request, next: Next) -> Response {
    let from = request.headers().get("sec-fetch-site").map(HeaderValue::as_bytes);
    let is_ours = matches!(from, None | Some(b"same-origin" | b"none"));
    if request.method() == Method::POST && !is_ours {
        return Problem::AnotherSite.into_response();
    }
    next.run(request).await
}

/// Prevents pages from loading anything from other sites and from being framed, and keeps the
/// callback's URL out of caches and away from other sites.
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
    // For one year, a browser that has used https never uses http again.
    const ALWAYS_HTTPS: (HeaderName, &str) =
        (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    let mut response = next.run(request).await;
    let headers: &mut HeaderMap = response.headers_mut();
    for (name, value) in HEADERS.into_iter().chain(is_https.then_some(ALWAYS_HTTPS)) {
        // Keep headers that are already set: the public keys can be cached.
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
