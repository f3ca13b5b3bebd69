/// A task other than a login for which your application sends a user to itsme, such as confirming a
/// payment. See [`Logins::send`](super::Logins::send).
#[derive(Clone, Debug)]
pub struct Errand {
    pub(super) note: String,
    pub(super) return_to: String,
}

impl Errand {
    /// Creates an errand with a note to yourself, such as its purpose and the account it is for.
    /// You get the note back in [`Arrived`](super::Arrived). The user can neither read nor change
    /// it.
    pub fn new(note: impl Into<String>) -> Self {
        Self { note: note.into(), return_to: "/".to_owned() }
    }

    /// Sets where the user is sent afterwards, as a path in this application. Default: `/`, which
    /// also replaces any value that is not clearly such a path.
    #[must_use]
    pub fn return_to(self, path: impl Into<String>) -> Self {
        Self { return_to: path.into(), ..self }
    }
}
