//! What an access token is good for beside userinfo.
//!
//! ```text
//! picture.rs  fetches the picture behind a claim    revocation.rs  ends the token
//! ```

pub(crate) mod picture;
pub(crate) mod revocation;
