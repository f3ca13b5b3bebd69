//! The page that a browser is sent to, and the one where it waits for the phone.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use itsme_core::{Dialect, Request, Response};

use super::{
    super::{
        FakeOp,
        authorization::{OnPage, Stage, redirect},
        ciba::qr_code,
        grant::Presented,
        parameters::Parameters,
    },
    REFRESH, asked, error, escape, hidden, html, name, see_other,
};
use crate::Person;

/// Who asks for what, a button for each decision, and the way to the phone.
pub(in super::super) fn sign_in(
    (id, query): (&str, &str),
    presented: &Presented,
    people: &[Person],
    (issuer, dialect): (&str, Dialect),
) -> Response {
    let approve = people
        .iter()
        .map(|person| form(query, person.id(), "approve", &format!("Approve as {}", name(person))));
    let body = format!(
        "<h1>Fake itsme</h1>{}{}{}\
         <h2>By phone</h2>{}<p><a href=\"{}/waiting?login={id}\">Wait for the phone</a></p>",
        asked(&presented.request, dialect),
        approve.collect::<String>(),
        form(query, "", "deny", "Refuse"),
        code(issuer, id),
        escape(issuer),
    );
    html(200, "Sign in", None, &body)
}

/// The QR code, and the way to the phone for those who have only one screen.
fn code(issuer: &str, id: &str) -> String {
    let address = format!("{issuer}/phone?login={id}");
    let image = STANDARD.encode(qr_code::png(&address));
    let address = escape(&address);
    format!(
        "<p><img src=\"data:image/png;base64,{image}\" alt=\"QR code for the phone\" width=\"200\"></p>\
         <p><a href=\"{address}\" target=\"_blank\" rel=\"noopener\">Take the phone</a> in another tab, if the code cannot be scanned.</p>"
    )
}

fn form(query: &str, person: &str, decision: &str, label: &str) -> String {
    format!(
        r#"<form method="post" action="?">{}{}{}<button value="{decision}">{label}</button></form>"#,
        hidden("request", query),
        hidden("person", person),
        hidden("decision", decision),
    )
}

impl FakeOp {
    /// The page that goes on by itself when somebody has decided on the phone.
    pub(super) fn waiting(&mut self, request: &Request) -> Response {
        let query = request.uri().query().unwrap_or_default();
        let login = Parameters::parse(query.as_bytes()).ok();
        let login = login.as_ref().and_then(|query| query.get("login")).unwrap_or_default();
        let place = self.on_page.iter().position(|it| it.id == login);
        match place.map(|place| (place, &self.on_page[place])) {
            None => error("this login is over"),
            Some((_, OnPage { id, stage: Stage::Waiting(_), .. })) => {
                let code = code(&self.issuer, id);
                let body = format!(
                    "<h1>Waiting for the phone</h1><p>This page goes on by itself when the phone has answered.</p>{code}"
                );
                html(200, "Waiting for the phone", Some(REFRESH), &body)
            }
            Some((place, OnPage { stage: Stage::Decided(callback), .. })) => {
                let onward = redirect(callback);
                self.on_page.remove(place);
                onward
            }
        }
    }

    pub(super) fn to_phone(&self) -> Response {
        see_other(&self.endpoint("phone"))
    }
}
