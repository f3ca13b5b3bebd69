//! What a person sees at the OP: plain pages that work without JavaScript.

use http::header;
use itsme_core::Response;

use super::{answer, grant::Presented};
use crate::Person;

/// The sign-in page and the phone in one: who asks for what, and a button for each decision.
pub(super) fn sign_in(presented: &Presented, people: &[Person], query: &str) -> Response {
    let request = &presented.request;
    let asked: String = request
        .scopes
        .iter()
        .chain(request.claims.id_token.keys())
        .chain(request.claims.userinfo.keys())
        .map(|asked| format!("<li><code>{}</code></li>", escape(asked)))
        .collect();
    let buttons: String = people
        .iter()
        .map(|person| {
            let name = person.claims().get("name").and_then(|name| name.as_str());
            let name = escape(name.unwrap_or(person.id()));
            form(query, person.id(), "approve", &format!("Approve as {name}"))
        })
        .collect();
    let body = format!(
        "<h1>Fake itsme</h1><p><strong>{}</strong> asks for:</p><ul>{asked}</ul>{buttons}{}",
        escape(&request.client.client_id),
        form(query, "", "deny", "Refuse"),
    );
    html(200, &body)
}

pub(super) fn error(reason: &str) -> Response {
    html(400, &format!("<h1>Fake itsme</h1><p>This request was refused: {}</p>", escape(reason)))
}

fn form(query: &str, person: &str, decision: &str, label: &str) -> String {
    let hidden = |name: &str, value: &str| {
        format!(r#"<input type="hidden" name="{name}" value="{}">"#, escape(value))
    };
    format!(
        r#"<form method="post" action="?">{}{}{}<button>{label}</button></form>"#,
        hidden("request", query),
        hidden("person", person),
        hidden("decision", decision),
    )
}

fn html(status: u16, body: &str) -> Response {
    let page = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Fake itsme</title>\
         <meta name=\"viewport\" content=\"width=device-width\"></head><body>{body}</body></html>"
    );
    answer::with(status, page, &[(header::CONTENT_TYPE, "text/html; charset=utf-8")])
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
