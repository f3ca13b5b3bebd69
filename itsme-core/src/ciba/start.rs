use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::{
    pace::Pace,
    request::BackchannelRequest,
    ticket::{CibaTicket, StoredSecret},
};
use crate::{
    authorization::request_object,
    client_auth::inner::ClientInner,
    error::Error,
    flow::{
        machine::Context,
        retry::Retry,
        single_request::{Exchange, SingleRequest},
    },
    ground::{json::seconds, secret::Secret, time::UnixTime, version::Version1},
    http::{Request, Response, endpoint::Endpoint, form, response},
    provider::Provider,
    settings::protection::JwtProtection,
    tokens::requested::claims_sha256,
};

const ENDPOINT: Endpoint = Endpoint::Backchannel;

/// The flow behind [`Client::start_backchannel`](crate::Client::start_backchannel).
pub(crate) type StartBackchannel = SingleRequest<BackchannelStart>;

/// The request that has the OP ask a person.
pub(crate) struct BackchannelStart {
    request: BackchannelRequest,
    /// What was sent along, which the ticket must know.
    claims: Option<String>,
    notification_token: Option<Secret>,
}

impl BackchannelStart {
    pub(crate) fn of(request: BackchannelRequest) -> Self {
        Self { request, claims: None, notification_token: None }
    }

    /// The claims of the signed request (CIBA Core §7.1.1).
    fn claims(
        &mut self,
        client: &ClientInner,
        provider: &Provider,
        cx: &mut Context<'_>,
    ) -> Result<Value, Error> {
        let settings = &client.settings;
        let BackchannelRequest { wish, hint, requested_expiry } = &self.request;
        let mut parameters = wish.parameters(settings.dialect(), None)?;
        let claims = parameters.iter().find(|(name, _)| *name == "claims");
        self.claims = claims.map(|(_, claims)| claims.to_string());
        let hint = hint.token(settings.login_hint_token, settings.credentials.signer())?;
        parameters.push(("client_id", json!(settings.client_id)));
        parameters.push(("scope", json!(wish.scope())));
        parameters.push(("login_hint_token", hint));
        parameters.push(("nbf", json!(cx.now.as_secs())));
        if let Some(expiry) = requested_expiry {
            parameters.push(("requested_expiry", json!(expiry.as_secs())));
        }
        if settings.ping {
            let token = cx.random_text()?;
            parameters.push(("client_notification_token", json!(token)));
            self.notification_token = Some(Secret::new(token));
        }
        let who = (settings.client_id.as_str(), provider.metadata.issuer.as_str());
        let times = (cx.now, cx.now.after(request_object::BY_VALUE));
        Ok(request_object::claims(who, &parameters, cx.random_text()?, times))
    }
}

impl Exchange for BackchannelStart {
    const RETRY: Retry = Retry::IfNotSent;
    type Output = CibaTicket;

    fn begin(&self, client: &ClientInner, _: UnixTime) -> Result<Option<CibaTicket>, Error> {
        self.request.check(&client.settings)?;
        Ok(None)
    }

    fn request(
        &mut self,
        client: &ClientInner,
        provider: &Provider,
        cx: &mut Context<'_>,
    ) -> Result<Request, Error> {
        let metadata = &provider.metadata;
        let url = metadata.backchannel(client.settings.plain_http())?;
        let claims = self.claims(client, provider, cx)?;
        let request = client.make_jwt(JwtProtection::Signed, &claims, provider, cx)?;
        let authentication = client.authentication(provider, &metadata.token_endpoint, cx)?;
        Ok(form::post((ENDPOINT, url), &[("request", &request)], &authentication))
    }

    fn read(
        self,
        response: Response,
        client: &ClientInner,
        _: Arc<Provider>,
        now: UnixTime,
    ) -> Result<CibaTicket, Error> {
        let malformed = |what| Error::Malformed { endpoint: ENDPOINT, what };
        let answer = response::json_object(ENDPOINT, response)
            .map_err(|error| client.note_refusal(error))?;
        let id = answer.get("auth_req_id").and_then(Value::as_str).filter(|id| !id.is_empty());
        let id = id.ok_or(malformed("it has no `auth_req_id`"))?;
        let lifetime = seconds(answer.get("expires_in"));
        let lifetime = lifetime.ok_or(malformed("it has no `expires_in`"))?;
        let mut asked = self.request.wish.asked(now, client.settings.dialect());
        asked.claims_sha256 = self.claims.as_deref().map(claims_sha256);
        Ok(CibaTicket {
            v: Version1,
            auth_req_id: Secret::new(id),
            notification_token: self.notification_token.map(StoredSecret),
            client_id: client.settings.client_id.clone(),
            issuer: client.settings.environment.issuer().to_owned(),
            pace: Pace::new(now, &answer, Duration::from_secs(lifetime)),
            asked,
            claims: self.claims,
        })
    }
}
