use super::{Recording, replay::Replay};
use crate::{
    error::{Error, RecordingError},
    flow::{
        Flow,
        machine::{Context, Event, Machine, Next},
    },
    ground::secret::Secret,
    settings::{credentials::Credentials, keyring::Keyring},
    tokens::open::OpenToken,
};

/// The maximum length of a recording in characters.
const MAX_SEALED: usize = 4 * 1024 * 1024;

impl Recording {
    /// Opens the recording with the client's credentials: its private keys, local or
    /// [external](crate::PrivateKeys::external), or its secret. The flow sends no requests, and waits only for a key
    /// holder.
    ///
    /// The recording was encrypted to the key that was published when the flow ended. If keys have been replaced since,
    /// use a set that includes the old decryption keys, such as the one that [`to_json`](crate::PrivateKeys::to_json)
    /// returns during a rotation.
    ///
    /// # Errors
    /// The flow ends with [`Error::Recording`] if the credentials are wrong, or if the recording was modified.
    pub fn open(&self, credentials: impl Into<Credentials>) -> Flow<Replay> {
        let credentials = credentials.into();
        let decryption = Keyring::new(credentials.clone()).decryption();
        let open = OpenToken::new(Secret::new(self.jwe()), decryption, MAX_SEALED);
        Flow::of("open_recording", Ok(OpenRecording { open, credentials }))
    }
}

/// The flow behind [`Recording::open`].
struct OpenRecording {
    open: OpenToken,
    credentials: Credentials,
}

impl Machine for OpenRecording {
    type Output = Replay;

    fn step(self, event: Event, cx: &mut Context<'_>) -> Result<Next<Self>, Error> {
        self.open.step(event, cx)?.within(
            self.credentials,
            |open, credentials| Self { open, credentials },
            |opened, credentials| {
                let text = opened.map_err(RecordingError::Sealed)?;
                Ok(Next::Done(Replay::new(text.into(), credentials)?))
            },
        )
    }
}
