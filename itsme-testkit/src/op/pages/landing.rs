//! The landing page, which explains what this is and what to configure.

use itsme_core::{Request, Response};

use super::{super::FakeOp, escape, frame::Page, name};
use crate::{
    Person,
    registration::{Credentials, RegisteredClient},
};

impl FakeOp {
    pub(super) fn landing(&self, request: &Request) -> Response {
        let base = self.base();
        let metadata = escape(&self.endpoint(".well-known/openid-configuration"));
        let mut places = vec![
            ("phone", "Phone", "Approve or refuse requests as any of the people below."),
            (
                "faults",
                "Faults",
                "Make something go wrong and see how your application handles it.",
            ),
        ];
        if self.journal.is_some() {
            let journal = "See your application's requests, decoded, and why they were refused.";
            places.push(("journal", "Journal", journal));
        }
        let place = |(path, label, what): (&str, &str, &str)| {
            format!("<dt><a href=\"{base}/{path}\">{label}</a></dt><dd>{what}</dd>")
        };
        let body = format!(
            "<h1>A sandbox for itsme</h1>\
             <p class=\"lead\">This is a fake itsme to develop against. Nothing here is secret, and no login is real.</p>\
             <div class=\"grid\"><section class=\"card\"><h2>Connect your application</h2><dl>\
             <dt>Metadata</dt><dd><a href=\"{metadata}\">{metadata}</a></dd>\
             <dt>Issuer</dt><dd><code>{}</code></dd></dl></section>\
             <section class=\"card\"><h2>Tools</h2><dl>{}</dl></section>\
             <section class=\"card\"><h2>Clients</h2>{}</section>\
             <section class=\"card\"><h2>People</h2><ul class=\"rows\">{}</ul></section></div>",
            escape(&self.issuer),
            places.into_iter().map(place).collect::<String>(),
            self.clients.iter().map(|it| client(it)).collect::<String>(),
            self.people.iter().map(person).collect::<String>(),
        );
        self.html(200, &Page { wide: true, ..Page::new(request, "Sandbox") }, &body)
    }
}

fn client(client: &RegisteredClient) -> String {
    let list = |texts: &mut dyn Iterator<Item = &String>| {
        let list: String =
            texts.map(|it| format!("<li><code>{}</code></li>", escape(it))).collect();
        if list.is_empty() { "none".to_owned() } else { format!("<ul class=\"rows\">{list}</ul>") }
    };
    let credentials = match &client.credentials {
        Credentials::Keys(_) => "private keys".to_owned(),
        Credentials::Secret { secret, .. } => {
            format!("the secret <code>{}</code>", escape(secret))
        }
    };
    format!(
        "<details class=\"group\"><summary><span>{}</span></summary><dl><dt>Client ID</dt><dd><code>{}</code></dd>\
         <dt>Authenticates with</dt><dd>{credentials}</dd><dt>Services</dt><dd>{}</dd>\
         <dt>Redirect URIs</dt><dd>{}</dd></dl></details>",
        escape(client.display_name()),
        escape(&client.client_id),
        list(&mut client.services.iter().map(|(code, _)| code)),
        list(&mut client.redirect_uris.iter()),
    )
}

fn person(person: &Person) -> String {
    format!("<li>{} <code class=\"tag\">{}</code></li>", escape(name(person)), escape(person.id()))
}
