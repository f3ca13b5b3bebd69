//! What can be asked about a person.

pub(crate) mod acr;
mod claim;
pub(crate) mod country;
mod request;
mod scope;
pub(crate) mod table;

pub(crate) use self::{claim::ABOUT_THE_TOKEN, request::RequestedClaims};
pub use self::{claim::Claim, request::ClaimRequest, scope::Scope};
