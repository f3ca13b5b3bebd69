//! What was asked of the OP lately, with what was in the tokens: for the page that shows it.

use std::collections::VecDeque;

use http::header;
use itsme_core::{Request, Response, SendFailure, UnixTime};
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::{Document, FakeOp, client_auth, refusal};
use crate::{
    jose,
    registration::{Credentials, RegisteredClient},
};

/// How many requests it holds.
const LENGTH: usize = 200;
/// How much of a text it keeps, in characters: 200 requests of 1 MiB would be many.
const LONGEST_TEXT: usize = 8_000;
/// How many parameters of a request it reads.
const MOST_PARAMETERS: usize = 50;

/// The last requests, newest first.
#[derive(Default)]
pub(super) struct Journal {
    entries: VecDeque<JournalEntry>,
    written: u64,
    /// What is being answered, before it is signed and encrypted to the client.
    issued: Vec<(String, String)>,
}

/// One request in the journal.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct JournalEntry {
    /// Its number: the first request has 1, and each later one the next.
    pub number: u64,
    /// Time of the request.
    pub at: UnixTime,
    /// Its method.
    pub method: String,
    /// Its path below the issuer; the whole address if the OP sent it.
    pub path: String,
    /// The status of the answer, or in words why there was none.
    pub outcome: String,
    /// Why the OP refused it.
    pub reason: Option<String>,
    /// The faults and quirks that were active.
    pub faults: Vec<String>,
    /// Parameters, tokens and what was answered: what it is, and its text.
    pub details: Vec<(String, String)>,
}

impl Journal {
    pub(super) fn entries(&self) -> impl Iterator<Item = &JournalEntry> {
        self.entries.iter()
    }

    /// A token is made for the answer.
    pub(super) fn issued(&mut self, document: Document, claims: &Value) {
        self.issued.push((format!("answer, claims of {document:?}"), format!("{claims:#}")));
    }

    fn write(&mut self, entry: JournalEntry) {
        self.written += 1;
        let details =
            entry.details.into_iter().map(|(what, text)| (shortened(what), shortened(text)));
        let (path, details) = (shortened(entry.path), details.collect());
        self.entries.push_front(JournalEntry { number: self.written, path, details, ..entry });
        self.entries.truncate(LENGTH);
    }
}

fn shortened(text: String) -> String {
    match text.char_indices().nth(LONGEST_TEXT) {
        Some((end, _)) => format!("{} … (cut)", &text[..end]),
        None => text,
    }
}

impl FakeOp {
    /// Keeps a journal of the last 200 requests from now on, with the tokens in them decoded. It is
    /// at `/journal` below the issuer.
    pub fn keep_journal(&mut self) {
        self.journal.get_or_insert_default();
    }

    /// The entries of the journal whose number is above this one, newest last. The journal holds 200.
    pub fn journal_since(&self, number: u64) -> Vec<JournalEntry> {
        let entries = self.journal.iter().flat_map(|journal| journal.entries.iter().rev());
        entries.filter(|entry| entry.number > number).cloned().collect()
    }

    /// Writes a request into the journal, if one is kept, that somebody has made for the OP, such as
    /// one of its [pings](Self::pings), with what has become of it.
    pub fn note_in_journal(&mut self, request: &Request, outcome: &str) {
        let body = String::from_utf8_lossy(request.body()).into_owned();
        let details = vec![("body".to_owned(), body)];
        let entry = self.new_entry(request, &request.uri().to_string(), details);
        if let Some(journal) = &mut self.journal {
            journal.write(JournalEntry { outcome: outcome.to_owned(), ..entry });
        }
    }

    /// What the journal will say of a request. It is read before it is acted on, by the keys of now.
    pub(super) fn journal_entry(&self, path: &str, request: &Request) -> Option<JournalEntry> {
        self.journal.as_ref()?;
        let query = request.uri().query().unwrap_or_default();
        let pairs = form_urlencoded::parse(query.as_bytes())
            .chain(form_urlencoded::parse(request.body()))
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .take(MOST_PARAMETERS);
        let pairs: Vec<(String, String)> = pairs.collect();
        let client_id = pairs.iter().find(|(name, _)| name == "client_id");
        let client = client_id.and_then(|(_, id)| self.client(id));
        let mut details = Vec::new();
        for (name, value) in pairs {
            let tokens = self.decoded(&name, &value, client);
            details.push((name, value));
            details.extend(tokens);
        }
        Some(self.new_entry(request, path, details))
    }

