//! A request, as it is stored in a recording. The request types themselves don't support serde, because that would
//! become part of the public API.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};

use crate::{
    authorization::{
        checked::CheckedContent,
        request::{AuthorizationRequest, Prompt, Travels, UiLocale},
    },
    ciba::{BackchannelRequest, Hint, UserIdentifierToken},
    claims::{Claim, ClaimRequest, RequestedClaims, Scope, acr::Acr},
    confirm::{FreeText, Payment, Template},
    ground::secret::{Secret, StoredSecret},
    tokens::requested::Requested,
};

#[derive(Serialize, Deserialize)]
pub(super) struct RecordedRequest {
    service_code: String,
    scopes: Vec<Scope>,
    /// Recordings without this member were made when it was always false.
    #[serde(default)]
    scopes_in_id_token: bool,
    claims: Vec<RecordedClaim>,
    template: Option<RecordedTemplate>,
    known_user: Option<String>,
    acr: Option<Acr>,
    max_age: Option<Duration>,
    prompts: Vec<String>,
    ui_locales: Vec<String>,
    redirect_uri: Option<String>,
    state: Option<String>,
    nonce: Option<StoredSecret>,
    code_verifier: Option<StoredSecret>,
    travels: Travels,
}

#[derive(Serialize, Deserialize)]
struct RecordedClaim {
    claim: ClaimName,
    in_userinfo: bool,
    essential: bool,
    value: Option<String>,
}

/// A claim, stored under the name of its variant, because wire names differ by dialect. Unknown claims are stored under
/// their wire names.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ClaimName {
    Named(String),
    Other(String),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RecordedTemplate {
    FreeText(String),
    Payment { amount: String, currency: String, iban: String },
}

impl RecordedRequest {
    pub(super) fn of(request: &AuthorizationRequest) -> Self {
        let stored = |secret: &Option<Secret>| secret.clone().map(StoredSecret);
        Self {
            service_code: request.service_code.clone(),
            scopes: request.scopes.clone(),
            scopes_in_id_token: request.scopes_in_id_token,
            claims: request.claims.0.iter().map(RecordedClaim::of).collect(),
            template: request.template.as_ref().map(RecordedTemplate::of),
            known_user: request.known_user.clone(),
            acr: request.acr,
            max_age: request.max_age,
            prompts: request.prompts.iter().map(|it| it.as_str().to_owned()).collect(),
            ui_locales: request.ui_locales.iter().map(|it| it.as_str().to_owned()).collect(),
            redirect_uri: request.redirect_uri.clone(),
            state: request.state.clone(),
            nonce: stored(&request.nonce),
            code_verifier: stored(&request.code_verifier),
            travels: request.travels,
        }
    }

    /// The request; `None` if it contains something that cannot have been requested.
    pub(super) fn request(self) -> Option<AuthorizationRequest> {
        let prompt = |name: String| {
            [Prompt::Login, Prompt::Consent].into_iter().find(|it| it.as_str() == name)
        };
        let locale = |name: String| {
            let all = [UiLocale::Dutch, UiLocale::English, UiLocale::French, UiLocale::German];
            all.into_iter().find(|it| it.as_str() == name)
        };
        let claims: Option<_> = self.claims.into_iter().map(RecordedClaim::request).collect();
        let secret = |stored: Option<StoredSecret>| stored.map(|StoredSecret(secret)| secret);
        Some(AuthorizationRequest {
            service_code: self.service_code,
            scopes: self.scopes,
            scopes_in_id_token: self.scopes_in_id_token,
            claims: RequestedClaims(claims?),
            template: self.template.map(RecordedTemplate::template),
            known_user: self.known_user,
            acr: self.acr,
            max_age: self.max_age,
            prompts: self.prompts.into_iter().map(prompt).collect::<Option<_>>()?,
            ui_locales: self.ui_locales.into_iter().map(locale).collect::<Option<_>>()?,
            redirect_uri: self.redirect_uri,
            state: self.state,
            nonce: secret(self.nonce),
            code_verifier: secret(self.code_verifier),
            travels: self.travels,
        })
    }
}

