use crate::{
    claims::{ClaimRequest, Scope},
    confirm::Template,
};

use super::{AuthorizationRequest, wish::Delivery};

/// The services of itsme, each a type of [`AuthorizationRequest`].
pub mod service {
    /// See [`Confirm`](crate::Confirm).
    #[derive(Clone, Copy, Debug)]
    #[non_exhaustive]
    pub enum Confirm {}

    /// See [`Identification`](crate::Identification).
    #[derive(Clone, Copy, Debug)]
    #[non_exhaustive]
    pub enum Identification {}

    /// See [`Login`](crate::Login).
    #[derive(Clone, Copy, Debug)]
    #[non_exhaustive]
    pub enum Login {}

    /// See [`ShareData`](crate::ShareData).
    #[derive(Clone, Copy, Debug)]
    #[non_exhaustive]
    pub enum ShareData {}
}

/// A login: the person proves who they are, and the application learns their `sub`.
///
/// ```
/// use itsme_core::{Claim, Login, Scope};
///
/// let login = Login::new("MY_SERVICE").scope(Scope::Email).claim(Claim::GivenName);
/// ```
pub type Login = AuthorizationRequest<service::Login>;

/// An identification: the person is identified by at least one claim.
///
/// ```compile_fail,E0061
/// # use itsme_core::Identification;
/// let nothing_asked = Identification::new("MY_SERVICE");
/// ```
pub type Identification = AuthorizationRequest<service::Identification>;

/// Sharing of data: the person hands over at least one claim. In V1 it travels as a request object.
///
/// ```
/// use itsme_core::{Claim, ShareData};
///
/// let share = ShareData::new("MY_SERVICE", Claim::Address.essential()).claim(Claim::Birthdate);
/// ```
///
/// ```compile_fail,E0061
/// # use itsme_core::ShareData;
/// let nothing_asked = ShareData::new("MY_SERVICE");
/// ```
pub type ShareData = AuthorizationRequest<service::ShareData>;

/// A confirmation: the person reads a text or a payment in the app, and agrees. It always travels as
/// a request object, so that nobody on the way can change what is confirmed.
///
/// ```
/// use itsme_core::{Acr, Confirm, FreeText};
///
/// let confirm = Confirm::new("MY_SERVICE", FreeText::new("Close the account <b>for good</b>?"))
///     .known_user("the sub that is stored with the account")
///     .acr(Acr::Advanced);
/// ```
///
/// ```compile_fail,E0061
/// # use itsme_core::Confirm;
/// let nothing_to_confirm = Confirm::new("MY_SERVICE");
/// ```
pub type Confirm = AuthorizationRequest<service::Confirm>;

/// What an [`Identification`] or a [`ShareData`] asks for at least: a scope or a claim.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum FirstAsked {
    /// A scope.
    Scope(Scope),
    /// A claim.
    Claim(ClaimRequest),
}

impl From<Scope> for FirstAsked {
    fn from(scope: Scope) -> Self {
        Self::Scope(scope)
    }
}

impl<C: Into<ClaimRequest>> From<C> for FirstAsked {
    fn from(claim: C) -> Self {
        Self::Claim(claim.into())
    }
}

impl AuthorizationRequest<service::Login> {
    /// A login by the service code that itsme gave out at onboarding. The scopes `openid` and
    /// `service:CODE` are made of it.
    pub fn new(service_code: impl Into<String>) -> Self {
        Self::with_delivery(service_code, Delivery::Query)
    }
}

impl AuthorizationRequest<service::Identification> {
    /// An identification by the service code that itsme gave out, and what is asked for at least.
    pub fn new(service_code: impl Into<String>, first_asked: impl Into<FirstAsked>) -> Self {
        Self::with_delivery(service_code, Delivery::Query).first(first_asked.into())
    }
}

impl AuthorizationRequest<service::ShareData> {
    /// Sharing of data by the service code that itsme gave out, and what is asked for at least.
    pub fn new(service_code: impl Into<String>, first_asked: impl Into<FirstAsked>) -> Self {
        Self::with_delivery(service_code, Delivery::QueryButInV1).first(first_asked.into())
    }
}

impl AuthorizationRequest<service::Confirm> {
    /// A confirmation by the service code that itsme gave out, and what is to be confirmed.
    pub fn new(service_code: impl Into<String>, template: impl Into<Template>) -> Self {
        let mut request = Self::with_delivery(service_code, Delivery::Value);
        request.wish.template = Some(template.into());
        request
    }

    /// Asks the person with this `sub` and nobody else: the app skips the identification, and an
    /// answer of another person is refused. Default: whoever it is.
    #[must_use]
    pub fn known_user(mut self, sub: impl Into<String>) -> Self {
        self.wish.known_user = Some(sub.into());
        self
    }
}
