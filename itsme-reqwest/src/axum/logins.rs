use std::{fmt, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{Path, Request, State},
    handler::Handler,
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse as _, Response},
    routing::{any, get, post},
};
use axum_extra::extract::cookie::{Key, PrivateCookieJar};
use itsme_core::{AuthorizationRequest, UiLocale};
use url::Url;

use super::{
    Cause, Problem, QrPage, Store, hosted, pending::Cookies, ping, qr::QrLogins, qr_page,
    return_to, store::AnyStore,
};
use crate::Client;

type MakeRequest = dyn Fn() -> AuthorizationRequest + Send + Sync;
type FindLocale = dyn Fn(&HeaderMap) -> UiLocale + Send + Sync;
type MakePage = dyn Fn(&Problem, &HeaderMap) -> Response + Send + Sync;
type MakeQrPage = dyn Fn(&QrPage, &HeaderMap) -> Response + Send + Sync;

/// Routes that log users in; see the [module documentation](super). Cheap to clone, so it can also
/// be part of the application's state.
#[derive(Clone)]
pub struct Logins {
    pub(super) client: Client,
    pub(super) request: Arc<MakeRequest>,
    pub(super) ui_locale: Option<Arc<FindLocale>>,
    pub(super) cookies: Cookies,
    /// The path of the redirect URI.
    pub(super) callback: Arc<str>,
    pub(super) store: Option<Arc<dyn AnyStore>>,
    pub(super) qr_page: Arc<MakeQrPage>,
    /// The URL prefix under which request objects are hosted.
    pub(super) request_uris: Option<Arc<str>>,
    key: Key,
    page: Arc<MakePage>,
}

impl Logins {
    /// Logs users in with this client. The callback is at the path of the client's [redirect
    /// URI](itsme_core::Settings::redirect_uri). `key` encrypts the cookies: create it with
    /// [`Key::try_from`] from at least 64 random bytes in your configuration, the same on every
    /// instance. `request` is called for each login and returns the request to send.
    ///
    /// # Panics
    /// If the client has no redirect URI.
    pub fn new(
        client: Client,
        key: Key,
        request: impl Fn() -> AuthorizationRequest + Send + Sync + 'static,
    ) -> Self {
        let redirect_uri = client.core().redirect_uri().and_then(|uri| Url::parse(uri).ok());
        let redirect_uri = redirect_uri.expect("the client's settings have a redirect URI");
        let is_https = redirect_uri.scheme() == "https";
        Self {
            request: Arc::new(request),
            ui_locale: None,
            cookies: Cookies::new(is_https, client.core().login_lifetime()),
            callback: redirect_uri.path().into(),
            store: None,
            qr_page: Arc::new(|page, _| qr_page::default(page)),
            request_uris: None,
            key,
            page: Arc::new(|problem, _| problem.page()),
            client,
        }
    }

    /// Sets the language of itsme's pages based on the headers of the user's request. Use it if
    /// users can choose a language in your application. Default: the language set in the
    /// authorization request or, if there is none, the browser's preference.
    #[must_use]
    pub fn ui_locale(
        self,
        locale: impl Fn(&HeaderMap) -> UiLocale + Send + Sync + 'static,
    ) -> Self {
        Self { ui_locale: Some(Arc::new(locale)), ..self }
    }

    /// Sets the page that a user sees when a login or an errand has failed, so that it can match your
    /// design and, based on the request's headers, the user's language. Default: one sentence
    /// in English, with a link to start again if that might help.
    #[must_use]
    pub fn page(
        self,
        page: impl Fn(&Problem, &HeaderMap) -> Response + Send + Sync + 'static,
    ) -> Self {
        Self { page: Arc::new(page), ..self }
    }

    /// Keeps logins in progress in a store. The browser then holds only a cookie that binds the logins to
    /// it. Each pending login can be used only once, notes can be long, and there are more
    /// [routes](super): for QR logins, pings and hosted request objects.
    #[must_use]
    pub fn keep_in(self, store: impl Store) -> Self {
        Self { store: Some(Arc::new(store)), ..self }
    }

