//! The OP's pages: plain HTML that works without JavaScript.

mod asked;
mod confirm_text;
mod data_words;
mod faults;
mod frame;
mod journal;
mod landing;
mod language;
mod phone;
mod sign_in;
#[cfg(test)]
mod style;
mod words;

use http::{Method, header};
use itsme_core::{Request, Response};

pub(super) use self::frame::Refused;
use super::{FakeOp, answer};
use crate::Person;

/// How often a waiting page reloads itself, in seconds.
const REFRESH: u32 = 2;

impl FakeOp {
    /// Serves a page that is not part of the protocol. Faults never affect such a page, and the
    /// journal does not record it.
    pub(super) fn page(&mut self, path: &str, request: &Request) -> Option<Response> {
        match (request.method(), path) {
            (&Method::GET, "" | "/") => Some(self.landing(request)),
            (&Method::GET, "/phone") => Some(self.phone(request)),
            (&Method::POST, "/phone") => Some(self.use_phone(request)),
            (&Method::GET, "/faults") => Some(self.faults(request)),
            (&Method::POST, "/faults") => Some(self.meddle(request)),
            (&Method::GET, "/waiting") => Some(self.waiting(request)),
            // The path in the QR codes of user discovery.
            (&Method::GET, "/scan") => Some(self.scanned(request)),
            (&Method::GET, "/journal") => {
                self.journal.as_ref().map(|journal| self.journal(journal, request))
            }
            _ => None,
        }
    }
}

/// Returns a query parameter of a page's URL.
fn query(request: &Request, name: &str) -> Option<String> {
    let query = request.uri().query().unwrap_or_default();
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

/// A person's display name, not yet escaped.
fn name(person: &Person) -> &str {
    person.claims().get("name").and_then(|name| name.as_str()).unwrap_or(person.id())
}

fn hidden(name: &str, value: &str) -> String {
    format!(r#"<input type="hidden" name="{name}" value="{}">"#, escape(value))
}

/// Redirects the browser after it has submitted a form.
fn see_other(url: &str) -> Response {
    answer::with(303, String::new(), &[(header::LOCATION, url)])
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
