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

/// Logs people in; see the [module](super). Cheap to clone, so it can also be part of the
/// application's state.
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
    /// Logs people in with this client, at the path of its [redirect
    /// URI](itsme_core::Settings::redirect_uri). The key encrypts cookies: at least 64 random bytes
    /// from your configuration ([`Key::try_from`]), the same on every instance. `request` makes the
    /// request of each login.
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

    /// Sets the language of itsme's pages from the headers of the person's request, for an
    /// application that lets people choose theirs. Default: the request's own setting, then the
    /// browser's preference.
    #[must_use]
    pub fn ui_locale(
        self,
        locale: impl Fn(&HeaderMap) -> UiLocale + Send + Sync + 'static,
    ) -> Self {
        Self { ui_locale: Some(Arc::new(locale)), ..self }
    }

    /// Sets the page that a person sees when a login or errand has failed, in your design and,
    /// based on the request's headers, in their language. Default: one sentence in English, with a
    /// link to start again where that may help.
    #[must_use]
    pub fn page(
        self,
        page: impl Fn(&Problem, &HeaderMap) -> Response + Send + Sync + 'static,
    ) -> Self {
        Self { page: Arc::new(page), ..self }
    }

    /// Keeps logins in progress in a store, leaving only a cookie in the browser that binds them to
    /// it. A pending login can then be used only once, notes can be long, and there are more
    /// [routes](super): logins by QR code, pings and hosted request objects.
    #[must_use]
    pub fn keep_in(self, store: impl Store) -> Self {
        Self { store: Some(Arc::new(store)), ..self }
    }

    /// Sets the page with the QR code, in your design and, based on the request's headers, in the
    /// person's language. It reloads every second, through a header that is added. Default: the
    /// code and a sentence in English.
    #[must_use]
    pub fn qr_page(
        self,
        page: impl Fn(&QrPage, &HeaderMap) -> Response + Send + Sync + 'static,
    ) -> Self {
        Self { qr_page: Arc::new(page), ..self }
    }

    /// The routes. Merge them where paths are as browsers see them. The handler is called when
    /// someone has come back: any axum handler, with [`Arrived`](super::Arrived) among its
    /// arguments.
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

    /// The routes that need a store.
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

    /// A path next to the callback's.
    pub(super) fn beside(&self, name: &str) -> String {
        let (place, _) = self.callback.rsplit_once('/').unwrap_or_default();
        format!("{place}/{name}")
    }

    /// The path, if a person can be sent there after a login; otherwise `/`.
    pub(super) fn local(&self, path: String) -> String {
        let own = ["login", "jwks", "qr"].map(|name| self.beside(name));
        let own = [&own[..], &[self.callback.to_string()]].concat();
        return_to::local(path, &own)
    }

    pub(super) fn jar(&self, headers: &HeaderMap) -> PrivateCookieJar {
        PrivateCookieJar::from_headers(headers, self.key.clone())
    }

    /// Tells the person and the log.
    pub(super) fn problem(
        &self,
        cause: impl Into<Cause>,
        headers: &HeaderMap,
        return_to: String,
        note: Option<String>,
    ) -> Response {
        self.show(&self.log(cause, return_to, note), headers)
    }

    /// Tells the person.
    pub(super) fn show(&self, problem: &Problem, headers: &HeaderMap) -> Response {
        kept_by_nobody((self.page)(problem, headers))
    }

    /// Tells the log.
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
