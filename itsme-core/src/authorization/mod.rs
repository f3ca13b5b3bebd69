//! From the authorization request to the person who returns (OIDC Core §3.1.2, itsme: authorization request).
//!
//! ```text
//! request.rs    what the application asks for    checked.rs          the request after its checks
//! authorize.rs  the flow up to the redirect      state.rs            what to keep until the return
//! callback.rs   what the browser brings back     callback_checks.rs  its checks
//! finish.rs     the flow from there to the person
//! pkce.rs       code verifier and challenge      request_object.rs   parameters as a JWT
//! ```

pub(crate) mod authorize;
pub(crate) mod callback;
pub(crate) mod callback_checks;
pub(crate) mod checked;
pub(crate) mod finish;
pub(crate) mod pkce;
pub(crate) mod request;
pub(crate) mod request_object;
pub(crate) mod state;
