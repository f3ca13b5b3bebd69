//! The journal pages, which show all requests, the requests in one login, or a single request with
//! its tokens.

use std::collections::HashMap;

use itsme_core::{Request, Response, UnixTime};

use super::{
    super::{
        FakeOp,
        ciba::rfc3339,
        journal::{Journal, JournalEntry},
    },
    REFRESH, escape,
    frame::Page,
    query,
};

/// A row of the table. Identical requests in the same login, such as polls, share a row.
struct Row<'a> {
    newest: &'a JournalEntry,
    oldest: &'a JournalEntry,
    count: usize,
}

impl FakeOp {
    /// Shows the most recent requests, the requests in one login (`?login=`, with the number of its
    /// first request), or a single request (`?request=`).
    pub(super) fn journal(&self, journal: &Journal, request: &Request) -> Response {
        if let Some(number) = query(request, "request") {
            let entry = journal.entries().find(|entry| entry.number.to_string() == number);
            return match entry {
                Some(entry) => self.journal_request(entry, request),
                None => self.refused(request, "the journal no longer contains this request"),
            };
        }
        let login = query(request, "login");
        let entries = journal.entries().filter(|entry| match &login {
            Some(login) => entry.login.is_some_and(|it| it.to_string() == *login),
            None => true,
        });
        let is_paused = request.uri().query() == Some("paused");
        // Reloading would move the focus, which disrupts people who use a keyboard, so they can
        // pause it.
        let refresh = (login.is_none() && !is_paused).then_some(REFRESH);
        let (heading, onward) = match (&login, refresh) {
            (Some(_), _) => ("Requests of one login", "<a href=\"journal\">All requests</a>"),
            (None, Some(_)) => ("Journal", "<a href=\"journal?paused\">Pause</a>"),
            (None, None) => ("Journal", "Paused. <a href=\"journal\">Resume</a>"),
        };
        let rows: String = rows(entries).iter().map(|row| row.html(login.is_some())).collect();
        let table = match rows.as_str() {
            "" => "<p>No requests yet.</p>".to_owned(),
            rows => format!(
                "<table><thead><tr><th scope=\"col\" class=\"now\">Time (UTC)</th><th scope=\"col\">Request</th>\
                 <th scope=\"col\">Response</th><th scope=\"col\">Login</th></tr></thead>\
                 <tbody>{rows}</tbody></table>"
            ),
        };
        let body = format!(
            "<h1>{heading}</h1><p class=\"quiet\">The most recent requests, newest first. \
             Nothing here is secret, because this itsme and its people are fake.</p>\
             <p>{onward}</p><section class=\"card\">{table}</section>"
        );
        self.html(200, &Page { wide: true, refresh, ..Page::new(request, heading) }, &body)
    }

    fn journal_request(&self, entry: &JournalEntry, request: &Request) -> Response {
        let reason = entry
            .reason
            .as_ref()
            .map_or(String::new(), |reason| format!("<p class=\"reason\">{}</p>", escape(reason)));
        let login = entry.login.map_or(String::new(), |login| {
            format!("<p><a href=\"journal?login={login}\">All requests of this login</a></p>")
        });
        let section = |heading: &str, level: u8, parts: &[(String, String)]| {
            let parts: String = parts
                .iter()
                .map(|(what, text)| {
                    let (what, text) = (escape(what), escape(text));
                    format!("<h{level}>{what}</h{level}><pre>{text}</pre>")
                })
                .collect();
            match parts.as_str() {
                "" => String::new(),
                parts => format!("<section class=\"card\">{heading}{parts}</section>"),
            }
        };
        let title = format!("{} {}", entry.method, entry.path);
        let body = format!(
            "<h1>{}</h1><p class=\"quiet\">{}, outcome: {}</p>{reason}{login}{}{}",
            escape(&title),
            rfc3339(entry.at),
            escape(&entry.outcome),
            section("", 2, &entry.decoded),
            section("<h2>As sent</h2>", 3, &entry.details),
        );
        self.html(200, &Page { wide: true, ..Page::new(request, &title) }, &body)
    }
}

/// Groups requests into rows. Requests from other logins may come between one login's polls.
fn rows<'a>(entries: impl Iterator<Item = &'a JournalEntry>) -> Vec<Row<'a>> {
    let mut rows: Vec<Row<'a>> = Vec::new();
    let mut last_of_login = HashMap::new();
    for entry in entries {
        let last = entry.login.and_then(|login| last_of_login.get(&login).copied());
        match last.map(|place: usize| &mut rows[place]).filter(|row| row.says_the_same(entry)) {
            Some(row) => {
                row.oldest = entry;
                row.count += 1;
            }
            None => {
                entry.login.map(|login| last_of_login.insert(login, rows.len()));
                rows.push(Row { newest: entry, oldest: entry, count: 1 });
            }
        }
    }
    rows
}

impl Row<'_> {
    fn says_the_same(&self, entry: &JournalEntry) -> bool {
        let key = |it: &JournalEntry| {
            (it.method.clone(), it.path.clone(), it.outcome.clone(), it.reason.clone())
        };
        key(self.oldest) == key(entry)
    }

    fn html(&self, is_one_login: bool) -> String {
        let Self { newest, oldest, count } = self;
        let polls = match count {
            1 => String::new(),
            count => {
                format!(" <span class=\"tag\">× {count} since {}</span>", clock_time(oldest.at),)
            }
        };
        let reason = newest.reason.as_ref().map_or(String::new(), |reason| {
            format!("<span class=\"reason\">{}</span>", escape(reason))
        });
        let login = match newest.login {
            Some(login) if !is_one_login => {
                format!("<a href=\"journal?login={login}\">login {login}</a>")
            }
            _ => String::new(),
        };
        format!(
            "<tr><td class=\"now\"><time datetime=\"{}\">{}</time></td><td>{} <a href=\"journal?request={}\">{}</a>{polls}</td>\
             <td>{}{reason}</td><td class=\"now\">{login}</td></tr>",
            rfc3339(newest.at),
            clock_time(newest.at),
            escape(&newest.method),
            newest.number,
            escape(&newest.path),
            escape(&newest.outcome),
        )
    }
}

fn clock_time(at: UnixTime) -> String {
    let text = rfc3339(at);
    text.split_once('T').map_or(String::new(), |(_, time)| time.trim_end_matches('Z').to_owned())
}
