//! The tables of checks in SECURITY.md, on the core's front page and in the guide are generated from the lists
//! that verification runs. Set `UPDATE_DOCS` to rewrite them.

use std::{collections::HashSet, fmt::Write as _, fs, path::Path};

use itsme_core::explain::{Check, Document};

/// Where each list is, and which tests fail if a row is removed.
const PLACES: [(Document, &[&str], &[&str]); 11] = [
    (
        Document::Metadata,
        &["provider/metadata_checks.rs", "provider/endpoint_rules.rs", "http/url_rules.rs"],
        &["bad_answers.rs", "endpoints.rs", "faults.rs", "properties/urls.rs"],
    ),
    (
        Document::ServiceEndpoint,
        &["provider/metadata_checks.rs", "provider/endpoint_rules.rs"],
        &["endpoints.rs", "after_login.rs"],
    ),
    (
        Document::KeySet,
        &["jose/key_set_checks.rs", "provider/published_keys.rs"],
        &["bad_answers.rs", "faults.rs"],
    ),
    (
        Document::Key,
        &["jose/key_checks.rs", "jose/public_key.rs"],
        &["faults.rs", "passed_over.rs"],
    ),
    (
        Document::Callback,
        &["authorization/callback_checks.rs", "authorization/state.rs"],
        &["callback.rs", "faults.rs"],
    ),
    (Document::TokenAnswer, &["tokens/response_checks.rs"], &["bad_answers.rs", "faults.rs"]),
    (
        Document::Encryption,
        &["jose/jwe_checks.rs", "jose/header.rs", "jose/content.rs"],
        &["vectors.rs", "oracle.rs", "faults.rs"],
    ),
    (Document::Signature, &["jose/jws_checks.rs", "jose/header.rs"], &["vectors.rs", "faults.rs"]),
    (Document::IdToken, &["tokens/id_token.rs", "tokens/claims.rs"], &["checks.rs", "faults.rs"]),
    (Document::Userinfo, &["tokens/userinfo.rs", "tokens/claims.rs"], &["checks.rs", "faults.rs"]),
    (Document::Evidence, &["tokens/archived.rs", "tokens/claims.rs"], &["after_login.rs"]),
];

fn capitalized(document: Document) -> String {
    let text = document.to_string();
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| format!("{}{}", first.to_uppercase(), letters.as_str()))
}

fn names(checks: &[&Check]) -> String {
    checks.iter().map(|check| check.name).collect::<Vec<_>>().join(", ")
}

/// The specifications that the checks come from, without sections or repetition.
fn specifications(checks: &[&Check]) -> String {
    let mut all: Vec<&str> = Vec::new();
    for part in checks.iter().flat_map(|check| check.source.split(", ")) {
        let name = part.split(" §").next().unwrap_or(part);
        // `§4.1.13` is another section of the same one, and `itsme-core` marks our own checks.
        if !name.starts_with('§') && !name.starts_with("itsme-core") && !all.contains(&name) {
            all.push(name);
        }
    }
    all.join(", ")
}

fn links(base: &str, files: &[&str]) -> String {
    let link = |file: &&str| format!("[`{file}`]({base}/{file})");
    files.iter().map(link).collect::<Vec<_>>().join(", ")
}

/// SECURITY.md: the checks, where they are, and which tests fail without them.
fn security() -> String {
    let mut table = String::from(
        "| document | checks | code (`itsme-core/src`) | tests (`itsme-core/tests`) |\n|---|---|---|---|\n",
    );
    for (document, files, tests) in PLACES {
        let checks = names(&document.checks());
        let (code, tests) = (links("itsme-core/src", files), links("itsme-core/tests", tests));
        let _ = writeln!(table, "| {document} | {checks} | {code} | {tests} |");
    }
    table
}

/// The core's front page: the checks, and what requires them.
fn front_page() -> String {
    let mut table = String::from("//! | document | checks | source |\n//! |---|---|---|\n");
    for document in Document::ALL {
        let checks = document.checks();
        let (names, sources) = (names(&checks), specifications(&checks));
        let _ = writeln!(table, "//! | {document} | {names} | {sources} |");
    }
    table
}

/// The guide: every check.
fn guide() -> String {
    let mut tables = String::new();
    for document in Document::ALL {
        let _ = write!(
            tables,
            "\n## {}\n\n| check | what it expects | source |\n|---|---|---|\n",
            capitalized(*document)
        );
        for Check { name, expects, source, .. } in document.checks() {
            let _ = writeln!(tables, "| {name} | {expects} | {source} |");
        }
    }
    tables.push('\n');
    tables
}

/// Asserts that the text between the marks in a file is up to date.
fn assert_made(file: &str, (begin, end): (&str, &str), made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    let text = fs::read_to_string(&path).expect("the file is there");
    let (before, rest) = text.split_once(begin).unwrap_or_else(|| panic!("{file} has no {begin}"));
    let (written, after) = rest.split_once(end).unwrap_or_else(|| panic!("{file} has no {end}"));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let new = [before, begin, made, end, after].concat();
        fs::write(&path, new).expect("the file can be written");
        return;
    }
    assert!(written == made, "{file}: run this with UPDATE_DOCS=1, and review the changes");
}

#[test]
fn the_tables_are_those_of_the_lists() {
    let marks = ("<!-- checks -->\n", "<!-- end of checks -->");
    assert_made("SECURITY.md", marks, &security());
    assert_made("docs/guide/checks.md", marks, &guide());
    let marks = ("//! <!-- checks -->\n", "//! <!-- end of checks -->");
    assert_made("itsme-core/src/lib.rs", marks, &front_page());
}

/// Every kind of document has a place and checks, and names are unique within each.
#[test]
fn every_check_has_a_name_of_its_own_and_a_source() {
    assert_eq!(PLACES.map(|(document, ..)| document), Document::ALL);
    for document in Document::ALL {
        let checks = document.checks();
        let names: HashSet<_> = checks.iter().map(|check| check.name).collect();
        assert_eq!(names.len(), checks.len(), "{document}");
        assert!(!checks.is_empty(), "{document}");
        for check in checks {
            let is_told = !check.expects.is_empty() && !check.expects.contains('|');
            let has_source =
                ["OIDC", "RFC", "CIBA", "itsme"].iter().any(|it| check.source.starts_with(it));
            assert!(is_told && has_source, "{document}: {check}");
        }
    }
}
