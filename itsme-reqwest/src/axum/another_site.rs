//! Rejects forms that were sent from another site's pages.

use axum::http::HeaderMap;

/// Whether a page on another site sent the request. Browsers report this in a header. Other
/// programs don't, but they have no cookies that a site could misuse.
pub(super) fn is_from_another_site(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none")
}
