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
            // A page that loads itself again takes the focus away from who uses a keyboard.
            None if query == "paused" => list(journal, None),
            None => list(journal, Some(REFRESH)),
        }
    }
}

fn list(journal: &Journal, refresh: Option<u32>) -> Response {
    let rows = journal.entries().map(|entry| {
        let at = rfc3339(entry.at);
        let (_, time) = at.split_once('T').unwrap_or_default();
        format!(
            "<tr><td><time datetime=\"{at}\">{time}</time></td><td>{} <a href=\"journal?request={}\">{}</a></td><td>{}</td></tr>",
            escape(&entry.method),
            entry.number,
            escape(&entry.path),
            escape(&entry.outcome),
        )
    });
    let onward = match refresh {
        Some(_) => "<a href=\"journal?paused\">Pause</a>",
        None => "Paused. <a href=\"journal\">Go on</a>",
    };
    let body = format!(
        "<h1>Journal</h1><p>Nothing here is secret: this itsme is a fake, and so are its people.</p>\
         <p>{onward}</p><table><thead><tr><th scope=\"col\">Time</th><th scope=\"col\">Request</th>\
         <th scope=\"col\">Answer</th></tr></thead>\
         <tbody>{}</tbody></table>",
        rows.collect::<String>(),
    );
    html(200, "Journal", refresh, &body)
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
