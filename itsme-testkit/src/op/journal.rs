//! The most recent requests to the OP, with their tokens decoded, for the journal page.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use http::{Method, header};
use itsme_core::{Request, Response, SendFailure, UnixTime};
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::{Document, FakeOp, Wire, client_auth, pages::Refused};
use crate::{
    jose,
    registration::{Credentials, RegisteredClient},
};

/// The maximum number of requests in the journal.
const LENGTH: usize = 200;
/// How many characters of each string the journal keeps: 200 requests of 1 MiB each would be too
/// much.
const LONGEST_TEXT: usize = 8_000;
/// The number of parameters that the journal records for a request.
const MOST_PARAMETERS: usize = 50;

/// The most recent requests, newest first.
#[derive(Default)]
pub(super) struct Journal {
    entries: VecDeque<JournalEntry>,
    /// Strings that identify later requests in the same login.
    marks: HashMap<String, Mark>,
    written: u64,
    /// The tokens of the current response, before signing and encryption.
    issued: Vec<(String, String)>,
}

/// A request in the journal.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct JournalEntry {
    /// The request's number, counting from 1.
    pub number: u64,
    /// Time of the request.
    pub at: UnixTime,
    /// The HTTP method.
    pub method: String,
    /// The path under the issuer, or the full URL of a request that the OP sent.
    pub path: String,
    /// The status of the response, or the reason why there was none.
    pub outcome: String,
    /// Why the OP refused the request, if it did.
    pub reason: Option<String>,
    /// The faults and quirks that were active.
    pub faults: Vec<String>,
    /// The number of the request that began this login.
    pub login: Option<u64>,
    /// Decoded tokens, each with a label and its content.
    pub decoded: Vec<(String, String)>,
    /// Parameters and responses as they were sent.
    pub details: Vec<(String, String)>,
    /// Strings that identify later requests in the same login: a page's query, a code, a token. They
    /// are moved to the journal when it records the entry.
    marks: Vec<String>,
}

/// The login and the entry in which a mark was seen.
#[derive(Clone, Copy)]
struct Mark {
    login: u64,
    /// The newest entry with this mark.
    entry: u64,
}

/// Members of a response that the client sends back later.
const GIVEN: [&str; 5] =
    ["access_token", "auth_req_id", "code", "user_discovery_session_id", "user_identifier_token"];

/// The endpoints that accept an `Authorization` header from a client.
const TAKE_AUTHORIZATION: [&str; 4] = ["/token", "/userinfo", "/picture", "/connect/revoke"];

impl Journal {
    pub(super) fn entries(&self) -> impl Iterator<Item = &JournalEntry> {
        self.entries.iter()
    }

    /// Records a token that was issued for the current response.
    pub(super) fn issued(&mut self, document: Document, claims: &Value) {
        self.issued.push((format!("answer, claims of {document:?}"), format!("{claims:#}")));
    }

    fn write(&mut self, mut entry: JournalEntry) {
        self.written += 1;
        entry.number = self.written;
        entry.path = shortened(entry.path);
        entry.reason = entry.reason.map(shortened);
        for texts in [&mut entry.decoded, &mut entry.details] {
            for (what, text) in texts {
                *what = shortened(std::mem::take(what));
                *text = shortened(std::mem::take(text));
            }
        }
        entry.marks = entry.marks.into_iter().map(shortened).collect();
        let begins = (!entry.marks.is_empty()).then_some(entry.number);
        entry.login = self.login_of(&entry).or(begins);
        if let Some(login) = entry.login {
            let mark = Mark { login, entry: entry.number };
            self.marks.extend(std::mem::take(&mut entry.marks).into_iter().map(|it| (it, mark)));
        }
        self.entries.push_front(entry);
        if self.entries.len() > LENGTH {
            let oldest = self.entries.pop_back().map_or(0, |entry| entry.number);
            self.marks.retain(|_, mark| mark.entry != oldest);
        }
    }

    /// The login to which this request belongs: that of an earlier request whose response contained
    /// one of this request's values.
    fn login_of(&self, entry: &JournalEntry) -> Option<u64> {
        let texts = entry.decoded.iter().chain(&entry.details).map(|(_, text)| text.as_str());
        let texts =
            texts.chain([entry.path.as_str()]).chain(entry.marks.iter().map(String::as_str));
        let is_end = |c: char| !c.is_ascii_alphanumeric() && !"-._~".contains(c);
        texts
            .flat_map(|text| text.split(is_end).chain([text]))
            .find_map(|it| self.marks.get(it).map(|mark| mark.login))
    }

    /// Records that the code in a callback URL belongs to the same login as the page.
    pub(super) fn goes_on(&mut self, page: &str, callback: &str) {
        let mark = self.marks.get(&shortened(page.to_owned())).copied();
        self.marks.extend(parameter(callback, "code").zip(mark));
    }
}

