//! What everything else is built on: secrets, time, strict JSON, versions of stored formats, and checks as values.

pub(crate) mod check;
pub(crate) mod json;
pub(crate) mod opaque;
pub(crate) mod secret;
pub(crate) mod text;
pub(crate) mod time;
pub(crate) mod version;
pub(crate) mod wiped;
