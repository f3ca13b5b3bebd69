//! Routes for [axum](https://docs.rs/axum) that log people in (feature `axum`).
//!
//! [`Logins`] makes three routes, at the path of the client's redirect URI and beside it, here `/itsme/callback`:
//!
//! | route | does |
//! |---|---|
//! | `/itsme/login` | sends the person to itsme; `?return_to=/a/local/path` says where they want to be afterwards |
//! | `/itsme/callback` | finds out who has come back, and calls your handler, which takes them as [`Arrived`] |
//! | `/itsme/jwks` | serves the client's public keys |
//!
//! What is yours stays yours: accounts, sessions, and what the person sees next.
//!
//! ```no_run
//! use axum::{Router, response::Redirect, routing::get};
//! use itsme_core::AuthorizationRequest;
//! use itsme_reqwest::{Client, axum::{Arrived, Key, Logins}};
//!
//! fn application(client: Client, cookie_key: Key) -> Router {
//!     let request = || AuthorizationRequest::login("MY_LOGIN");
//!     Router::new()
//!         .route("/", get(async || r#"<a href="/itsme/login">Log in with itsme</a>"#))
//!         .merge(Logins::new(client, cookie_key, request).routes(arrived))
//! }
//!
//! async fn arrived(arrived: Arrived) -> Redirect {
//!     // Find or make the account of `arrived.who.user.sub`, begin a session, and go on.
//!     Redirect::to(&arrived.return_to)
//! }
//! ```
//!
//! A login that is under way waits in an encrypted cookie of its own, so tabs do not meet, and any instance of a fleet
//! that has the same key finishes what another one began. A browser that fetches a page ahead, or a program that checks
//! a link, uses nothing up. A login can be finished for 15 minutes; of more than six in one browser, or more than
//! proxies like in a request, the oldest is given up.

mod arrived;
mod pending;
mod problem;
mod return_to;

