//! Sending users to itsme, and handling their return.

use std::sync::Arc;

use axum::{
    extract::Request,
    handler::Handler,
    http::{HeaderMap, Uri, header, request::Parts},
    response::{IntoResponse as _, Redirect, Response},
};
use axum_extra::extract::cookie::PrivateCookieJar;
use itsme_core::{AuthorizationRequest, Callback};

use super::{
    Arrived, Cause, Errand, Logins,
    logins::kept_by_nobody,
    look_ahead::{is_look_ahead, looked_ahead},
    pending::{Pending, stored_id},
    return_to,
};

impl Logins {
    /// Sends a user to itsme for something other than a login: to share data, to confirm a payment,
    /// or to link a different itsme account. Pass in the headers of the request, and return the
    /// response from your handler. When the user comes back, the handler passed to
    /// [`routes`](Self::routes) is called with the note in [`Arrived::note`]. If the user did not
    /// complete the task, they see the [page](Self::page) for a [`Problem`](super::Problem).
    ///
    /// Your application must check that it is still the same user. Put the account in the note,
    /// and compare it with both [`LoggedIn::user`](itsme_core::LoggedIn) and the user who is logged
    /// in on this browser.
    ///
    /// ```
    /// use axum::{http::HeaderMap, response::Response};
    /// use itsme_core::{AuthorizationRequest, Payment};
    /// use itsme_reqwest::axum::{Errand, Logins};
    ///
    /// async fn pay(logins: Logins, headers: HeaderMap) -> Response {
    ///     let payment = Payment::new("20", "EUR", "BE68 5390 0754 7034");
    ///     let request = AuthorizationRequest::confirm("MY_CONFIRM", payment);
    ///     logins.send(&headers, request, Errand::new(r#"{"order":7}"#).return_to("/orders/7")).await
    /// }
    /// ```
    pub async fn send(
        &self,
        headers: &HeaderMap,
        request: AuthorizationRequest,
        errand: Errand,
    ) -> Response {
        let Errand { note, return_to } = errand;
        self.begin(headers, request, self.local(return_to), Some(note)).await
    }

    /// Drops all logins in progress in this browser. Return the result from your logout handler,
    /// along with the rest of its response.
    ///
    /// ```
    /// use axum::{http::HeaderMap, response::{IntoResponse, Redirect}};
    /// use itsme_reqwest::axum::Logins;
    ///
    /// async fn log_out(logins: Logins, headers: HeaderMap) -> impl IntoResponse {
    ///     // … end the session.
    ///     (logins.forget(&headers).await, Redirect::to("/"))
    /// }
    /// ```
    pub async fn forget(&self, headers: &HeaderMap) -> PrivateCookieJar {
        let mut jar = self.jar(headers);
        for id in self.cookies.ids(&jar) {
            self.give_up(&stored_id(&id)).await;
            jar = self.cookies.forget(jar, &id);
        }
        self.forget_qr(jar).await
    }

    /// Removes an entry from the store. A failure is only logged, because the entry is useless
    /// without its cookie.
    pub(super) async fn give_up(&self, id: &str) {
        if let Some(store) = &self.store
            && let Err(error) = store.remove(id).await
        {
            tracing::warn!(target: "itsme", "the store failed to remove a dropped login: {error}");
        }
    }

    pub(super) async fn log_in(&self, request: &Parts) -> Response {
        if is_look_ahead(&request.method, &request.headers) {
            return looked_ahead();
        }
        let return_to = self.local(return_to::asked(request.uri.query()));
        self.begin(&request.headers, (self.request)(), return_to, None).await
    }

    async fn begin(
        &self,
        headers: &HeaderMap,
        request: AuthorizationRequest,
        return_to: String,
        note: Option<String>,
    ) -> Response {
        let request = match &self.ui_locale {
            Some(locale) => request.ui_locales([locale(headers)]),
            None => request,
        };
        let redirect = match self.redirect(request).await {
            Ok(redirect) => redirect,
            Err(cause) => return self.problem(cause, headers, return_to, note),
        };
        let pending = Pending { return_to, note, claims: redirect.claims, state: redirect.state };
        match self.keep(&pending, self.jar(headers)).await {
            Ok(jar) => (jar, Redirect::to(&redirect.url)).into_response(),
            Err(cause) => self.problem(cause, headers, pending.return_to, pending.note),
        }
    }

    pub(super) async fn finish<H, T, S>(
        &self,
        mut request: Request,
        arrived: H,
        state: S,
    ) -> Response
    where
        H: Handler<T, S>,
    {
        if is_look_ahead(request.method(), request.headers()) {
            return looked_ahead();
        }
        let jar = self.jar(request.headers());
        let callback = Callback::from(request.uri());
        let id = callback.state().unwrap_or_default();
        let pending = match self.take(&id, &jar).await {
            Ok(Some(pending)) => pending,
            Ok(None) => return self.not_begun_here(&jar, request.headers(), request.uri()),
            Err(cause) => return self.problem(cause, request.headers(), "/".to_owned(), None),
        };
        let Pending { return_to, note, claims, state: login } = pending;
        let response = match self.client.finish_login(login, callback).await {
            Ok(who) => {
                request.extensions_mut().insert(Arrived {
                    who: Arc::new(who),
                    return_to,
                    note,
                    claims,
                });
                arrived.call(request, state).await
            }
            Err(error) => self.problem(error, request.headers(), return_to, note),
        };
        // The login is used up, whatever the result.
        kept_by_nobody((self.cookies.forget(jar, &id), response).into_response())
    }

    /// Handles a callback for which this browser has no pending login. When a user comes from
    /// another site, browsers sometimes withhold cookies, even `Lax` ones. If the request contained
    /// no pending login, this page makes the browser send it again, as a request from our own site.
    /// Other cookies prove nothing: a `SameSite=None` cookie is sent even when these are withheld.
    fn not_begun_here(
        &self,
        jar: &PrivateCookieJar,
        headers: &HeaderMap,
        callback: &Uri,
    ) -> Response {
        let query = callback.query().unwrap_or_default();
        if self.cookies.is_any(jar) || query.ends_with("&again") {
            return self.problem(Cause::Unknown, headers, "/".to_owned(), None);
        }
        let refresh = [("refresh", format!("0;url=?{query}&again"))];
        (refresh, [(header::CACHE_CONTROL, "no-store")], "One moment …").into_response()
    }
}
