//! CIBA with user discovery: logins without redirecting a browser (CIBA Core, itsme: CIBA).

mod backchannel;
mod decision;
mod login_hint;
pub(super) mod qr_code;
mod redeem;
mod user_discovery;

#[cfg(test)]
mod strictness;

use std::time::Duration;

use itsme_core::{Dialect, Request};
use serde_json::{Map, Value, json};

pub use self::decision::AskedInApp;
pub(super) use self::user_discovery::rfc3339;
use self::{backchannel::Backchannel, user_discovery::Session};
use super::{FakeOp, answer::Refused};
use crate::{RegisteredClient, registration::Credentials};

pub(super) const CIBA_GRANT_TYPE: &str = "urn:openid:params:grant-type:ciba";

/// The polling interval in seconds that applies if a response does not contain one.
const DEFAULT_INTERVAL: u32 = 5;

/// The OP's CIBA settings and state.
pub(super) struct Ciba {
    /// The oldest session first. The requests are in the same order.
    sessions: Vec<Session>,
    requests: Vec<Backchannel>,
    pings: Vec<Request>,
    interval: Option<u32>,
    qr_code_lifetime: Duration,
    qr_code_at_top_level: bool,
}

impl Default for Ciba {
    fn default() -> Self {
        Self {
            sessions: Vec::new(),
            requests: Vec::new(),
            pings: Vec::new(),
            interval: Some(DEFAULT_INTERVAL),
            qr_code_lifetime: Duration::from_secs(30),
            qr_code_at_top_level: false,
        }
    }
}

impl Ciba {
    fn interval(&self) -> u32 {
        self.interval.unwrap_or(DEFAULT_INTERVAL)
    }
}

impl FakeOp {
    /// Sets the `interval` in CIBA responses: how many seconds a client must wait between polls. `None` omits
    /// it, so the default of 5 seconds applies.
    pub fn polling_interval(&mut self, seconds: Option<u32>) {
        self.ciba.interval = seconds;
    }

    /// Sets how long a user discovery QR code is valid. A poll after that returns a new one.
    /// Default: 30 seconds.
    pub fn qr_code_lifetime(&mut self, lifetime: Duration) {
        self.ciba.qr_code_lifetime = lifetime;
    }

    /// Puts `qr_code` and `expires_at` at the top level of the response, as a table in itsme's
    /// documentation shows them, instead of in `user_discovery_token`.
    pub fn qr_code_at_top_level(&mut self) {
        self.ciba.qr_code_at_top_level = true;
    }

    pub(super) fn ciba_metadata(&self) -> Map<String, Value> {
        let mut members = Map::new();
        for (name, value) in [
            ("grant_types_supported", json!(["authorization_code", CIBA_GRANT_TYPE])),
            ("backchannel_authentication_endpoint", json!(self.backchannel_endpoint())),
            ("backchannel_token_delivery_modes_supported", json!(["poll", "ping"])),
            ("backchannel_authentication_request_signing_alg_values_supported", json!(["RS256"])),
        ] {
            members.insert(name.to_owned(), value);
        }
        members
    }

    fn backchannel_endpoint(&self) -> String {
        self.endpoint("backchannel/authentication")
    }

    fn check_may_use_ciba(&self, client: &RegisteredClient) -> Result<(), Refused> {
        let refused = |detail: &str| Err((400, "unauthorized_client", detail.to_owned()));
        match client.credentials {
            _ if self.dialect == Dialect::V1 => refused("CIBA requires V2"),
            Credentials::Secret { .. } => refused("CIBA requires a client with keys"),
            Credentials::Keys(_) => Ok(()),
        }
    }
}
