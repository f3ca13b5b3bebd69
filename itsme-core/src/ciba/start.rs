use std::{sync::Arc, time::Duration};

use serde_json::{Map, Value, json};

use super::{
    pace::Pace,
    request::{BackchannelRequest, Hint, check_client, unsigned},
    ticket::CibaTicket,
};
use crate::{
    authorization::{
        checked::{CheckedContent, claims_text},
        request_object::{self, RequestObjectClaims},
    },
    client_auth::{
        inner::ClientInner,
        jwt::{JWT, MakeJwt},
        parties::{Parties, Prepared},
    },
    error::{Error, RequestError},
    flow::{
        machine::Context,
        retry::Retry,
        single_request::{Exchange, SingleRequest},
    },
    ground::{
        json::seconds,
        secret::{Secret, StoredSecret},
        time::UnixTime,
        version::Version,
    },
    http::{Response, endpoint::Endpoint, form, response},
    settings::protection::{JwtProtection, LoginHintForm},
};

const ENDPOINT: Endpoint = Endpoint::Backchannel;

/// How long before its creation a request becomes valid (`nbf`). The local clock may be ahead of the OP's, and the
/// OP may allow no leeway.
const NOT_BEFORE: Duration = Duration::from_secs(60);

/// The flow behind [`Client::start_backchannel`](crate::Client::start_backchannel).
pub(crate) type StartBackchannel = SingleRequest<BackchannelStart>;

/// A checked request that makes the OP send a request to the user's app.
pub(crate) struct BackchannelStart {
    content: CheckedContent,
    hint: Hint,
    requested_expiry: Option<Duration>,
    /// The notification token that was sent with the request. It must be kept in the ticket.
    notification_token: Option<Secret>,
}

pub(crate) fn start_backchannel(
    client: &Arc<ClientInner>,
    request: BackchannelRequest,
) -> Result<StartBackchannel, Error> {
    let BackchannelRequest { what, hint, requested_expiry } = request;
    check_client(&client.settings)?;
    if requested_expiry.is_some_and(|expiry| expiry.as_secs() == 0) {
        return Err(RequestError::RequestedExpiry.into());
    }
    let content = CheckedContent::without_browser(&what, &client.settings)?;
    Ok(start(client, content, hint, requested_expiry))
}

pub(super) fn start(
    client: &Arc<ClientInner>,
    content: CheckedContent,
    hint: Hint,
    requested_expiry: Option<Duration>,
) -> StartBackchannel {
    let start = BackchannelStart { content, hint, requested_expiry, notification_token: None };
    SingleRequest::new(client, start)
}

impl BackchannelStart {
    /// The signed request (CIBA Core §7.1.1).
    fn request_object(
        &mut self,
        parties: &Parties,
        hint: Value,
        cx: &mut Context<'_>,
    ) -> Result<MakeJwt, Error> {
        let Self { content, requested_expiry, notification_token, .. } = self;
        let Parties { client, provider } = parties;
        let client_id = client.identity.client_id.as_str();
        let mut parameters = content.parameters.clone();
        parameters.push(("client_id", json!(client_id)));
        parameters.push(("scope", json!(content.scope)));
        parameters.push(("login_hint_token", hint));
        parameters.push(("nbf", json!(cx.now.before(NOT_BEFORE).as_secs())));
        if let Some(expiry) = requested_expiry {
            parameters.push(("requested_expiry", json!(expiry.as_secs())));
        }
        if client.settings.ping {
            let token = cx.random_text()?;
            parameters.push(("client_notification_token", json!(token)));
            *notification_token = Some(Secret::new(token));
        }
        let claims = RequestObjectClaims {
            client_id,
            audience: &provider.metadata.issuer,
            jti: cx.random_text()?,
            now: cx.now,
            expires_at: cx.now.after(request_object::BY_VALUE),
            parameters: &parameters,
            claims: content.claims.as_deref(),
        };
        parties.make_jwt(JwtProtection::Signed, JWT, &claims)
    }
}

impl Exchange for BackchannelStart {
    const RETRY: Retry = Retry::IfNotSent;
    type Output = CibaTicket;

    /// Prepares the request, for which up to three JWTs are made in sequence: the login hint, if it must be signed; the
    /// request object, which contains the hint; and the client assertion.
    fn prepare(
        &mut self,
        parties: &Parties,
        made: &[String],
        cx: &mut Context<'_>,
    ) -> Result<Prepared, Error> {
        let metadata = &parties.provider.metadata;
        let url = metadata.backchannel(&parties.client.provider.rules)?;
        let mut made = made.iter();
        let hint = match parties.client.settings.login_hint_token {
            LoginHintForm::Object => self.hint.content(),
            LoginHintForm::Unsigned => unsigned(&self.hint.content()).into(),
            LoginHintForm::Signed => match made.next() {
                Some(hint) => hint.as_str().into(),
                None => {
                    let hint = parties.make_jwt(JwtProtection::Signed, JWT, &self.hint.content());
                    return hint.map(Prepared::Jwt);
                }
            },
        };
        let Some(request) = made.next() else {
            return self.request_object(parties, hint, cx).map(Prepared::Jwt);
        };
        parties.authenticated(&metadata.token_endpoint, made.next(), cx, |authentication| {
            form::post((ENDPOINT, url), &[("request", request)], authentication)
        })
    }

    fn read(
        self,
        response: Response,
        parties: Parties,
        now: UnixTime,
    ) -> Result<CibaTicket, Error> {
        let answer: Map<String, Value> = response::json_object(ENDPOINT, response)?.into();
        let id = answer.get("auth_req_id").and_then(Value::as_str).filter(|id| !id.is_empty());
        let id = id.ok_or_else(|| Error::malformed(ENDPOINT, "it has no `auth_req_id`"))?;
        let lifetime = seconds(answer.get("expires_in"));
        let lifetime =
            lifetime.ok_or_else(|| Error::malformed(ENDPOINT, "it has no `expires_in`"))?;
        let Self { content, notification_token, .. } = self;
        Ok(CibaTicket {
            v: Version,
            auth_req_id: StoredSecret(Secret::new(id)),
            notification_token: notification_token.map(StoredSecret),
            client: parties.client.identity.clone(),
            pace: Pace::new(now, &answer, Duration::from_secs(lifetime)),
            requested: content.requested.at(now),
            claims: claims_text(content.claims),
        })
    }
}
