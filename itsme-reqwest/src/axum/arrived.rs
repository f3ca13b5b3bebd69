use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
};
use itsme_core::LoggedIn;

/// Someone who has come back from itsme after approving. The handler of
/// [`Logins::routes`](super::Logins::routes) takes it as an argument.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Arrived {
    /// Who it is.
    pub who: Arc<LoggedIn>,
    /// Where they want to go, a path of this application: the one given by
    /// `/itsme/login?return_to=` or the [`Errand`](super::Errand), or `/`.
    pub return_to: String,
    /// The note of the [`Errand`](super::Errand); `None` after a login.
    pub note: Option<String>,
    /// The `claims` parameter as sent, to archive with [`LoggedIn::evidence`].
    pub claims: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Arrived {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let misplaced = "Arrived only works in the handler of Logins::routes";
        let arrived = parts.extensions.remove::<Self>();
        arrived.ok_or((StatusCode::INTERNAL_SERVER_ERROR, misplaced))
    }
}
