use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::{Value, json};

use crate::{ground::opaque::opaque, jose};

/// The photo on an identity document (itsme: `physical_person_photo`), or the user's picture.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Photo {
    /// The contents of the image file.
    pub data: Vec<u8>,
    /// The format that itsme gave for the image, if any. [`image_type`](Self::image_type) determines the type
    /// from the image itself.
    pub format: Option<String>,
}

/// A type of image that itsme sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ImageType {
    /// JPEG.
    Jpeg,
    /// JPEG 2000.
    Jpeg2000,
    /// PNG.
    Png,
}

impl ImageType {
    /// Recognizes an image by its first bytes.
    pub fn of(image: &[u8]) -> Option<Self> {
        const JPEG_2000_FILE: &[u8] = b"\x00\x00\x00\x0cjP  \r\n\x87\n";
        const JPEG_2000_STREAM: &[u8] = b"\xff\x4f\xff\x51";
        match image {
            _ if image.starts_with(b"\xff\xd8\xff") => Some(Self::Jpeg),
            _ if image.starts_with(JPEG_2000_FILE) => Some(Self::Jpeg2000),
            _ if image.starts_with(JPEG_2000_STREAM) => Some(Self::Jpeg2000),
            _ if image.starts_with(b"\x89PNG\r\n\x1a\n") => Some(Self::Png),
            _ => None,
        }
    }

    /// The media types that are used for this type of image. The first one is the standard one.
    pub(crate) fn media_types(self) -> &'static [&'static str] {
        match self {
            Self::Jpeg => &["image/jpeg", "image/jpg"],
            Self::Jpeg2000 => &["image/jp2", "image/jpx", "image/jpeg2000", "image/j2k"],
            Self::Png => &["image/png"],
        }
    }

    /// The image type's media type, such as `image/jpeg`.
    pub fn media_type(self) -> &'static str {
        self.media_types()[0]
    }
}

impl Photo {
    /// The type of the image, recognized by its first bytes. `None` if the type is unknown.
    pub fn image_type(&self) -> Option<ImageType> {
        ImageType::of(&self.data)
    }

    /// Reads an object with a `format` and a base64 `value`, or a base64 string.
    pub(super) fn read(value: &Value) -> Option<Self> {
        let (text, format) = match value {
            Value::String(text) => (text.as_str(), None),
            Value::Object(members) => {
                let format = members.get("format").and_then(Value::as_str).map(str::to_owned);
                (members.get("value")?.as_str()?, format)
            }
            _ => return None,
        };
        Some(Self { data: jose::base64_decode(text)?, format })
    }
}

impl Serialize for Photo {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        json!({ "format": self.format, "value": jose::base64(&self.data) }).serialize(to)
    }
}

impl<'de> Deserialize<'de> for Photo {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(from)?;
        Self::read(&value).ok_or_else(|| D::Error::custom("not a photo"))
    }
}

opaque!(Photo);
