use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
};
use itsme_core::LoggedIn;

/// A user who has come back from itsme after approving. The handler that you pass to
/// [`Logins::routes`](super::Logins::routes) takes it as an argument.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Arrived {
    /// The user who logged in or approved.
    pub who: Arc<LoggedIn>,
    /// Where to send the user next, as a path in this application. It is the path given by
    /// `/itsme/login?return_to=` or by the [`Errand`](super::Errand), or else `/`.
    pub return_to: String,
    /// The note from the [`Errand`](super::Errand), or `None` after a login.
    pub note: Option<String>,
    /// The `claims` parameter exactly as it was sent, to archive with [`LoggedIn::evidence`].
    pub claims: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Arrived {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let misplaced = "Arrived works only in the handler for Logins::routes";
        let arrived = parts.extensions.remove::<Self>();
        arrived.ok_or((StatusCode::INTERNAL_SERVER_ERROR, misplaced))
    }
}
