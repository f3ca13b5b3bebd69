/// Something other than a login for which an application sends a person to itsme. See
/// [`Logins::send`](super::Logins::send).
#[derive(Clone, Debug)]
pub struct Errand {
    pub(super) note: String,
    pub(super) return_to: String,
}

impl Errand {
    /// Creates an errand with a note to yourself, such as its purpose and the account it is for.
    /// The note comes back in [`Arrived`](super::Arrived); no one can read or change it on the way.
    pub fn new(note: impl Into<String>) -> Self {
        Self { note: note.into(), return_to: "/".to_owned() }
    }

    /// Sets where the person goes afterwards, a path of this application. Default: `/`, which also
    /// replaces anything that is not clearly such a path.
    #[must_use]
    pub fn return_to(self, path: impl Into<String>) -> Self {
        Self { return_to: path.into(), ..self }
    }
}
