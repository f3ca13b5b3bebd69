//! How the client authenticates to the OP (OIDC Core §9), and the state that all its flows share.
//!
//! ```text
//! inner.rs    settings and cache, shared by all flows    parties.rs    the client and the OP
//! jwt.rs      signs and encrypts the client's JWTs       assertion.rs  the claims of a client assertion
//! check_keys.rs  tests external keys
//! ```

pub(crate) mod assertion;
pub(crate) mod check_keys;
pub(crate) mod inner;
pub(crate) mod jwt;
pub(crate) mod parties;
