//! Authentication requests, which reach the OP through the browser or the backchannel.

use std::{collections::BTreeMap, sync::Arc};

use itsme_core::Dialect;
use serde_json::{Map, Value};

use super::{FakeOp, parameters::Parameters, request_object::Refusal};
use crate::{RegisteredClient, registration::Kind};

/// The contents of an authentication request in either flow.
#[derive(Clone)]
pub(super) struct AuthenticationRequest {
    pub(super) client: Arc<RegisteredClient>,
    pub(super) acr: Option<String>,
    pub(super) scopes: Vec<String>,
    pub(super) claims: RequestedClaims,
    /// The languages in which to show the pages, most preferred first.
    pub(super) ui_locales: Option<String>,
}

/// The `claims` parameter.
#[derive(Clone, Debug, Default)]
pub(super) struct RequestedClaims {
    pub(super) id_token: Map<String, Value>,
    pub(super) userinfo: Map<String, Value>,
}

impl RequestedClaims {
    /// The `sub` of the user whom the request is for. A client requests it as a value, and only in
    /// the `userinfo` member.
    pub(super) fn known_user(&self) -> Option<&str> {
        self.userinfo.get("sub")?.get("value")?.as_str()
    }

    /// The parts of a confirmation's template, such as `template_name` and `text_key`.
    pub(super) fn template(&self, dialect: Dialect) -> BTreeMap<String, String> {
        let prefix = match dialect {
            Dialect::V1 => "tag:sixdots.be,2016-08:claim_approval_",
            _ => "http://itsme.services/v2/claim/claim_approval_",
        };
        let part = |(name, asked): (&String, &Value)| {
            let value = asked.get("value")?.as_str()?;
            Some((name.strip_prefix(prefix)?.to_owned(), value.to_owned()))
        };
        self.userinfo.iter().filter_map(part).collect()
    }

    /// The requested claims that are about the user.
    pub(super) fn about_the_person(&self) -> impl Iterator<Item = &String> {
        let personal = |name: &&String| name.as_str() != "sub" && !name.contains("claim_approval_");
        self.id_token.keys().chain(self.userinfo.keys()).filter(personal)
    }
}

impl AuthenticationRequest {
    /// The code of the requested service.
    pub(super) fn service(&self) -> &str {
        self.scopes.iter().find_map(|scope| scope.strip_prefix("service:")).unwrap_or_default()
    }
}

impl FakeOp {
    /// Reads the request from parameters, which may be those of a request object.
    pub(super) fn authentication_request(
        &self,
        parameters: &Parameters,
        is_object: bool,
        client: Arc<RegisteredClient>,
    ) -> Result<AuthenticationRequest, Refusal> {
        let get = |name: &str| parameters.get(name);
        let scopes = get("scope").unwrap_or_default().split(' ');
        let mut scopes: Vec<String> = scopes.map(str::to_owned).collect();
        if self.strict && scopes.iter().any(String::is_empty) {
            return Err(("invalid_scope", "scope has an extra space".to_owned()));
        }
        scopes.retain(|scope| !scope.is_empty());
        let services: Vec<&str> =
            scopes.iter().filter_map(|scope| scope.strip_prefix("service:")).collect();
        let kind = match services[..] {
            [code] if scopes.iter().any(|scope| scope == "openid") => kind_of(code, &client),
            _ => Err("scope must contain openid and exactly one service:CODE".to_owned()),
        };
        let kind = kind.map_err(|reason| ("invalid_scope", reason))?;
        let claims = requested_claims(get("claims")).ok_or((
            "invalid_request",
            "claims must be a JSON object as defined in OIDC Core §5.5".to_owned(),
        ))?;
        let (acr, unknown) = highest_acr(get("acr_values"), self.dialect);
        if let Some(unknown) = unknown.filter(|_| self.strict) {
            return Err(("invalid_request", format!("unknown acr {unknown}")));
        }
        self.check_service(kind, &claims, &scopes, is_object)?;
        let ui_locales = get("ui_locales").map(str::to_owned);
        Ok(AuthenticationRequest { client, acr, scopes, claims, ui_locales })
    }

    /// Checks that the request contains the parameters that its service requires (itsme: services).
    fn check_service(
        &self,
        kind: Kind,
        claims: &RequestedClaims,
        scopes: &[String],
        is_object: bool,
    ) -> Result<(), Refusal> {
        let refused = |description: &str| Err(("invalid_request", description.to_owned()));
        let template = claims.template(self.dialect);
        let part = |part: &&str| template.contains_key(*part);
        let name = template.get("template_name").map(String::as_str);
        match kind {
            Kind::Login if name.is_some() => refused("only a confirmation can have a template"),
            Kind::Login => Ok(()),
            Kind::ShareData if self.dialect == Dialect::V1 && !is_object => {
                refused("sharing data requires a request object")
            }
            Kind::Identification | Kind::ShareData
                if claims.about_the_person().next().is_none() && scopes.len() == 2 =>
            {
                refused("this service requires at least one claim or scope")
            }
            Kind::Identification | Kind::ShareData => Ok(()),
            Kind::Confirm if !is_object => refused("a confirmation requires a request object"),
            Kind::Confirm => match name {
                Some("free_text") if part(&"text_key") => Ok(()),
                Some("adv_payment")
                    if ["amount_key", "currency_key", "iban_key"].iter().all(part) =>
                {
                    Ok(())
                }
                _ => refused("a confirmation requires a complete template"),
            },
        }
    }
}

fn kind_of(code: &str, client: &RegisteredClient) -> Result<Kind, String> {
    client.kind_of(code).ok_or_else(|| {
        let known: Vec<&str> = client.services.iter().map(|(code, _)| code.as_str()).collect();
        let (id, known) = (&client.client_id, known.join(", "));
        format!("service:{code} is not one of the services of {id}: {known}")
    })
}

fn requested_claims(text: Option<&str>) -> Option<RequestedClaims> {
    let Some(text) = text else { return Some(RequestedClaims::default()) };
    let Ok(Value::Object(mut members)) = serde_json::from_str(text) else { return None };
    let mut place = |name: &str| match members.remove(name) {
        None => Some(serde_json::Map::new()),
        Some(Value::Object(claims)) => {
            claims.values().all(|asked| asked.is_null() || asked.is_object()).then_some(claims)
        }
        Some(_) => None,
    };
    Some(RequestedClaims { id_token: place("id_token")?, userinfo: place("userinfo")? })
}

/// Returns the highest known level, and the first unknown one. Requesting both levels means
/// advanced; requesting neither means that any level will do.
fn highest_acr(text: Option<&str>, dialect: Dialect) -> (Option<String>, Option<&str>) {
    let levels = match dialect {
        Dialect::V1 => ["tag:sixdots.be,2016-06:acr_basic", "tag:sixdots.be,2016-06:acr_advanced"],
        _ => [
            "http://itsme.services/v2/claim/acr_basic",
            "http://itsme.services/v2/claim/acr_advanced",
        ],
    };
    let (mut highest, mut unknown) = (None, None);
    for acr in text.into_iter().flat_map(|text| text.split(' ')).filter(|acr| !acr.is_empty()) {
        match levels.iter().position(|known| *known == acr) {
            Some(level) => highest = highest.max(Some(level)),
            None => unknown = Some(acr),
        }
    }
    (highest.map(|level| levels[level].to_owned()), unknown)
}
