//! User discovery sessions, which find out who is in front of the screen with the QR code.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{StatusCode, header};
use itsme_core::{Request, Response, UnixTime};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{
    super::{
        Document, FakeOp,
        answer::{self, Refused},
        client_auth::form,
        recent,
    },
    Ciba, qr_code,
};
use crate::{Person, RegisteredClient};

const SESSION_LIFETIME: Duration = Duration::from_secs(15 * 60);
const IDENTIFIER_LIFETIME: Duration = Duration::from_secs(5 * 60);

pub(super) struct Session {
    id: String,
    client_id: String,
    begun: UnixTime,
    until: UnixTime,
    polled: UnixTime,
    /// The number of QR codes that the session has shown. The last one is valid until `expires_at`.
    qr_codes: u32,
    expires_at: UnixTime,
    discovered: Option<Discovered>,
}

/// The person who scanned the QR code, and the `user_identifier_token` that stands for them.
struct Discovered {
    person: Person,
    token: String,
    until: UnixTime,
    used: bool,
}

impl Session {
    fn is_over(&self, now: UnixTime) -> bool {
        now >= self.until
    }

    fn is_pending(&self, now: UnixTime) -> bool {
        self.discovered.is_none() && !self.is_over(now)
    }
}

impl Ciba {
    /// The person whom a `user_identifier_token` names. The token can be used once, and only by the
    /// client that received it.
    pub(super) fn identify(
        &mut self,
        token: &str,
        client_id: &str,
        now: UnixTime,
    ) -> Result<Person, Refused> {
        let expired = |detail: &str| (400, "expired_login_hint_token", detail.to_owned());
        let own = self.sessions.iter_mut().filter(|session| session.client_id == client_id);
        let discovered =
            own.filter_map(|session| session.discovered.as_mut()).find(|it| it.token == token);
        let discovered = discovered
            .ok_or_else(|| (400, "unknown_user_id", "unknown user_identifier_token".to_owned()))?;
        if discovered.used {
            return Err(expired("the user_identifier_token has already been used"));
        }
        if now >= discovered.until {
            return Err(expired("the user_identifier_token has expired"));
        }
        discovered.used = true;
        Ok(discovered.person.clone())
    }
}

impl FakeOp {
    /// The ids of the user discovery sessions that are waiting for someone to scan their QR code,
    /// oldest first.
    pub fn pending_sessions(&self) -> Vec<&str> {
        self.sessions_to_scan().map(|(id, ..)| id).collect()
    }

    /// The ids of the waiting sessions, with their clients and start times.
    pub(in super::super) fn sessions_to_scan(
        &self,
    ) -> impl Iterator<Item = (&str, &str, UnixTime)> {
        let now = self.now();
        let pending = self.ciba.sessions.iter().filter(move |session| session.is_pending(now));
        pending.map(|session| (session.id.as_str(), session.client_id.as_str(), session.begun))
    }

    /// Expires a session immediately.
    pub(in super::super) fn end_session(&mut self, session_id: &str) {
        let now = self.now();
        for session in self.ciba.sessions.iter_mut().filter(|session| session.id == session_id) {
            session.until = now;
        }
    }

    /// Scans the QR code of a user discovery session as a person would in the app. The session's
    /// next poll returns a `user_identifier_token` for this person, which can be used once, within
    /// five minutes.
    ///
    /// # Panics
    /// If no such session [is pending](Self::pending_sessions).
    pub fn scan(&mut self, session_id: &str, person: &Person) {
        self.scan_pending(session_id, person).expect("no such user discovery session is pending");
    }

    /// Scans a session's QR code. Returns `None` if no such session is pending.
    pub(in super::super) fn scan_pending(
        &mut self,
        session_id: &str,
        person: &Person,
    ) -> Option<()> {
        let now = self.now();
        let token = self.identifier("user identifier");
        let mut sessions = self.ciba.sessions.iter_mut();
        let session = sessions.find(|it| it.id == session_id && it.is_pending(now))?;
        session.discovered = Some(Discovered {
            person: person.clone(),
            token,
            until: now.after(IDENTIFIER_LIFETIME),
            used: false,
        });
        self.know(person.clone());
        Some(())
    }

