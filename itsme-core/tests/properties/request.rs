//! A request reaches the OP as given, or is refused before anything is sent.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
};

use itsme_core::{AuthorizationRequest, Claim, Error, Redirect, RequestError, Step};
use itsme_testkit::{REDIRECT_URI, SERVICE};
use proptest::{collection, option, prelude::*};
use serde_json::{Value, json};

use crate::{common::Scene, config};

/// One client that has the OP's metadata, and one that does not.
struct Clients {
    warm: Scene,
    cold: Scene,
}

impl Clients {
    fn new() -> RefCell<Self> {
        RefCell::new(Self { warm: Scene::warm(), cold: Scene::new() })
    }

    /// What is sent to the OP, or why it cannot be: a client without metadata says so without
    /// fetching any.
    fn ask(&mut self, login: &AuthorizationRequest) -> Result<Redirect, RequestError> {
        let Scene { world, client, .. } = &mut self.cold;
        match client.authorize(login.clone()).start(world) {
            Err(Error::Request(error)) => Err(error),
            Ok(Step::Send(..)) => Ok(self.warm.authorize(login.clone())),
            other => panic!("{other:?}"),
        }
    }
}

fn parameters(url: &str) -> HashMap<String, String> {
    let url = url::Url::parse(url).expect("a URL");
    let mut parameters = HashMap::new();
    for (name, value) in url.query_pairs().into_owned() {
        assert_eq!(parameters.insert(name, value), None, "no parameter appears twice");
    }
    parameters
}

fn text(length: impl Into<collection::SizeRange>) -> impl Strategy<Value = String> {
    collection::vec(any::<char>(), length).prop_map(String::from_iter)
}

#[derive(Clone, Debug)]
struct Asked {
    in_userinfo: bool,
    essential: bool,
    value: Option<String>,
}

fn asked() -> impl Strategy<Value = BTreeMap<String, Asked>> {
    let asked = (any::<bool>(), any::<bool>(), option::of(text(0..20)));
    let asked =
        asked.prop_map(|(in_userinfo, essential, value)| Asked { in_userinfo, essential, value });
    collection::btree_map(text(1..20), asked, 0..6)
}

/// OIDC Core §5.5.
fn claims_parameter(asked: &BTreeMap<String, Asked>) -> Option<Value> {
    let mut parameter = json!({});
    for (name, Asked { in_userinfo, essential, value }) in asked {
        let mut how = json!({});
        if *essential {
            how["essential"] = json!(true);
        }
        if let Some(value) = value {
            how["value"] = json!(value);
        }
        let how = if how == json!({}) { Value::Null } else { how };
        parameter[if *in_userinfo { "userinfo" } else { "id_token" }][name] = how;
    }
    (parameter != json!({})).then_some(parameter)
}

#[test]
fn state_nonce_and_claims_arrive_as_they_were_given() {
    let clients = Clients::new();
    proptest!(config(96), |(state in text(16..40), nonce in text(16..40), asked in asked())| {
        let mut login = AuthorizationRequest::login(SERVICE).state(&state).nonce(&nonce);
        for (name, Asked { in_userinfo, essential, value }) in &asked {
            let claim = Claim::Other(name.clone());
            let claim = if *in_userinfo { claim.in_userinfo() } else { claim.into() };
            let claim = if *essential { claim.essential() } else { claim };
            login = login.claim(match value {
                Some(value) => claim.value(value),
                None => claim,
            });
        }
        let redirect = clients.borrow_mut().ask(&login)?;
        let mut sent = parameters(&redirect.url);
        prop_assert_eq!(redirect.state.id(), &state);
        prop_assert_eq!(sent.remove("state"), Some(state));
        prop_assert_eq!(sent.remove("nonce"), Some(nonce));
        let claims = sent.remove("claims");
        prop_assert_eq!(&claims, &redirect.claims);
        let claims: Option<Value> = claims.map(|text| serde_json::from_str(&text)).transpose()?;
        prop_assert_eq!(claims, claims_parameter(&asked));
    });
}

#[test]
fn a_state_or_nonce_that_can_be_guessed_is_refused() {
    let clients = Clients::new();
    proptest!(config(64), |(short in text(0..16), long in text(16..20))| {
        let ask = |state: &str, nonce: &str| {
            let login = AuthorizationRequest::login(SERVICE).state(state).nonce(nonce);
            clients.borrow_mut().ask(&login).map(drop)
        };
        prop_assert_eq!(ask(&short, &long), Err(RequestError::TooShort("state")));
        prop_assert_eq!(ask(&long, &short), Err(RequestError::TooShort("nonce")));
    });
}

#[test]
fn a_redirect_uri_is_sent_byte_by_byte_or_refused() {
    let clients = Clients::new();
    let ask = |uri: &str| {
        let login = AuthorizationRequest::login(SERVICE).redirect_uri(uri);
        let redirect = clients.borrow_mut().ask(&login)?;
        let stored = serde_json::to_value(&redirect.state).expect("JSON");
        assert_eq!(stored["redirect_uri"], uri, "it is needed again with the code");
        Ok(parameters(&redirect.url).remove("redirect_uri"))
    };
    // RFC 3986 §3.4, including invalid escapes.
    let query = "[A-Za-z0-9._~!$&'()*+,;=:@/?%-]{0,60}";
    let anything = prop_oneof![
        text(0..20),
        text(0..20).prop_map(|text| format!("{REDIRECT_URI}?{text}")),
        "[ -~]{0,20}".prop_map(|text| format!("{REDIRECT_URI}?{text}")),
        "https?://[ -~]{0,20}",
    ];
    proptest!(config(192), |(query in query, uri in anything)| {
        let with_query = format!("{REDIRECT_URI}?{query}");
        prop_assert_eq!(ask(&with_query)?, Some(with_query));
        match ask(&uri) {
            Ok(sent) => prop_assert_eq!(sent, Some(uri)),
            Err(error) => prop_assert!(matches!(error, RequestError::RedirectUri(_)), "{error}"),
        }
    });
}

/// RFC 6749 §3.3: what a scope consists of.
#[test]
fn a_service_code_is_a_scope_or_refused() {
    let clients = Clients::new();
    let codes = prop_oneof!["[!-~]{1,20}", "[ -~]{0,20}", text(0..20)];
    proptest!(config(192), |(code in codes)| {
        let may_stand = |c: char| matches!(c, '!' | '#'..='[' | ']'..='~');
        match clients.borrow_mut().ask(&AuthorizationRequest::login(&code)) {
            Ok(redirect) => {
                prop_assert!(!code.is_empty() && code.chars().all(may_stand), "{}", code);
                let scope = parameters(&redirect.url).remove("scope");
                prop_assert_eq!(scope, Some(format!("openid service:{code}")));
            }
            Err(RequestError::EmptyServiceCode) => prop_assert_eq!(code, ""),
            Err(error) => {
                prop_assert_eq!(error, RequestError::ServiceCode);
                prop_assert!(!code.chars().all(may_stand), "{}", code);
            }
        }
    });
}
