//! The backchannel authentication endpoint (CIBA Core §7).

use std::time::Duration;

use http::{Uri, header};
use itsme_core::{Request, Response, UnixTime};
use serde_json::{Map, Value, json};

use super::super::{
    Document, FakeOp,
    answer::{self, Refused},
    authentication_request::AuthenticationRequest,
    client_auth::form,
    parameters::Parameters,
    recent,
};
use crate::{Person, RegisteredClient, jose};

const LONGEST_REQUEST: Duration = Duration::from_secs(3600);
/// The default and maximum lifetime of an `auth_req_id` in seconds.
const EXPIRES_IN: u64 = 300;
const LONGEST_NOTIFICATION_TOKEN: usize = 1024;

/// A backchannel authentication request that the OP has accepted.
pub(super) struct Backchannel {
    pub(super) auth_req_id: String,
    pub(super) request: AuthenticationRequest,
    /// The person whom the request is for.
    pub(super) person: Person,
    pub(super) since: UnixTime,
    pub(super) expires: UnixTime,
    pub(super) polled: Option<UnixTime>,
    /// The number of times that the client polled too soon.
    pub(super) slowed_down: u32,
    /// The ping to send once the person has decided, if the client is in ping mode.
    pub(super) ping: Option<Request>,
    pub(super) decision: Option<Decision>,
}

pub(super) enum Decision {
    Approved(UnixTime),
    Denied,
}

impl FakeOp {
    pub(in super::super) fn backchannel_authentication(&mut self, request: &Request) -> Response {
        answer::of(self.accept(request))
    }

    fn accept(&mut self, request: &Request) -> Result<Value, Refused> {
        let form = form(request)?;
        let client = self.authenticate(&form, &self.endpoint("token"))?;
        self.check_may_use_ciba(&client)?;
        let mut claims = self.signed_request(&form, &client)?;
        let hint = claims.remove("login_hint_token").unwrap_or_default();
        let parameters = Parameters::of_claims(claims);
        let expires_in = expires_in(&parameters)?;
        let notification = notification(&parameters, &client)?;
        let request = self
            .authentication_request(&parameters, true, client)
            .map_err(|(code, detail)| (400, code, detail))?;
        // Check this last, because it uses up a user_identifier_token.
        let person = self.hinted_person(&hint, &request.client)?;
        let sub = self.pairwise_sub(&request.client.client_id, &person);
        if request.claims.known_user().is_some_and(|known| known != sub) {
            return Err(invalid("claims and login_hint_token name different users".to_owned()));
        }
        let auth_req_id = self.identifier("auth_req_id");
        let mut body = json!({ "auth_req_id": auth_req_id, "expires_in": expires_in });
        if let Some(interval) = self.ciba.interval {
            body["interval"] = json!(interval);
        }
        let request = Backchannel {
            ping: notification.map(|(endpoint, token)| ping(endpoint, &token, &auth_req_id)),
            auth_req_id,
            request,
            person,
            since: self.now(),
            expires: self.now().after(Duration::from_secs(expires_in)),
            polled: None,
            slowed_down: 0,
            decision: None,
        };
        recent::wait(&mut self.ciba.requests, request);
        self.mischief.alter(Document::BackchannelAnswer, &mut body);
        Ok(body)
    }

    /// Returns the claims of the signed authentication request (CIBA Core §7.1.1). Apart from
    /// `request`, the form can contain only the client's authentication.
    fn signed_request(
        &mut self,
        form: &Parameters,
        client: &RegisteredClient,
    ) -> Result<Map<String, Value>, Refused> {
        let beside = ["request", "client_id", "client_assertion_type", "client_assertion"];
        if let Some(name) = form.names().find(|name| !beside.contains(name)) {
            return Err(invalid(format!("{name} must not be sent outside the signed request")));
        }
        let jwt = form.get("request").unwrap_or_default();
        let claims = jose::verify(&client.jwks(), jwt).map_err(invalid)?;
        let issuer = [self.issuer.clone()];
        self.check_request_claims(&claims, client, &issuer, true).map_err(invalid)?;
        let time = |name: &str| claims.get(name).and_then(Value::as_u64).map(UnixTime::from_secs);
        let (Some(exp), Some(nbf)) = (time("exp"), time("nbf")) else {
            return Err(invalid("exp or nbf is missing".to_owned()));
        };
        if nbf > self.now().after(self.lifetimes.leeway) || exp.since(nbf) > LONGEST_REQUEST {
            return Err(invalid(
                "nbf is in the future, or more than an hour before exp".to_owned(),
            ));
        }
        if claims.get("client_id") != Some(&json!(client.client_id)) {
            return Err(invalid("client_id differs inside and outside the request".to_owned()));
        }
        let other_hints = ["login_hint", "id_token_hint"];
        if let Some(hint) = other_hints.into_iter().find(|hint| claims.contains_key(*hint)) {
            return Err(invalid(format!("{hint} is not supported; only login_hint_token is")));
        }
        Ok(claims)
    }
}

fn invalid(detail: String) -> Refused {
    (400, "invalid_request", detail)
}

/// The lifetime of the request in seconds: what the client requests, up to the OP's limit.
fn expires_in(parameters: &Parameters) -> Result<u64, Refused> {
    let Some(requested) = parameters.get("requested_expiry") else { return Ok(EXPIRES_IN) };
    match requested.parse() {
        Ok(seconds @ 1..) => Ok(EXPIRES_IN.min(seconds)),
        _ => Err(invalid("requested_expiry must be a positive number of seconds".to_owned())),
    }
}

/// Returns the notification endpoint and the bearer token for the ping. A client in ping mode must
/// send a token (CIBA Core §7.1). Other clients get no ping.
fn notification(
    parameters: &Parameters,
    client: &RegisteredClient,
) -> Result<Option<(Uri, String)>, Refused> {
    let token = parameters.get("client_notification_token");
    let (token, endpoint) = match (token, client.notification_endpoint.clone()) {
        (None, None) => return Ok(None),
        (Some(token), Some(endpoint)) => (token, endpoint),
        (Some(_), None) => {
            return Err(invalid("the client has no notification endpoint".to_owned()));
        }
        (None, Some(_)) => {
            return Err(invalid("client_notification_token is required in ping mode".to_owned()));
        }
    };
    // Check the syntax of a bearer token (RFC 6750 §2.1).
    let symbol = |c: char| c.is_ascii_alphanumeric() || "-._~+/".contains(c);
    let symbols = token.trim_end_matches('=');
    if symbols.is_empty()
        || !symbols.chars().all(symbol)
        || token.len() > LONGEST_NOTIFICATION_TOKEN
    {
        return Err(invalid(
            "client_notification_token is not a bearer token or is too long".to_owned(),
        ));
    }
    Ok(Some((endpoint, token.to_owned())))
}

fn ping(endpoint: Uri, token: &str, auth_req_id: &str) -> Request {
    http::Request::post(endpoint)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(json!({ "auth_req_id": auth_req_id }).to_string().into_bytes())
        .expect("a bearer token is a valid header value")
}