    /// Begins a session, or polls the one with this id.
    pub(in super::super) fn user_discovery(
        &mut self,
        request: &Request,
        session_id: Option<&str>,
    ) -> Response {
        let mut response = answer::of(self.discover(request, session_id));
        if response.status() == StatusCode::TOO_MANY_REQUESTS {
            let interval = self.ciba.interval().into();
            response.headers_mut().insert(header::RETRY_AFTER, interval);
        }
        response
    }

    fn discover(&mut self, request: &Request, session_id: Option<&str>) -> Result<Value, Refused> {
        let form = form(request)?;
        let client = self.authenticate(&form, &self.backchannel_endpoint())?;
        self.check_may_use_ciba(&client)?;
        let session = match session_id {
            Some(id) => self.poll_session(&percent_decoded(id), &client)?,
            None => self.begin_session(&client),
        };
        let mut body = self.session_answer(session);
        self.mischief.alter(Document::UserDiscovery, &mut body);
        Ok(body)
    }

    /// Begins a session and returns its index.
    fn begin_session(&mut self, client: &RegisteredClient) -> usize {
        let now = self.now();
        let session = Session {
            id: self.identifier("user discovery session") + &self.mischief.session_id_ends_in,
            client_id: client.client_id.clone(),
            begun: now,
            until: now.after(SESSION_LIFETIME),
            polled: now,
            qr_codes: 1,
            expires_at: now.after(self.ciba.qr_code_lifetime),
            discovered: None,
        };
        recent::wait(&mut self.ciba.sessions, session);
        self.ciba.sessions.len() - 1
    }

    fn poll_session(&mut self, id: &str, client: &RegisteredClient) -> Result<usize, Refused> {
        let refused = |status, code, detail: &str| Err((status, code, detail.to_owned()));
        let now = self.now();
        let interval = Duration::from_secs(self.ciba.interval().into());
        let mut sessions = self.ciba.sessions.iter_mut().enumerate();
        let Some((place, session)) = sessions.find(|(_, session)| session.id == id) else {
            return refused(404, "not_found", "unknown user discovery session");
        };
        if session.client_id != client.client_id {
            return refused(403, "access_denied", "the session belongs to a different client");
        }
        if session.is_over(now) {
            return refused(400, "invalid_request", "the user discovery session has expired");
        }
        if now.since(session.polled) < interval {
            return refused(429, "slow_down", "the interval has not passed since the last poll");
        }
        session.polled = now;
        if now >= session.expires_at {
            session.qr_codes += 1;
            session.expires_at = now.after(self.ciba.qr_code_lifetime);
        }
        Ok(place)
    }

    fn session_answer(&self, place: usize) -> Value {
        let session = &self.ciba.sessions[place];
        if let Some(discovered) = &session.discovered {
            return json!({
                "user_discovery_session_id": session.id,
                "status": "USER_DISCOVERED",
                "user_identifier_token": discovered.token,
            });
        }
        let content =
            format!("{}/scan?session={}&code={}", self.issuer, session.id, session.qr_codes);
        let mut body = json!({
            "user_discovery_session_id": session.id,
            "status": "PENDING_USER_DISCOVERY",
        });
        let qr_code = json!(STANDARD.encode(qr_code::png(&content)));
        let expires_at = json!(rfc3339(session.expires_at));
        let place = match self.ciba.qr_code_at_top_level {
            true => &mut body,
            false => &mut body["user_discovery_token"],
        };
        place["qr_code"] = qr_code;
        place["expires_at"] = expires_at;
        if let Some(interval) = self.ciba.interval {
            body["interval"] = json!(interval);
        }
        body
    }
}

/// Decodes a path segment, in which a plus sign is not a space.
fn percent_decoded(segment: &str) -> String {
    let pair = format!("x={}", segment.replace('+', "%2B"));
    let decoded = form_urlencoded::parse(pair.as_bytes()).next();
    decoded.map(|(_, id)| id.into_owned()).unwrap_or_default()
}

/// Formats a time in UTC, without fractions of a second.
pub(in super::super) fn rfc3339(time: UnixTime) -> String {
    let (days, second) = (time.as_secs() / 86_400, time.as_secs() % 86_400);
    // Years begin in March here, so that a leap day comes last. Day 0 is March 1 of the year 0,
    // which is 719,468 days before 1970, and 400 years have 146,097 days.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, year) = (if month < 10 { month + 3 } else { month - 9 }, year + era * 400);
    let year = if month <= 2 { year + 1 } else { year };
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}
