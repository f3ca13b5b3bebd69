//! The sign-in page, and the page on which a browser waits for the phone.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use itsme_core::{Request, Response};
use url::{Host, Url};

use super::{
    super::{
        FakeOp,
        authorization::{OnPage, Stage, redirect},
        ciba::qr_code,
        grant::Presented,
    },
    REFRESH,
    asked::Shown,
    escape,
    frame::Page,
    hidden, name, query, see_other,
    words::Words,
};
use crate::Person;

impl FakeOp {
    /// Shows which client requests what, with a button for each decision and a link to the phone.
    pub(in super::super) fn sign_in(
        &self,
        request: &Request,
        (id, query): (&str, &str),
        presented: &Presented,
    ) -> Response {
        let shown = Shown::new(&presented.request, self.dialect, request);
        let (words, asks) = (shown.words(), &presented.request);
        let client = &asks.client.client_id;
        let known = asks.claims.known_user().and_then(|sub| self.person_with(client, sub));
        let is_known = |person: &&Person| known.as_ref().is_some_and(|it| it.id() == person.id());
        // List the person whom the request names first.
        let others = self.people.iter().filter(|person| !is_known(person));
        let people = self.people.iter().filter(is_known).chain(others).enumerate();
        let approve = people.map(|(place, person)| {
            let class = if place == 0 { "person" } else { "person secondary" };
            let label = words.approve_as.replace("{}", &escape(name(person)));
            let initials = escape(&initials(name(person)));
            let attributes = format!("class=\"{class}\" data-initials=\"{initials}\"");
            form(query, (person.id(), "approve"), &attributes, &label)
        });
        let body = format!(
            "<h1>{}</h1><section class=\"card\">{}</section>{}{}\
             <p class=\"or\">{}</p>{}<p><a href=\"{}/waiting?login={id}\">{}</a></p>",
            shown.title(),
            shown.html(),
            approve.collect::<String>(),
            form(query, ("", "deny"), "class=\"danger\"", words.refuse),
            words.by_phone,
            self.way_to_phone(words, id),
            escape(&self.issuer),
            words.wait_for_phone,
        );
        let page = Page::new(request, shown.title());
        self.html(200, &Page { language: shown.language, ..page }, &body)
    }

    /// Serves the page that continues automatically once someone has made a decision on the phone.
    pub(super) fn waiting(&mut self, request: &Request) -> Response {
        let login = query(request, "login").unwrap_or_default();
        let place = self.on_page.iter().position(|it| it.id == login);
        match place.map(|place| (place, &self.on_page[place])) {
            None => self.refused(request, "this login has already ended"),
            Some((_, OnPage { id, stage: Stage::Waiting(presented), .. })) => {
                let shown = Shown::new(&presented.request, self.dialect, request);
                let words = shown.words();
                let body = format!(
                    "<h1>{}</h1><section class=\"card\" role=\"status\"><p>{}</p>{}</section>",
                    words.waiting,
                    words.goes_on,
                    self.way_to_phone(words, id),
                );
                let page = Page::new(request, words.waiting);
                let refresh = Some(REFRESH);
                self.html(200, &Page { language: shown.language, refresh, ..page }, &body)
            }
            Some((place, OnPage { stage: Stage::Decided(callback), .. })) => {
                let onward = redirect(callback);
                self.on_page.remove(place);
                onward
            }
        }
    }

    /// Renders a link to the simulated phone for people with only one screen. Adds a QR code if a
    /// real phone could open that link.
    fn way_to_phone(&self, words: &Words, id: &str) -> String {
        let address = format!("{}/phone?login={id}", self.issuer);
        let code = match is_reached_from_elsewhere(&self.issuer) {
            true => format!(
                "<p><img class=\"code\" src=\"data:image/png;base64,{}\" alt=\"{}\" width=\"200\"></p>",
                STANDARD.encode(qr_code::png(&address)),
                words.code,
            ),
            false => String::new(),
        };
        format!(
            "{code}<p><a href=\"{}\" target=\"_blank\" rel=\"noopener\">{}</a></p>",
            escape(&address),
            words.open_phone,
        )
    }

    pub(super) fn to_phone(&self) -> Response {
        see_other(&self.endpoint("phone"))
    }
}

/// Whether other devices can reach the issuer. If it is on loopback, a phone that scanned its URL
/// would connect to itself.
fn is_reached_from_elsewhere(issuer: &str) -> bool {
    let Ok(issuer) = Url::parse(issuer) else { return false };
    match issuer.host() {
        Some(Host::Domain(name)) => name != "localhost",
        Some(Host::Ipv4(address)) => !address.is_loopback(),
        Some(Host::Ipv6(address)) => !address.is_loopback(),
        None => false,
    }
}

/// The initials of a name: Ann Peeters becomes `AP`.
fn initials(name: &str) -> String {
    let mut words = name.split_whitespace();
    let ends = words.next().into_iter().chain(words.next_back());
    ends.filter_map(|word| word.chars().next()).collect()
}

fn form(query: &str, (person, decision): (&str, &str), attributes: &str, label: &str) -> String {
    format!(
        r#"<form method="post" action="?">{}{}{}<button {attributes}>{label}</button></form>"#,
        hidden("request", query),
        hidden("person", person),
        hidden("decision", decision),
    )
}
