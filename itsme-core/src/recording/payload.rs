use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{input::Input, settings::RecordedSettings};
use crate::flow::tape::Tape;

/// The content of a recording.
#[derive(Deserialize)]
pub(super) struct Payload {
    pub(super) client: RecordedSettings,
    pub(super) input: Input,
    pub(super) tape: Tape,
}

/// The content of a recording, for writing.
#[derive(Serialize)]
pub(super) struct PayloadRef<'a> {
    pub(super) client: RecordedSettings,
    pub(super) input: &'a RawValue,
    pub(super) tape: &'a Tape,
}
