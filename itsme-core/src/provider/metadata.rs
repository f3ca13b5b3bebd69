use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::endpoint_rules::EndpointRules;
use crate::{
    error::{Error, MetadataError, UrlError},
    http::{Request, Response, endpoint::Endpoint, get::get, response},
    settings::environment::Environment,
};

/// What is used of the OP's discovery document (OIDC Discovery §3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// Who the OP is, byte for byte.
    pub issuer: String,
    /// Where people are sent to.
    pub authorization_endpoint: String,
    /// Where codes are redeemed.
    pub token_endpoint: String,
    /// Where claims are asked for.
    pub userinfo_endpoint: String,
    /// Where the OP's keys are.
    pub jwks_uri: String,
    /// Where tokens are revoked, if they are.
    #[serde(default)]
    pub revocation_endpoint: Option<String>,
    /// Where a person is asked who is not in a browser, if they are (CIBA Core §4).
    #[serde(default)]
    pub backchannel_authentication_endpoint: Option<String>,
    /// Where a person is found by a QR code, if the document says it; itsme's does not.
    #[serde(default)]
    pub user_discovery_sessions_endpoint: Option<String>,
    /// Whether callbacks always carry `iss` (RFC 9207 §3).
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
    /// How the OP can decrypt what is sent to it; empty where it does not say.
    #[serde(default)]
    pub request_object_encryption_enc_values_supported: Vec<String>,
}

impl Metadata {
    /// The request for the discovery document (OIDC Discovery §4.1).
    pub fn request(environment: &Environment) -> Request {
        let issuer = environment.issuer();
        let issuer = issuer.strip_suffix('/').unwrap_or(issuer);
        let url = format!("{issuer}/.well-known/openid-configuration");
        get(Endpoint::Discovery, &url, "application/json")
    }

    /// Reads and checks the discovery document.
    ///
    /// # Errors
    /// It is not a JSON object, speaks for another issuer, or lacks an endpoint that may be called.
    pub fn read(response: Response, rules: &EndpointRules) -> Result<Self, Error> {
        let members = response::json_object(Endpoint::Discovery, response)?;
        let metadata = Self::from_members(&members)?;
        metadata.check(rules)?;
        Ok(metadata)
    }

    fn from_members(members: &Map<String, Value>) -> Result<Self, MetadataError> {
        let text = |name: &'static str| {
            let text = members.get(name).and_then(Value::as_str).map(str::to_owned);
            text.ok_or(MetadataError::Missing(name))
        };
        let names = |name: &str| {
            let list = members.get(name).and_then(Value::as_array).into_iter().flatten();
            list.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let flag = |name: &str| members.get(name).and_then(Value::as_bool).unwrap_or_default();
        Ok(Self {
            issuer: text("issuer")?,
            authorization_endpoint: text("authorization_endpoint")?,
            token_endpoint: text("token_endpoint")?,
            userinfo_endpoint: text("userinfo_endpoint")?,
            jwks_uri: text("jwks_uri")?,
            revocation_endpoint: text("revocation_endpoint").ok(),
            backchannel_authentication_endpoint: text("backchannel_authentication_endpoint").ok(),
            user_discovery_sessions_endpoint: text("user_discovery_sessions_endpoint").ok(),
            authorization_response_iss_parameter_supported: flag(
                "authorization_response_iss_parameter_supported",
            ),
            request_object_encryption_enc_values_supported: names(
                "request_object_encryption_enc_values_supported",
            ),
        })
    }

    /// Checks issuer and endpoints; what was stored elsewhere is checked again when it comes back.
    pub(crate) fn check(&self, rules: &EndpointRules) -> Result<(), MetadataError> {
        let EndpointRules { environment, .. } = rules;
        if !environment.accepts(&self.issuer) {
            return Err(MetadataError::ForeignIssuer {
                expected: environment.issuer().to_owned(),
                found: self.issuer.chars().take(200).collect(),
            });
        }
        for (member, checked) in [
            ("authorization_endpoint", rules.check(&self.authorization_endpoint)),
            ("token_endpoint", rules.check_pinned(&self.token_endpoint)),
            ("userinfo_endpoint", rules.check_pinned(&self.userinfo_endpoint)),
            ("jwks_uri", rules.check(&self.jwks_uri)),
        ] {
            checked.map_err(|error| MetadataError::Url { member, error })?;
        }
        let (_, query) = self.authorization_endpoint.split_once('?').unwrap_or_default();
        let names = form_urlencoded::parse(query.as_bytes());
        if names.into_iter().any(|(name, _)| REQUEST_PARAMETERS.contains(&&*name)) {
            let member = "authorization_endpoint";
            return Err(MetadataError::Url { member, error: UrlError::Parameter });
        }
        Ok(())
    }

    /// Where tokens are revoked. Not every OP has it, so it is checked when it is needed.
    pub(crate) fn revocation(&self, rules: &EndpointRules) -> Result<&str, MetadataError> {
        optional("revocation_endpoint", self.revocation_endpoint.as_deref(), rules)
    }

    /// Where a person is asked who is not in a browser.
    pub(crate) fn backchannel(&self, rules: &EndpointRules) -> Result<&str, MetadataError> {
        let url = self.backchannel_authentication_endpoint.as_deref();
        optional("backchannel_authentication_endpoint", url, rules)
    }

    /// Where a person is found by a QR code (itsme: user discovery).
    /// `session_id` is one segment of a path.
    pub(crate) fn user_discovery(
        &self,
        session_id: Option<&str>,
        rules: &EndpointRules,
    ) -> Result<String, MetadataError> {
        let member = "user_discovery_sessions_endpoint";
        let issuer = self.issuer.strip_suffix('/').unwrap_or(&self.issuer);
        let mut url = match &self.user_discovery_sessions_endpoint {
            Some(url) => url.clone(),
            None => format!("{issuer}/user_discovery_sessions"),
        };
        if url.contains('?') {
            return Err(MetadataError::Url { member, error: UrlError::Query });
        }
        if let Some(id) = session_id {
            url.push('/');
            // In a form, a plus is a space.
            let encoded = form_urlencoded::byte_serialize(id.as_bytes());
            url.extend(encoded.map(|part| if part == "+" { "%20" } else { part }));
        }
        optional(member, Some(&url), rules)?;
        Ok(url)
    }

    /// The request for the OP's keys.
    pub fn key_set_request(&self) -> Request {
        get(Endpoint::KeySet, &self.jwks_uri, "application/jwk-set+json, application/json")
    }
}

/// What can be in the query of an authorization request.
const REQUEST_PARAMETERS: [&str; 15] = [
    "acr_values",
    "claims",
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "max_age",
    "nonce",
    "prompt",
    "redirect_uri",
    "request",
    "request_uri",
    "response_type",
    "scope",
    "state",
    "ui_locales",
];

fn optional<'a>(
    member: &'static str,
    url: Option<&'a str>,
    rules: &EndpointRules,
) -> Result<&'a str, MetadataError> {
    let url = url.ok_or(MetadataError::Missing(member))?;
    rules.check_pinned(url).map_err(|error| MetadataError::Url { member, error })?;
    Ok(url)
}
