use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    ground::{
        opaque::opaque,
        secret::{Secret, StoredSecret},
        time::UnixTime,
        version::Version,
    },
    settings::{identity::ClientIdentity, leeway::Leeway},
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
    v: Version<2>,
    state: String,
    pub(crate) nonce: StoredSecret,
    pub(crate) code_verifier: StoredSecret,
    pub(crate) redirect_uri: String,
    pub(crate) client: ClientIdentity,
    pub(crate) requested: Requested,
}

impl LoginState {
    pub(crate) fn new(
        client: ClientIdentity,
        state: String,
        (nonce, code_verifier): (Secret, Secret),
        redirect_uri: String,
        requested: Requested,
    ) -> Self {
        let (nonce, code_verifier) = (StoredSecret(nonce), StoredSecret(code_verifier));
        Self { v: Version, state, nonce, code_verifier, redirect_uri, client, requested }
    }

    /// The `state` parameter: the name to store it under, and what the callback carries.
    pub fn id(&self) -> &str {
        &self.state
    }

    /// Past its lifetime, or from the future.
    pub(crate) fn is_expired(&self, now: UnixTime, lifetime: Duration, leeway: Leeway) -> bool {
        leeway.is_future(self.requested.at, now) || now.since(self.requested.at) > lifetime
    }
}

opaque!(LoginState);
