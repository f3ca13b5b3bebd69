//! The simulated phone, which shows what the app would show, and lets a person act on it.

use std::{cmp::Reverse, time::Duration};

use itsme_core::{Request, Response, UnixTime};

use super::{
    super::{FakeOp, authorization::Stage, parameters::Parameters, waiting::Gesture},
    REFRESH,
    asked::{Shown, lead},
    escape,
    frame::Page,
    hidden,
    language::Language,
    name, query, see_other,
    words::Words,
};
use crate::Person;

/// The age at which to mark a request as old. Whoever made it has probably moved on.
const OLD: Duration = Duration::from_secs(120);

/// A card for something that is waiting for a person.
struct Card<'a> {
    id: &'a str,
    since: UnixTime,
    language: Language,
    title: &'static str,
    what: String,
    /// HTML that names the person who can act, or lets the user choose one.
    person: String,
    buttons: String,
}

impl FakeOp {
    /// Shows everything that is waiting, newest first. With `?login=`, shows only that item.
    pub(super) fn phone(&self, request: &Request) -> Response {
        let words = Words::of(Language::of_browser(request));
        let wanted = query(request, "login");
        let mut cards = self.cards(request, wanted.as_deref());
        cards.sort_by_key(|card| Reverse(card.since));
        let now = self.now();
        let list: String = cards.iter().map(|card| card.html(now)).collect();
        // Don't reload a page with cards, because that would undo a choice that the user is making.
        let (title, refresh, content) = match (list.is_empty(), &wanted) {
            (false, _) => (words.something_to_do, None, list),
            (true, Some(_)) => (words.phone, None, paragraph(words.over)),
            (true, None) => (words.phone, Some(REFRESH), paragraph(words.nothing_to_do)),
        };
        let onward = match (&wanted, refresh) {
            (Some(_), _) => words.all_requests,
            (None, None) => words.refresh,
            (None, Some(_)) => "",
        };
        let onward = match onward {
            "" => String::new(),
            onward => format!("<p><a href=\"phone\">{onward}</a></p>"),
        };
        let body = format!("<h1>{}</h1>{content}{onward}", words.phone);
        let page = Page::new(request, title);
        let language = Language::of_browser(request);
        self.html(200, &Page { language, refresh, ..page }, &body)
    }

    fn cards(&self, browser: &Request, wanted: Option<&str>) -> Vec<Card<'_>> {
        let is_wanted = |id: &str| wanted.is_none_or(|wanted| wanted == id);
        let language = Language::of_browser(browser);
        let words = Words::of(language);
        let to_decide = |id, since, request, person: &dyn Fn(&Words) -> String| {
            let shown = Shown::new(request, self.dialect, browser);
            let words = shown.words();
            Card {
                id,
                since,
                language: shown.language,
                title: shown.title(),
                what: shown.html(),
                person: person(words),
                buttons: format!(
                    "<div class=\"pair\">{}{}</div>",
                    button("deny", "danger", words.refuse),
                    button("approve", "", words.approve),
                ),
            }
        };
        let now = self.now();
        let logins = self.on_page.iter().rev().filter(|it| !it.is_over(now) && is_wanted(&it.id));
        let logins = logins.filter_map(|login| match &login.stage {
            Stage::Waiting(presented) => Some((login, &presented.request)),
            Stage::Decided(_) => None,
        });
        let logins = logins.map(|(login, request)| {
            let client = &request.client.client_id;
            let known = request.claims.known_user().and_then(|sub| self.person_with(client, sub));
            let person = |words: &Words| self.choice(words, &login.id, known.as_ref());
            to_decide(login.id.as_str(), login.since, request, &person)
        });
        let sessions = self.sessions_to_scan().filter(|(id, ..)| is_wanted(id));
        let sessions = sessions.map(|(id, client_id, since)| {
            let client = self.client(client_id).map_or(client_id, |client| client.display_name());
            Card {
                id,
                since,
                language,
                title: words.scan,
                what: lead(words.scan_lead, client),
                person: self.choice(words, id, None),
                buttons: button("scan", "", words.scan),
            }
        });
        let requests = self.requests_to_decide().filter(|(id, ..)| is_wanted(id));
        let requests = requests.map(|(id, request, person, since)| {
            let person =
                |words: &Words| paragraph(&words.for_person.replace("{}", &escape(name(person))));
            to_decide(id, since, request, &person)
        });
        // If several began at the same time, the newest also comes first.
        let mut cards: Vec<_> = sessions.chain(requests).collect();
        cards.reverse();
        cards.extend(logins);
        cards
    }

    /// Renders the list from which the user chooses who is holding the phone.
    fn choice(&self, words: &Words, id: &str, known: Option<&Person>) -> String {
        let options = self.people.iter().map(|person| {
            let selected = known.is_some_and(|known| known.id() == person.id());
            let selected = if selected { " selected" } else { "" };
            let id = escape(person.id());
            format!("<option value=\"{id}\"{selected}>{}</option>", escape(name(person)))
        });
        let (label, options) = (words.person, options.collect::<String>());
        format!(
            "<p><label for=\"person-{id}\">{label}</label> \
             <select id=\"person-{id}\" name=\"person\">{options}</select></p>"
        )
    }

    /// Handles a button click on the phone.
    pub(super) fn use_phone(&mut self, request: &Request) -> Response {
        let form = match Parameters::parse(request.body()) {
            Ok(form) => form,
            Err(reason) => return self.refused(request, &reason),
        };
        let get = |name: &str| form.get(name).unwrap_or_default();
        let person = self.people.iter().find(|person| person.id() == get("person")).cloned();
        let gesture = match get("decision") {
            "approve" => Gesture::Approve,
            "deny" => Gesture::Deny,
            "scan" => Gesture::Scan,
            "dismiss" => Gesture::Dismiss,
            _ => return self.refused(request, "the form is incomplete"),
        };
        match self.act_on(get("id"), gesture, person.as_ref()) {
            Ok(_) => self.to_phone(),
            Err(reason) => self.refused(request, &reason),
        }
    }

    /// Handles the URL in a user discovery QR code: redirects to the session's card on the
    /// phone.
    pub(super) fn scanned(&self, request: &Request) -> Response {
        let session = query(request, "session").unwrap_or_default();
        let known = self.pending_sessions().into_iter().find(|pending| *pending == session);
        known.map_or_else(
            || self.to_phone(),
            |id| {
                let id: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
                see_other(&self.endpoint(&format!("phone?login={id}")))
            },
        )
    }
}

impl Card<'_> {
    fn html(&self, now: UnixTime) -> String {
        let words = Words::of(self.language);
        let age = now.since(self.since);
        let is_old = age >= OLD;
        let (class, old, dismiss) = match is_old {
            true => (
                "card old",
                format!(" <span class=\"tag\">{}</span>", words.old),
                button("dismiss", "plain", words.dismiss),
            ),
            false => ("card", String::new(), String::new()),
        };
        format!(
            "<section class=\"{class}\" lang=\"{}\"><div class=\"top\"><h2>{}</h2>\
             <p class=\"quiet\">{}{old}</p></div>{}\
             <form method=\"post\" action=\"phone\">{}{}{}{dismiss}</form></section>",
            self.language.tag(),
            self.title,
            words.ago(age.as_secs() / 60),
            self.what,
            hidden("id", self.id),
            self.person,
            self.buttons,
        )
    }
}

fn button(decision: &str, class: &str, label: &str) -> String {
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    format!("<button{class} name=\"decision\" value=\"{decision}\">{label}</button>")
}

fn paragraph(html: &str) -> String {
    format!("<p>{html}</p>")
}
