//! The claims and scopes that can be requested about a user.

pub(crate) mod acr;
mod claim;
pub(crate) mod country;
mod request;
mod scope;
pub(crate) mod table;

pub use self::{claim::Claim, request::ClaimRequest, scope::Scope};
pub(crate) use self::{claim::about_the_token, request::RequestedClaims};
