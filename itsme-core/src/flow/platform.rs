use crate::{error::EntropyError, ground::time::UnixTime};

/// The two things that the core cannot know by itself: the time, and random bytes.
///
/// Every transition of a flow reads the clock once. All randomness of the protocol comes from here
/// (`state`, `nonce`, code verifier, `jti`, content keys, IVs). OpenSSL uses its own for the seed of
/// RSA-OAEP and for blinding, so two runs with the same `Platform` produce tokens that differ but
/// decrypt to the same content.
pub trait Platform {
    /// The current time.
    fn now(&self) -> UnixTime;

    /// Fills `buf` with unpredictable bytes.
    ///
    /// # Errors
    /// No randomness is available; the flow ends with this error.
    fn fill(&mut self, buf: &mut [u8]) -> Result<(), EntropyError>;
}

impl<E: Platform + ?Sized> Platform for &mut E {
    fn now(&self) -> UnixTime {
        (**self).now()
    }

    fn fill(&mut self, buf: &mut [u8]) -> Result<(), EntropyError> {
        (**self).fill(buf)
    }
}

/// The operating system's clock and randomness. Feature `system`.
#[cfg(feature = "system")]
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct SystemPlatform;

#[cfg(feature = "system")]
impl SystemPlatform {
    /// Creates the platform.
    pub const fn new() -> Self {
        Self
    }
}

#[cfg(feature = "system")]
impl Platform for SystemPlatform {
    fn now(&self) -> UnixTime {
        // A clock before 1970 reads as 1970, when no token is valid.
        let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        UnixTime::from_secs(0).after(since)
    }

    fn fill(&mut self, buf: &mut [u8]) -> Result<(), EntropyError> {
        getrandom::fill(buf).map_err(|_| EntropyError)
    }
}