    /// Sets the page that shows the QR code, so that it can match your design and, based on the request's
    /// headers, the user's language. The page reloads every second, because a `Refresh`
    /// header is added to it. Default: the code and a sentence in English.
    #[must_use]
    pub fn qr_page(
        self,
        page: impl Fn(&QrPage, &HeaderMap) -> Response + Send + Sync + 'static,
    ) -> Self {
        Self { qr_page: Arc::new(page), ..self }
    }

    /// Returns the routes. Merge them into your outermost router, where paths are as
    /// browsers see them. `arrived` is called when a user has come back after approving. It can be any
    /// axum handler that takes [`Arrived`](super::Arrived) as one of its arguments.
    pub fn routes<H, T, S>(&self, arrived: H) -> Router<S>
    where
        H: Handler<T, S>,
        T: 'static,
        S: Clone + Send + Sync + 'static,
    {
        let [login, callback, jwks] = [(); 3].map(|()| self.clone());
        let router = Router::new()
            .route(
                &self.beside("login"),
                get(async move |request: Parts| login.log_in(&request).await),
            )
            .route(
                &self.callback,
                get({
                    let arrived = arrived.clone();
                    async move |State(state): State<S>, request: Request| {
                        callback.finish(request, arrived, state).await
                    }
                }),
            )
            .route(&self.beside("jwks"), get(async move || jwks.jwks()));
        match &self.store {
            Some(store) => router.merge(self.stored_routes(store, arrived)),
            None => router,
        }
    }

    /// Returns the routes that need a store.
    fn stored_routes<H, T, S>(&self, store: &Arc<dyn AnyStore>, arrived: H) -> Router<S>
    where
        H: Handler<T, S>,
        T: 'static,
        S: Clone + Send + Sync + 'static,
    {
        let [qr, progress, stop] =
            [(); 3].map(|()| QrLogins { logins: self.clone(), store: Arc::clone(store) });
        let [hosted, pinged] = [(); 2].map(|()| Arc::clone(store));
        Router::new()
            .route(
                &self.beside("qr"),
                post(async move |request: Parts| qr.begin(&request).await).get(
                    async move |State(state): State<S>, request: Request| {
                        progress.progress(request, arrived, state).await
                    },
                ),
            )
            .route(
                &self.beside("qr/stop"),
                post(async move |headers: HeaderMap| stop.stop(&headers).await),
            )
            .route(
                &self.beside("ping"),
                any(async move |request: Request| ping::answer(&*pinged, request).await),
            )
            .route(
                &self.beside("request/{name}"),
                get(async move |Path(name): Path<String>| hosted::serve(&*hosted, &name).await),
            )
    }

    /// Returns a path in the same directory as the callback.
    pub(super) fn beside(&self, name: &str) -> String {
        let (place, _) = self.callback.rsplit_once('/').unwrap_or_default();
        format!("{place}/{name}")
    }

    /// Returns the path if a user can be sent there after a login, and `/` otherwise.
    pub(super) fn local(&self, path: String) -> String {
        let own = ["login", "jwks", "qr"].map(|name| self.beside(name));
        let own = [&own[..], &[self.callback.to_string()]].concat();
        return_to::local(path, &own)
    }

    pub(super) fn jar(&self, headers: &HeaderMap) -> PrivateCookieJar {
        PrivateCookieJar::from_headers(headers, self.key.clone())
    }

    /// Logs the problem and returns the page that shows it to the user.
    pub(super) fn problem(
        &self,
        cause: impl Into<Cause>,
        headers: &HeaderMap,
        return_to: String,
        note: Option<String>,
    ) -> Response {
        self.show(&self.log(cause, return_to, note), headers)
    }

    /// Returns the page that shows the problem to the user.
    pub(super) fn show(&self, problem: &Problem, headers: &HeaderMap) -> Response {
        kept_by_nobody((self.page)(problem, headers))
    }

    /// Creates the problem and logs it.
    pub(super) fn log(
        &self,
        cause: impl Into<Cause>,
        return_to: String,
        note: Option<String>,
    ) -> Problem {
        let again = match note {
            None => return_to::login(&self.beside("login"), &return_to),
            Some(_) => return_to,
        };
        let problem = Problem::new(cause.into(), again, note);
        problem.log();
        problem
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

pub(super) fn kept_by_nobody(mut response: Response) -> Response {
    let no_store = header::HeaderValue::from_static("no-store");
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(no_store);
    response
}
