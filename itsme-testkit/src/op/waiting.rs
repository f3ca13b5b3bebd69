//! Logins and requests that are waiting for a person, and the person's actions on them.

use std::collections::BTreeMap;

use itsme_core::UnixTime;

use super::{FakeOp, authentication_request::AuthenticationRequest, authorization::Stage};
use crate::Person;

/// Something that is waiting for a person to act in the app.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Waiting {
    /// What is waiting.
    pub kind: WaitingKind,
    /// The id to pass to [`FakeOp::act_on`].
    pub id: String,
    /// The client that made the request.
    pub client_id: String,
    /// The person whom the request is for, if it names one.
    pub person: Option<Person>,
    /// The scopes, including `openid` and the service. Empty for a QR session.
    pub scopes: Vec<String>,
    /// The names of individually requested claims, whether for the ID token or for userinfo.
    pub claims: Vec<String>,
    /// The template of a confirmation, with the same keys as in
    /// [`AskedInApp::template`](crate::AskedInApp::template).
    pub template: BTreeMap<String, String>,
    /// Time at which it started waiting.
    pub since: UnixTime,
}

/// What is waiting for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitingKind {
    /// A login in a browser, which shows the sign-in page.
    Login,
    /// A user discovery session, whose QR code a person can scan.
    QrSession,
    /// A backchannel authentication request, sent without a browser.
    Backchannel,
}

/// An action that a person takes in the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Gesture {
    /// Approves a login or a backchannel request.
    Approve,
    /// Refuses a login or a backchannel request.
    Deny,
    /// Scans the QR code of a user discovery session.
    Scan,
    /// Ignores a login, a QR code or a backchannel request, which then times out immediately.
    Dismiss,
}

impl Waiting {
    pub(super) fn of(
        op: &FakeOp,
        (kind, id, since): (WaitingKind, &str, UnixTime),
        request: &AuthenticationRequest,
        person: Option<Person>,
    ) -> Self {
        Self {
            kind,
            id: id.to_owned(),
            client_id: request.client.client_id.clone(),
            person,
            scopes: request.scopes.clone(),
            claims: request.claims.about_the_person().cloned().collect(),
            template: request.claims.template(op.dialect),
            since,
        }
    }

    /// The code of the requested service. `None` for a QR session, which does not have a service
    /// yet.
    pub fn service(&self) -> Option<&str> {
        self.scopes.iter().find_map(|scope| scope.strip_prefix("service:"))
    }
}

impl FakeOp {
    /// Everything that is waiting for a person: logins on the sign-in page, QR sessions and
    /// backchannel requests, each oldest first.
    ///
    /// ```
    /// use itsme_testkit::{FakeOp, Gesture, Person, World};
    ///
    /// let mut op = FakeOp::new(World::new().clock());
    /// let url = "https://op.example/v2/authorization?client_id=TEST_CLIENT&response_type=code\
    ///     &scope=openid%20service:TEST_LOGIN&redirect_uri=https://rp.example/itsme/callback";
    /// op.handle(http::Request::get(url).body(Vec::new())?).expect("an answer");
    ///
    /// let id = op.all_waiting()[0].id.clone();
    /// let callback = op.act_on(&id, Gesture::Approve, Some(&Person::ann()))?;
    /// assert!(callback.is_some_and(|url| url.starts_with("https://rp.example/itsme/callback?code=")));
    /// assert!(op.all_waiting().is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn all_waiting(&self) -> Vec<Waiting> {
        let now = self.now();
        let logins = self.on_page.iter().filter_map(|page| match &page.stage {
            Stage::Waiting(presented) if !page.is_over(now) => {
                let request = &presented.request;
                let client_id = &request.client.client_id;
                let known = request.claims.known_user();
                let person = known.and_then(|sub| self.person_with(client_id, sub));
                Some(Waiting::of(self, (WaitingKind::Login, &page.id, page.since), request, person))
            }
            _ => None,
        });
        logins.chain(self.waiting_without_a_browser()).collect()
    }

    /// Acts, as a person would, on something that is [waiting](Self::all_waiting). Approving or
    /// refusing a login returns the callback URL. After that, reloading the sign-in page also redirects
    /// there.
    ///
    /// Scanning requires a `person`. So does approving a login, unless the login names one.
    ///
    /// # Errors
    /// If nothing with this id is waiting, if the gesture does not apply to it, or if the person
    /// is missing or is not the one whom a backchannel request is for. The text describes the
    /// problem. (Approving a login that is for a different person is not an error; it leads to a
    /// callback with `access_denied`.)
    pub fn act_on(
        &mut self,
        id: &str,
        gesture: Gesture,
        person: Option<&Person>,
    ) -> Result<Option<String>, String> {
        let gone = || {
            format!(
                "no pending request has the id {id:?}: it is unknown, already answered or timed out"
            )
        };
        let found = self.all_waiting().into_iter().find(|it| it.id == id);
        let Waiting { kind, person: asked, .. } = found.ok_or_else(gone)?;
        let other = |who: &&Person| asked.as_ref().is_some_and(|asked| asked.id() != who.id());
        let done = match (kind, gesture, person.or(asked.as_ref())) {
            (WaitingKind::Login, Gesture::Dismiss, _) => {
                self.on_page.retain(|page| page.id != id);
                Some(())
            }
            (WaitingKind::Login, Gesture::Deny, _) => {
                return self.decide_by_phone(id, None).map(Some).ok_or_else(gone);
            }
            (WaitingKind::Login, Gesture::Approve, Some(person)) => {
                return self.decide_by_phone(id, Some(person)).map(Some).ok_or_else(gone);
            }
            (WaitingKind::Backchannel, Gesture::Approve, Some(who)) if other(&who) => {
                let asked = asked.as_ref().map_or("nobody", Person::id);
                return Err(format!("this request is for {asked}, not for {}", who.id()));
            }
            (WaitingKind::Backchannel, Gesture::Approve, _) => self.decide_backchannel(id, true),
            (WaitingKind::Backchannel, Gesture::Deny, _) => self.decide_backchannel(id, false),
            (WaitingKind::Backchannel, Gesture::Dismiss, _) => self.end_backchannel(id),
            (WaitingKind::QrSession, Gesture::Scan, Some(person)) => self.scan_pending(id, person),
            (WaitingKind::QrSession, Gesture::Dismiss, _) => {
                self.end_session(id);
                Some(())
            }
            (WaitingKind::Login, Gesture::Approve, None)
            | (WaitingKind::QrSession, Gesture::Scan, None) => {
                return Err("name the person who approves or scans".to_owned());
            }
            (WaitingKind::QrSession, ..) => {
                return Err("a QR session can only be scanned or dismissed".to_owned());
            }
            (_, Gesture::Scan, _) => return Err("only a QR session can be scanned".to_owned()),
        };
        done.map(|()| None).ok_or_else(gone)
    }
}
