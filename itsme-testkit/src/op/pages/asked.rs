//! What the app shows for a request: the client that made it, what it requests, and the security
//! level.

use itsme_core::{Dialect, Request};
use serde_json::Value;

use super::{
    super::{authentication_request::AuthenticationRequest, grant::scope_claims},
    confirm_text, data_words, escape,
    language::Language,
    words::Words,
};
use crate::registration::Kind;

/// A request, and the language in which to show it.
pub(super) struct Shown<'a> {
    pub(super) request: &'a AuthenticationRequest,
    pub(super) dialect: Dialect,
    pub(super) language: Language,
}

impl<'a> Shown<'a> {
    pub(super) fn new(
        request: &'a AuthenticationRequest,
        dialect: Dialect,
        browser: &Request,
    ) -> Self {
        let language = Language::of(request.ui_locales.as_deref(), browser);
        Self { request, dialect, language }
    }

    pub(super) fn words(&self) -> &'static Words {
        Words::of(self.language)
    }

    fn kind(&self) -> Kind {
        self.request.client.kind_of(self.request.service()).unwrap_or(Kind::Login)
    }

    pub(super) fn title(&self) -> &'static str {
        self.words().title(self.kind())
    }

    /// The whole description as HTML.
    pub(super) fn html(&self) -> String {
        let (words, client) = (self.words(), &self.request.client);
        let advanced = self.request.acr.as_ref().is_some_and(|acr| acr.ends_with("acr_advanced"));
        format!(
            "{}{}{}<dl><dt>{}</dt><dd>{}</dd><dt>{}</dt><dd>{}</dd></dl>{}",
            lead(words.lead(self.kind()), client.display_name()),
            self.to_confirm(),
            self.data(),
            words.service,
            escape(client.display_service(self.request.service())),
            words.level,
            if advanced { words.advanced } else { words.basic },
            self.for_developers(),
        )
    }

    /// The data to share. Each item is listed once, because a scope and a claim may mean the same thing.
    fn data(&self) -> String {
        let words = self.words();
        let mut list: Vec<(String, bool)> = Vec::new();
        for (name, essential) in self.names() {
            let text = match data_words::words(name, self.language) {
                Some(words) => words.to_owned(),
                None => format!("<code>{}</code>", escape(name)),
            };
            match list.iter_mut().find(|(known, _)| *known == text) {
                Some((_, required)) => *required |= essential,
                None => list.push((text, essential)),
            }
        }
        if list.is_empty() {
            // A confirmation shows what to confirm instead.
            let is_login = self.kind() != Kind::Confirm;
            return if is_login { format!("<p>{}</p>", words.no_data) } else { String::new() };
        }
        let item = |(text, essential): (String, bool)| match essential {
            true => format!("<li>{text}<span class=\"tag\">{}</span></li>", words.required),
            false => format!("<li>{text}</li>"),
        };
        format!(
            "<p class=\"quiet\">{}</p><ul class=\"asked\">{}</ul>",
            words.data,
            list.into_iter().map(item).collect::<String>(),
        )
    }

    /// The requested scopes and claims about the person, and whether they are essential. The claims
    /// that a scope stands for are also requested in the ID token. Leave those out, because they
    /// make no difference to the person.
    fn names(&self) -> impl Iterator<Item = (&'a str, bool)> {
        let claims = &self.request.claims;
        let is_data = |scope: &&String| *scope != "openid" && !scope.starts_with("service:");
        let scopes = self.request.scopes.iter().filter(is_data);
        let essential = |name: &String, claims: &serde_json::Map<String, Value>| {
            claims.get(name).is_some_and(|asked| asked["essential"] == true)
        };
        let claims = claims.about_the_person().map(move |name| {
            (name.as_str(), essential(name, &claims.id_token) || essential(name, &claims.userinfo))
        });
        let dialect = self.dialect;
        let by_scope: Vec<&str> =
            scopes.clone().flat_map(|scope| scope_claims(scope, dialect)).copied().collect();
        let beside = move |(name, essential): &(&str, bool)| *essential || !by_scope.contains(name);
        scopes.map(|scope| (scope.as_str(), false)).chain(claims.filter(beside))
    }

    /// The text or the payment that the person is asked to confirm.
    fn to_confirm(&self) -> String {
        let words = self.words();
        let template = self.request.claims.template(self.dialect);
        let part = |name: &str| template.get(name).map_or("", String::as_str);
        match part("template_name") {
            "" => String::new(),
            "free_text" => format!(
                "<p class=\"quiet\">{}</p><blockquote>{}</blockquote>",
                words.to_confirm,
                confirm_text::render(part("text_key")),
            ),
            _ => format!(
                "<dl><dt>{}</dt><dd class=\"amount\">{} {}</dd><dt>{}</dt><dd>{}</dd></dl>",
                words.amount,
                escape(part("amount_key")),
                escape(part("currency_key")),
                words.recipient,
                escape(part("iban_key")),
            ),
        }
    }

    /// The technical names of the client, the scopes and the claims, in a section that is collapsed
    /// at first.
    fn for_developers(&self) -> String {
        let claims: Vec<&str> =
            self.request.claims.about_the_person().map(String::as_str).collect();
        format!(
            "<details><summary>{}</summary><dl lang=\"en\"><dt>Client</dt><dd><code>{}</code></dd>\
             <dt>Scope</dt><dd><code>{}</code></dd><dt>Claims</dt><dd><code>{}</code></dd></dl></details>",
            self.words().as_asked,
            escape(&self.request.client.client_id),
            escape(&self.request.scopes.join(" ")),
            escape(&if claims.is_empty() { "none".to_owned() } else { claims.join(" ") }),
        )
    }
}

/// Formats a sentence that names the client.
pub(super) fn lead(words: &str, client: &str) -> String {
    let client = format!("<strong>{}</strong>", escape(client));
    format!("<p class=\"lead\">{}</p>", words.replace("{}", &client))
}
