//! The token endpoint: redeems codes and `auth_req_id`s, and issues tokens.

use std::time::Duration;

use itsme_core::{Dialect, Request, Response};
use serde_json::{Value, json};

use super::{
    Document, FakeOp,
    answer::{self, Refused},
    ciba::CIBA_GRANT_TYPE,
    client_auth::form,
    grant::{AccessToken, Grant},
    parameters::Parameters,
};
use crate::{RegisteredClient, jose};

/// How long codes and tokens are valid, and how much clock skew is tolerated.
pub(super) struct Lifetimes {
    code: Duration,
    token: Duration,
    /// The tolerance for timestamps in tokens that clients sign.
    pub(super) leeway: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        let (code, token) = (Duration::from_secs(3 * 60), Duration::from_secs(5 * 60));
        Self { code, token, leeway: Duration::from_secs(60) }
    }
}

impl FakeOp {
    /// Sets how long a code can be redeemed. Default: 3 minutes.
    pub fn code_lifetime(&mut self, lifetime: Duration) {
        self.lifetimes.code = lifetime;
    }

    /// Sets how long ID tokens and access tokens are valid. Default: 5 minutes.
    pub fn token_lifetime(&mut self, lifetime: Duration) {
        self.lifetimes.token = lifetime;
    }

    /// Sets how far the timestamps in tokens that clients sign may be off. Default: 60 seconds.
    pub fn clock_leeway(&mut self, leeway: Duration) {
        self.lifetimes.leeway = leeway;
    }

    pub(super) fn token(&mut self, request: &Request) -> Response {
        answer::of(self.redeem(request))
    }

    fn redeem(&mut self, request: &Request) -> Result<Value, Refused> {
        let form = form(request)?;
        let client = self.authenticate(&form, &self.endpoint("token"))?;
        match form.get("grant_type") {
            Some("authorization_code") => self.redeem_code(&form, &client),
            Some(CIBA_GRANT_TYPE) => self.redeem_auth_req_id(&form, &client),
            None => Err((400, "invalid_request", "grant_type is missing".to_owned())),
            Some(other) => {
                Err((400, "unsupported_grant_type", format!("grant_type {other:?} is unknown")))
            }
        }
    }

    fn redeem_code(
        &mut self,
        form: &Parameters,
        client: &RegisteredClient,
    ) -> Result<Value, Refused> {
        let refused = |detail: &str| (400, "invalid_grant", detail.to_owned());
        let now = self.now();
        let code = form.get("code").unwrap_or_default().to_owned();
        let known = self.codes.get_mut(code.as_str()).ok_or_else(|| refused("unknown code"))?;
        if known.grant.request.client.client_id != client.client_id {
            return Err(refused("the code belongs to a different client"));
        }
        if std::mem::replace(&mut known.redeemed, true) {
            // RFC 6749 §4.1.2: whoever used the code first may have stolen it, so revoke the access
            // token.
            self.access_tokens.retain(|_, token| token.redeemed != code);
            return Err(refused("the code has already been used"));
        }
        if now.since(known.grant.issued) > self.lifetimes.code {
            return Err(refused("the code has expired"));
        }
        if form.get("redirect_uri") != Some(&known.redirect_uri) {
            return Err(refused("redirect_uri differs from the authorization request's"));
        }
        let challenge = form.get("code_verifier").map(jose::sha256_base64url);
        if challenge != known.code_challenge {
            return Err(refused("code_verifier does not match code_challenge"));
        }
        let grant = known.grant.clone();
        self.issue_tokens(code, grant)
    }

    /// Builds the response to a client that redeems a code or an `auth_req_id`.
    pub(super) fn issue_tokens(
        &mut self,
        redeemed: String,
        grant: Grant,
    ) -> Result<Value, Refused> {
        let now = self.now();
        let client = &grant.request.client;
        let sub = self.pairwise_sub(&client.client_id, &grant.person);
        let mut id_token = json!({
            "iss": self.issuer,
            "sub": sub,
            "aud": client.client_id,
            "iat": now.as_secs(),
            "exp": now.after(self.lifetimes.token).as_secs(),
        });
        for (name, value) in [("nonce", &grant.nonce), ("acr", &grant.request.acr)] {
            if let Some(value) = value {
                id_token[name] = json!(value);
            }
        }
        if self.dialect == Dialect::V1 {
            id_token["auth_time"] = json!(grant.issued.as_secs());
            let basic = || "tag:sixdots.be,2016-06:acr_basic".to_owned();
            id_token["acr"] = json!(grant.request.acr.clone().unwrap_or_else(basic));
        }
        if let Value::Object(members) = &mut id_token {
            members.extend(self.at_home(grant.id_token_claims(self.dialect)));
        }
        let id_token = self.nested(Document::IdToken, client, &mut id_token);
        let access_token = self.identifier("access token");
        let until = now.after(self.lifetimes.token);
        let token = AccessToken { redeemed, grant, until };
        self.access_tokens.insert(&access_token, token);
        let mut body = json!({
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": self.lifetimes.token.as_secs(),
            "id_token": id_token.map_err(|detail| (400, "unauthorized_client", detail))?,
        });
        self.mischief.alter(Document::TokenAnswer, &mut body);
        Ok(body)
    }
}
