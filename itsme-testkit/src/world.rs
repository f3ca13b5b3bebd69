use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use itsme_core::{EntropyError, Platform, SystemPlatform, UnixTime};

/// A deterministic environment for tests. Its clock moves only when told to, and its randomness
/// comes from a counter, so that two runs are identical.
///
/// The clock starts at 2026-01-01T00:00:00Z. Waits and requests in [`play`](crate::play) advance
/// it.
#[derive(Debug)]
pub struct World {
    clock: Clock,
    drawn: u64,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// Creates a world whose clock is at 2026-01-01T00:00:00Z and whose random counter is at zero.
    pub fn new() -> Self {
        let start = UnixTime::from_secs(1_767_225_600);
        let clock = Clock(Source::Virtual(Arc::new(AtomicU64::new(start.as_millis()))));
        Self { clock, drawn: 0 }
    }

    /// The world's clock, to be shared with an OP.
    pub fn clock(&self) -> Clock {
        self.clock.clone()
    }

    /// Advances the clock.
    pub fn advance(&self, duration: Duration) {
        self.clock.advance(duration);
    }

    /// Sets the clock forward or back.
    pub fn set(&self, time: UnixTime) {
        self.clock.set(time);
    }
}

impl Platform for World {
    fn now(&self) -> UnixTime {
        self.clock.now()
    }

    /// Fills the buffer using SplitMix64 over a counter. This is not random, but no two draws are
    /// the same.
    fn fill(&mut self, buf: &mut [u8]) -> Result<(), EntropyError> {
        for chunk in buf.chunks_mut(8) {
            self.drawn += 1;
            let mut word = self.drawn.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            word ^= word >> 31;
            chunk.copy_from_slice(&word.to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

/// A clock that several parties can share. It is the system's clock, an accelerated one, or a
/// [`World`]'s.
///
/// A `Clock` is also a [`Platform`] with the system's randomness, for flows over real sockets that
/// do not use the system's time.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    /// The system's clock plus this many milliseconds.
    Ahead(Arc<AtomicU64>),
    Accelerated {
        began: Instant,
        at: UnixTime,
        factor: u32,
    },
    Virtual(Arc<AtomicU64>),
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// The system's clock, except that it can be [set ahead](Self::set_ahead), together with all of its
    /// clones.
    pub fn adjustable() -> Self {
        Self(Source::Ahead(Arc::default()))
    }

    /// A clock that starts at the system's time and runs `factor` times as fast.
    pub fn accelerated(factor: u32) -> Self {
        let at = SystemPlatform::new().now();
        Self(Source::Accelerated { began: Instant::now(), at, factor })
    }

    /// The current time.
    pub fn now(&self) -> UnixTime {
        match &self.0 {
            Source::System => SystemPlatform::new().now(),
            Source::Ahead(_) => SystemPlatform::new().now().after(self.ahead()),
            Source::Accelerated { began, at, factor } => at.after(began.elapsed() * *factor),
            Source::Virtual(millis) => UnixTime::from_millis(millis.load(Ordering::SeqCst)),
        }
    }

    /// Advances the clock of a [`World`]. Does nothing to other clocks.
    pub fn advance(&self, duration: Duration) {
        self.set(self.now().after(duration));
    }

    /// Sets an [adjustable](Self::adjustable) clock ahead of the system's by this much. Zero sets
    /// it back to the system's time. Does nothing to other clocks.
    pub fn set_ahead(&self, time: Duration) {
        if let Source::Ahead(millis) = &self.0 {
            millis.store(u64::try_from(time.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
        }
    }

    /// How far an [adjustable](Self::adjustable) clock is ahead of the system's. Zero for other
    /// clocks.
    pub fn ahead(&self) -> Duration {
        match &self.0 {
            Source::Ahead(millis) => Duration::from_millis(millis.load(Ordering::SeqCst)),
            _ => Duration::ZERO,
        }
    }

    fn set(&self, time: UnixTime) {
        if let Source::Virtual(millis) = &self.0 {
            millis.store(time.as_millis(), Ordering::SeqCst);
        }
    }
}

impl Platform for Clock {
    fn now(&self) -> UnixTime {
        Clock::now(self)
    }

    fn fill(&mut self, buf: &mut [u8]) -> Result<(), EntropyError> {
        SystemPlatform::new().fill(buf)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_accelerated_clock_begins_now_and_hurries() {
        let (clock, system) = (Clock::accelerated(1000), Clock::system());
        let (begun, began) = (system.now(), Instant::now());
        assert!(clock.now().since(begun) < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(100));
        let passed = clock.clone().now().since(begun);
        assert!(passed >= Duration::from_secs(99) && passed <= (began.elapsed() + ROUNDING) * 1000);
    }

    #[test]
    fn an_adjustable_clock_goes_ahead_and_back() {
        let (clock, system, hour) =
            (Clock::adjustable(), Clock::system(), Duration::from_secs(3600));
        clock.clone().set_ahead(hour);
        assert!(clock.now().since(system.now()) > hour - Duration::from_secs(60));
        assert_eq!(clock.ahead(), hour);
        clock.set_ahead(Duration::ZERO);
        assert!(clock.now().since(system.now()) < Duration::from_secs(60));
    }

    /// The tolerance: times are whole milliseconds, and the two clocks are not read at the same
    /// instant.
    const ROUNDING: Duration = Duration::from_millis(10);

    #[test]
    fn a_clock_is_an_environment_with_randomness() {
        let mut bytes = [[0; 16]; 2];
        for bytes in &mut bytes {
            Clock::system().fill(bytes).expect("randomness");
        }
        assert_ne!(bytes[0], bytes[1]);
    }
}
