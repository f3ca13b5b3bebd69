use std::{fmt, time::Duration};

use crate::{
    claims::acr::Acr,
    evidence::Evidence,
    ground::{secret::Secret, time::UnixTime},
    user::User,
};

/// A person who has logged in: every check was made (see the table in the crate's front page).
#[non_exhaustive]
pub struct LoggedIn {
    /// Who it is.
    pub user: User,
    /// How strongly they were authenticated, if the OP said it in a way that itsme defines.
    pub acr: Option<Acr>,
    /// When they were authenticated, if the OP said it.
    pub auth_time: Option<UnixTime>,
    /// Opens the userinfo endpoint and the picture for a few minutes. Do not store it.
    pub access_token: Secret,
    /// How long the access token is good from now, if the OP said it.
    pub expires_in: Option<Duration>,
    /// What proves all this later.
    pub evidence: Evidence,
}

impl fmt::Debug for LoggedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoggedIn").field("user", &self.user).finish_non_exhaustive()
    }
}
