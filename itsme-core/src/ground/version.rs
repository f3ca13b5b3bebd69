use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// The member `"v": 1` of every value that is made to be stored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Version1;

impl Serialize for Version1 {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u8(1)
    }
}

impl<'de> Deserialize<'de> for Version1 {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match u64::deserialize(from)? {
            1 => Ok(Self),
            other => Err(D::Error::custom(format_args!(
                "stored by another version of this library (format {other}, not 1); begin again"
            ))),
        }
    }
}
