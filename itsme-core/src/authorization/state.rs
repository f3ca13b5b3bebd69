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

/// The login state that the application keeps between sending the user to itsme and the user's return.
///
/// It is serializable with serde (at most 1 KB of JSON with a typical redirect URI), versioned and opaque. Store it
/// under its [`id`](Self::id), so that logins in parallel tabs do not collide, and in a place that only this user's
/// browser session can access. **Remove it before finishing the login**, so that a replayed callback finds no login. To
/// find the login for a callback, look up [`Callback::state`](crate::Callback::state), which equals the login's `id`.
/// The callback is a navigation from a different site, so your session cookie must be `SameSite=Lax` to be sent with
/// it. The state contains the nonce and the PKCE verifier, so encrypt it if you put it in a cookie.
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

    /// The `state` parameter, which the callback also contains. Use it as the key under which you store this.
    pub fn id(&self) -> &str {
        &self.state
    }

    /// Whether the login has exceeded its lifetime or was started in the future.
    pub(crate) fn is_expired(&self, now: UnixTime, lifetime: Duration, leeway: Leeway) -> bool {
        leeway.is_future(self.requested.at, now) || now.since(self.requested.at) > lifetime
    }
}

opaque!(LoginState);
