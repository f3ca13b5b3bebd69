use serde::{Deserialize, Serialize};
use url::form_urlencoded;

use crate::{
    error::{CallbackError, Refusal},
    ground::{opaque::opaque, secret::Secret},
    jose,
};

pub(crate) const MAX_CALLBACK: usize = 16_384;

/// What the person's browser brought back to the redirect URI (RFC 6749 §4.1.2, RFC 9207).
///
/// Made from the full URL, from path and query, from the query alone, or
/// [from pairs](Self::from_pairs) that a web framework has parsed. The first step of the
/// login's flow tells what is wrong with it.
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
    /// From parameters that are decoded already. All of them: a map that has dropped a second
    /// parameter of the same name hides an attack.
    pub fn from_pairs<N: Into<String>, V: Into<String>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        Self(Source::Pairs(pairs.into_iter().map(|(n, v)| (n.into(), v.into())).collect()))
    }

    /// The `state` parameter, by which the application finds the stored
    /// [`LoginState`](crate::LoginState). Nothing else of the callback can be read: it is not to be
    /// believed before the login is finished.
    pub fn state(&self) -> Option<String> {
        let is_state = |name: &str, value: &str| (name == "state").then(|| value.to_owned());
        match &self.0 {
            Source::Pairs(pairs) => pairs.iter().find_map(|(name, value)| is_state(name, value)),
            Source::Text(text) => form_urlencoded::parse(query(text).as_bytes())
                .find_map(|(name, value)| is_state(&name, &value)),
        }
    }

    /// Reads the parameters and makes sure that they answer the request with this `state`.
    pub(crate) fn read(self, expected_state: &str) -> Result<Answer, CallbackError> {
        if self.0.len() > MAX_CALLBACK {
            return Err(CallbackError::TooLong);
        }
        let pairs = match self.0 {
            Source::Pairs(pairs) => pairs,
            Source::Text(text) => {
                form_urlencoded::parse(query(&text).as_bytes()).into_owned().collect()
            }
        };
        let mut parameters = Parameters::default();
        for (name, value) in pairs {
            parameters.add(&name, value)?;
        }
        parameters.answer(expected_state)
    }
}

/// The query of a URL, of a path with a query, or the text itself.
fn query(text: &str) -> &str {
    let text = text.trim();
    let text = text.split_once('#').map_or(text, |(before, _)| before);
    let is_url = text.starts_with("http://") || text.starts_with("https://");
    if is_url || text.starts_with(['/', '?']) {
        return text.split_once('?').map_or("", |(_, query)| query);
    }
    text
}

/// A callback that belongs to the login, unless its `iss` is yet to be compared.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) iss: Option<String>,
    pub(crate) outcome: Outcome,
}

#[derive(Debug)]
pub(crate) enum Outcome {
    Code(Secret),
    Refusal(Refusal),
}

const NAMES: [&str; 8] =
    ["code", "state", "iss", "error", "error_description", "detail", "error_uri", "uid"];

#[derive(Default)]
struct Parameters([Option<String>; NAMES.len()]);

impl Parameters {
    fn add(&mut self, name: &str, value: String) -> Result<(), CallbackError> {
        let Some(place) = NAMES.iter().position(|known| *known == name) else { return Ok(()) };
        match self.0[place].replace(value) {
            Some(_) => Err(CallbackError::Duplicate(NAMES[place])),
            None => Ok(()),
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        let place = NAMES.iter().position(|known| *known == name)?;
        self.0[place].as_deref().filter(|value| !value.is_empty())
    }

    fn answer(self, expected_state: &str) -> Result<Answer, CallbackError> {
        let state = self.get("state").ok_or(CallbackError::MissingState)?;
        if !jose::constant_time_eq(state.as_bytes(), expected_state.as_bytes()) {
            return Err(CallbackError::ForeignState);
        }
        let refusal = Refusal::read(None, |name| self.get(name));
        let outcome = match (self.get("code"), refusal) {
            (Some(code), None) => Outcome::Code(Secret::new(code)),
            (None, Some(refusal)) => Outcome::Refusal(refusal),
            (None, None) => return Err(CallbackError::MissingCode),
            (Some(_), Some(_)) => return Err(CallbackError::CodeAndError),
        };
        // An empty `iss` is there, and nobody's.
        let [_, _, iss, ..] = self.0;
        Ok(Answer { iss, outcome })
    }
}

opaque!(Callback);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorCode;

    fn read(callback: impl Into<Callback>) -> Result<Answer, CallbackError> {
        callback.into().read("s t&ate")
    }

    fn code(callback: impl Into<Callback>) -> Option<String> {
        match read(callback).ok()?.outcome {
            Outcome::Code(code) => Some(code.expose().to_owned()),
            Outcome::Refusal(_) => None,
        }
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
    fn each_fault_is_told_apart() {
        use CallbackError::*;
        for (callback, expected) in [
            ("", MissingState),
            ("https://rp.example/cb", MissingState),
            ("code=c", MissingState),
            ("code=c&state=", MissingState),
            ("code=c&state=other", ForeignState),
            ("error=access_denied&state=other", ForeignState),
            ("state=s+t%26ate", MissingCode),
            ("code=&state=s+t%26ate", MissingCode),
            ("code=c&error=x&state=s+t%26ate", CodeAndError),
            ("code=c&code=c&state=s+t%26ate", Duplicate("code")),
            ("code=c&state=s+t%26ate&state=x", Duplicate("state")),
            ("code=c&iss=&iss=&state=s+t%26ate", Duplicate("iss")),
        ] {
            assert_eq!(read(callback).map(drop), Err(expected), "{callback}");
        }
        assert_eq!(read("x".repeat(MAX_CALLBACK + 1)).map(drop), Err(TooLong));
        assert_eq!(read("x".repeat(MAX_CALLBACK)).map(drop), Err(MissingState));
        let pairs = Callback::from_pairs([("code", "x".repeat(MAX_CALLBACK))]);
        assert_eq!(read(pairs).map(drop), Err(TooLong));
        let pairs = Callback::from_pairs([("n".repeat(200), "v".repeat(200))]);
        assert_eq!(read(pairs).map(drop), Err(MissingState), "400 bytes are few");
    }

    #[test]
    fn a_refusal_keeps_the_words_of_the_op() {
        let callback = "error=new_code&error_description=a%0Ab&uid=7&state=s+t%26ate";
        let Ok(Answer { outcome: Outcome::Refusal(refusal), .. }) = read(callback) else {
            panic!("it is a refusal")
        };
        assert_eq!(refusal.code, ErrorCode::Other("new_code".into()));
        assert_eq!(refusal.description.as_deref(), Some("a b"));
        assert_eq!(refusal.uid.as_deref(), Some("7"));
        assert_eq!(refusal.status, None);
    }
}
