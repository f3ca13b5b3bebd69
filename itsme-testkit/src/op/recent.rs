//! Collections with a maximum size, because a sandbox may run for weeks.

use std::{
    collections::{HashMap, VecDeque},
    ops::{Deref, DerefMut},
    sync::Arc,
};

/// The maximum number each of pages, sessions and backchannel requests that are waiting for a person.
const MOST_WAITING: usize = 250;
/// The maximum number of requests in a transcript.
const MOST_ASKED: usize = 10_000;

/// A map with a maximum size that drops the oldest entry first.
pub(super) struct Recent<V> {
    entries: HashMap<Arc<str>, V>,
    /// The keys in order of insertion. Some of them may have been removed since.
    order: VecDeque<Arc<str>>,
    most: usize,
}

impl<V> Recent<V> {
    pub(super) fn new(most: usize) -> Self {
        Self { entries: HashMap::new(), order: VecDeque::new(), most }
    }

    /// Inserts a value. Returns whether the key is new.
    pub(super) fn insert(&mut self, key: &str, value: V) -> bool {
        let key: Arc<str> = key.into();
        let is_new = self.entries.insert(Arc::clone(&key), value).is_none();
        if is_new {
            self.order.push_back(key);
        }
        if self.order.len() > self.most {
            self.order.pop_front().map(|oldest| self.entries.remove(&oldest));
        }
        is_new
    }
}

impl<V> Deref for Recent<V> {
    type Target = HashMap<Arc<str>, V>;

    fn deref(&self) -> &Self::Target {
        &self.entries
    }
}

impl<V> DerefMut for Recent<V> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.entries
    }
}

/// Adds something that waits for a person. If the list is full, drops what has waited longest.
pub(super) fn wait<T>(list: &mut Vec<T>, it: T) {
    if list.len() >= MOST_WAITING {
        list.remove(0);
    }
    list.push(it);
}

/// Adds to a transcript. If it is full, drops its older half in one go, so that this rarely
/// happens.
pub(super) fn note<T>(list: &mut Vec<T>, it: T) {
    if list.len() >= MOST_ASKED {
        list.drain(..MOST_ASKED / 2);
    }
    list.push(it);
}

#[cfg(test)]
mod tests {
    use super::{MOST_ASKED, MOST_WAITING, Recent, note, wait};

    #[test]
    fn the_oldest_is_forgotten_first() {
        let mut map = Recent::new(2);
        assert!(map.insert("a", 1) && !map.insert("a", 2));
        assert!(map.insert("b", 3) && map.insert("c", 4));
        assert_eq!((map.get("a"), map.get("b"), map.get("c")), (None, Some(&3), Some(&4)));
        for number in 0..1_000 {
            map.insert(&number.to_string(), number);
            map.remove(number.to_string().as_str());
        }
        assert!(map.order.len() <= 2 && map.len() <= 2);
    }

    #[test]
    fn lists_end() {
        let (mut waiting, mut asked) = (Vec::new(), Vec::new());
        for number in 0..=MOST_ASKED {
            wait(&mut waiting, number);
            note(&mut asked, number);
        }
        assert_eq!((waiting.len(), waiting.last()), (MOST_WAITING, Some(&MOST_ASKED)));
        assert_eq!((asked.len(), asked.last()), (MOST_ASKED / 2 + 1, Some(&MOST_ASKED)));
    }
}
