//! Requests, and what all answers have in common.
//!
//! ```text
//! endpoint.rs  which address is asked    form.rs       forms that are sent
//! response.rs  answers that are read     limits.rs     sizes and timeouts
//! get.rs       all other requests    url_rules.rs  which URLs may be called or sent
//! ```

pub(crate) mod endpoint;
pub(crate) mod form;
pub(crate) mod get;
pub(crate) mod limits;
pub(crate) mod response;
pub(crate) mod url_rules;

/// A request to send. What it is stands in its extensions, as an [`Attempt`](crate::Attempt).
pub type Request = http::Request<Vec<u8>>;
/// A response that was received, whatever its status.
pub type Response = http::Response<Vec<u8>>;