use std::{fmt, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    handler::Handler,
    http::{HeaderMap, Method, StatusCode, Uri, header, request::Parts},
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
pub use axum_extra::extract::cookie::Key;
use axum_extra::extract::cookie::PrivateCookieJar;
use itsme_core::{AuthorizationRequest, Callback};
use url::Url;

pub use self::{arrived::Arrived, problem::Problem};
use self::{
    pending::{Cookies, Pending},
    return_to::local,
};
use crate::{Client, Error};

type MakeRequest = Box<dyn Fn() -> AuthorizationRequest + Send + Sync>;
type MakePage = Box<dyn Fn(&Problem) -> Response + Send + Sync>;

/// Routes that log people in. See the [module](self).
pub struct Logins {
    client: Client,
    key: Key,
    request: MakeRequest,
    page: MakePage,
    /// The path of the redirect URI.
    callback: String,
    cookies: Cookies,
}

impl Logins {
    /// Logins by this client, at the path of its [redirect URI](itsme_core::Settings::redirect_uri). The key encrypts
    /// cookies: at least 64 random bytes of your configuration ([`Key::try_from`]), the same on every instance.
    /// `request` says what each login asks of itsme.
    ///
    /// # Panics
    /// The client has no redirect URI.
    pub fn new(
        client: Client,
        key: Key,
        request: impl Fn() -> AuthorizationRequest + Send + Sync + 'static,
    ) -> Self {
        let redirect_uri = client.core().redirect_uri().and_then(|uri| Url::parse(uri).ok());
        let redirect_uri = redirect_uri.expect("the client's settings have a redirect URI");
        let (page, callback) = (Box::new(Problem::page), redirect_uri.path().to_owned());
        let cookies = Cookies::new(redirect_uri.scheme() == "https");
        Self { client, key, request: Box::new(request), page, callback, cookies }
    }

    /// What a person sees when a login has ended without them being logged in, in your design and in their language.
    /// Default: one sentence in English, and a link to log in again where that may help.
    #[must_use]
    pub fn page(self, page: impl Fn(&Problem) -> Response + Send + Sync + 'static) -> Self {
        Self { page: Box::new(page), ..self }
    }

    /// The routes, to be merged where paths are as browsers see them. The handler is called when somebody has logged
    /// in: any handler of axum, which takes [`Arrived`] beside what else it needs.
    pub fn routes<H, T, S>(self, arrived: H) -> Router<S>
    where
        H: Handler<T, S>,
        T: 'static,
        S: Clone + Send + Sync + 'static,
    {
        let logins = Arc::new(self);
        let [login, callback, jwks] = [(); 3].map(|()| Arc::clone(&logins));
        Router::new()
            .route(
                &logins.beside("login"),
                get(async move |request: Parts| login.begin(&request).await),
            )
            .route(
                &logins.callback,
                get(async move |State(state): State<S>, request: Request| {
                    callback.finish(request, arrived, state).await
                }),
            )
            .route(&logins.beside("jwks"), get(async move || jwks.jwks()))
    }

    /// A path beside that of the callback.
    fn beside(&self, name: &str) -> String {
        let (place, _) = self.callback.rsplit_once('/').unwrap_or_default();
        format!("{place}/{name}")
    }

    fn jar(&self, headers: &HeaderMap) -> PrivateCookieJar {
        PrivateCookieJar::from_headers(headers, self.key.clone())
    }

    async fn begin(&self, request: &Parts) -> Response {
        if is_look_ahead(&request.method, &request.headers) {
            return looked_ahead();
        }
        let ways = [self.beside("login"), self.callback.clone(), self.beside("jwks")];
        let return_to = local(request.uri.query().unwrap_or_default(), &ways);
        match self.client.authorize((self.request)()).await {
            Ok(redirect) => {
                let pending = Pending { return_to, state: redirect.state };
                let jar = self.cookies.store(&pending, self.jar(&request.headers));
                (jar, Redirect::to(&redirect.url)).into_response()
            }
            Err(error) => self.problem(Some(error), &return_to),
        }
    }

    fn problem(&self, error: Option<Error>, return_to: &str) -> Response {
        let again = return_to::login(&self.beside("login"), return_to);
        let problem = Problem::new(error, again);
        problem.log();
        kept_by_nobody((self.page)(&problem))
    }

    async fn finish<H, T, S>(&self, mut request: Request, arrived: H, state: S) -> Response
    where
        H: Handler<T, S>,
    {
        if is_look_ahead(request.method(), request.headers()) {
            return looked_ahead();
        }
        let jar = self.jar(request.headers());
        let callback = Callback::from(request.uri());
        let id = callback.state().unwrap_or_default();
        let Some(pending) = self.cookies.get(&jar, &id) else {
            return self.not_begun_here(&jar, request.uri());
        };
        let Pending { state: login, return_to } = pending;
        let response = match self.client.finish_login(login, callback).await {
            Ok(who) => {
                request.extensions_mut().insert(Arrived { who: Arc::new(who), return_to });
                arrived.call(request, state).await
            }
            Err(error) => self.problem(Some(error), &return_to),
        };
        // Whatever came of it, it is used up.
        kept_by_nobody((self.cookies.forget(jar, &id), response).into_response())
    }

    /// Browsers hold cookies back when a person comes from another site, some of them even `Lax` ones. If none came
    /// that was encrypted with our key, this page has the browser ask once more, as a request from our own site.
    fn not_begun_here(&self, jar: &PrivateCookieJar, callback: &Uri) -> Response {
        let query = callback.query().unwrap_or_default();
        if jar.iter().next().is_some() || query.ends_with("&again") {
            return self.problem(None, "/");
        }
        let refresh = [("refresh", format!("0;url=?{query}&again"))];
        (refresh, [(header::CACHE_CONTROL, "no-store")], "One moment …").into_response()
    }

    fn jwks(&self) -> Response {
        let response = self.client.public_jwks_response();
        response.map_or(StatusCode::NOT_FOUND.into_response(), |response| response.map(Body::from))
    }
}

impl fmt::Debug for Logins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logins").field("callback", &self.callback).finish_non_exhaustive()
    }
}

fn kept_by_nobody(mut response: Response) -> Response {
    let no_store = header::HeaderValue::from_static("no-store");
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(no_store);
    response
}

/// A browser fetches the page ahead, or a program checks the link: neither may use up the login.
fn is_look_ahead(method: &Method, headers: &HeaderMap) -> bool {
    // `prefetch`, whatever follows it, and Safari's `preview`.
    let is_ahead =
        |name| headers.get(name).is_some_and(|purpose| purpose.as_bytes().starts_with(b"pre"));
    let purposes = ["sec-purpose", "purpose", "x-purpose", "x-moz"];
    method == Method::HEAD || purposes.into_iter().any(is_ahead)
}

fn looked_ahead() -> Response {
    (StatusCode::NO_CONTENT, [(header::CACHE_CONTROL, "no-store")]).into_response()
}