impl RecordedClaim {
    fn of(request: &ClaimRequest) -> Self {
        let ClaimRequest { claim, in_userinfo, essential, value } = request;
        let claim = match claim {
            Claim::Other(name) => ClaimName::Other(name.clone()),
            named => ClaimName::Named(format!("{named:?}")),
        };
        Self { claim, in_userinfo: *in_userinfo, essential: *essential, value: value.clone() }
    }

    fn request(self) -> Option<ClaimRequest> {
        let claim = match self.claim {
            ClaimName::Other(name) => Claim::Other(name),
            ClaimName::Named(name) => Claim::all().find(|claim| format!("{claim:?}") == name)?,
        };
        let Self { in_userinfo, essential, value, .. } = self;
        Some(ClaimRequest { claim, in_userinfo, essential, value })
    }
}

impl RecordedTemplate {
    fn of(template: &Template) -> Self {
        match template {
            Template::FreeText(FreeText(text)) => Self::FreeText(text.clone()),
            Template::Payment(Payment { amount, currency, iban }) => Self::Payment {
                amount: amount.clone(),
                currency: currency.clone(),
                iban: iban.clone(),
            },
        }
    }

    fn template(self) -> Template {
        match self {
            Self::FreeText(text) => FreeText(text).into(),
            Self::Payment { amount, currency, iban } => Payment { amount, currency, iban }.into(),
        }
    }
}

/// A checked request to a user without a browser.
#[derive(Serialize, Deserialize)]
pub(super) struct RecordedContent {
    scope: String,
    /// The only parameter that such a request can have.
    acr_values: Option<Value>,
    /// Exactly as sent, byte for byte.
    claims: Option<String>,
    requested: Requested,
}

const ACR_VALUES: &str = "acr_values";

impl RecordedContent {
    pub(super) fn of(content: &CheckedContent) -> Self {
        let mut parameters = content.parameters.iter();
        let acr_values = parameters.find(|(name, _)| *name == ACR_VALUES);
        Self {
            scope: content.scope.clone(),
            acr_values: acr_values.map(|(_, value)| value.clone()),
            claims: content.claims.as_ref().map(|claims| claims.get().to_owned()),
            requested: content.requested.clone(),
        }
    }

    pub(super) fn content(self) -> Option<CheckedContent> {
        Some(CheckedContent {
            scope: self.scope,
            parameters: self.acr_values.into_iter().map(|value| (ACR_VALUES, value)).collect(),
            claims: self.claims.map(RawValue::from_string).transpose().ok()?,
            requested: self.requested,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct RecordedBackchannelRequest {
    what: RecordedRequest,
    hint: RecordedHint,
    requested_expiry: Option<Duration>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RecordedHint {
    Discovered(StoredSecret),
    Known(String),
}

impl RecordedBackchannelRequest {
    pub(super) fn of(request: &BackchannelRequest) -> Self {
        let hint = match &request.hint {
            Hint::Discovered(UserIdentifierToken(token)) => {
                RecordedHint::Discovered(StoredSecret(token.clone()))
            }
            Hint::Known(sub) => RecordedHint::Known(sub.clone()),
        };
        let what = RecordedRequest::of(&request.what);
        Self { what, hint, requested_expiry: request.requested_expiry }
    }

    pub(super) fn request(self) -> Option<BackchannelRequest> {
        let hint = match self.hint {
            RecordedHint::Discovered(StoredSecret(token)) => {
                Hint::Discovered(UserIdentifierToken(token))
            }
            RecordedHint::Known(sub) => Hint::Known(sub),
        };
        let what = self.what.request()?;
        Some(BackchannelRequest { what, hint, requested_expiry: self.requested_expiry })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Neither affects a replay, because both go only into the URL that the browser opens.
    #[test]
    fn prompts_and_locales_are_as_they_were() {
        let request = AuthorizationRequest::login("SERVICE")
            .prompt(Prompt::Consent)
            .ui_locales([UiLocale::French]);
        let read = RecordedRequest::of(&request).request().expect("what can be requested");
        assert_eq!((read.prompts, read.ui_locales), (request.prompts, request.ui_locales));
    }
}
