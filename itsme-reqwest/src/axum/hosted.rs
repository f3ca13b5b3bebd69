//! Request objects that this application hosts and itsme fetches.

use std::sync::Arc;

use axum::{
    body::Body,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use itsme_core::{AuthorizationRequest, Redirect, RequestObject};
use url::Url;

use super::{Cause, Logins, problem::random_name, store::AnyStore};

impl Logins {
    /// Passes requests by reference, so the URL that the user is sent to stays short. itsme
    /// fetches each request object from `/itsme/request/{name}` on the host of the redirect URI,
    /// with the port written out. itsme must be able to reach that address, and you must have
    /// registered it, without the name, during [onboarding](itsme_core::Client::request_object).
    /// Each request object is encrypted to itsme, is served to anyone who asks, and stays available
    /// for as long as the login can be finished.
    ///
    /// # Panics
    /// If [`keep_in`](Self::keep_in) has not been called first.
    #[must_use]
    pub fn host_requests(mut self) -> Self {
        assert!(self.store.is_some(), "request objects are hosted in a store; call keep_in first");
        let redirect_uri = self.client.core().redirect_uri().and_then(|uri| Url::parse(uri).ok());
        let place = redirect_uri.and_then(|uri| {
            let port = uri.port_or_known_default()?;
            let place = self.beside("request");
            Some(format!("{}://{}:{port}{place}/", uri.scheme(), uri.host_str()?))
        });
        self.request_uris = place.map(Arc::from);
        self
    }

    /// Starts the login and, if request objects are hosted, stores this one.
    pub(super) async fn redirect(&self, request: AuthorizationRequest) -> Result<Redirect, Cause> {
        let (Some(place), Some(store)) = (&self.request_uris, &self.store) else {
            return Ok(self.client.authorize(request).await?);
        };
        let (name, lifetime) = (random_name()?, self.client.core().login_lifetime());
        let request_uri = format!("{place}{name}");
        let hosted = self.client.request_object(request, request_uri, lifetime).await?;
        let jwt = hosted.object.jwt.expose();
        store.put(&stored_id(&name), jwt, lifetime).await.map_err(Cause::Store)?;
        Ok(hosted.redirect)
    }
}

fn stored_id(name: &str) -> String {
    format!("request:{name}")
}

pub(super) async fn serve(store: &dyn AnyStore, name: &str) -> Response {
    match store.get(&stored_id(name)).await {
        Ok(Some(jwt)) => {
            let media_type = (header::CONTENT_TYPE, RequestObject::MEDIA_TYPE);
            ([media_type, (header::CACHE_CONTROL, "no-store")], Body::from(jwt)).into_response()
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::error!(target: "itsme", "cannot read a request object: {error}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
