//! Client authentication at the endpoints that clients call (OIDC Core §9).

use std::{sync::Arc, time::Duration};

use http::header;
use itsme_core::{AssertionAudience, Request, UnixTime};
use serde_json::Value;

use super::{FakeOp, answer::Refused, parameters::Parameters};
use crate::{RegisteredClient, jose, registration::Credentials};

const LONGEST_ASSERTION: Duration = Duration::from_secs(3600);

/// Parses the form in a request's body.
pub(super) fn form(request: &Request) -> Result<Parameters, Refused> {
    let refused = |detail: String| (400, "invalid_request", detail);
    if request.headers().contains_key(header::AUTHORIZATION) {
        let detail = "itsme expects the client's secret or assertion in the body, not in a header";
        return Err((401, "invalid_client", detail.to_owned()));
    }
    let media_type = request.headers().get(header::CONTENT_TYPE);
    let media_type = media_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    // Some clients add a charset. The media type does not define that parameter, so ignore it.
    let (media_type, _) = media_type.split_once(';').unwrap_or((media_type, ""));
    if !media_type.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(refused("the body must be application/x-www-form-urlencoded".to_owned()));
    }
    Parameters::parse(request.body()).map_err(refused)
}

impl FakeOp {
    /// Authenticates the client with the method agreed at onboarding: a secret, or an assertion for
    /// this endpoint.
    pub(super) fn authenticate(
        &mut self,
        form: &Parameters,
        endpoint: &str,
    ) -> Result<Arc<RegisteredClient>, Refused> {
        let refused = |detail: &str| (401, "invalid_client", detail.to_owned());
        let assertion = form.get("client_assertion").map(|jwt| match jwt.matches('.').count() {
            4 => self.encryption.decrypt(jwt).map_err(|detail| refused(&detail)),
            _ => Ok(jwt.to_owned()),
        });
        let assertion = assertion.transpose()?;
        // Next to an assertion, client_id may be omitted (RFC 7521 §4.2).
        let named = match (form.get("client_id"), &assertion) {
            (None, Some(jws)) => claimed_subject(jws),
            (client_id, _) => client_id.map(str::to_owned),
        };
        let named = named.ok_or_else(|| refused("client_id is missing"))?;
        let client = self.client(&named).cloned();
        let client = client.ok_or_else(|| refused("unknown client_id"))?;
        let Credentials::Secret { secret, .. } = &client.credentials else {
            return self.check_assertion(form, &assertion.unwrap_or_default(), client, endpoint);
        };
        match form.get("client_secret") {
            _ if form.get("client_assertion").is_some() => {
                Err(refused("this client has a secret and must not send a client_assertion"))
            }
            None => Err(refused("client_secret is missing")),
            Some(given) if given != secret => Err(refused("client_secret is wrong")),
            Some(_) => Ok(()),
        }?;
        Ok(client)
    }

    /// Checks a `private_key_jwt` assertion (OIDC Core §9), which is signed and then optionally encrypted.
    fn check_assertion(
        &mut self,
        form: &Parameters,
        jws: &str,
        client: Arc<RegisteredClient>,
        endpoint: &str,
    ) -> Result<Arc<RegisteredClient>, Refused> {
        let get = |name: &str| form.get(name).unwrap_or_default();
        let refused = |detail: String| (401, "invalid_client", detail);
        if get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        {
            return Err(refused("client_assertion_type must be jwt-bearer".to_owned()));
        }
        let claims = jose::verify(&client.jwks(), jws).map_err(refused)?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
        let time = |name: &str| claims.get(name).and_then(Value::as_u64).map(UnixTime::from_secs);
        if text("iss") != client.client_id || text("sub") != client.client_id {
            return Err(refused("the assertion's iss and sub must be the client_id".to_owned()));
        }
        self.check_audience(jws, text("aud"), endpoint).map_err(refused)?;
        let now = self.now();
        let exp =
            time("exp").ok_or_else(|| refused("the assertion's exp is missing".to_owned()))?;
        let leeway = self.lifetimes.leeway;
        if now >= exp.after(leeway) || exp > now.after(LONGEST_ASSERTION).after(leeway) {
            return Err(refused(
                "the assertion's exp is in the past or too far in the future".to_owned(),
            ));
        }
        // itsme's documentation calls `iat` optional.
        if self.strict && time("iat").is_none() {
            return Err(refused("the assertion's iat is missing".to_owned()));
        }
        if time("iat").is_some_and(|iat| iat > now.after(leeway)) {
            return Err(refused("the assertion's iat is in the future".to_owned()));
        }
        let jti = text("jti");
        if jti.is_empty() || jti.len() > 255 || !self.used_jtis.insert(jti, ()) {
            return Err(refused(
                "the assertion's jti is missing, is too long, or has already been used".to_owned(),
            ));
        }
        Ok(client)
    }
}

impl FakeOp {
    /// Accepts only assertions with this audience. By default, both audiences are accepted.
    pub fn assertion_audience(&mut self, audience: AssertionAudience) {
        self.assertion_audience = Some(audience);
    }

    /// Checks that the audience is the endpoint, or the issuer if the header's `typ` is
    /// [`FOR_ISSUER`] (RFC 7523bis).
    fn check_audience(&self, jws: &str, audience: &str, endpoint: &str) -> Result<(), String> {
        let header = jose::decode_json(jws.split('.').next().unwrap_or_default())?;
        let is_typed = header.get("typ").and_then(Value::as_str) == Some(FOR_ISSUER);
        let taken = self.assertion_audience;
        let takes = |form| taken.is_none_or(|taken| taken == form);
        let by_endpoint = takes(AssertionAudience::TokenEndpoint);
        let by_issuer = takes(AssertionAudience::Issuer);
        if by_endpoint && audience == endpoint && !is_typed
            || by_issuer && audience == self.issuer && is_typed
        {
            return Ok(());
        }
        let endpoint = by_endpoint.then(|| endpoint.to_owned());
        let issuer = by_issuer.then(|| format!("{} with the typ {FOR_ISSUER}", self.issuer));
        let forms: Vec<_> = endpoint.into_iter().chain(issuer).collect();
        Err(format!("the assertion's aud must be {}", forms.join(", or ")))
    }
}

const FOR_ISSUER: &str = "client-authentication+jwt";

/// The `sub` of an assertion that has not been verified yet.
pub(super) fn claimed_subject(jws: &str) -> Option<String> {
    let claims = jose::decode_json(jws.split('.').nth(1)?).ok()?;
    claims.get("sub")?.as_str().map(str::to_owned)
}
