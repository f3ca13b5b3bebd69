use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::{
    endpoint_rules::EndpointRules,
    metadata_checks::{MetadataMembers, ServiceEndpoint},
};
use crate::{
    error::{Error, MetadataError, UrlError},
    ground::check::Subject,
    http::{Request, Response, endpoint::Endpoint, get::get, response},
    settings::environment::Environment,
};

/// The members of the OP's discovery document that are used (OIDC Discovery §3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// The OP's issuer, byte for byte.
    pub issuer: String,
    /// The URL that users are sent to.
    pub authorization_endpoint: String,
    /// The URL where authorization codes are exchanged for tokens.
    pub token_endpoint: String,
    /// The URL where claims are fetched.
    pub userinfo_endpoint: String,
    /// The URL of the OP's key set.
    pub jwks_uri: String,
    /// The URL where tokens are revoked, if the OP supports revocation.
    #[serde(default)]
    pub revocation_endpoint: Option<String>,
    /// The URL for requests to users without a browser, if the OP supports such requests (CIBA Core
    /// §4).
    #[serde(default)]
    pub backchannel_authentication_endpoint: Option<String>,
    /// The URL where a QR code for user discovery is requested, if the document contains this URL. itsme's
    /// document does not.
    #[serde(default)]
    pub user_discovery_sessions_endpoint: Option<String>,
    /// Whether callbacks always contain `iss` (RFC 9207 §3).
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
    /// The content encryption algorithms that the OP supports for request objects. Empty if the document
    /// does not list them.
    #[serde(default)]
    pub request_object_encryption_enc_values_supported: Vec<String>,
}

impl Metadata {
    /// Builds the request for the discovery document (OIDC Discovery §4.1).
    pub fn request(environment: &Environment) -> Request {
        let issuer = environment.issuer();
        let issuer = issuer.strip_suffix('/').unwrap_or(issuer);
        let url = format!("{issuer}/.well-known/openid-configuration");
        get(Endpoint::Discovery, &url, "application/json")
    }

    /// Reads and checks the discovery document.
    ///
    /// # Errors
    /// The response is not a JSON object or is for a different issuer, or a required endpoint is missing or
    /// not allowed.
    pub fn read(response: Response, rules: &EndpointRules) -> Result<Self, Error> {
        let members = response::json_object(Endpoint::Discovery, response)?.into();
        MetadataMembers::read(&members, rules).verify()?;
        Ok(Self::from_members(&members))
    }

    /// Reads a document that has passed its checks.
    fn from_members(members: &Map<String, Value>) -> Self {
        let optional = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
        let text = |name: &str| optional(name).unwrap_or_default();
        let names = |name: &str| {
            let list = members.get(name).and_then(Value::as_array).into_iter().flatten();
            list.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let flag = |name: &str| members.get(name).and_then(Value::as_bool).unwrap_or_default();
        Self {
            issuer: text("issuer"),
            authorization_endpoint: text("authorization_endpoint"),
            token_endpoint: text("token_endpoint"),
            userinfo_endpoint: text("userinfo_endpoint"),
            jwks_uri: text("jwks_uri"),
            revocation_endpoint: optional("revocation_endpoint"),
            backchannel_authentication_endpoint: optional("backchannel_authentication_endpoint"),
            user_discovery_sessions_endpoint: optional("user_discovery_sessions_endpoint"),
            authorization_response_iss_parameter_supported: flag(
                "authorization_response_iss_parameter_supported",
            ),
            request_object_encryption_enc_values_supported: names(
                "request_object_encryption_enc_values_supported",
            ),
        }
    }

    /// The URL where tokens are revoked. Not every OP has this endpoint, so it is checked only when needed.
    pub(crate) fn revocation(&self, rules: &EndpointRules) -> Result<&str, MetadataError> {
        optional("revocation_endpoint", self.revocation_endpoint.as_deref(), rules)
    }

    /// The URL for requests to users without a browser.
    pub(crate) fn backchannel(&self, rules: &EndpointRules) -> Result<&str, MetadataError> {
        let url = self.backchannel_authentication_endpoint.as_deref();
        optional("backchannel_authentication_endpoint", url, rules)
    }

    /// The URL where a QR code is requested or, with a `session_id`, where the user discovery session is polled
    /// (itsme: user discovery). The `session_id` is encoded as a single path segment.
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
            // Form encoding writes a space as a plus sign.
            let encoded = form_urlencoded::byte_serialize(id.as_bytes());
            url.extend(encoded.map(|part| if part == "+" { "%20" } else { part }));
        }
        optional(member, Some(&url), rules)?;
        Ok(url)
    }

    /// Builds the request for the OP's key set.
    pub fn key_set_request(&self) -> Request {
        get(Endpoint::KeySet, &self.jwks_uri, "application/jwk-set+json, application/json")
    }
}

fn optional<'a>(
    member: &'static str,
    url: Option<&'a str>,
    rules: &EndpointRules,
) -> Result<&'a str, MetadataError> {
    ServiceEndpoint { member, url, rules }.verify()?;
    Ok(url.unwrap_or_default())
}
