//! Checks the imports: the floors of `docs/design.md`, and the rules below them.

use std::{
    fs,
    path::{MAIN_SEPARATOR, Path, PathBuf},
};

/// A source file of the core: its path in `src`, and its code without comments and tests.
struct Source {
    path: String,
    code: String,
}

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { sources(&path, found) } else { found.push(path) }
    }
}

fn read() -> Vec<Source> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    sources(&src, &mut found);
    let read = |path: &PathBuf| {
        let text = fs::read_to_string(path).expect("a text");
        let code = without_tests(&text);
        let lines = code.lines().map(|line| line.split("//").next().unwrap_or_default().trim());
        let path = path.strip_prefix(&src).expect("in src").to_str().expect("text");
        Source {
            path: path.replace(MAIN_SEPARATOR, "/"),
            code: lines.collect::<Vec<_>>().join(" "),
        }
    };
    found.iter().map(read).collect()
}

fn without_tests(text: &str) -> String {
    let Some((before, tests)) = text.split_once("\n#[cfg(test)]\nmod ") else { return text.into() };
    let (_, after) = tests.split_once("\n}\n").expect("the end of a module");
    [before, "\n", after].concat()
}

impl Source {
    /// Its path as a module: `flow::retry`, or `flow` for `flow/mod.rs`.
    fn module(&self) -> Vec<&str> {
        let path = self.path.trim_end_matches(".rs").trim_end_matches("/mod");
        path.split('/').collect()
    }

    /// The modules and items of the core that it names.
    fn imports(&self) -> Vec<Vec<String>> {
        let own: Vec<String> = self.module().into_iter().map(str::to_owned).collect();
        let parent = own[..own.len() - 1].to_vec();
        let mut imports = Vec::new();
        for (prefix, base) in [("crate::", vec![]), ("super::", parent), ("self::", own)] {
            for (at, _) in self.code.match_indices(prefix) {
                let before = self.code[..at].chars().next_back().unwrap_or(' ');
                if !before.is_alphanumeric() && before != ':' && before != '$' {
                    expand(&base, &mut &self.code[at + prefix.len()..], &mut imports);
                }
            }
        }
        imports
    }
}

/// Expands the paths of a `use` tree such as `a::{b, c::d}`, relative to `base`.
fn expand(base: &[String], tree: &mut &str, paths: &mut Vec<Vec<String>>) {
    let mut path = base.to_vec();
    loop {
        *tree = tree.trim_start();
        if let Some(inner) = tree.strip_prefix('{') {
            *tree = inner;
            while !tree.trim_start().starts_with('}') {
                expand(&path, tree, paths);
                *tree = tree.trim_start().trim_start_matches(',');
            }
            *tree = &tree.trim_start()[1..];
            return;
        }
        let end = tree.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(tree.len());
        let (name, rest) = tree.split_at(end);
        match name {
            "self" => {}
            "super" => drop(path.pop()),
            name => path.push(name.to_owned()),
        }
        *tree = rest;
        match rest.strip_prefix("::") {
            Some(rest) => *tree = rest,
            None => return paths.push(path),
        }
    }
}

/// The floors, top first.
fn floors() -> Vec<Vec<String>> {
    let design = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/design.md");
    let design = fs::read_to_string(design).expect("the design notes");
    let (_, floors) = design.split_once("    columns 20\n").expect("the picture of the floors");
    let (floors, _) = floors.split_once("```").expect("its end");
    let rooms = |line: &str| line.split_whitespace().map(room).collect();
    floors.lines().map(rooms).collect()
}

/// The room in a cell: `room:WIDTH`, or `name["room"]:WIDTH`.
fn room(cell: &str) -> String {
    let (cell, _width) = cell.rsplit_once(':').expect("a cell has a width");
    let label = cell.split_once("[\"").and_then(|(_, label)| label.strip_suffix("\"]"));
    label.unwrap_or(cell).to_owned()
}

/// The floor of a module, by the longest matching name.
fn floor(floors: &[Vec<String>], module: &[impl AsRef<str>]) -> Option<usize> {
    let module: Vec<&str> = module.iter().map(AsRef::as_ref).collect();
    (1..=module.len()).rev().find_map(|length| {
        let room = module[..length].join("::");
        floors.iter().position(|floor| floor.contains(&room))
    })
}

