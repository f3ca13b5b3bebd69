use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use url::form_urlencoded;

use crate::{
    error::Refusal,
    ground::{opaque::opaque, secret::Secret},
};

pub(crate) const MAX_CALLBACK: usize = 16_384;

/// The callback: what the user's browser sent to the redirect URI (RFC 6749 §4.1.2, RFC 9207).
///
/// It can be created from the full URL, from the path and query, from the query alone, or from
/// [pairs](Self::from_pairs) parsed by a web framework. It is checked in the first step of the flow that finishes
/// the login.
///
/// ```
/// use itsme_core::Callback;
///
/// let a = Callback::from("https://example.be/itsme/callback?code=abc&state=xyz");
/// let b = Callback::from("code=abc&state=xyz");
/// let c = Callback::from_pairs([("code", "abc"), ("state", "xyz")]);
/// ```
#[derive(Clone)]
pub struct Callback(pub(crate) Source);

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Source {
    Text(String),
    Pairs(Vec<(String, String)>),
}

impl Source {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Pairs(pairs) => pairs.iter().map(|(name, value)| name.len() + value.len()).sum(),
        }
    }
}

impl From<String> for Callback {
    fn from(text: String) -> Self {
        Self(Source::Text(text))
    }
}

impl From<&str> for Callback {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<&String> for Callback {
    fn from(text: &String) -> Self {
        text.clone().into()
    }
}

impl From<&http::Uri> for Callback {
    fn from(uri: &http::Uri) -> Self {
        uri.query().unwrap_or_default().into()
    }
}

impl Callback {
    /// Creates a callback from decoded parameters. Pass all of them, including repeated ones: dropping
    /// those would hide an attack.
    pub fn from_pairs<N: Into<String>, V: Into<String>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        Self(Source::Pairs(pairs.into_iter().map(|(n, v)| (n.into(), v.into())).collect()))
    }

    /// The `state` parameter, which you use to find the stored [`LoginState`](crate::LoginState). No other parameter
    /// can be read, because a callback cannot be trusted until the login is finished.
    pub fn state(&self) -> Option<String> {
        let is_state = |name: &str, value: &str| (name == "state").then(|| value.to_owned());
        match &self.0 {
            Source::Pairs(pairs) => pairs.iter().find_map(|(name, value)| is_state(name, value)),
            Source::Text(text) => form_urlencoded::parse(query(text).as_bytes())
                .find_map(|(name, value)| is_state(&name, &value)),
        }
    }

    /// Parses the parameters without verifying them.
    pub(crate) fn parameters(self) -> Parameters {
        let mut parameters =
            Parameters { is_too_long: self.0.len() > MAX_CALLBACK, ..Parameters::default() };
        match self.0 {
            _ if parameters.is_too_long => {}
            Source::Pairs(pairs) => pairs.into_iter().for_each(|(name, value)| {
                parameters.add(&name, value);
            }),
            Source::Text(text) => {
                for (name, value) in form_urlencoded::parse(query(&text).as_bytes()) {
                    parameters.add(&name, value);
                }
            }
        }
        parameters
    }
}

/// The query of a URL or of a path with a query; otherwise, the text itself.
fn query(text: &str) -> &str {
    let text = text.trim();
    let text = text.split_once('#').map_or(text, |(before, _)| before);
    let is_url = text.starts_with("http://") || text.starts_with("https://");
    if is_url || text.starts_with(['/', '?']) {
        return text.split_once('?').map_or("", |(_, query)| query);
    }
    text
}

const NAMES: [&str; 8] =
    ["code", "state", "iss", "error", "error_description", "detail", "error_uri", "uid"];

/// The known parameters of a callback.
#[derive(Default)]
pub(crate) struct Parameters {
    values: [Option<Secret>; NAMES.len()],
    /// The first parameter that appears twice.
    pub(crate) twice: Option<&'static str>,
    /// Whether the callback was too long to be parsed.
    pub(crate) is_too_long: bool,
}

impl Parameters {
    fn add<'a>(&mut self, name: &str, value: impl Into<Cow<'a, str>>) {
        let Some(place) = NAMES.iter().position(|known| *known == name) else { return };
        let value = Secret::new(value.into().into_owned());
        if self.values[place].replace(value).is_some() {
            self.twice = self.twice.or(Some(NAMES[place]));
        }
    }

    /// Returns a parameter even if it is empty, because an empty `iss` must count as present although it names no OP.
    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        let place = NAMES.iter().position(|known| *known == name)?;
        self.values[place].as_ref().map(Secret::expose)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.find(name).filter(|value| !value.is_empty())
    }

    pub(crate) fn refusal(&self) -> Option<Refusal> {
        Refusal::read(None, |name| self.get(name))
    }
}

opaque!(Callback);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorCode;

    fn code(callback: impl Into<Callback>) -> Option<String> {
        callback.into().parameters().get("code").map(str::to_owned)
    }

    #[test]
    fn every_form_is_read() {
        let query = "code=a%2Bb&state=s+t%26ate&iss=https%3A%2F%2Fop&other=1&other=2";
        for callback in [
            query.to_owned(),
            format!("?{query}"),
            format!("/cb?{query}"),
            format!("https://rp.example/cb?{query}#_=_"),
            format!(" http://127.0.0.1:80/cb?{query}\n"),
        ] {
            assert_eq!(code(&callback).as_deref(), Some("a+b"), "{callback}");
        }
        let uri: http::Uri = format!("/cb?{query}").parse().expect("a URI");
        assert_eq!(code(&uri).as_deref(), Some("a+b"));
        let pairs = Callback::from_pairs([("code", "a+b"), ("state", "s t&ate")]);
        assert_eq!(code(pairs).as_deref(), Some("a+b"));
    }

    #[test]
    fn the_state_leads_to_the_stored_login() {
        assert_eq!(Callback::from("/cb?code=c&state=a+b").state().as_deref(), Some("a b"));
        assert_eq!(Callback::from_pairs([("state", "a b")]).state().as_deref(), Some("a b"));
        assert_eq!(Callback::from("code=c").state(), None);
    }

    #[test]
    fn a_refusal_keeps_the_words_of_the_op() {
        let callback = "error=new_code&error_description=a%0Ab&uid=7&state=s+t%26ate";
        let refusal = Callback::from(callback).parameters().refusal().expect("it is a refusal");
        assert_eq!(refusal.code, ErrorCode::Other("new_code".into()));
        assert_eq!(refusal.description.as_deref(), Some("a b"));
        assert_eq!(refusal.uid.as_deref(), Some("7"));
        assert_eq!(refusal.status, None);
    }
}
