//! What waits for a person, whichever way the client asked, and how the person acts on it.

use std::collections::BTreeMap;

use itsme_core::UnixTime;

use super::{FakeOp, authentication_request::AuthenticationRequest, authorization::Stage};
use crate::Person;

/// Something that waits for a person to act in the app.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Waiting {
    /// What kind of thing it is.
    pub kind: WaitingKind,
    /// Identifies it to [`FakeOp::act_on`].
    pub id: String,
    /// The client that asks.
    pub client_id: String,
    /// The person who is asked, if it names one.
    pub person: Option<Person>,
    /// The scopes, including `openid` and the service; empty for a QR session.
    pub scopes: Vec<String>,
    /// The names of individually requested claims, for the ID token or userinfo.
    pub claims: Vec<String>,
    /// The template of a confirmation, as in [`AskedInApp::template`](crate::AskedInApp::template).
    pub template: BTreeMap<String, String>,
    /// When it started waiting.
    pub since: UnixTime,
}

/// How a client reached the OP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitingKind {
    /// A browser on the sign-in page.
    Login,
    /// A QR code of user discovery, to be scanned.
    QrSession,
    /// A backchannel authentication request.
    Backchannel,
}

/// What a person does in the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Gesture {
    /// Approves a login or a backchannel request.
    Approve,
    /// Refuses a login or a backchannel request.
    Deny,
    /// Scans the QR code of a session.
    Scan,
    /// Never answers: it times out at once.
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

    /// The code of the requested service; a QR session has none yet.
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

    /// Acts, as a person, on something that [waits](Self::all_waiting). Approving or refusing a
    /// login returns the callback URL; reloading the sign-in page redirects there as well.
    ///
    /// Scanning requires a person. So does approving a login, unless the login names one.
    ///
    /// # Errors
    /// If nothing is waiting under this id, the gesture does not apply to it, or the person is
    /// missing or is not the one whom a backchannel request asks. The text says which. (A login for
    /// someone else ends in a callback with `access_denied`.)
    pub fn act_on(
        &mut self,
        id: &str,
        gesture: Gesture,
        person: Option<&Person>,
    ) -> Result<Option<String>, String> {
        let gone = || {
            format!(
                "nothing is waiting with the id {id:?}: it is unknown, already answered or timed out"
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
                return Err("name the person who acts".to_owned());
            }
            (WaitingKind::QrSession, ..) => {
                return Err("a QR session can only be scanned or dismissed".to_owned());
            }
            (_, Gesture::Scan, _) => return Err("only a QR session can be scanned".to_owned()),
        };
        done.map(|()| None).ok_or_else(gone)
    }
}
