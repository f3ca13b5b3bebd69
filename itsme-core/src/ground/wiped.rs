use std::{
    fmt,
    mem::{self, MaybeUninit},
    ops::{Deref, DerefMut},
};

use zeroize::{Zeroize, Zeroizing, optimization_barrier};

/// A text or bytes that are wiped when they are dropped, with all the room that they had.
///
/// [`Zeroizing`] does the same one byte at a time, which for tokens of some KB costs more than
/// reading them; it is for keys, and for what the public API hands out.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Wiped<T: Wipe>(T);

/// What can be wiped.
pub trait Wipe: Default {
    fn wipe(&mut self);
}

impl Wipe for Vec<u8> {
    fn wipe(&mut self) {
        self.clear();
        let room = self.spare_capacity_mut();
        room.fill(MaybeUninit::new(0));
        // Or nothing would have to be written before the memory is given back.
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

    /// The value, which is wiped by whoever takes it.
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
