use http::{HeaderName, HeaderValue, Response as HttpResponse, StatusCode, header};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use zeroize::Zeroizing;

use crate::{http::Response, jose};

/// A response as recorded on a tape. It has only the headers that flows read, and no refresh token.
#[derive(Serialize, Deserialize)]
pub(crate) struct RecordedAnswer {
    pub(crate) status: u16,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    headers: Vec<(String, Bytes)>,
    body: Bytes,
    /// The number of bytes that were cut.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) cut: usize,
}

/// The headers that flows read.
const HEADERS: [HeaderName; 4] =
    [header::CACHE_CONTROL, header::CONTENT_TYPE, header::RETRY_AFTER, header::WWW_AUTHENTICATE];

/// The placeholder for a refresh token. It looks like a token, so it is left out of quoted text just as a token is.
const DROPPED: &[u8] = b"dropped-refresh-token-0";

impl RecordedAnswer {
    /// `room` is the maximum number of bytes to keep.
    pub(super) fn of(response: &Response, room: usize) -> Self {
        let mut answer = Self {
            status: response.status().as_u16(),
            headers: Vec::new(),
            body: Bytes(without_refresh_tokens(response.body())),
            cut: 0,
        };
        let mut left = room;
        for name in HEADERS {
            for value in response.headers().get_all(&name) {
                let Some(less) = left.checked_sub(value.len()) else {
                    answer.cut += value.len();
                    continue;
                };
                left = less;
                answer.headers.push((name.to_string(), Bytes::of(value.as_bytes())));
            }
        }
        answer.cut += answer.body.0.len().saturating_sub(left);
        answer.body.0.truncate(left);
        answer
    }

    /// The number of bytes kept.
    pub(super) fn len(&self) -> usize {
        let headers = self.headers.iter().map(|(_, value)| value.0.len());
        headers.sum::<usize>() + self.body.0.len()
    }

    /// The response to replay; `None` if the recorded data is not a valid HTTP response.
    pub(crate) fn response(&self) -> Option<Response> {
        let mut response = HttpResponse::new(self.body.0.to_vec());
        *response.status_mut() = StatusCode::from_u16(self.status).ok()?;
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            response.headers_mut().append(name, HeaderValue::from_bytes(&value.0).ok()?);
        }
        Some(response)
    }
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// Replaces the value of every `refresh_token` JSON member, at any depth, if it is a string. Everything else stays as
/// received, since the response may be unusable precisely because of its formatting.
fn without_refresh_tokens(body: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut kept = Zeroizing::new(Vec::with_capacity(body.len()));
    let (mut rest, mut is_refresh_token) = (body, false);
    while let Some(quote) = rest.iter().position(|byte| *byte == b'"') {
        let (before, text) = rest.split_at(quote + 1);
        // Find the next unescaped quotation mark.
        let mut escaped = false;
        let end = text.iter().position(|byte| {
            let ends = *byte == b'"' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            ends
        });
        let (text, after) = text.split_at(end.unwrap_or(text.len()));
        let is_value = before[..quote].trim_ascii() == b":";
        kept.extend_from_slice(before);
        kept.extend_from_slice(if is_refresh_token && is_value { DROPPED } else { text });
        is_refresh_token = is_named_refresh_token(text);
        let Some((quote, after)) = after.split_first() else { return kept };
        kept.push(*quote);
        rest = after;
    }
    kept.extend_from_slice(rest);
    kept
}

/// Whether the name is `refresh_token`, with or without escapes.
fn is_named_refresh_token(text: &[u8]) -> bool {
    let literal = [b"\"", text, b"\""].concat();
    serde_json::from_slice::<String>(&literal).is_ok_and(|name| name == "refresh_token")
}

/// Bytes that may be secret. They are encoded as base64url in JSON.
pub(crate) struct Bytes(pub(crate) Zeroizing<Vec<u8>>);

impl Bytes {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&Zeroizing::new(jose::base64url(&*self.0)))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(from)?);
        let bytes = jose::base64url_decode(&*text).map_err(D::Error::custom)?;
        Ok(Self(Zeroizing::new(bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refresh_tokens_are_dropped_and_nothing_else_changes() {
        for (body, kept) in [
            (
                r#"{"a":"b","refresh_token" : "x\"y","c":1}"#,
                r#"{"a":"b","refresh_token" : "…","c":1}"#,
            ),
            (r#"{"refresh\u005ftoken":"x"}"#, r#"{"refresh\u005ftoken":"…"}"#),
            (
                r#"[{"refresh_token":"x","refresh_token":"y"}"#,
                r#"[{"refresh_token":"…","refresh_token":"…"}"#,
            ),
            (r#"{"refresh_token":"cut"#, r#"{"refresh_token":"…"#),
            (r#"{"refresh_token":null,"a":"b"}"#, r#"{"refresh_token":null,"a":"b"}"#),
            (r#"["refresh_token","a"]"#, r#"["refresh_token","a"]"#),
            ("\u{feff}{\"a\":\"\\\\\"}\n", "\u{feff}{\"a\":\"\\\\\"}\n"),
            ("no JSON \"", "no JSON \""),
            ("", ""),
        ] {
            let dropped = String::from_utf8(DROPPED.to_vec()).expect("text");
            let found = without_refresh_tokens(body.as_bytes());
            assert_eq!(String::from_utf8_lossy(&found), kept.replace('…', &dropped), "{body}");
        }
    }

    #[test]
    fn an_answer_is_cut_where_the_room_ends() {
        let mut response = Response::new(b"0123456789".to_vec());
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        for (room, headers, body, cut) in
            [(18, 1, 10, 0), (17, 1, 9, 1), (8, 1, 0, 10), (7, 0, 7, 11), (0, 0, 0, 18)]
        {
            let answer = RecordedAnswer::of(&response, room);
            assert_eq!(
                (answer.headers.len(), answer.body.0.len(), answer.cut),
                (headers, body, cut)
            );
            assert!(answer.len() <= room);
            let json = serde_json::to_value(&answer).expect("an answer is JSON");
            assert_eq!(
                json.get("cut"),
                (cut > 0).then_some(&cut.into()),
                "only if some are missing"
            );
        }
    }
}
