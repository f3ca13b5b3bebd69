use crate::{error::EntropyError, ground::time::UnixTime};

/// Supplies the time and random bytes, which this crate does not read from the operating system itself.
///
/// Every transition of a flow reads the clock once. All of the protocol's random values come from the `Platform`:
/// `state`, `nonce`, code verifier, `jti`, content encryption keys and IVs. OpenSSL uses its own randomness for the
/// RSA-OAEP seed and for blinding. As a result, two runs with the same `Platform` produce different ciphertexts that
/// decrypt to the same content.
pub trait Platform {
    /// The current time.
    fn now(&self) -> UnixTime;

    /// Fills `buf` with unpredictable bytes.
    ///
    /// # Errors
    /// No random bytes are available. The flow ends with this error.
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

/// The operating system's clock and random number generator. Requires the feature `system`.
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
        // If the clock is set before 1970, return 1970. No token is valid then.
        let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        UnixTime::from_secs(0).after(since)
    }

    fn fill(&mut self, buf: &mut [u8]) -> Result<(), EntropyError> {
        getrandom::fill(buf).map_err(|_| EntropyError)
    }
}
