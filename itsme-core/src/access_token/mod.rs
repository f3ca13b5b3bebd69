//! The uses of an access token other than the userinfo request.
//!
//! ```text
//! picture.rs  fetches the user's picture    revocation.rs  revokes the token
//! ```

pub(crate) mod picture;
pub(crate) mod revocation;
