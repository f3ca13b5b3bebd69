//! The frame around the content of every page.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{Method, header};
use itsme_core::{Request, Response};

use super::{
    super::{FakeOp, answer},
    escape, hidden,
    language::Language,
};

const STYLE: &str = include_str!("style.css");

/// The properties of a page that is about to be rendered.
pub(super) struct Page<'a> {
    pub(super) request: &'a Request,
    pub(super) language: Language,
    /// Plain text, not HTML.
    pub(super) title: &'a str,
    /// Whether the page has lists or tables that need more width.
    pub(super) wide: bool,
    /// Number of seconds after which the page reloads itself, if it does.
    pub(super) refresh: Option<u32>,
}

impl<'a> Page<'a> {
    /// A page for developers, in English.
    pub(super) fn new(request: &'a Request, title: &'a str) -> Self {
        Self { request, language: Language::English, title, wide: false, refresh: None }
    }
}

/// The reason why a page refused a request, for the journal, which does not parse HTML.
#[derive(Clone)]
pub(in super::super) struct Refused(pub(in super::super) String);

impl FakeOp {
    pub(in super::super) fn refused(&self, request: &Request, reason: &str) -> Response {
        let body = format!(
            "<h1>Request refused</h1><section class=\"card\"><p>{}</p></section>",
            escape(reason),
        );
        let mut response = self.html(400, &Page::new(request, "Refused"), &body);
        response.extensions_mut().insert(Refused(reason.to_owned()));
        response
    }

    pub(super) fn html(&self, status: u16, page: &Page<'_>, body: &str) -> Response {
        let refresh = page.refresh.map_or(String::new(), |seconds| {
            format!("<meta http-equiv=\"refresh\" content=\"{seconds}\">")
        });
        let html = format!(
            "<!DOCTYPE html><html lang=\"{language}\"><head><meta charset=\"utf-8\"><title>{title}: fake itsme</title>\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><link rel=\"icon\" href=\"data:,\">{refresh}<style>{STYLE}</style>\
             </head><body{class}>{faults}{header}<main>{body}</main></body></html>",
            language = page.language.tag(),
            title = escape(page.title),
            class = if page.wide { " class=\"wide\"" } else { "" },
            faults = self.active_faults(page.request),
            header = self.header(page.request),
        );
        // Don't set `form-action`: browsers also apply it to the redirect to the application.
        let style = STANDARD.encode(openssl::sha::sha256(STYLE.as_bytes()));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{style}'; img-src data:; base-uri 'none'; \
             frame-ancestors 'none'"
        );
        let headers = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CONTENT_SECURITY_POLICY, &policy),
            (header::CACHE_CONTROL, "no-store"),
        ];
        answer::with(status, html, &headers)
    }

    /// The navigation bar. Its links contain no host, so they work under any host name.
    fn header(&self, request: &Request) -> String {
        let base = self.base();
        let here = self.path(request);
        let mut places = vec![("/phone", "Phone"), ("/faults", "Faults")];
        if self.journal.is_some() {
            places.push(("/journal", "Journal"));
        }
        let link = |(path, label): (&str, &str)| {
            // The pages of single requests have the same path as the journal, so only the path
            // without a query is the current page.
            let is_here = here == path && request.uri().query().is_none();
            let current = if is_here { " aria-current=\"page\"" } else { "" };
            format!("<a href=\"{base}{path}\"{current}>{label}</a>")
        };
        format!(
            "<header lang=\"en\"><a class=\"brand\" href=\"{base}/\">Fake itsme</a>\
             <nav aria-label=\"Sandbox\">{}</nav></header>",
            places.into_iter().map(link).collect::<String>(),
        )
    }

    /// Lists the active faults, with a button that clears them and returns to this page.
    fn active_faults(&self, request: &Request) -> String {
        let faults = &self.mischief.faults;
        if faults.is_empty() {
            return String::new();
        }
        let here = request.uri().path_and_query().filter(|_| request.method() == Method::GET);
        let label = if faults.len() == 1 { "Active fault" } else { "Active faults" };
        format!(
            "<form class=\"notice\" lang=\"en\" method=\"post\" action=\"{}/faults\">{}\
             <span>{label}: <strong>{}</strong></span>\
             <button name=\"decision\" value=\"clear\">Clear</button></form>",
            self.base(),
            hidden("back", here.map_or("", |here| here.as_str())),
            escape(&faults.join(", ")),
        )
    }
}
