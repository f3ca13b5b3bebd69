use std::{
    sync::{Arc, mpsc::Sender},
    time::Duration,
};

use itsme_core::{
    AuthorizationRequest, Claim, DriveError, Error, JoseError, LoggedIn, Platform, Scope,
    TokenError,
};

use super::{
    LOGINS, NOBODYS, OUTAGE_BEGINS, OUTAGE_ENDS, PAUSE, ROTATIONS, Shared, VISITORS, WARM,
    faults::INJECTED, lock, resources::Resources,
};
use crate::{Clock, Person, SERVICE};

/// A person who logs in over and over, in the OP's time.
#[derive(Debug)]
pub struct Visitor {
    shared: Arc<Shared>,
    person: Person,
    sub: String,
    clock: Clock,
    /// The delay of this visitor relative to the first one.
    turn: Duration,
    logins: u32,
    /// The number of rotations before this login began.
    began: usize,
    _gone: Sender<()>,
}

impl Visitor {
    pub(super) fn new(number: u32, shared: Arc<Shared>, gone: Sender<()>) -> Self {
        let name = format!("visitor-{number}");
        let person = Person::new(&name)
            .with("given_name", name.as_str())
            .with("email", format!("{name}@mail.example"));
        let turn = PAUSE * number / VISITORS;
        let (sub, clock) = (shared.server.op().sub_of(&person), shared.clock.clone());
        Self { shared, person, sub, clock, turn, logins: 0, began: 0, _gone: gone }
    }

    /// The time to wait before the next login, or `None` after the last one.
    pub fn next_pause(&mut self) -> Option<Duration> {
        self.logins += 1;
        match self.logins {
            // All visitors start at the same time, with nothing cached. Afterwards they take turns.
            1 => Some(Duration::ZERO),
            2 => Some(PAUSE + self.turn),
            3..=LOGINS => Some(PAUSE),
            // Rotations wait for logins, so on a slow machine there are fewer rotations for the
            // same number of logins.
            _ => (lock(&self.shared.seen).rotations < ROTATIONS).then_some(PAUSE),
        }
    }

    /// Begins a login and returns the request to make.
    pub fn login(&mut self) -> AuthorizationRequest {
        let mut seen = lock(&self.shared.seen);
        seen.begun += 1;
        self.began = seen.rotations;
        seen.under_way.push(self.began);
        seen.most_at_once = seen.most_at_once.max(seen.under_way.len());
        // Request one claim in the ID token and one in the userinfo response.
        let login = AuthorizationRequest::login(SERVICE).claim(Claim::GivenName);
        login.scope(Scope::Email).scopes_by_userinfo()
    }

    /// The time and randomness with which to run the flows.
    pub fn env(&mut self) -> &mut impl Platform {
        &mut self.clock
    }

    /// Approves the login in the app. Returns the callback URL.
    pub fn approve(&self, url: &str) -> String {
        self.shared.server.approve(url, &self.person)
    }

    /// Records the outcome of the login.
    pub fn note<E: std::error::Error>(&self, result: Result<LoggedIn, DriveError<E>>) {
        let mut seen = lock(&self.shared.seen);
        if let Some(place) = seen.under_way.iter().position(|began| *began == self.began) {
            seen.under_way.swap_remove(place);
        }
        match result {
            Ok(who) if self.is(&who) => seen.people += 1,
            Ok(who) => {
                seen.others.push(format!("{} was logged in as {}", self.person.id(), who.user.sub))
            }
            Err(DriveError::Transport { .. }) => seen.failed.lost += 1,
            Err(error @ DriveError::Key { .. }) => seen.others.push(error.to_string()),
            Err(DriveError::Flow(error)) => match error {
                Error::UnexpectedReply(reply) if reply.status == 503 => seen.failed.pages += 1,
                Error::Refused(refusal) if refusal.description.as_deref() == Some(INJECTED) => {
                    seen.failed.refusals += 1;
                }
                Error::IdToken(TokenError::Jose(JoseError::UnknownSigningKey {
                    kid: Some(kid),
                    ..
                }))
                | Error::Userinfo(TokenError::Jose(JoseError::UnknownSigningKey {
                    kid: Some(kid),
                    ..
                })) if kid == NOBODYS => {
                    seen.nobodys += 1;
                }
                error => seen.others.push(error.to_string()),
            },
        }
        match seen.total() {
            WARM => seen.warm = Some(Resources::now()),
            ended @ (OUTAGE_BEGINS | OUTAGE_ENDS) => {
                let kid = (ended == OUTAGE_BEGINS).then_some(NOBODYS);
                self.shared.server.op().forge_kid(kid);
                seen.outage.push(self.clock.now());
            }
            _ => {}
        }
    }

    fn is(&self, who: &LoggedIn) -> bool {
        let claims = self.person.claims();
        let is = |claim: &str, found: &Option<String>| {
            claims.get(claim).and_then(|value| value.as_str()) == found.as_deref()
        };
        who.user.sub == self.sub
            && is("given_name", &who.user.given_name)
            && is("email", &who.user.email)
    }
}
