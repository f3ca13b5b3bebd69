//! Checks that `docs/conformance.md` lists each module once, with the test of its name or a reason, and no
//! other test.

use std::collections::BTreeSet;

const DOCUMENT: &str = include_str!("../../../docs/conformance.md");

/// A table of the document.
struct Plan {
    name: &'static str,
    /// The file with its tests.
    tests: &'static str,
    /// The names of the suite's modules, without that of the plan.
    modules: &'static str,
}

const PLANS: [Plan; 4] = [
    Plan {
        name: "oidcc-client-test",
        tests: include_str!("oidcc.rs"),
        modules: "\
            happy-path 3rd-party-init-login aggregated-claims client-secret-basic \
            discovery-issuer-mismatch discovery-jwks-uri-keys discovery-openid-config \
            discovery-webfinger-acct discovery-webfinger-url distributed-claims \
            dynamic-registration form-post-error idtoken-sig-none idtoken-sig-rs256 \
            invalid-athash invalid-aud invalid-chash invalid-iss invalid-sig-es256 \
            invalid-sig-hs256 invalid-sig-rs256 kid-absent-multiple-jwks kid-absent-single-jwks \
            missing-athash missing-aud missing-chash missing-iat missing-sub \
            mtls-endpoint-aliases nonce-invalid nonce-unless-code-flow refresh-token \
            refresh-token-invalid-issuer refresh-token-invalid-sub request-uri-signed-none \
            request-uri-signed-rs256 rp-backchannel-rpinitlogout \
            rp-backchannel-rpinitlogout-alg-none rp-backchannel-rpinitlogout-no-event \
            rp-backchannel-rpinitlogout-with-nonce rp-backchannel-rpinitlogout-wrong-alg \
            rp-backchannel-rpinitlogout-wrong-aud rp-backchannel-rpinitlogout-wrong-event \
            rp-backchannel-rpinitlogout-wrong-iss rp-frontchannel-opinitlogout \
            rp-frontchannel-rpinitlogout rp-init-logout rp-init-logout-no-state \
            rp-init-logout-other-state scope-userinfo-claims session-management \
            signing-key-rotation signing-key-rotation-just-before-signing userinfo-bearer-body \
            userinfo-bearer-header userinfo-invalid-sub userinfo-signed",
    },
    Plan {
        name: "fapi1-advanced-final-client-test",
        tests: include_str!("fapi1.rs"),
        modules: "\
            happy-path discovery-issuer-mismatch encrypted-idtoken encrypted-idtoken-usingrsa15 \
            iat-is-week-in-past invalid-alternate-alg invalid-aud invalid-chash \
            invalid-expired-exp invalid-iss invalid-missing-aud invalid-missing-exp \
            invalid-missing-iss invalid-missing-nonce invalid-missing-shash invalid-nonce \
            invalid-null-alg invalid-openbanking-intent-id invalid-secondary-aud invalid-shash \
            invalid-signature missing-athash no-scope-in-token-endpoint-response \
            payment-consent-response-valid-aud-as-array unencrypted-request-object-with-par \
            valid-aud-as-array",
    },
    Plan {
        name: "fapi-ciba-id1-client",
        tests: include_str!("fapi_ciba.rs"),
        modules: "\
            connectid-invalid-missing-trust-framework-test connectid-invalid-missing-txn-test \
            connectid-invalid-wrong-trust-framework-test invalid-access-denied-test \
            invalid-alternate-alg-test invalid-aud-test invalid-expired-exp-test \
            invalid-expired-id-token-hint-test invalid-expired-token-test \
            invalid-iat-is-week-in-past-test invalid-id-token-hint-test invalid-iss-test \
            invalid-missing-aud-test invalid-missing-authreqid-test invalid-missing-exp-test \
            invalid-missing-expiresin-test invalid-missing-iss-test invalid-null-alg-test \
            invalid-request-test invalid-secondary-aud-test invalid-signature-test \
            invalid-unknown-user-id-test no-scope-in-token-endpoint-response-test \
            ping-with-invalid-bearer-token-test refresh-token-test respects-interval-test \
            slow-down-test test valid-aud-as-array-test",
    },
    Plan {
        name: "fapi2-security-profile-final-client",
        tests: include_str!("fapi2.rs"),
        modules: "\
            brazildcr-happypath-test refresh-token-test test-discovery-issuer-mismatch \
            test-ensure-authorization-response-with-invalid-missing-state-fails \
            test-ensure-authorization-response-with-invalid-state-fails \
            test-ensure-jarm-signature-is-not-none test-ensure-jarm-with-expired-exp-fails \
            test-ensure-jarm-with-invalid-aud-fails test-ensure-jarm-with-invalid-iss-fails \
            test-ensure-jarm-with-invalid-sig-fails test-ensure-jarm-without-aud-fails \
            test-ensure-jarm-without-exp-fails test-ensure-jarm-without-iss-fails \
            test-happy-path test-happy-path-no-dpop-nonce test-invalid-alternate-alg \
            test-invalid-aud test-invalid-authorization-response-iss test-invalid-expired-exp \
            test-invalid-iss test-invalid-missing-aud test-invalid-missing-exp \
            test-invalid-missing-iss test-invalid-missing-nonce test-invalid-nonce \
            test-invalid-null-alg test-invalid-openbanking-intent-id test-invalid-secondary-aud \
            test-remove-authorization-response-iss test-rs-dpop-auth-scheme-case-insensitivity \
            test-token-endpoint-response-without-expires_in test-token-type-case-insensitivity \
            test-valid-aud-as-array",
    },
];