    fn new_entry(
        &self,
        request: &Request,
        path: &str,
        details: Vec<(String, String)>,
    ) -> JournalEntry {
        JournalEntry {
            number: 0,
            at: self.now(),
            method: request.method().to_string(),
            path: path.to_owned(),
            outcome: String::new(),
            reason: None,
            faults: self.mischief.faults.clone(),
            details,
        }
    }

    /// The tokens in a parameter, decoded, with whether they can be believed.
    fn decoded(
        &self,
        name: &str,
        value: &str,
        client: Option<&RegisteredClient>,
    ) -> Vec<(String, String)> {
        if !["request", "client_assertion", "login_hint_token"].contains(&name) {
            return Vec::new();
        }
        let is_encrypted = value.matches('.').count() == 4;
        let jws = match is_encrypted {
            true => self.encryption.decrypt(value),
            false => Ok(value.to_owned()),
        };
        let jws = match jws {
            Ok(jws) => jws,
            Err(reason) => return vec![(format!("{name}, not decrypted"), reason)],
        };
        let client = client.or_else(|| self.client(&client_auth::claimed_subject(&jws)?));
        let verified = match client.map(|client| &client.credentials) {
            None => Err("the client is not known".to_owned()),
            Some(Credentials::Keys(jwks)) => jose::verify(jwks, &jws),
            Some(Credentials::Secret { secret, .. }) => jose::verify_hs256(secret, &jws),
        };
        let encrypted = if is_encrypted { "encrypted, " } else { "" };
        let verdict = match &verified {
            Ok(_) => "verified".to_owned(),
            Err(reason) => format!("not verified: {reason}"),
        };
        let mut parts = jws.split('.').map(jose::decode_json);
        let (header, claims) = (parts.next(), parts.next());
        let text = |part: Option<Result<Map<String, Value>, String>>| match part {
            Some(Ok(members)) => format!("{:#}", Value::Object(members)),
            Some(Err(reason)) => reason,
            None => "it is missing".to_owned(),
        };
        // A request may carry the login hint, a JWT as well.
        let hint = claims.iter().flatten().find_map(|claims| claims.get("login_hint_token"));
        let hint = hint.and_then(Value::as_str).map(|hint| ("login_hint_token", hint.to_owned()));
        let mut decoded = vec![
            (format!("{name}, header ({encrypted}{verdict})"), text(header)),
            (format!("{name}, claims"), text(claims)),
        ];
        decoded.extend(hint.into_iter().flat_map(|(name, hint)| self.decoded(name, &hint, client)));
        decoded
    }

    /// Writes it down with what was answered.
    pub(super) fn write_into_journal(
        &mut self,
        entry: Option<JournalEntry>,
        answer: Result<&Response, &SendFailure>,
    ) {
        let (Some(journal), Some(mut entry)) = (&mut self.journal, entry) else { return };
        entry.details.append(&mut journal.issued);
        match answer {
            Ok(answer) => {
                entry.outcome = answer.status().as_u16().to_string();
                entry.reason = refusal::reason(answer).map(shortened);
                let media_type = answer.headers().get(header::CONTENT_TYPE);
                if let Some(location) = answer.headers().get(header::LOCATION) {
                    let location = String::from_utf8_lossy(location.as_bytes()).into_owned();
                    entry.details.push(("answer, location".to_owned(), location));
                } else if media_type.is_some_and(|it| it == "application/json") {
                    let body = String::from_utf8_lossy(answer.body()).into_owned();
                    entry.details.push(("answer".to_owned(), body));
                }
            }
            Err(_) => entry.outcome = "no answer".to_owned(),
        }
        journal.write(entry);
    }
}
