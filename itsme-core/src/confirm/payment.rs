use std::str::FromStr as _;

use iban::Iban;
use iso_currency::Currency;

use crate::{error::PaymentError, ground::opaque::opaque};

/// A payment for the user to confirm (itsme: advanced payment).
///
/// The flow's first step checks the payment before anything is sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Payment {
    pub(crate) amount: String,
    pub(crate) currency: String,
    pub(crate) iban: String,
}

impl Payment {
    /// Creates a payment from an amount, a currency and the IBAN of the receiving account. The amount must
    /// be a whole number, the currency must be an ISO 4217 code, and the IBAN can contain spaces.
    ///
    /// itsme's documentation does not say whether the amount is in euros or in cents. The library sends the
    /// amount unchanged.
    pub fn new(
        amount: impl Into<String>,
        currency: impl Into<String>,
        iban: impl Into<String>,
    ) -> Self {
        Self { amount: amount.into(), currency: currency.into(), iban: iban.into() }
    }

    /// Checks whether the payment can be sent.
    ///
    /// # Errors
    /// [`PaymentError`] says what is wrong with the payment.
    pub fn check(&self) -> Result<(), PaymentError> {
        let digits =
            !self.amount.is_empty() && self.amount.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || self.amount.len() > 18 || (self.amount.starts_with('0') && self.amount != "0")
        {
            return Err(PaymentError::Amount);
        }
        if self.currency.len() != 3 || Currency::from_str(&self.currency).is_err() {
            return Err(PaymentError::Currency);
        }
        match self.iban_digits().parse::<Iban>() {
            Ok(_) => Ok(()),
            Err(iban::ParseIbanError::InvalidBaseIban { .. }) => {
                Err(PaymentError::Iban("wrong form or check digits"))
            }
            Err(iban::ParseIbanError::InvalidBban(_)) => {
                Err(PaymentError::Iban("wrong length or format for its country"))
            }
            Err(_) => Err(PaymentError::Iban("unknown country")),
        }
    }

    /// The IBAN without spaces.
    pub(super) fn iban_digits(&self) -> String {
        self.iban.chars().filter(|character| *character != ' ').collect()
    }
}

opaque!(Payment);
