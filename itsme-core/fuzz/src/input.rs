/// The fuzzer's octets, taken piece by piece as numbers and texts. At their end all is zero and
/// empty, so that every input is a whole story.
pub struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub fn new(octets: &'a [u8]) -> Self {
        Self(octets)
    }

    pub fn octet(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    pub fn number(&mut self) -> usize {
        usize::from(self.octet()) << 8 | usize::from(self.octet())
    }

    /// Up to the next line feed.
    pub fn line(&mut self) -> &'a [u8] {
        let end = self.0.iter().position(|octet| *octet == b'\n').unwrap_or(self.0.len());
        let (line, rest) = self.0.split_at(end);
        self.0 = rest.get(1..).unwrap_or_default();
        line
    }

    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    /// Changes some octets of a text that was right.
    pub fn spoil(&mut self, octets: &mut Vec<u8>) {
        for _ in 0..self.octet() % 4 {
            let (place, change) = (self.number(), self.octet());
            if octets.is_empty() {
                return;
            }
            let place = place % octets.len();
            match change {
                0 => octets.truncate(place),
                1 => drop(octets.remove(place)),
                2 => octets.insert(place, self.octet()),
                3 => octets.extend_from_within(place..),
                change => octets[place] ^= change,
            }
        }
    }
}
