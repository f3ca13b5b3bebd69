use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::{Map, Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    ground::{opaque::opaque, time::UnixTime},
    jose,
    user::ImageType,
};

/// A QR code to show to the user, who scans it with the itsme app (itsme: user discovery).
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct QrCode {
    /// The bytes of the image file.
    pub image: Vec<u8>,
    /// The time at which the code expires, if the OP's response contains it in a supported format.
    pub expires_at: Option<UnixTime>,
}

impl QrCode {
    /// The media type of the image, such as `image/png`. It is detected from the first bytes.
    pub fn media_type(&self) -> &'static str {
        ImageType::of(&self.image).map_or("application/octet-stream", ImageType::media_type)
    }

    /// Reads the code from a response, where it is in `user_discovery_token` or at the top level. The error explains
    /// why there is no code.
    pub(super) fn read(answer: &Map<String, Value>) -> Result<Self, &'static str> {
        let within = answer.get("user_discovery_token").and_then(Value::as_object);
        let has_one = |members: &&Map<_, _>| members.get("qr_code").is_some_and(|it| !it.is_null());
        let members = within.into_iter().chain([answer]).find(has_one);
        let members = members.ok_or("it has no `qr_code`")?;
        let text = members["qr_code"].as_str().unwrap_or_default();
        // Some OPs send the image as a data URL, as in the `src` of an HTML image.
        let base64 = text.split_once(";base64,").map_or(text, |(_, base64)| base64);
        let image = jose::base64_decode(base64).filter(|image| !image.is_empty());
        let image = image.ok_or("its `qr_code` is not a base64-encoded image")?;
        Ok(Self { image, expires_at: members.get("expires_at").and_then(time) })
    }
}

/// Reads seconds since 1970, or RFC 3339 with itsme's deviations: the time zone can be missing, or lack its colon.
fn time(value: &Value) -> Option<UnixTime> {
    match value {
        Value::String(text) => {
            let parse = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
            let utc = text.strip_suffix("+0000").unwrap_or(text);
            let time = parse(text).or_else(|| parse(&format!("{utc}Z")))?.unix_timestamp();
            u64::try_from(time).ok().map(UnixTime::from_secs)
        }
        value => value.as_u64().map(UnixTime::from_secs),
    }
}

impl Serialize for QrCode {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let expires_at = self.expires_at.map(UnixTime::as_secs);
        json!({ "qr_code": jose::base64(&self.image), "expires_at": expires_at }).serialize(to)
    }
}

impl<'de> Deserialize<'de> for QrCode {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::read(&Map::deserialize(from)?).map_err(D::Error::custom)
    }
}

opaque!(QrCode);

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &str = "iVBORw0KGgo=";

    fn read(answer: Value) -> Option<QrCode> {
        QrCode::read(answer.as_object().expect("an object")).ok()
    }

    #[test]
    fn it_is_read_in_both_places() {
        let at = Some(UnixTime::from_secs(1_767_225_630));
        for (answer, expires_at) in [
            (json!({ "user_discovery_token": { "qr_code": PNG } }), None),
            (json!({ "user_discovery_token": {}, "qr_code": PNG }), None),
            (json!({ "user_discovery_token": { "qr_code": null }, "qr_code": PNG }), None),
            (json!({ "qr_code": PNG, "expires_at": 1_767_225_630 }), at),
            (json!({ "qr_code": PNG, "expires_at": "2026-01-01T00:00:30Z" }), at),
            (json!({ "qr_code": PNG, "expires_at": "2026-01-01T01:00:30.5+01:00" }), at),
            (json!({ "qr_code": PNG, "expires_at": "2026-01-01T00:00:30" }), at),
            (json!({ "qr_code": PNG, "expires_at": "2026-01-01T00:00:30.250+0000" }), at),
            (json!({ "qr_code": PNG, "expires_at": "soon" }), None),
            (json!({ "qr_code": format!("data:image/png;base64,{PNG}") }), None),
        ] {
            let code = read(answer.clone()).unwrap_or_else(|| panic!("{answer}"));
            assert_eq!((code.media_type(), code.expires_at), ("image/png", expires_at), "{answer}");
            let stored = serde_json::to_string(&code).expect("JSON");
            assert_eq!(serde_json::from_str::<QrCode>(&stored).expect("a code"), code);
        }
    }

    #[test]
    fn what_is_none_is_none() {
        for answer in [
            json!({}),
            json!({ "qr_code": null }),
            json!({ "user_discovery_token": {} }),
            json!({ "user_discovery_token": { "qr_code": null, "expires_at": 1 } }),
            json!({ "user_discovery_token": PNG }),
        ] {
            let answer = answer.as_object().expect("an object");
            assert_eq!(QrCode::read(answer), Err("it has no `qr_code`"), "{answer:?}");
        }
        for odd in [json!(7), json!(""), json!("?"), json!([PNG]), json!({})] {
            let answer = json!({ "user_discovery_token": { "qr_code": odd } });
            let answer = answer.as_object().expect("an object");
            assert!(QrCode::read(answer).is_err(), "{answer:?}");
        }
        assert_eq!(
            read(json!({ "qr_code": "AAAA" })).map(|code| code.media_type()),
            Some("application/octet-stream")
        );
    }
}
