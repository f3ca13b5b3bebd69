//! What an access token is good for, besides userinfo.
//!
//! ```text
//! picture.rs  fetches the picture behind a claim    revocation.rs  revokes the token
//! ```

pub(crate) mod picture;
pub(crate) mod revocation;