struct Row {
    module: &'static str,
    test: Option<&'static str>,
    /// How the test ends, or why there is none.
    text: &'static str,
}

impl Plan {
    fn rows(&self) -> Vec<Row> {
        let heading = format!("\n## `{}`\n", self.name);
        let (_, section) = DOCUMENT.split_once(&heading).expect("each plan has a section");
        let section = section.split("\n## ").next().unwrap_or_default();
        let lines = section.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
        lines.filter(|line| !line.starts_with("module |")).map(row).collect()
    }

    /// The names and texts of its tests.
    fn tests(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let functions = self.tests.split("#[test]\nfn ").skip(1);
        functions.map(|function| {
            let (name, _) = function.split_once("()").expect("a test takes nothing");
            (name, function.split("\n}\n").next().expect("a body"))
        })
    }
}

/// The module, the test and the text are the first cell and the last two.
fn row(line: &'static str) -> Row {
    let cells: Vec<_> = line.split(" | ").collect();
    let [module, .., test, text] = cells[..] else { panic!("{line}") };
    let module = if module == "(happy path)" { "happy-path" } else { module.trim_matches('`') };
    Row { module, test: (test != "—").then(|| test.trim_matches('`')), text }
}

#[test]
fn each_module_has_one_row() {
    for plan in PLANS {
        let mut listed: Vec<_> = plan.rows().iter().map(|row| row.module).collect();
        let mut modules: Vec<_> = plan.modules.split_whitespace().collect();
        listed.sort_unstable();
        modules.sort_unstable();
        assert_eq!(listed, modules, "{}", plan.name);
    }
}

#[test]
fn each_row_has_the_test_of_its_name_or_a_reason() {
    for plan in PLANS {
        let mut named = BTreeSet::new();
        for Row { module, test, text } in plan.rows() {
            assert!(!text.trim().is_empty(), "{module} says nothing");
            let Some(test) = test else { continue };
            assert_eq!(test, module.replace('-', "_"));
            let found = plan.tests().find(|(name, _)| *name == test);
            let (_, body) = found.unwrap_or_else(|| panic!("there is no test {test}"));
            for error in text.split('`').filter(|code| code.contains("Error")) {
                assert!(body.contains(error), "{test} does not end in {error}");
            }
            named.insert(test);
        }
        let tests: BTreeSet<_> = plan.tests().map(|(name, _)| name).collect();
        assert_eq!(named, tests, "{}", plan.name);
    }
}
