//! Recognizes look-ahead requests: browsers prefetch pages, and other programs check
//! links. Such a request must not use up a login.

use axum::{
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};

pub(super) fn is_look_ahead(method: &Method, headers: &HeaderMap) -> bool {
    // Matches `prefetch` with any suffix, and Safari's `preview`.
    let is_ahead =
        |name| headers.get(name).is_some_and(|purpose| purpose.as_bytes().starts_with(b"pre"));
    let purposes = ["sec-purpose", "purpose", "x-purpose", "x-moz"];
    method == Method::HEAD || purposes.into_iter().any(is_ahead)
}

/// The empty response to a look-ahead request. Without `no-store`, the browser would show it
/// instead of the real page.
pub(super) fn looked_ahead() -> Response {
    (StatusCode::NO_CONTENT, [(header::CACHE_CONTROL, "no-store")]).into_response()
}
