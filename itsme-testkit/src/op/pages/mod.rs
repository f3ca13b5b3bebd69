//! What a person sees at the OP: plain pages that work without JavaScript.

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

/// How often a page that waits looks again, in seconds.
const REFRESH: u32 = 2;

impl FakeOp {
    /// A page that is none of the protocol's: nothing goes wrong with it, nor is it written down.
    pub(super) fn page(&mut self, path: &str, request: &Request) -> Option<Response> {
        match (request.method(), path) {
            (&Method::GET, "" | "/") => Some(self.landing(request)),
            (&Method::GET, "/phone") => Some(self.phone(request)),
            (&Method::POST, "/phone") => Some(self.use_phone(request)),
            (&Method::GET, "/faults") => Some(self.faults(request)),
            (&Method::POST, "/faults") => Some(self.meddle(request)),
            (&Method::GET, "/waiting") => Some(self.waiting(request)),
            // What the QR code of user discovery says.
            (&Method::GET, "/scan") => Some(self.scanned(request)),
            (&Method::GET, "/journal") => {
                self.journal.as_ref().map(|journal| self.journal(journal, request))
            }
            _ => None,
        }
    }
}

/// A parameter of a page's address.
fn query(request: &Request, name: &str) -> Option<String> {
    let query = request.uri().query().unwrap_or_default();
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

/// What people call a person, to be escaped.
fn name(person: &Person) -> &str {
    person.claims().get("name").and_then(|name| name.as_str()).unwrap_or(person.id())
}

fn hidden(name: &str, value: &str) -> String {
    format!(r#"<input type="hidden" name="{name}" value="{}">"#, escape(value))
}

/// Where the browser goes after a form.
fn see_other(url: &str) -> Response {
    answer::with(303, String::new(), &[(header::LOCATION, url)])
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
