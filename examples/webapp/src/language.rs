//! The language of a page: the user's choice, or else the browser's preference, or else English.

use std::convert::Infallible;

use axum::{
    Form,
    extract::{FromRequestParts, rejection::FormRejection},
    http::{HeaderMap, header, request::Parts},
    response::Redirect,
};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use itsme_core::UiLocale;
use serde::{Deserialize, Serialize};
use tower_sessions::cookie::time::Duration;

use crate::texts::{self, Texts};

const COOKIE: &str = "language";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    #[serde(rename = "nl")]
    Dutch,
    #[serde(rename = "fr")]
    French,
    #[serde(rename = "de")]
    German,
    #[serde(rename = "en")]
    English,
}

impl Language {
    pub const ALL: [Self; 4] = [Self::Dutch, Self::French, Self::German, Self::English];

    pub fn of(headers: &HeaderMap) -> Self {
        let chosen = CookieJar::from_headers(headers);
        let chosen = chosen.get(COOKIE).and_then(|cookie| Self::known(cookie.value()));
        let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let accepted = accept_language::parse(accepted.unwrap_or_default());
        let preferred = || accepted.iter().find_map(|tag| Self::known(tag));
        chosen.or_else(preferred).unwrap_or(Self::English)
    }

    /// Returns the language for a tag, if it is supported. `nl-BE` counts as Dutch.
    fn known(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// Returns the tag for `<html lang>`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Dutch => "nl",
            Self::French => "fr",
            Self::German => "de",
            Self::English => "en",
        }
    }

    /// Returns the language's name in that language.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dutch => "Nederlands",
            Self::French => "Français",
            Self::German => "Deutsch",
            Self::English => "English",
        }
    }

    pub fn texts(self) -> &'static Texts {
        match self {
            Self::Dutch => &texts::NL,
            Self::French => &texts::FR,
            Self::German => &texts::DE,
            Self::English => &texts::EN,
        }
    }

    /// Returns the locale for itsme's pages.
    pub fn ui_locale(self) -> UiLocale {
        match self {
            Self::Dutch => UiLocale::Dutch,
            Self::French => UiLocale::French,
            Self::German => UiLocale::German,
            Self::English => UiLocale::English,
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Language {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

#[derive(Deserialize)]
pub struct Choice {
    language: Language,
}

/// Stores the user's choice in a cookie.
pub async fn choose(
    jar: CookieJar,
    choice: Result<Form<Choice>, FormRejection>,
) -> (CookieJar, Redirect) {
    let Ok(Form(choice)) = choice else { return (jar, Redirect::to("/")) };
    let cookie = Cookie::build((COOKIE, choice.language.tag()))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(Duration::days(365));
    (jar.add(cookie), Redirect::to("/"))
}
