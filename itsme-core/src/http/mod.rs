//! Requests, and what all responses have in common.
//!
//! ```text
//! endpoint.rs  the OP's endpoints        form.rs       forms that are sent
//! response.rs  reads responses           limits.rs     sizes and timeouts
//! get.rs       all other requests        url_rules.rs  which URLs may be called or sent
//! ```

pub(crate) mod endpoint;
pub(crate) mod form;
pub(crate) mod get;
pub(crate) mod limits;
pub(crate) mod response;
pub(crate) mod url_rules;

/// A request to send. Its extensions identify it with an [`Attempt`](crate::Attempt).
pub type Request = http::Request<Vec<u8>>;
/// A received response, whatever its status.
pub type Response = http::Response<Vec<u8>>;
