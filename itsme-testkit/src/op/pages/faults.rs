//! The page that lists all faults. Users can search it and click a fault to inject it.

use itsme_core::{Request, Response};

use super::{
    super::{FakeOp, parameters::Parameters},
    escape,
    frame::Page,
    query, see_other,
};
use crate::{Fault, faults::Area, quirks};

const AREAS: [(Area, &str); 9] = [
    (Area::Wire, "Connections"),
    (Area::Http, "HTTP responses"),
    (Area::Discovery, "Metadata"),
    (Area::KeySet, "Key set"),
    (Area::TokenAnswer, "Token response"),
    (Area::Tokens, "Signatures and encryption"),
    (Area::Claims, "Claims"),
    (Area::Days, "Bad days"),
    (Area::Backchannel, "Logins without a browser (CIBA)"),
];

impl FakeOp {
    /// Lists faults and quirks by area. With `?find=`, lists only those whose names contain all of
    /// its words.
    pub(super) fn faults(&self, request: &Request) -> Response {
        let wanted = query(request, "find").unwrap_or_default();
        let words: Vec<String> = wanted.split_whitespace().map(str::to_lowercase).collect();
        let is_wanted = |fault: &Fault| {
            let name = fault.name().to_lowercase();
            words.iter().all(|word| name.contains(word))
        };
        let find = |all: Vec<Fault>| all.into_iter().filter(is_wanted).collect::<Vec<_>>();
        let (faults, quirks) = (find(Fault::all()), find(quirks::all()));
        let open = !words.is_empty();
        let base = self.base();
        let section = |title: &str, what: &str, list: &[Fault]| {
            let groups: String = AREAS.iter().map(|area| group(*area, list, open)).collect();
            let groups = if groups.is_empty() { "<p>None.</p>" } else { groups.as_str() };
            format!(
                "<section class=\"card\"><h2>{title}</h2><p class=\"quiet\">{what}</p>\
                 <form method=\"post\" action=\"{base}/faults\">{groups}</form></section>"
            )
        };
        let all = match open {
            true => format!("<p><a href=\"{base}/faults\">Show all</a></p>"),
            false => String::new(),
        };
        let body = format!(
            "<h1>Faults</h1><p class=\"lead\">Click a fault to inject it. A bar at the top of every page shows the active faults and lets you clear them.</p>\
             <form class=\"find\" method=\"get\" action=\"{base}/faults\" role=\"search\">\
             <div><label for=\"find\">Find</label><input id=\"find\" name=\"find\" type=\"search\" value=\"{}\" autocomplete=\"off\"></div>\
             <button>Search</button></form>{all}{}{}",
            escape(&wanted),
            section("Faults", "A careful client detects these, and the login fails.", &faults),
            section(
                "Quirks",
                "Real providers do these things; a login must still succeed.",
                &quirks
            ),
        );
        self.html(200, &Page { wide: true, ..Page::new(request, "Faults") }, &body)
    }

    /// Injects the chosen fault, or clears all faults. Every page can submit this form.
    pub(super) fn meddle(&mut self, request: &Request) -> Response {
        let form = match Parameters::parse(request.body()) {
            Ok(form) => form,
            Err(reason) => return self.refused(request, &reason),
        };
        match (form.get("fault").and_then(Fault::named), form.get("decision")) {
            (Some(fault), None) if !self.mischief.faults.iter().any(|it| it == fault.name()) => {
                fault.inject(self);
            }
            (Some(_), None) => {}
            (None, Some("clear")) => self.recover(),
            _ => return self.refused(request, "unknown fault"),
        }
        // Accept only a path on the OP's own origin, so that the redirect cannot lead anywhere
        // else.
        let back = form.get("back").filter(|back| {
            back.starts_with('/') && back.bytes().all(|byte| byte.is_ascii_graphic())
        });
        match back {
            Some(back) => {
                let origin = self.issuer.strip_suffix(self.base()).unwrap_or(&self.issuer);
                see_other(&format!("{origin}{back}"))
            }
            None => see_other(&self.endpoint("faults")),
        }
    }
}

/// Lists the faults of one area. Faults in the client's own key holder are left out, because an OP
/// cannot cause them.
fn group((area, title): (Area, &str), list: &[Fault], open: bool) -> String {
    let of_area = list.iter().filter(|fault| fault.area() == area);
    let rows: Vec<String> = of_area
        .map(|fault| {
            let name = escape(fault.name());
            format!("<li><button name=\"fault\" value=\"{name}\">{name}</button></li>")
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    format!(
        "<details class=\"group\"{}><summary><span>{title}</span><span class=\"tag\">{}</span></summary>\
         <ul class=\"rows\">{}</ul></details>",
        if open { " open" } else { "" },
        rows.len(),
        rows.concat(),
    )
}
