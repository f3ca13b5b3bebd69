//! The journal as a list, and one request of it.

use itsme_core::{Request, Response};

use super::{
    super::{FakeOp, ciba::rfc3339, journal::Journal, parameters::Parameters},
    REFRESH, error, escape, html,
};

impl FakeOp {
    /// The last requests, or the one with this number.
    pub(super) fn journal(&self, journal: &Journal, request: &Request) -> Response {
        let query = request.uri().query().unwrap_or_default();
        match Parameters::parse(query.as_bytes()).ok().as_ref().and_then(|it| it.get("request")) {
            Some(number) => one(journal, number),
            None => list(journal),
        }
    }
}

fn list(journal: &Journal) -> Response {
    let rows = journal.entries().map(|entry| {
        format!(
            "<tr><td>{}</td><td>{}</td><td class=\"path\"><a href=\"journal?request={}\">{}</a></td><td>{}</td></tr>",
            time_of_day(&rfc3339(entry.at)),
            escape(&entry.method),
            entry.number,
            escape(&entry.path),
            escape(&entry.outcome),
        )
    });
    let body = format!(
        "<h1>Journal</h1><p>Nothing here is secret: this itsme is a fake, and so are its people.</p>\
         <table><thead><tr><th scope=\"col\">Time</th><th scope=\"col\">Method</th>\
         <th scope=\"col\">Path</th><th scope=\"col\">Answer</th></tr></thead>\
         <tbody>{}</tbody></table>",
        rows.collect::<String>(),
    );
    html(200, "Journal", Some(REFRESH), &body)
}

/// The day stands on the request's own page.
fn time_of_day(time: &str) -> &str {
    time.split_once('T').map_or(time, |(_, time)| time)
}

fn one(journal: &Journal, number: &str) -> Response {
    let Some(entry) = journal.entries().find(|entry| entry.number.to_string() == number) else {
        return error("the journal no longer has this request");
    };
    let details = entry
        .details
        .iter()
        .map(|(what, text)| format!("<h2>{}</h2><pre>{}</pre>", escape(what), escape(text)));
    let title = format!("{} {}", escape(&entry.method), escape(&entry.path));
    let body = format!(
        "<p><a href=\"journal\">Journal</a></p><h1>{title}</h1><p>{}, answered: {}</p>{}",
        rfc3339(entry.at),
        escape(&entry.outcome),
        details.collect::<String>(),
    );
    html(200, &title, None, &body)
}
