//! Reads and verifies request objects (RFC 9101).

use itsme_core::{Dialect, UnixTime};
use serde_json::{Map, Value, json};

use super::{FakeOp, parameters::Parameters};
use crate::{RegisteredClient, jose, registration::Credentials};

/// The `error` for the redirect back to the client, and its description.
pub(super) type Refusal = (&'static str, String);

impl FakeOp {
    /// Returns the parameters of the request object if there is one, otherwise those of the query.
    /// Also returns whether there is a request object.
    pub(super) fn request_object(
        &mut self,
        outer: &Parameters,
        client: &RegisteredClient,
    ) -> Result<(Parameters, bool), Refusal> {
        let invalid = |description: String| ("invalid_request_object", description);
        let jwt = match (outer.get("request"), outer.get("request_uri")) {
            (None, None) => return Ok((outer.clone(), false)),
            (Some(_), Some(_)) => {
                let both = "request and request_uri cannot be used together".to_owned();
                return Err(("invalid_request", both));
            }
            (Some(jwt), None) => jwt.to_owned(),
            (None, Some(uri)) => self.hosted(uri, client)?,
        };
        let jws = match jwt.matches('.').count() {
            4 => self.encryption.decrypt(&jwt).map_err(invalid)?,
            _ => jwt,
        };
        let claims = match &client.credentials {
            Credentials::Keys(jwks) => jose::verify(jwks, &jws),
            Credentials::Secret { secret, .. } => jose::verify_hs256(secret, &jws),
        };
        let mut claims = claims.map_err(invalid)?;
        let endpoint = self.endpoint("authorization");
        let audiences = match self.dialect {
            Dialect::V1 => vec![endpoint],
            _ => vec![self.issuer.clone(), endpoint],
        };
        self.check_request_claims(&claims, client, &audiences, self.strict).map_err(invalid)?;
        claims.retain(|name, _| !["iss", "aud", "iat", "exp", "jti"].contains(&name.as_str()));
        let inner = Parameters::of_claims(claims);
        // Many clients put `state` only in the request object.
        let may_lack = |name: &str| name == "state" && outer.get(name).is_none();
        for name in ["client_id", "response_type", "scope", "redirect_uri", "state"] {
            if outer.get(name) != inner.get(name) && !may_lack(name) {
                let differs = format!("{name} differs inside and outside the request object");
                return Err(("invalid_request", differs));
            }
        }
        Ok((inner, true))
    }

    /// Checks the requirements that every signed request must meet: it is from this client, meant for this OP,
    /// and currently valid. If `must_be_new` is set, it must also contain `exp`, `iat` and a `jti`
    /// that has not been used before.
    pub(super) fn check_request_claims(
        &mut self,
        claims: &Map<String, Value>,
        client: &RegisteredClient,
        audiences: &[String],
        must_be_new: bool,
    ) -> Result<(), String> {
        let has = |name: &str| claims.get(name).is_some_and(|value| !value.is_null());
        let missing = ["exp", "iat", "jti"].into_iter().find(|name| !has(name));
        if let Some(missing) = missing.filter(|_| must_be_new) {
            return Err(format!("{missing} is missing"));
        }
        let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
        let time = |name: &str| claims.get(name).and_then(Value::as_u64).map(UnixTime::from_secs);
        if text("iss") != client.client_id {
            return Err("iss must be the client_id".to_owned());
        }
        let named = |audience: &String| match claims.get("aud") {
            Some(Value::Array(all)) => all.contains(&json!(audience)),
            _ => text("aud") == audience,
        };
        if !audiences.iter().any(named) {
            return Err(format!("aud must be {}", audiences.join(" or ")));
        }
        let now = self.now();
        if has("exp") && time("exp").is_none_or(|exp| now >= exp) {
            return Err("exp is in the past".to_owned());
        }
        let latest = now.after(self.lifetimes.leeway);
        if has("iat") && time("iat").is_none_or(|iat| iat > latest) {
            return Err("iat is in the future".to_owned());
        }
        if must_be_new && (text("jti").is_empty() || !self.used_jtis.insert(text("jti"), ())) {
            return Err("jti is empty or has already been used".to_owned());
        }
        if claims.get("claims").is_some_and(|claims| !claims.is_object()) {
            return Err("claims must be an object in a request object".to_owned());
        }
        Ok(())
    }
}
