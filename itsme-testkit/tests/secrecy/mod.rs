//! Secrets that must not be visible. They are collected from the traffic of logins, and searched
//! for in every form in which a program could print them.

use std::{
    collections::{BTreeSet, HashMap},
    fmt::Write as _,
};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use itsme_core::{LoginState, Request, Response};
use itsme_testkit::{CLIENT_SECRET, Person, private_jwks};
use serde_json::Value;

/// The minimum length of a secret, because shorter ones would be found by chance. No form of a
/// secret is shorter than this, either.
const SHORTEST: usize = 8;

/// The parameters of a request that can contain secrets.
const PARAMETERS: [&str; 7] = [
    "auth_req_id",
    "client_assertion",
    "client_secret",
    "code",
    "code_verifier",
    "request",
    "token",
];

/// The members of a response that can contain secrets.
const MEMBERS: [&str; 4] = ["access_token", "auth_req_id", "id_token", "user_identifier_token"];

/// Secrets, and data about a user.
pub struct Secrets(BTreeSet<Vec<u8>>);

impl Secrets {
    /// The secrets that exist before any login: the client's keys and secret, and the user's data.
    pub fn of(person: &Person) -> Self {
        let mut secrets = Self(BTreeSet::new());
        let keys: Value = serde_json::from_str(private_jwks()).expect("JSON");
        for key in keys["keys"].as_array().expect("keys") {
            for number in ["d", "p", "q", "dp", "dq", "qi"] {
                let text = key[number].as_str().expect("a number");
                secrets.add(text);
                secrets.add(URL_SAFE_NO_PAD.decode(text).expect("base64url"));
            }
        }
        secrets.add(CLIENT_SECRET);
        secrets.add_texts(&Value::Object(person.claims().clone()));
        secrets
    }

    fn add(&mut self, secret: impl AsRef<[u8]>) {
        let secret = secret.as_ref();
        if secret.len() >= SHORTEST {
            self.0.insert(secret.to_vec());
        }
    }

    /// Adds all strings in a JSON value.
    pub fn add_texts(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.add(text),
            Value::Array(values) => values.iter().for_each(|value| self.add_texts(value)),
            Value::Object(members) => members.values().for_each(|value| self.add_texts(value)),
            _ => {}
        }
    }

    /// Adds the nonce and code verifier of a login, and the code in its callback.
    pub fn add_login(&mut self, login: &LoginState, callback: &str) {
        let login = serde_json::to_value(login).expect("a login is JSON");
        self.add_texts(&login["nonce"]);
        self.add_texts(&login["code_verifier"]);
        self.add_form(callback.split_once('?').map_or("", |(_, query)| query), &["code"]);
    }

    /// Adds the values with which a request authenticates the client.
    pub fn add_request(&mut self, request: &Request) {
        if let Some(value) = request.headers().get("authorization") {
            assert!(value.is_sensitive(), "`Authorization` must be marked as sensitive");
            let value = value.to_str().expect("text");
            self.add(value.split_once(' ').expect("a scheme").1);
        }
        let body = String::from_utf8_lossy(request.body()).into_owned();
        self.add_form(&body, &PARAMETERS);
    }

    /// Adds the tokens in a response.
    pub fn add_response(&mut self, response: &Response) {
        match serde_json::from_slice::<Value>(response.body()) {
            Ok(answer) => {
                for member in MEMBERS {
                    self.add_texts(&answer[member]);
                }
            }
            // This is a bare token. Any other text is an unrelated page.
            Err(_) if response.body().starts_with(b"ey") => self.add(response.body()),
            Err(_) => {}
        }
    }

    /// Adds a decrypted token.
    pub fn add_token(&mut self, token: &str) {
        token.split('.').for_each(|part| self.add(part));
    }

    fn add_form(&mut self, form: &str, names: &[&str]) {
        for (name, value) in url::form_urlencoded::parse(form.as_bytes()) {
            if names.contains(&name.as_ref()) {
                self.add(value.as_bytes());
                let sent: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
                self.add(sent);
            }
        }
    }

    /// Checks that no secret appears in the text, whether as plain text, in base64, as a list of
    /// numbers or in hexadecimal.
    pub fn assert_hidden_in(&self, what: &str, text: &str) {
        let forms: Vec<String> = self.0.iter().flat_map(|secret| forms(secret)).collect();
        // Index the forms by their first bytes, because searching a long text for hundreds of forms
        // would take seconds.
        let mut by_start: HashMap<&[u8], Vec<&str>> = HashMap::new();
        let mut begins = vec![false; 1 << 16];
        for form in &forms {
            let start = &form.as_bytes()[..SHORTEST];
            by_start.entry(start).or_default().push(form);
            begins[two(start)] = true;
        }
        for (at, start) in text.as_bytes().windows(SHORTEST).enumerate() {
            if !begins[two(start)] {
                continue;
            }
            for form in by_start.get(start).into_iter().flatten() {
                let is_there = text.as_bytes()[at..].starts_with(form.as_bytes());
                assert!(!is_there, "{what} contains {form:?}:\n{text}");
            }
        }
    }

    /// Checks that secrets would be found: that there are many of them, and that a text containing
    /// one in any form fails the check.
    pub fn assert_seen(&self) {
        assert!(self.0.len() > 30, "{} secrets", self.0.len());
        let secret = self.0.last().expect("there are some");
        for form in forms(secret) {
            let seen = std::panic::catch_unwind(|| self.assert_hidden_in("a test", &form));
            assert!(seen.is_err(), "{form:?} was not found");
        }
    }
}

/// Combines the first two bytes into one number.
fn two(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}

/// The forms in which a program could print a secret. Their beginnings are enough, because a log
/// truncates long values.
fn forms(secret: &[u8]) -> Vec<String> {
    let start = &secret[..secret.len().min(24)];
    let list = |separator: &str, form: fn(&u8) -> String| {
        start.iter().map(form).collect::<Vec<_>>().join(separator)
    };
    let mut forms = vec![
        list(", ", |byte| byte.to_string()),
        list("", |byte| format!("{byte:02x}")),
        list("", |byte| format!("{byte:02X}")),
        start.escape_ascii().to_string(),
    ];
    forms.extend(String::from_utf8(start.to_vec()));
    // Within a longer text, the base64 form can begin at any of three offsets.
    for before in 0..3 {
        let padded = [&vec![0; before][..], start].concat();
        let whole = |encoded: String| {
            let kept = before + before.div_ceil(3);
            encoded[kept..encoded.len() - 2].to_owned()
        };
        forms.push(whole(STANDARD_NO_PAD.encode(&padded)));
        forms.push(whole(URL_SAFE_NO_PAD.encode(&padded)));
    }
    forms
}

/// An error's full text, including its causes.
pub fn texts(error: &dyn std::error::Error) -> String {
    let mut text = format!("{error:?}");
    let mut cause = Some(error);
    while let Some(error) = cause {
        let _ = write!(text, "\n{error}");
        cause = error.source();
    }
    text
}
