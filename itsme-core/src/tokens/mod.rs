//! From the token endpoint's response to a verified user (OIDC Core §3.1.3, §5.3).
//!
//! ```text
//! response.rs   the token request and response    response_checks.rs  the checks on the response
//! id_token.rs   the checks on an ID token         userinfo.rs         the checks on a userinfo response
//! claims.rs     checks that both share            told.rs             how `explain` reports claims
//! archived.rs   the checks on a token in evidence verify.rs           the flow through all of them
//! open.rs       decrypts a token                  requested.rs        what the tokens must contain
//! log_in.rs     a token request, then that flow   logged_in.rs        its result
//! ```

pub(crate) mod archived;
pub(crate) mod claims;
pub(crate) mod id_token;
pub(crate) mod log_in;
pub(crate) mod logged_in;
pub(crate) mod open;
pub(crate) mod requested;
pub(crate) mod response;
pub(crate) mod response_checks;
mod told;
pub(crate) mod userinfo;
pub(crate) mod verify;
