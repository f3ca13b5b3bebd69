//! The text or payment that a user confirms in the itsme app.

mod free_text;
mod payment;

use serde_json::{Value, json};

pub use self::{
    free_text::{FreeText, plain_typography},
    payment::Payment,
};
use crate::{dialect::Dialect, error::RequestError};

/// The content that the app shows in a [confirmation](crate::AuthorizationRequest::confirm) (itsme: approval
/// templates).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Template {
    /// The application's own text.
    FreeText(FreeText),
    /// A payment.
    Payment(Payment),
}

impl From<FreeText> for Template {
    fn from(text: FreeText) -> Self {
        Self::FreeText(text)
    }
}

impl From<Payment> for Template {
    fn from(payment: Payment) -> Self {
        Self::Payment(payment)
    }
}

impl Template {
    /// Checks the template and returns the claims that contain it in the request.
    pub(crate) fn claims(&self, dialect: Dialect) -> Result<Vec<(String, Value)>, RequestError> {
        let parts = match self {
            Self::FreeText(text) => vec![
                ("template_name", "free_text".to_owned()),
                ("text_key", text.checked(dialect).map_err(RequestError::FreeText)?),
            ],
            Self::Payment(payment) => {
                payment.check().map_err(RequestError::Payment)?;
                vec![
                    ("template_name", "adv_payment".to_owned()),
                    ("amount_key", payment.amount.clone()),
                    ("currency_key", payment.currency.clone()),
                    ("iban_key", payment.iban_digits()),
                ]
            }
        };
        let prefix = dialect.habits().approval_prefix;
        let asked = |value: String| json!({ "essential": true, "value": value });
        Ok(parts
            .into_iter()
            .map(|(name, value)| (format!("{prefix}{name}"), asked(value)))
            .collect())
    }
}
