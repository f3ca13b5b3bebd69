//! The language of a page, which follows the request's preference, then the browser's.

use http::header;
use itsme_core::Request;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    English,
    Dutch,
    French,
    German,
}

impl Language {
    /// The tag for `<html lang>`.
    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Dutch => "nl",
            Self::French => "fr",
            Self::German => "de",
        }
    }

    /// Chooses the first known language in `ui_locales`, otherwise the browser's, otherwise
    /// English.
    pub(super) fn of(ui_locales: Option<&str>, request: &Request) -> Self {
        let wanted = ui_locales.into_iter().flat_map(|locales| locales.split(' '));
        wanted.filter_map(Self::known).next().unwrap_or_else(|| Self::of_browser(request))
    }

    /// The available language with the highest preference in `Accept-Language`.
    pub(super) fn of_browser(request: &Request) -> Self {
        let accepted = request.headers().get(header::ACCEPT_LANGUAGE);
        let accepted = accepted.and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut best = (0.0, Self::English);
        for range in accepted.split(',') {
            let (tag, weight) = range.split_once(";q=").unwrap_or((range, "1"));
            let weight = weight.trim().parse().unwrap_or(0.0);
            // Of two equal weights, the first one wins, because browsers list languages in order.
            if let Some(language) = Self::known(tag.trim()).filter(|_| weight > best.0) {
                best = (weight, language);
            }
        }
        best.1
    }

    /// The language for a tag, if it is available. Ignores the region: `nl-BE` counts as Dutch.
    fn known(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        let all = [Self::English, Self::Dutch, Self::French, Self::German];
        all.into_iter().find(|language| language.tag() == primary)
    }
}

#[cfg(test)]
mod tests {
    use super::Language::{self, Dutch, English, French, German};

    #[test]
    fn the_request_decides_before_the_browser() {
        for (ui_locales, accepted, language) in [
            (None, "", English),
            (None, "nl-BE", Dutch),
            (None, "es, fr;q=0.3, de-DE;q=0.8", German),
            (None, "fr, nl", French),
            (None, "nl;q=0, *", English),
            (None, "nl;q=x", English),
            (Some("de"), "nl", German),
            (Some("es FR-be en"), "nl", French),
            (Some("es"), "nl", Dutch),
        ] {
            let request = http::Request::get("/").header("accept-language", accepted);
            let request = request.body(Vec::new()).expect("a request");
            assert_eq!(Language::of(ui_locales, &request), language, "{ui_locales:?} {accepted}");
        }
    }
}
