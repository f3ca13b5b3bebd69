//! What can be asked about a person.

mod claim;
mod request;
mod scope;

pub(crate) use self::{claim::ABOUT_THE_TOKEN, request::RequestedClaims};
pub use self::{claim::Claim, request::ClaimRequest, scope::Scope};
