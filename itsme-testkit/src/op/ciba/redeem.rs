//! The token endpoint for CIBA (CIBA Core §10 and §11).

use std::time::Duration;

use serde_json::Value;

use super::{
    super::{FakeOp, answer::Refused, grant::Grant, parameters::Parameters},
    backchannel::Decision,
};
use crate::RegisteredClient;

/// The number of seconds that `slow_down` adds to the interval.
const SLOW_DOWN: u32 = 5;

impl FakeOp {
    pub(in super::super) fn redeem_auth_req_id(
        &mut self,
        form: &Parameters,
        client: &RegisteredClient,
    ) -> Result<Value, Refused> {
        let refused = |status, code, detail: &str| Err((status, code, detail.to_owned()));
        self.check_may_use_ciba(client)?;
        let now = self.now();
        let auth_req_id = form.get("auth_req_id").unwrap_or_default();
        let interval = self.ciba.interval();
        let mut requests = self.ciba.requests.iter_mut().enumerate();
        let Some((place, found)) = requests.find(|(_, it)| it.auth_req_id == auth_req_id) else {
            return refused(
                400,
                "invalid_grant",
                "the auth_req_id is unknown or has already been used",
            );
        };
        if found.request.client.client_id != client.client_id {
            return refused(400, "invalid_grant", "the auth_req_id belongs to a different client");
        }
        if now >= found.expires {
            return refused(400, "expired_token", "the auth_req_id has expired");
        }
        // CIBA Core §7.3: the interval applies between two polls, so the first poll may happen at
        // any time.
        let interval = Duration::from_secs((interval + found.slowed_down * SLOW_DOWN).into());
        let previous = found.polled.replace(now);
        if previous.is_some_and(|previous| now.since(previous) < interval) {
            found.slowed_down += 1;
            return refused(400, "slow_down", "the interval has not passed since the last poll");
        }
        match found.decision {
            None => refused(400, "authorization_pending", "the person has not decided yet"),
            Some(Decision::Denied) => refused(400, "access_denied", "User refused"),
            Some(Decision::Approved(issued)) => {
                let done = self.ciba.requests.remove(place);
                let (request, person) = (done.request, done.person);
                let grant = Grant { request, person, nonce: None, issued };
                self.issue_tokens(done.auth_req_id, grant)
            }
        }
    }
}
