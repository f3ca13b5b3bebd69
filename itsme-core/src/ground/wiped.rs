use std::{
    fmt,
    mem::{self, MaybeUninit},
    ops::{Deref, DerefMut},
};

use zeroize::{Zeroize, Zeroizing, optimization_barrier};

/// A string or bytes that are wiped on drop, including spare capacity.
///
/// [`Zeroizing`] does the same one byte at a time, which for tokens of a few KB costs more than
/// reading them; it is used for keys, and in the public API.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Wiped<T: Wipe>(T);

/// A value that can be wiped.
pub trait Wipe: Default {
    fn wipe(&mut self);
}

impl Wipe for Vec<u8> {
    fn wipe(&mut self) {
        self.clear();
        let room = self.spare_capacity_mut();
        room.fill(MaybeUninit::new(0));
        // Otherwise the compiler could omit writes to memory that is about to be freed.
        optimization_barrier(room);
    }
}

impl Wipe for String {
    fn wipe(&mut self) {
        mem::take(self).into_bytes().wipe();
    }
}

impl<T: Wipe> Wiped<T> {
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// Returns the value, which the caller must then wipe.
    pub fn take(mut self) -> T {
        mem::take(&mut self.0)
    }
}

impl<T: Wipe + Zeroize> From<Wiped<T>> for Zeroizing<T> {
    fn from(wiped: Wiped<T>) -> Self {
        Self::new(wiped.take())
    }
}

impl<T: Wipe> fmt::Debug for Wiped<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wiped(..)")
    }
}

impl<T: Wipe> Drop for Wiped<T> {
    fn drop(&mut self) {
        self.0.wipe();
    }
}

impl<T: Wipe> Deref for Wiped<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Wipe> DerefMut for Wiped<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

// An emulator may treat `/proc/self/mem` differently.
#[cfg(all(test, target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod tests {
    use std::{fs::File, os::unix::fs::FileExt};

    use super::*;

    /// Reads the memory at an address, whether or not it is still in use.
    fn memory(address: usize, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        let memory = File::open("/proc/self/mem").expect("Linux has it");
        memory.read_exact_at(&mut bytes, address as u64).expect("the page is there");
        bytes
    }

    /// The allocator writes a few words of its own at the start of freed memory.
    const ALLOCATORS: usize = 32;

    #[test]
    fn nothing_is_left_where_something_was() {
        for length in [100, 1_000, 4_000] {
            let mut text = "secret! ".repeat(length / 8);
            text.reserve_exact(400);
            text.push_str(&"?".repeat(300));
            // Unused capacity is wiped as well.
            text.truncate(length / 2);
            let (address, room) = (text.as_ptr() as usize, text.capacity());
            assert!(memory(address, room)[ALLOCATORS..].contains(&b'?'), "it can be seen");
            drop(Wiped::new(text));
            let left = memory(address, room);
            assert!(left[ALLOCATORS..].iter().all(|byte| !b"secret!?".contains(byte)), "{length}");
        }
    }
    #[test]
    fn it_is_not_shown() {
        assert_eq!(format!("{:?}", Wiped::new("secret!".to_owned())), "Wiped(..)");
    }
}
