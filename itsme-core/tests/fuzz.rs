//! Runs every fuzz target over its seeds and some hundred to thousand mutations of them: in seconds and
//! without a fuzzer, what a fuzzer does for hours (`fuzz/README.md`).

#[path = "../fuzz/src/lib.rs"]
mod targets;

use std::{collections::BTreeMap, fs, path::Path};

use itsme_core::Platform as _;
use itsme_testkit::World;

/// Words that the formats consist of, so that mutations reach further than noise.
const WORDS: [&str; 16] = [
    "\"", "{", "}", ":", ",", ".", "=", "&", "\n", "\\u0000", "null", "[]", "1e999", "-1", "alg",
    "{state}",
];

struct Mutator(World);

impl Mutator {
    fn number(&mut self, below: usize) -> usize {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes).expect("a world has bytes");
        usize::try_from(u64::from_le_bytes(bytes) >> 16).unwrap_or_default() % below.max(1)
    }

    fn change(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.number(4) {
            let place = self.number(bytes.len());
            match self.number(7) {
                0 => bytes.truncate(place),
                1 => bytes.splice(place..place, *b"\xff").for_each(drop),
                2 if !bytes.is_empty() => drop(bytes.remove(place)),
                3 => {
                    let end = place + self.number(bytes.len() - place);
                    bytes.extend_from_within(place..end);
                }
                4 | 5 => {
                    let word = WORDS[self.number(WORDS.len())];
                    bytes.splice(place..place, word.bytes()).for_each(drop);
                }
                _ => bytes.iter_mut().skip(place).take(1).for_each(|byte| *byte ^= 1),
            }
        }
    }
}

/// The name and content of each of a target's seeds.
fn seeds(target: &str) -> BTreeMap<String, Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let entries =
        fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let seeds = entries.map(|entry| {
        let entry = entry.expect("an entry");
        let bytes = fs::read(entry.path()).expect("a seed can be read");
        (entry.file_name().into_string().expect("UTF-8"), bytes)
    });
    seeds.collect()
}

fn run<T>(name: &str, target: impl Fn(&[u8]) -> T, changes: usize) {
    let seeds = seeds(name);
    assert!(!seeds.is_empty(), "{name} has no seeds");
    let mut mutator = Mutator(World::new());
    for bytes in seeds.values() {
        target(bytes);
        for _ in 0..changes / seeds.len() {
            let mut changed = bytes.clone();
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

/// Seeds in an old format would be refused before they reach any other code.
#[test]
fn stored_seeds_are_in_the_current_format() {
    for (name, seed) in seeds("stored") {
        assert!(targets::stored(&seed), "{name}");
    }
}
