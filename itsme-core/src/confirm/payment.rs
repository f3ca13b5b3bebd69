use std::str::FromStr as _;

use iban::Iban;
use iso_currency::Currency;

use crate::{error::PaymentError, ground::opaque::opaque};

/// A payment for the person to confirm (itsme: advanced payment).
///
/// It is checked before anything is sent; the flow's first step tells what is wrong.
#[derive(Clone, PartialEq, Eq)]
pub struct Payment {
    pub(crate) amount: String,
    pub(crate) currency: String,
    pub(crate) iban: String,
}

impl Payment {
    /// An amount as a whole number in digits, a currency by its ISO 4217 code, and the account that
    /// gets the money, with or without spaces.
    ///
    /// itsme's pages do not say whether the amount counts euros or cents: it is passed on as it is.
    pub fn new(
        amount: impl Into<String>,
        currency: impl Into<String>,
        iban: impl Into<String>,
    ) -> Self {
        Self { amount: amount.into(), currency: currency.into(), iban: iban.into() }
    }

    /// Whether it can be sent.
    ///
    /// # Errors
    /// What is wrong.
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
                Err(PaymentError::Iban("its form or its check digits"))
            }
            Err(iban::ParseIbanError::InvalidBban(_)) => {
                Err(PaymentError::Iban("its length or form for its country"))
            }
            Err(_) => Err(PaymentError::Iban("its country is not known")),
        }
    }

    /// Without the spaces that people write.
    pub(super) fn iban_digits(&self) -> String {
        self.iban.chars().filter(|character| *character != ' ').collect()
    }
}

opaque!(Payment);
