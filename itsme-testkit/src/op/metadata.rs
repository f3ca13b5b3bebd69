//! The OP's discovery document and key set.

use itsme_core::{Dialect, Response};
use serde_json::{Value, json};

use super::{Document, FakeOp, answer};
use crate::jose::OwnKey;

impl FakeOp {
    pub(super) fn discovery(&mut self) -> Response {
        let mut document = json!({
            "issuer": self.issuer,
            "authorization_endpoint": self.endpoint("authorization"),
            "token_endpoint": self.endpoint("token"),
            "userinfo_endpoint": self.endpoint("userinfo"),
            "jwks_uri": self.endpoint("jwkSet"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
        });
        if let (Dialect::V2, Value::Object(members)) = (self.dialect, &mut document) {
            members.extend(self.ciba_metadata());
            let methods = json!(["private_key_jwt", "client_secret_post"]);
            members.insert("token_endpoint_auth_methods_supported".to_owned(), methods);
            let revocation = json!(self.endpoint("connect/revoke"));
            members.insert("revocation_endpoint".to_owned(), revocation);
            members.insert("code_challenge_methods_supported".to_owned(), json!(["S256"]));
        }
        self.mischief.alter(Document::Discovery, &mut document);
        answer::cacheable(&document, &self.cache_control)
    }

    pub(super) fn key_set(&mut self) -> Response {
        let keys: Vec<&Value> =
            self.signing.iter().chain([&self.encryption]).map(OwnKey::public_jwk).collect();
        let mut document = json!({ "keys": keys });
        self.mischief.alter(Document::KeySet, &mut document);
        answer::cacheable(&document, &self.cache_control)
    }
}
