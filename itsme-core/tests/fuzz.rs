//! Every fuzz target over its seeds and some hundred to thousand changes of them: what a fuzzer does for hours
//! (`fuzz/README.md`), for seconds and without one.

#[path = "../fuzz/src/lib.rs"]
mod targets;

use std::{fs, path::Path};

use itsme_core::Env as _;
use itsme_testkit::World;

/// Words that the formats are made of, so that changes reach deeper than noise.
const WORDS: [&str; 16] = [
    "\"", "{", "}", ":", ",", ".", "=", "&", "\n", "\\u0000", "null", "[]", "1e999", "-1", "alg",
    "{state}",
];

struct Mutator(World);

impl Mutator {
    fn number(&mut self, below: usize) -> usize {
        let mut octets = [0; 8];
        self.0.fill(&mut octets).expect("a world has octets");
        usize::try_from(u64::from_le_bytes(octets) >> 16).unwrap_or_default() % below.max(1)
    }

    fn change(&mut self, octets: &mut Vec<u8>) {
        for _ in 0..=self.number(4) {
            let place = self.number(octets.len());
            match self.number(7) {
                0 => octets.truncate(place),
                1 => octets.splice(place..place, *b"\xff").for_each(drop),
                2 if !octets.is_empty() => drop(octets.remove(place)),
                3 => {
                    let end = place + self.number(octets.len() - place);
                    octets.extend_from_within(place..end);
                }
                4 | 5 => {
                    let word = WORDS[self.number(WORDS.len())];
                    octets.splice(place..place, word.bytes()).for_each(drop);
                }
                _ => octets.iter_mut().skip(place).take(1).for_each(|octet| *octet ^= 1),
            }
        }
    }
}

fn run(name: &str, target: impl Fn(&[u8]), changes: usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(name);
    let mut seeds: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry").path())
        .collect();
    seeds.sort();
    assert!(!seeds.is_empty(), "{name} has no seeds");
    let mut mutator = Mutator(World::new());
    for seed in &seeds {
        let octets = fs::read(seed).expect("a seed can be read");
        target(&octets);
        for _ in 0..changes / seeds.len() {
            let mut changed = octets.clone();
            mutator.change(&mut changed);
            target(&changed);
        }
    }
}

macro_rules! smoke {
    ($($target:ident: $changes:literal,)*) => {
        $(#[test]
        fn $target() {
            run(stringify!($target), targets::$target, $changes);
        })*
    };
}

smoke! {
    callback: 300,
    discovery: 600,
    flow: 400,
    jwe: 400,
    jws: 3000,
    key_set: 1500,
    nested: 600,
    ping: 1000,
    stored: 1000,
    token: 300,
    userinfo: 300,
}
