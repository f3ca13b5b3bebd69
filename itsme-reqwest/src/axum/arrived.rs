use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
};
use itsme_core::LoggedIn;

/// Somebody has come back from itsme with what was asked: what the handler of [`Logins::routes`](super::Logins::routes)
/// takes.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Arrived {
    /// Who it is.
    pub who: Arc<LoggedIn>,
    /// Where they want to be, a path of this application: what `/itsme/login?return_to=` or the
    /// [`Errand`](super::Errand) said, or `/`.
    pub return_to: String,
    /// The note of the [`Errand`](super::Errand) that they were sent on; `None` after a login.
    pub note: Option<String>,
    /// The `claims` parameter as it was sent, to archive beside [`LoggedIn::evidence`].
    pub claims: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Arrived {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let misplaced = "Arrived is for the handler of Logins::routes";
        let arrived = parts.extensions.remove::<Self>();
        arrived.ok_or((StatusCode::INTERNAL_SERVER_ERROR, misplaced))
    }
}
