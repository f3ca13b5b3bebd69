//! What a person sees at the OP: plain pages that work without JavaScript.

mod confirm_text;
mod faults;
mod journal;
mod phone;
mod sign_in;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{Method, header};
use itsme_core::{Dialect, Request, Response};

pub(super) use self::sign_in::sign_in;
use super::{FakeOp, answer, authentication_request::AuthenticationRequest, refusal};
use crate::Person;

const STYLE: &str = include_str!("style.css");

/// How often a page that waits looks again, in seconds.
const REFRESH: u32 = 2;

impl FakeOp {
    /// A page that is none of the protocol's: nothing goes wrong with it, nor is it written down.
    pub(super) fn page(&mut self, path: &str, request: &Request) -> Option<Response> {
        match (request.method(), path) {
            // On a page of its own: the phone loads itself again, and a choice would be lost.
            (&Method::GET, "/phone") if request.uri().query() == Some("faults") => {
                Some(self.faults())
            }
            (&Method::GET, "/phone") => Some(self.phone()),
            (&Method::POST, "/phone") => Some(self.use_phone(request)),
            (&Method::GET, "/waiting") => Some(self.waiting(request)),
            // What the QR code of user discovery says.
            (&Method::GET, "/scan") => Some(self.to_phone()),
            (&Method::GET, "/journal") => {
                self.journal.as_ref().map(|journal| self.journal(journal, request))
            }
            _ => None,
        }
    }
}

pub(super) fn error(reason: &str) -> Response {
    let body = format!("<h1>Fake itsme</h1><p>This request was refused: {}</p>", escape(reason));
    let mut page = html(400, "Refused", None, &body);
    page.extensions_mut().insert(refusal::OnPage(reason.to_owned()));
    page
}

/// What the app shows of a request.
fn asked(request: &AuthenticationRequest, dialect: Dialect) -> String {
    let essential = |value: &serde_json::Value| match value["essential"] == true {
        true => " (essential)",
        false => "",
    };
    let is_data = |scope: &&String| *scope != "openid" && !scope.starts_with("service:");
    let scopes = request.scopes.iter().filter(is_data).map(|scope| (scope, ""));
    let claims = request.claims.id_token.iter().chain(&request.claims.userinfo);
    let claims = claims.filter(|(name, _)| *name != "sub" && !name.contains("claim_approval_"));
    let claims = claims.map(|(name, value)| (name, essential(value)));
    let list: String = scopes
        .chain(claims)
        .map(|(name, remark)| format!("<li><code>{}</code>{remark}</li>", escape(name)))
        .collect();
    let data = match list.as_str() {
        "" => "<p>No data are asked for.</p>".to_owned(),
        list => format!("<p>They want to know:</p><ul>{list}</ul>"),
    };
    let service = request.scopes.iter().find_map(|scope| scope.strip_prefix("service:"));
    let advanced = request.acr.as_ref().is_some_and(|acr| acr.ends_with("acr_advanced"));
    let level = if advanced { "advanced" } else { "basic" };
    format!(
        "<p><strong>{}</strong> asks you, for its service <code>{}</code>.</p>{}{data}\
         <p>Level of security: <strong>{level}</strong></p>",
        escape(&request.client.client_id),
        escape(service.unwrap_or_default()),
        to_confirm(request, dialect),
    )
}

/// The text or the payment of a confirmation.
fn to_confirm(request: &AuthenticationRequest, dialect: Dialect) -> String {
    let template = request.claims.template(dialect);
    let part = |name: &str| template.get(name).map_or("", String::as_str);
    match part("template_name") {
        "" => String::new(),
        "free_text" => {
            let text = confirm_text::render(part("text_key"));
            format!("<p>To confirm:</p><blockquote>{text}</blockquote>")
        }
        _ => format!(
            "<p>To pay:</p><dl><dt>Amount</dt><dd>{} {}</dd><dt>To</dt><dd>{}</dd></dl>",
            escape(part("amount_key")),
            escape(part("currency_key")),
            escape(part("iban_key")),
        ),
    }
}

fn name(person: &Person) -> String {
    let name = person.claims().get("name").and_then(|name| name.as_str());
    escape(name.unwrap_or(person.id()))
}

fn hidden(name: &str, value: &str) -> String {
    format!(r#"<input type="hidden" name="{name}" value="{}">"#, escape(value))
}

/// Where the browser goes after a form.
fn see_other(url: &str) -> Response {
    answer::with(303, String::new(), &[(header::LOCATION, url)])
}

/// A page; one that waits looks again after so many seconds.
fn html(status: u16, title: &str, refresh: Option<u32>, body: &str) -> Response {
    let refresh = refresh.map_or(String::new(), |seconds| {
        format!("<meta http-equiv=\"refresh\" content=\"{seconds}\">")
    });
    let page = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}: fake itsme</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><link rel=\"icon\" href=\"data:,\">{refresh}<style>{STYLE}</style>\
         </head><body><main>{body}</main></body></html>"
    );
    // Not `form-action`: browsers hold it against the redirect to the application, too.
    let style = STANDARD.encode(openssl::sha::sha256(STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; img-src data:; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, &policy),
        (header::CACHE_CONTROL, "no-store"),
    ];
    answer::with(status, page, &headers)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