#[test]
fn imports_go_down_the_floors() {
    let (floors, sources) = (floors(), read());
    for source in &sources {
        assert!(floor(&floors, &source.module()).is_some(), "{} is on no floor", source.path);
    }
    let mut rooms: Vec<_> = sources.iter().map(|source| source.module()[0].to_owned()).collect();
    rooms.sort();
    rooms.dedup();
    assert!(rooms.len() <= 22, "at most 21 rooms beside lib.rs: {rooms:?}");
    for room in floors.iter().flatten() {
        let is_there = |source: &Source| source.module().join("::").starts_with(room.as_str());
        assert!(sources.iter().any(is_there), "{room} is on a floor, but there is no such module");
    }
    let mut imports = 0;
    for source in &sources {
        let own = floor(&floors, &source.module()).expect("each has a floor");
        for import in source.imports().iter().filter(|_| source.path != "lib.rs") {
            imports += 1;
            let other = floor(&floors, import);
            let other =
                other.unwrap_or_else(|| panic!("{}: {import:?} is on no floor", source.path));
            assert!(
                other >= own,
                "{} imports {}, which is above it",
                source.path,
                import.join("::")
            );
        }
    }
    assert!(imports > 500, "only {imports} imports were found");
}

/// Whether code matches on the variant, rather than only constructing it.
fn answers_use_key(code: &str) -> bool {
    code.match_indices("Next::UseKey").any(|(at, found)| {
        let (mut depth, rest) = (0, code[at + found.len()..].trim_start());
        let end = rest.find(|c: char| {
            depth += i32::from("({".contains(c)) - i32::from(")}".contains(c));
            depth <= 0
        });
        let behind = rest[end.map_or(rest.len(), |end| end + 1)..].trim_start();
        let is_let = code[..at].trim_end().ends_with("let");
        is_let || ["=>", "|", "if "].iter().any(|pattern| behind.starts_with(pattern))
    })
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !c.is_alphanumeric() && c != '_')
}

#[test]
fn the_front_page_defines_nothing() {
    let sources = read();
    let lib = sources.iter().find(|source| source.path == "lib.rs").expect("a front page");
    let items = ["fn", "struct", "enum", "trait", "type", "union", "const", "static", "impl"];
    let defined = words(&lib.code).find(|word| items.contains(word) || *word == "macro_rules");
    assert_eq!(defined, None);
}

#[test]
fn the_rules_are_kept() {
    type Breaks = fn(&str) -> bool;
    let rules: [(&str, &[&str], Breaks); 7] = [
        ("names josekit or openssl", &["jose/"], |code| {
            words(code).any(|word| word == "josekit" || word == "openssl")
        }),
        ("names steps", &["flow/drive.rs", "flow/mod.rs", "lib.rs"], |code| {
            words(code).any(|word| word == "Step")
        }),
        ("goes from one step to the next", &["flow/drive.rs"], |code| {
            let calls = [".receive(", ".resume(", "::receive(", "::resume("];
            calls.iter().any(|call| code.contains(call))
        }),
        ("answers for a key", &["flow/mod.rs"], answers_use_key),
        (
            "knows that flows are recorded",
            &[
                "flow/mod.rs",
                "flow/tape.rs",
                "recording/",
                "client.rs",
                "lib.rs",
                "internals.rs",
                "error/",
            ],
            |code| words(code).any(|word| ["tape", "recording", "Observer"].contains(&word)),
        ),
        ("asks the system for time or randomness", &["flow/platform.rs"], |code| {
            ["SystemTime", "Instant", "getrandom"].iter().any(|word| code.contains(word))
        }),
        ("knows a path of the OP's", &["provider/metadata.rs"], |code| {
            code.contains("/.well-known") || code.contains("/user_discovery")
        }),
    ];
    for (what, rooms, breaks) in rules {
        let mut kept = false;
        for Source { path, code } in read() {
            let may = rooms.iter().any(|room| path.starts_with(room));
            assert!(may || !breaks(&code), "{path} {what}; only {rooms:?} may");
            kept |= may && (breaks(&code) || what == "answers for a key");
        }
        assert!(kept, "no file {what}: does the rule still look for the right thing?");
    }
}

#[test]
fn an_answer_for_a_key_is_told_from_a_question() {
    for answer in [
        "Next::UseKey(operation, machine) => {",
        "Next::UseKey { operation, .. } if ours => x",
        "if let Next::UseKey(Op { a: (b), .. }, m) = next {",
    ] {
        assert!(answers_use_key(answer), "{answer}");
    }
    for question in ["Ok(Next::UseKey(operation, wrap(machine)))", "Next::UseKey(o, Self { a })"] {
        assert!(!answers_use_key(question), "{question}");
    }
}