/// Returns a parameter from a URL's query.
pub(super) fn parameter(url: &str, name: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

fn shortened(text: String) -> String {
    match text.char_indices().nth(LONGEST_TEXT) {
        Some((end, _)) => format!("{} … (cut)", &text[..end]),
        None => text,
    }
}

/// Joins an error's code and description.
fn reason(error: [Option<String>; 2]) -> Option<String> {
    match error {
        [Some(error), Some(description)] => Some(format!("{error}: {description}")),
        [error, description] => error.or(description),
    }
}

impl FakeOp {
    /// Starts keeping a journal of the last 200 requests, with their tokens decoded. It is served
    /// at `/journal` under the issuer.
    pub fn keep_journal(&mut self) {
        self.journal.get_or_insert_default();
    }

    /// Records a request that someone sent on the OP's behalf, such as one of its
    /// [pings](Self::pings), and its outcome. Does nothing if the OP keeps no journal.
    pub fn note_in_journal(&mut self, request: &Request, outcome: &str) {
        let body = String::from_utf8_lossy(request.body()).into_owned();
        let details = vec![("body".to_owned(), body)];
        let entry = self.new_entry(request, request.uri().to_string());
        if let Some(journal) = &mut self.journal {
            journal.write(JournalEntry { outcome: outcome.to_owned(), details, ..entry });
        }
    }

    /// The journal entries with a number greater than this one, newest last. The journal holds the
    /// last 200.
    pub fn journal_since(&self, number: u64) -> Vec<JournalEntry> {
        let entries = self.journal.iter().flat_map(|journal| journal.entries.iter().rev());
        entries.filter(|entry| entry.number > number).cloned().collect()
    }

    /// Creates an entry with what is known before the request is processed.
    fn new_entry(&self, request: &Request, path: String) -> JournalEntry {
        JournalEntry {
            number: 0,
            at: self.now(),
            method: request.method().to_string(),
            path,
            outcome: String::new(),
            reason: None,
            faults: self.injected().to_vec(),
            login: None,
            decoded: Vec::new(),
            details: Vec::new(),
            marks: Vec::new(),
        }
    }

    /// Creates the journal entry for a request. This happens before the request is processed, so
    /// that its tokens are decoded with the keys in use at that moment.
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
        let tokens = pairs.iter().map(|(name, value)| self.decoded(name, value, client));
        let decoded = tokens.flatten().collect();
        let mut details = pairs;
        let header = request.headers().get(header::AUTHORIZATION);
        // On other paths, the header is not a client's.
        if let Some(header) = header.filter(|_| TAKE_AUTHORIZATION.contains(&path)) {
            let header = String::from_utf8_lossy(header.as_bytes()).into_owned();
            details.push(("authorization, header".to_owned(), header));
        }
        let is_page = path == "/authorization" && request.method() == Method::GET;
        // A shorter query might be part of many other texts.
        let marks =
            if is_page && query.contains('=') { vec![query.to_owned()] } else { Vec::new() };
        let entry = self.new_entry(request, path.to_owned());
        Some(JournalEntry { decoded, details, marks, ..entry })
    }

    /// Decodes the tokens in a parameter, each with a verdict on its signature.
    fn decoded(
        &self,
        name: &str,
        value: &str,
        client: Option<&Arc<RegisteredClient>>,
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
            None => Err("unknown client".to_owned()),
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
        // A request can also contain the login hint as a JWT.
        let hint = claims.iter().flatten().find_map(|claims| claims.get("login_hint_token"));
        let hint = hint.and_then(Value::as_str).map(|hint| ("login_hint_token", hint.to_owned()));
        let mut decoded = vec![
            (format!("{name}, header ({encrypted}{verdict})"), text(header)),
            (format!("{name}, claims"), text(claims)),
        ];
        decoded.extend(hint.into_iter().flat_map(|(name, hint)| self.decoded(name, &hint, client)));
        decoded
    }

    /// Adds the response to the entry and writes it to the journal.
    pub(super) fn write_into_journal(
        &mut self,
        entry: Option<JournalEntry>,
        answered: &Result<(Response, Option<Wire>), SendFailure>,
    ) {
        let (Some(journal), Some(mut entry)) = (&mut self.journal, entry) else { return };
        entry.decoded.append(&mut journal.issued);
        match answered {
            Ok((answer, wire)) => {
                entry.outcome = match wire {
                    None | Some(Wire::Late(_)) => answer.status().as_u16().to_string(),
                    Some(_) => format!("{}, not sent in full", answer.status().as_u16()),
                };
                let media_type = answer.headers().get(header::CONTENT_TYPE);
                if let Some(Refused(reason)) = answer.extensions().get() {
                    entry.reason = Some(reason.clone());
                }
                if let Some(location) = answer.headers().get(header::LOCATION) {
                    let location = String::from_utf8_lossy(location.as_bytes()).into_owned();
                    entry.marks.extend(parameter(&location, "code"));
                    let texts = ["error", "error_description"];
                    entry.reason = reason(texts.map(|name| parameter(&location, name)));
                    entry.details.push(("answer, location".to_owned(), location));
                } else if media_type.is_some_and(|it| it == "application/json") {
                    let members: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
                    let text = |name: &str| members[name].as_str().map(str::to_owned);
                    entry.marks.extend(GIVEN.into_iter().filter_map(text));
                    entry.reason = reason(["error", "detail"].map(text));
                    let body = String::from_utf8_lossy(answer.body()).into_owned();
                    entry.details.push(("answer".to_owned(), body));
                } else if let Some(challenge) = answer.headers().get(header::WWW_AUTHENTICATE) {
                    entry.reason = Some(String::from_utf8_lossy(challenge.as_bytes()).into_owned());
                }
            }
            Err(_) => entry.outcome = "no answer".to_owned(),
        }
        journal.write(entry);
    }
}
