//! The token endpoint: who asks, with which code, and the ID token for it.

use std::{collections::HashMap, time::Duration};

use http::header;
use itsme_core::{Dialect, Request, Response, UnixTime};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{Document, FakeOp, answer};
use crate::{RegisteredClient, jose, registration::Credentials};

const CODE_LIFETIME: Duration = Duration::from_secs(3 * 60);
const TOKEN_LIFETIME: Duration = Duration::from_secs(5 * 60);
const CLOCK_LEEWAY: Duration = Duration::from_secs(60);
const LONGEST_ASSERTION: Duration = Duration::from_secs(3600);

/// An error answer: status, `error`, `detail`.
type Refused = (u16, &'static str, String);

type Form = HashMap<String, String>;

impl FakeOp {
    pub(super) fn token(&mut self, request: &Request) -> Response {
        match self.redeem(request) {
            Ok(body) => answer::json(200, &body),
            Err((status, code, detail)) => answer::error(status, code, &detail),
        }
    }

    fn redeem(&mut self, request: &Request) -> Result<Value, Refused> {
        let form = form(request)?;
        let client = self.authenticate(&form)?;
        match form.get("grant_type").map(String::as_str) {
            Some("authorization_code") => self.redeem_code(&form, &client),
            other => {
                Err((400, "unsupported_grant_type", format!("grant type {other:?} is unknown")))
            }
        }
    }

    /// As it was agreed at onboarding: with a secret, or with an assertion.
    fn authenticate(&mut self, form: &Form) -> Result<RegisteredClient, Refused> {
        let refused = |detail: &str| (401, "invalid_client", detail.to_owned());
        let client = form.get("client_id").and_then(|id| self.client(id)).cloned();
        let client = client.ok_or_else(|| refused("client_id is not known"))?;
        let Credentials::Secret { secret, .. } = &client.credentials else {
            return self.check_assertion(form, client);
        };
        if form.contains_key("client_assertion") || form.get("client_secret") != Some(secret) {
            return Err(refused("client_secret is wrong"));
        }
        Ok(client)
    }

    /// `private_key_jwt` (OIDC Core §9), signed or signed then encrypted.
    fn check_assertion(
        &mut self,
        form: &Form,
        client: RegisteredClient,
    ) -> Result<RegisteredClient, Refused> {
        let get = |name: &str| form.get(name).map_or("", String::as_str);
        let refused = |detail: String| (401, "invalid_client", detail);
        if get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        {
            return Err(refused("client_assertion_type is not jwt-bearer".to_owned()));
        }
        let assertion = get("client_assertion");
        let jws = match assertion.matches('.').count() {
            4 => self.encryption.decrypt(assertion).map_err(refused)?,
            _ => assertion.to_owned(),
        };
        let claims = jose::verify(&client.jwks(), &jws).map_err(refused)?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
        let time = |name: &str| claims.get(name).and_then(Value::as_u64).map(UnixTime::from_secs);
        if text("iss") != client.client_id || text("sub") != client.client_id {
            return Err(refused("iss and sub of the assertion must be the client_id".to_owned()));
        }
        if claims.get("aud") != Some(&json!(format!("{}/token", self.issuer))) {
            return Err(refused("aud of the assertion must be the token endpoint".to_owned()));
        }
        let now = self.now();
        let exp = time("exp").ok_or_else(|| refused("the assertion has no exp".to_owned()))?;
        if now >= exp.after(CLOCK_LEEWAY) || exp.since(now) > LONGEST_ASSERTION {
            return Err(refused("exp of the assertion is past or too far away".to_owned()));
        }
        if time("iat").is_none_or(|iat| iat > now.after(CLOCK_LEEWAY)) {
            return Err(refused("iat of the assertion is missing or in the future".to_owned()));
        }
        let jti = text("jti");
        if jti.is_empty() || jti.len() > 255 || !self.used_jtis.insert(jti.to_owned()) {
            return Err(refused("jti of the assertion is missing or was used before".to_owned()));
        }
        Ok(client)
    }

    fn redeem_code(&mut self, form: &Form, client: &RegisteredClient) -> Result<Value, Refused> {
        let get = |name: &str| form.get(name).map(String::as_str);
        let refused = |detail: &str| (400, "invalid_grant", detail.to_owned());
        let now = self.now();
        let code = get("code").unwrap_or_default().to_owned();
        let grant = self.grants.get_mut(&code).ok_or_else(|| refused("the code is not known"))?;
        if grant.client.client_id != client.client_id {
            return Err(refused("the code was given to another client"));
        }
        if std::mem::replace(&mut grant.redeemed, true) {
            // RFC 6749 §4.1.2: what the first use gave may be in the wrong hands.
            self.access_tokens.retain(|_, (of, _)| *of != code);
            return Err(refused("the code was used before"));
        }
        if now.since(grant.issued) > CODE_LIFETIME {
            return Err(refused("the code has expired"));
        }
        if get("redirect_uri") != Some(&grant.redirect_uri) {
            return Err(refused("redirect_uri is not that of the authorization request"));
        }
        let challenge = get("code_verifier").map(jose::sha256_base64url);
        if challenge != grant.code_challenge {
            return Err(refused("code_verifier does not match code_challenge"));
        }
        let grant = self.grants.get(&code).expect("it was found above");
        let sub = self.pairwise_sub(&client.client_id, &grant.person);
        let mut id_token = json!({
            "iss": self.issuer,
            "sub": sub,
            "aud": client.client_id,
            "iat": now.as_secs(),
            "exp": now.after(TOKEN_LIFETIME).as_secs(),
        });
        for (name, value) in [("nonce", &grant.nonce), ("acr", &grant.acr)] {
            if let Some(value) = value {
                id_token[name] = json!(value);
            }
        }
        if self.dialect == Dialect::V1 {
            id_token["auth_time"] = json!(grant.issued.as_secs());
            let basic = || "tag:sixdots.be,2016-06:acr_basic".to_owned();
            id_token["acr"] = json!(grant.acr.clone().unwrap_or_else(basic));
        }
        if let Value::Object(members) = &mut id_token {
            members.extend(self.at_home(grant.id_token_claims(self.dialect)));
        }
        let id_token = self.nested(Document::IdToken, client, &mut id_token);
        let access_token = self.identifier("access token");
        self.access_tokens.insert(access_token.clone(), (code, now.after(TOKEN_LIFETIME)));
        let mut body = json!({
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": TOKEN_LIFETIME.as_secs(),
            "id_token": id_token.map_err(|detail| (400, "unauthorized_client", detail))?,
        });
        self.mischief.alter(Document::TokenAnswer, &mut body);
        Ok(body)
    }
}

fn form(request: &Request) -> Result<Form, Refused> {
    let refused = |detail: String| (400, "invalid_request", detail);
    let media_type = request.headers().get(header::CONTENT_TYPE);
    if media_type.is_none_or(|value| value != "application/x-www-form-urlencoded") {
        return Err(refused("the body must be a form".to_owned()));
    }
    let mut form = HashMap::new();
    for (name, value) in form_urlencoded::parse(request.body()) {
        if form.insert(name.to_string(), value.into_owned()).is_some() {
            return Err(refused(format!("the parameter {name} stands twice")));
        }
    }
    Ok(form)
}
