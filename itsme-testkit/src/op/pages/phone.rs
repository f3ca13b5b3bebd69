//! The simulated phone: what the app would show, and what can be done with it.

use itsme_core::{Request, Response};

use super::{
    super::{
        FakeOp, authentication_request::AuthenticationRequest, authorization::Stage,
        parameters::Parameters, waiting::Gesture,
    },
    REFRESH, asked, error, escape, hidden, html, name,
};
use crate::Person;

const FAULTS: &str = "<p><a href=\"phone?faults\">Inject a fault</a></p>";

impl FakeOp {
    /// Everything that waits for somebody.
    pub(super) fn phone(&self) -> Response {
        let logins = self.on_page.iter().filter_map(|login| match &login.stage {
            Stage::Waiting(presented) => Some((login, &presented.request)),
            Stage::Decided(_) => None,
        });
        let logins = logins.map(|(login, request)| {
            let client = &request.client.client_id;
            let known = request.claims.known_user().and_then(|sub| self.person_with(client, sub));
            let person = self.choice(&login.id, known.as_ref());
            self.to_decide(request, "login", &login.id, &person)
        });
        let sessions = self.sessions_to_scan().map(|(id, client)| {
            let who = format!("<p><strong>{}</strong> shows a QR code.</p>", escape(client));
            card("Scan", &who, "session", id, &self.choice(id, None), &[("scan", "Scan")])
        });
        let requests = self.requests_to_decide().map(|(id, request, person)| {
            let who = format!("<p>For {}</p>", name(person));
            self.to_decide(request, "request", id, &who)
        });
        let cards: String = logins.chain(sessions).chain(requests).collect();
        // A page that looks again by itself would undo what is being chosen on it.
        match cards.as_str() {
            "" => {
                let body = format!("<h1>Phone</h1><p>Nothing to do. Waiting.</p>{FAULTS}");
                html(200, "Phone", Some(REFRESH), &body)
            }
            cards => html(
                200,
                "Phone, something to do",
                None,
                &format!("<h1>Phone</h1>{cards}<p><a href=\"phone\">Look again</a></p>{FAULTS}"),
            ),
        }
    }

    fn to_decide(
        &self,
        request: &AuthenticationRequest,
        kind: &str,
        id: &str,
        person: &str,
    ) -> String {
        let title = match request.claims.template(self.dialect).is_empty() {
            true => "Log in",
            false => "Confirm",
        };
        let buttons = [("approve", "Approve"), ("deny", "Refuse")];
        card(title, &asked(request, self.dialect), kind, id, person, &buttons)
    }

    /// Who holds the phone.
    fn choice(&self, id: &str, known: Option<&Person>) -> String {
        let options = self.people.iter().map(|person| {
            let selected = known.is_some_and(|known| known.id() == person.id());
            let selected = if selected { " selected" } else { "" };
            let id = escape(person.id());
            format!("<option value=\"{id}\"{selected}>{}</option>", name(person))
        });
        let options: String = options.collect();
        format!(
            "<p><label for=\"person-{id}\">Person</label> \
             <select id=\"person-{id}\" name=\"person\">{options}</select></p>"
        )
    }

    /// What was done on it.
    pub(super) fn use_phone(&mut self, request: &Request) -> Response {
        let form = match Parameters::parse(request.body()) {
            Ok(form) => form,
            Err(reason) => return error(&reason),
        };
        if form.get("kind") == Some("fault") {
            return self.meddle(&form);
        }
        let get = |name: &str| form.get(name).unwrap_or_default();
        let person = self.people.iter().find(|person| person.id() == get("person")).cloned();
        let gesture = match get("decision") {
            "approve" => Gesture::Approve,
            "deny" => Gesture::Deny,
            "scan" => Gesture::Scan,
            _ => return error("the form is incomplete"),
        };
        match self.act_on(get("id"), gesture, person.as_ref()) {
            Ok(_) => self.to_phone(),
            Err(reason) => error(&reason),
        }
    }
}

/// Something that waits: what it is, who can act, and what they can do.
fn card(
    title: &str,
    what: &str,
    kind: &str,
    id: &str,
    person: &str,
    buttons: &[(&str, &str)],
) -> String {
    let button = |(value, label): &(&str, &str)| {
        format!("<button name=\"decision\" value=\"{value}\">{label}</button>")
    };
    format!(
        "<section><h2>{title}</h2>{what}<form method=\"post\" action=\"phone\">{}{}{person}{}</form></section>",
        hidden("kind", kind),
        hidden("id", id),
        buttons.iter().map(button).collect::<String>(),
    )
}
