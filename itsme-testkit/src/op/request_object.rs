//! Request objects: what is in them, and whether it can be believed (RFC 9101).

use http::header;
use itsme_core::{Dialect, UnixTime};
use serde_json::{Map, Value, json};

use super::{FakeOp, parameters::Parameters};
use crate::{RegisteredClient, jose, registration::Credentials};

/// An error that the person is sent back with: `error` and its description.
pub(super) type Refusal = (&'static str, String);

impl FakeOp {
    /// The parameters of the request object, if there is one, else the outer ones.
    pub(super) fn request_object(
        &mut self,
        outer: &Parameters,
        client: &RegisteredClient,
    ) -> Result<(Parameters, bool), Refusal> {
        let invalid = |description: String| ("invalid_request_object", description);
        let jwt = match (outer.get("request"), outer.get("request_uri")) {
            (None, None) => return Ok((outer.clone(), false)),
            (Some(_), Some(_)) => {
                let both = "request and request_uri exclude each other".to_owned();
                return Err(("invalid_request", both));
            }
            (Some(jwt), None) => jwt.to_owned(),
            (None, Some(uri)) => self.fetch(uri, client)?,
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
        self.check_request_claims(&claims, client, &audiences).map_err(invalid)?;
        claims.retain(|name, _| !["iss", "aud", "iat", "exp", "jti"].contains(&name.as_str()));
        let inner = Parameters::of_claims(claims);
        for name in ["client_id", "response_type", "scope", "redirect_uri", "state"] {
            if outer.get(name) != inner.get(name) {
                let differs = format!("{name} differs inside and outside of the request object");
                return Err(("invalid_request", differs));
            }
        }
        Ok((inner, true))
    }

    /// What every signed request must be: the client's own, for this OP, of this time, and new.
    pub(super) fn check_request_claims(
        &mut self,
        claims: &Map<String, Value>,
        client: &RegisteredClient,
        audiences: &[String],
    ) -> Result<(), String> {
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
        let begun = |time: UnixTime| time <= now.after(self.lifetimes.leeway);
        if time("exp").is_none_or(|exp| now >= exp) || !time("iat").is_some_and(begun) {
            return Err("exp is past or iat in the future".to_owned());
        }
        let jti = text("jti").to_owned();
        if jti.is_empty() || !self.used_jtis.insert(jti, ()) {
            return Err("jti is missing or was used before".to_owned());
        }
        if claims.get("claims").is_some_and(|claims| !claims.is_object()) {
            return Err("claims must be an object in a request object".to_owned());
        }
        Ok(())
    }

    fn fetch(&mut self, uri: &str, client: &RegisteredClient) -> Result<String, Refusal> {
        let refused = |description: &str| ("invalid_request_uri", description.to_owned());
        let port = uri.strip_prefix("https://").and_then(|rest| rest.split('/').next());
        // On loopback there is nobody to certify a host.
        let is_plain = uri.starts_with("http://") && self.issuer.starts_with("http://");
        if !is_plain && !port.is_some_and(|authority| authority.ends_with(":443")) {
            return Err(refused("a request_uri is https and names port 443"));
        }
        if !client.request_uris.iter().any(|registered| uri.starts_with(registered)) {
            return Err(refused("this request_uri is not registered"));
        }
        let response = (self.hosted)(uri).ok_or_else(|| refused("nothing is hosted there"))?;
        let media_type = response.headers().get(header::CONTENT_TYPE);
        if media_type.is_none_or(|value| value != "application/jwt") {
            return Err(refused("what is hosted there is not application/jwt"));
        }
        String::from_utf8(response.into_body()).map_err(|_| refused("that is no JWT"))
    }
}
