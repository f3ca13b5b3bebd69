//! Forms must come from our own pages.

use axum::http::HeaderMap;

/// Whether a page of another site sent the request. Browsers say so; other programs have no cookies
/// to misuse.
pub(super) fn is_from_another_site(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none")
}
