use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::{
    pace::Pace,
    request::BackchannelRequest,
    ticket::{CibaTicket, StoredSecret},
};
use crate::{
    authorization::request_object,
    client_auth::inner::RelyingParty,
    error::Error,
    flow::{
        machine::Moment,
        retry::Retry,
        single_request::{Call, OneCall},
    },
    ground::{json::seconds, secret::Secret, time::UnixTime, version::Version1},
    http::{Request, Response, endpoint::Endpoint, form, response},
    provider::Provider,
    settings::protection::TokenForm,
    tokens::requested::claims_sha256,
};

const ENDPOINT: Endpoint = Endpoint::Backchannel;

/// The flow behind [`Client::start_backchannel`](crate::Client::start_backchannel).
pub(crate) type StartBackchannel = OneCall<BackchannelStart>;

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
        rp: &RelyingParty,
        provider: &Provider,
        at: &mut Moment<'_>,
    ) -> Result<Value, Error> {
        let settings = &rp.settings;
        let BackchannelRequest { wish, hint, requested_expiry } = &self.request;
        let mut parameters = wish.parameters(settings.dialect(), None)?;
        let claims = parameters.iter().find(|(name, _)| *name == "claims");
        self.claims = claims.map(|(_, claims)| claims.to_string());
        let hint = hint.token(settings.login_hint_token, settings.credentials.signer())?;
        parameters.push(("client_id", json!(settings.client_id)));
        parameters.push(("scope", json!(wish.scope())));
        parameters.push(("login_hint_token", hint));
        parameters.push(("nbf", json!(at.now.as_secs())));
        if let Some(expiry) = requested_expiry {
            parameters.push(("requested_expiry", json!(expiry.as_secs())));
        }
        if settings.ping {
            let token = at.random_text()?;
            parameters.push(("client_notification_token", json!(token)));
            self.notification_token = Some(Secret::new(token));
        }
        let who = (settings.client_id.as_str(), provider.metadata.issuer.as_str());
        let times = (at.now, at.now.after(request_object::BY_VALUE));
        Ok(request_object::claims(who, &parameters, at.random_text()?, times))
    }
}

impl Call for BackchannelStart {
    const RETRY: Retry = Retry::IfNotSent;
    type Output = CibaTicket;

    fn begin(&self, rp: &RelyingParty, _: UnixTime) -> Result<Option<CibaTicket>, Error> {
        self.request.check(&rp.settings)?;
        Ok(None)
    }

    fn request(
        &mut self,
        rp: &RelyingParty,
        provider: &Provider,
        at: &mut Moment<'_>,
    ) -> Result<Request, Error> {
        let metadata = &provider.metadata;
        let url = metadata.backchannel(rp.settings.plain_http())?;
        let claims = self.claims(rp, provider, at)?;
        let request = rp.sealed(TokenForm::Signed, &claims, provider, at)?;
        let authentication = rp.authentication(provider, &metadata.token_endpoint, at)?;
        Ok(form::post((ENDPOINT, url), &[("request", &request)], &authentication))
    }

    fn read(
        self,
        response: Response,
        rp: &RelyingParty,
        _: Arc<Provider>,
        now: UnixTime,
    ) -> Result<CibaTicket, Error> {
        let malformed = |what| Error::Malformed { endpoint: ENDPOINT, what };
        let answer = response::json_object(ENDPOINT, response).map_err(|error| rp.told(error))?;
        let id = answer.get("auth_req_id").and_then(Value::as_str).filter(|id| !id.is_empty());
        let id = id.ok_or(malformed("it has no `auth_req_id`"))?;
        let lifetime = seconds(answer.get("expires_in"));
        let lifetime = lifetime.ok_or(malformed("it has no `expires_in`"))?;
        let mut asked = self.request.wish.asked(now, rp.settings.dialect());
        asked.claims_sha256 = self.claims.as_deref().map(claims_sha256);
        Ok(CibaTicket {
            v: Version1,
            auth_req_id: Secret::new(id),
            notification_token: self.notification_token.map(StoredSecret),
            client_id: rp.settings.client_id.clone(),
            issuer: rp.settings.environment.issuer().to_owned(),
            pace: Pace::new(now, &answer, Duration::from_secs(lifetime)),
            asked,
            claims: self.claims,
        })
    }
}
