//! Logins in a browser, from the authorization request to the finished login (OIDC Core §3.1.2, itsme: authorization
//! request).
//!
//! ```text
//! request.rs    the application's request        checked.rs          the request after its checks
//! authorize.rs  the flow up to the redirect      state.rs            what to store until the user returns
//! callback.rs   what the browser sends back      callback_checks.rs  the checks on a callback
//! finish.rs     the flow from the callback to the logged-in user
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
