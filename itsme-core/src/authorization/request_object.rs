use std::time::Duration;

use serde::{Serialize, Serializer, ser::SerializeMap as _};
use serde_json::{Value, value::RawValue};

use crate::{
    client_auth::{
        jwt::{JWT, MakeJwt},
        parties::Parties,
    },
    error::Error,
    flow::machine::Context,
    ground::{secret::Secret, time::UnixTime},
    http::{Response, response},
};

/// How long a request object that is sent in the URL is valid.
pub(crate) const BY_VALUE: Duration = Duration::from_secs(300);

/// A request object to host at the `request_uri` (OIDC Core §6.2, RFC 9101). It is a JWT, encrypted for the OP unless
/// [`Settings::request_objects`](crate::Settings::request_objects) is set to `JwtProtection::Signed`. Each request
/// object is valid for only one login.
#[derive(Debug)]
#[non_exhaustive]
pub struct RequestObject {
    /// The compact JWT.
    pub jwt: Secret,
    /// The time at which it expires. You can delete it after that.
    pub expires_at: UnixTime,
}

impl RequestObject {
    /// The media type with which to serve the request object.
    pub const MEDIA_TYPE: &'static str = "application/jwt";

    /// The response to serve at the `request_uri`.
    pub fn response(&self) -> Response {
        let jwt = self.jwt.expose().as_bytes().to_vec();
        response::document(jwt, Self::MEDIA_TYPE, "no-store")
    }
}

/// The claims of a request object: the request's parameters, the client, the audience and the times.
pub(crate) struct RequestObjectClaims<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) audience: &'a str,
    pub(crate) jti: String,
    pub(crate) now: UnixTime,
    pub(crate) expires_at: UnixTime,
    pub(crate) parameters: &'a [(&'static str, Value)],
    /// The `claims` parameter, with exactly the bytes that were hashed.
    pub(crate) claims: Option<&'a RawValue>,
}

/// Signs the parameters and, depending on the settings, encrypts them.
pub(super) fn make(
    parties: &Parties,
    (parameters, claims): (&[(&'static str, Value)], Option<&RawValue>),
    expires_at: UnixTime,
    cx: &mut Context<'_>,
) -> Result<MakeJwt, Error> {
    let Parties { client, provider } = parties;
    let metadata = &provider.metadata;
    let audience = match client.settings.dialect().habits().request_object_is_for_endpoint {
        true => &metadata.authorization_endpoint,
        false => &metadata.issuer,
    };
    let client_id = &client.identity.client_id;
    let (jti, now) = (cx.random_text()?, cx.now);
    let claims =
        RequestObjectClaims { client_id, audience, jti, now, expires_at, parameters, claims };
    parties.make_jwt(client.settings.request_objects, JWT, &claims)
}

impl Serialize for RequestObjectClaims<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut object = to.serialize_map(None)?;
        for (name, value) in self.parameters {
            object.serialize_entry(name, value)?;
        }
        if let Some(claims) = self.claims {
            object.serialize_entry("claims", claims)?;
        }
        object.serialize_entry("iss", self.client_id)?;
        object.serialize_entry("aud", self.audience)?;
        object.serialize_entry("iat", &self.now.as_secs())?;
        object.serialize_entry("exp", &self.expires_at.as_secs())?;
        object.serialize_entry("jti", &self.jti)?;
        object.end()
    }
}
