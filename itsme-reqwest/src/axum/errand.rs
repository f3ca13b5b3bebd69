/// What an application sends a person to itsme for, beside logging in. See [`Logins::send`](super::Logins::send).
#[derive(Clone, Debug)]
pub struct Errand {
    pub(super) note: String,
    pub(super) return_to: String,
}

impl Errand {
    /// With a note to yourself, such as what it is for and for which account: it comes back with
    /// [`Arrived`](super::Arrived), and nobody can read or change it on the way.
    pub fn new(note: impl Into<String>) -> Self {
        Self { note: note.into(), return_to: "/".to_owned() }
    }

    /// Sets where the person wants to be afterwards, a path of this application. Default: `/`, also in place of anything
    /// that is not surely such a path.
    #[must_use]
    pub fn return_to(self, path: impl Into<String>) -> Self {
        Self { return_to: path.into(), ..self }
    }
}
