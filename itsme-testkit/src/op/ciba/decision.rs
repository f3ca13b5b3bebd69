//! The person's decision on a backchannel authentication request.

use std::collections::BTreeMap;

use itsme_core::{Request, UnixTime};

use super::{
    super::{
        FakeOp,
        authentication_request::AuthenticationRequest,
        waiting::{Waiting, WaitingKind},
    },
    backchannel::{Backchannel, Decision},
};
use crate::Person;

const NOT_PENDING: &str = "no such backchannel authentication request is pending";

/// A pending backchannel authentication request, as the app shows it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AskedInApp {
    /// The id to pass to [`FakeOp::approve_backchannel`] and [`FakeOp::deny_backchannel`].
    pub auth_req_id: String,
    /// The client that made the request.
    pub client_id: String,
    /// The person whom the request is for.
    pub person: Person,
    /// The scopes, including `openid` and the service.
    pub scopes: Vec<String>,
    /// The names of individually requested claims, whether for the ID token or for userinfo.
    pub claims: Vec<String>,
    /// The template of a confirmation. Its keys are the claim names with everything up to
    /// and including `claim_approval_` removed: `template_name`, `text_key` and so on. Empty if there is nothing to
    /// confirm.
    pub template: BTreeMap<String, String>,
}

impl Backchannel {
    fn is_pending(&self, now: UnixTime) -> bool {
        self.decision.is_none() && now < self.expires
    }
}

impl FakeOp {
    /// The backchannel authentication requests waiting for a decision, oldest first.
    pub fn pending_backchannel(&self) -> Vec<AskedInApp> {
        let shown = self.requests_to_decide().map(|(id, request, person, _)| AskedInApp {
            auth_req_id: id.to_owned(),
            client_id: request.client.client_id.clone(),
            person: person.clone(),
            scopes: request.scopes.clone(),
            claims: request.claims.about_the_person().cloned().collect(),
            template: request.claims.template(self.dialect),
        });
        shown.collect()
    }

    /// The backchannel authentication requests waiting for a decision, with their `auth_req_id`,
    /// person and start time.
    pub(in super::super) fn requests_to_decide(
        &self,
    ) -> impl Iterator<Item = (&str, &AuthenticationRequest, &Person, UnixTime)> {
        let now = self.now();
        let pending = self.ciba.requests.iter().filter(move |pending| pending.is_pending(now));
        pending.map(|it| (it.auth_req_id.as_str(), &it.request, &it.person, it.since))
    }

    /// The waiting user discovery sessions, followed by the waiting backchannel requests, each
    /// oldest first.
    pub(in super::super) fn waiting_without_a_browser(&self) -> impl Iterator<Item = Waiting> {
        let sessions = self.sessions_to_scan().map(|(id, client_id, since)| Waiting {
            kind: WaitingKind::QrSession,
            id: id.to_owned(),
            client_id: client_id.to_owned(),
            person: None,
            scopes: Vec::new(),
            claims: Vec::new(),
            template: BTreeMap::new(),
            since,
        });
        let requests = self.requests_to_decide().map(|(id, request, person, since)| {
            let what = (WaitingKind::Backchannel, id, since);
            Waiting::of(self, what, request, Some(person.clone()))
        });
        sessions.chain(requests)
    }

    /// Approves a request as the person would in the app. The next poll returns the tokens. A
    /// client in ping mode also receives [a ping](Self::pings).
    ///
    /// # Panics
    /// If no such request [is pending](Self::pending_backchannel).
    pub fn approve_backchannel(&mut self, auth_req_id: &str) {
        self.decide_backchannel(auth_req_id, true).expect(NOT_PENDING);
    }

    /// Refuses a request as the person would in the app. The next poll fails with `access_denied`.
    /// A client in ping mode also receives [a ping](Self::pings).
    ///
    /// # Panics
    /// If no such request [is pending](Self::pending_backchannel).
    pub fn deny_backchannel(&mut self, auth_req_id: &str) {
        self.decide_backchannel(auth_req_id, false).expect(NOT_PENDING);
    }

    /// Makes a request time out: the next poll fails with `expired_token`.
    ///
    /// # Panics
    /// If no such request [is pending](Self::pending_backchannel).
    pub fn expire_backchannel(&mut self, auth_req_id: &str) {
        self.end_backchannel(auth_req_id).expect(NOT_PENDING);
    }

    /// Returns and removes the pings for all decisions since the last call. They are `POST`
    /// requests to the clients' [notification
    /// endpoints](crate::RegisteredClient::notification_endpoint). The OP opens no sockets, so pass
    /// them to your application yourself.
    pub fn pings(&mut self) -> Vec<Request> {
        std::mem::take(&mut self.ciba.pings)
    }

    /// Decides a request. Returns `None` if no such request is pending.
    pub(in super::super) fn decide_backchannel(
        &mut self,
        auth_req_id: &str,
        is_approved: bool,
    ) -> Option<()> {
        let now = self.now();
        let found = self.pending(auth_req_id)?;
        found.decision = Some(if is_approved { Decision::Approved(now) } else { Decision::Denied });
        if let Some(ping) = found.ping.take() {
            // After the ping, the client may poll immediately, no matter when it last polled.
            found.polled = None;
            self.ciba.pings.push(ping);
        }
        Some(())
    }

    /// Makes a request time out. Returns `None` if no such request is pending.
    pub(in super::super) fn end_backchannel(&mut self, auth_req_id: &str) -> Option<()> {
        let now = self.now();
        self.pending(auth_req_id)?.expires = now;
        Some(())
    }

    fn pending(&mut self, auth_req_id: &str) -> Option<&mut Backchannel> {
        let now = self.now();
        let mut requests = self.ciba.requests.iter_mut();
        requests.find(|it| it.auth_req_id == auth_req_id && it.is_pending(now))
    }
}
