//! The layout of every page, and its buttons.

use axum::{http::header::CONTENT_TYPE, response::IntoResponse};
use maud::{DOCTYPE, Markup, html};

use crate::language::Language;

pub fn page(language: Language, title: &str, content: &Markup) -> Markup {
    let texts = language.texts();
    html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                // Without this, browsers would request /favicon.ico.
                link rel="icon" href="data:,";
                link rel="stylesheet" href="/style.css";
                title { (title) " · " (texts.shop) }
            }
            body {
                header {
                    a class="brand" href="/" { (texts.shop) }
                    form class="languages" method="post" action="/language" aria-label=(texts.language) {
                        @for other in Language::ALL {
                            button class="plain" name="language" value=(other.tag()) lang=(other.tag())
                                aria-label=(other.name()) aria-current=[(other == language).then_some("true")] {
                                (other.tag())
                            }
                        }
                    }
                }
                main { h1 { (title) } section class="card" { (content) } }
            }
        }
    }
}

/// How prominent a button is. A page has only one primary button.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Rank {
    Primary,
    Secondary,
}

/// A button in a form. A button that changes something is never a link, because browsers and other
/// sites follow links.
pub fn button(action: &str, rank: Rank, label: &str) -> Markup {
    html! {
        form method="post" action=(action) {
            button .secondary[rank == Rank::Secondary] { (label) }
        }
    }
}

/// A link back to the home page.
pub fn back(language: Language) -> Markup {
    html! { p { a href="/" { (language.texts().back) } } }
}

/// Serves the fake itsme's style sheet with the shop's additions.
pub async fn style() -> impl IntoResponse {
    const STYLE: &str = concat!(
        include_str!("../../../itsme-testkit/src/op/pages/style.css"),
        "a.button { display: block; padding: var(--s2) var(--s4); border-radius: var(--s2); background: var(--accent); \
            color: var(--on-accent); font-weight: 600; text-align: center; text-decoration: none; }\n",
        "a.button:hover { text-decoration: underline; }\n",
        ".languages { display: flex; gap: var(--s2); margin: 0; }\n",
        ".languages button { min-width: 2rem; text-transform: uppercase; }\n",
        ".languages [aria-current] { color: var(--ink); font-weight: 700; text-decoration: none; }\n",
    );
    ([(CONTENT_TYPE, "text/css")], STYLE)
}
