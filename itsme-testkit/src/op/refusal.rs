//! Why the OP refused a request, read off its answer.

use http::header;
use itsme_core::Response;
use serde_json::Value;
use url::{Url, form_urlencoded};

/// The reason on a page, which only the page's code knows: an extension of the response.
#[derive(Clone)]
pub(super) struct OnPage(pub(super) String);

/// `None` for an answer that refuses nothing.
pub(super) fn reason(answer: &Response) -> Option<String> {
    if let Some(OnPage(reason)) = answer.extensions().get() {
        return Some(reason.clone());
    }
    if let Some(location) = answer.headers().get(header::LOCATION) {
        let url = Url::parse(location.to_str().ok()?).ok()?;
        let query = url.query().unwrap_or_default();
        let parameter = |wanted: &str| {
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            pairs.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
        };
        return told(parameter("error")?, parameter("error_description"));
    }
    if answer.status().as_u16() < 400 {
        return None;
    }
    let body: Value = serde_json::from_slice(answer.body()).ok()?;
    let member = |name: &str| body.get(name)?.as_str().map(str::to_owned);
    told(member("error")?, member("detail"))
}

fn told(code: String, detail: Option<String>) -> Option<String> {
    Some(detail.map_or_else(|| code.clone(), |detail| format!("{code}: {detail}")))
}
