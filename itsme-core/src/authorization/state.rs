use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    ground::{
        secret::{self, Secret},
        time::UnixTime,
        version::Version1,
    },
    tokens::requested::Requested,
};

/// What the application keeps between sending a person to itsme and their return.
///
/// It is serde (at most 1 KB of JSON beside a redirect URI of usual length), versioned and opaque.
/// Keep it where only this person's browser session leads, under [`id`](Self::id), so that logins
/// in parallel tabs do not meet; **take it out before redeeming**, so that a replayed callback
/// finds none. [`Callback::state`](crate::Callback::state) tells the name of the one that a callback
/// answers. The callback is a navigation from another site: a session cookie must be
/// `SameSite=Lax`, or it does not come along. It holds the nonce and the PKCE verifier: in a cookie, encrypt it.
#[derive(Serialize, Deserialize)]
pub struct LoginState {
    v: Version1,
    state: String,
    #[serde(serialize_with = "secret::serialize", deserialize_with = "secret::deserialize")]
    pub(crate) nonce: Secret,
    #[serde(serialize_with = "secret::serialize", deserialize_with = "secret::deserialize")]
    pub(crate) code_verifier: Secret,
    pub(crate) redirect_uri: String,
    client_id: String,
    issuer: String,
    pub(crate) asked: Requested,
}

impl LoginState {
    pub(crate) fn new(
        (client_id, issuer): (&str, &str),
        state: String,
        (nonce, code_verifier): (Secret, Secret),
        redirect_uri: String,
        asked: Requested,
    ) -> Self {
        let (client_id, issuer) = (client_id.to_owned(), issuer.to_owned());
        let v = Version1;
        Self { v, state, nonce, code_verifier, redirect_uri, client_id, issuer, asked }
    }

    /// The `state` parameter: the name to store it under, and what the callback carries.
    pub fn id(&self) -> &str {
        &self.state
    }

    pub(crate) fn is_of(&self, client_id: &str, issuer: &str) -> bool {
        self.client_id == client_id && self.issuer == issuer
    }

    /// Past its lifetime, or from the future.
    pub(crate) fn is_expired(&self, now: UnixTime, lifetime: Duration, leeway: Duration) -> bool {
        self.asked.at > now.after(leeway) || now.since(self.asked.at) > lifetime
    }
}

impl fmt::Debug for LoginState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginState").finish_non_exhaustive()
    }
}
