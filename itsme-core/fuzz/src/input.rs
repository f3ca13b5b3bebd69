/// The fuzzer's bytes, taken piece by piece as numbers and text. Past the end, everything is
/// zero or empty, so that every input is complete.
pub struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    pub fn number(&mut self) -> usize {
        usize::from(self.byte()) << 8 | usize::from(self.byte())
    }

    /// Everything up to the next line feed.
    pub fn line(&mut self) -> &'a [u8] {
        let end = self.0.iter().position(|byte| *byte == b'\n').unwrap_or(self.0.len());
        let (line, rest) = self.0.split_at(end);
        self.0 = rest.get(1..).unwrap_or_default();
        line
    }

    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    /// Changes some bytes of valid text.
    pub fn spoil(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..self.byte() % 4 {
            let (place, change) = (self.number(), self.byte());
            if bytes.is_empty() {
                return;
            }
            let place = place % bytes.len();
            match change {
                0 => bytes.truncate(place),
                1 => drop(bytes.remove(place)),
                2 => bytes.insert(place, self.byte()),
                3 => bytes.extend_from_within(place..),
                change => bytes[place] ^= change,
            }
        }
    }
}
