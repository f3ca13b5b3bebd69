use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// The member `"v"` of every value that is designed to be stored: the number of its format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Version<const N: u64>;

impl<const N: u64> Serialize for Version<N> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(N)
    }
}

impl<'de, const N: u64> Deserialize<'de> for Version<N> {
    /// Reads an option, so that a missing member also ends up here.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let found = match Option::<u64>::deserialize(from)? {
            Some(found) if found == N => return Ok(Self),
            Some(found) => format!("format {found}"),
            None => "no format number".to_owned(),
        };
        Err(D::Error::custom(format_args!(
            "stored by a different version of this library ({found}, expected format {N}); start again"
        )))
    }
}
