//! The differences between the two dialects of itsme, in names and in behavior.
//!
//! ```text
//! v1.rs     the early partners' dialect    v2.rs  the current dialect
//! names.rs  determines to which dialect a name belongs; claim names are listed in `claims/table.rs`
//! ```

pub(crate) mod names;
mod v1;
mod v2;

use std::fmt;

use crate::jose::KeyEncryption;

/// The dialect of OpenID Connect that an itsme environment uses. The two dialects differ in the names of claims and
/// authentication levels, and in some of their behavior.
///
/// The [`Environment`](crate::Environment) determines the dialect, so you do not need to choose one separately.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// The early partners' dialect: claims are named `tag:sixdots.be,…`.
    V1,
    /// The current dialect: claims are named `http://itsme.services/v2/claim/…`.
    V2,
}

/// The values and behavior that differ between the dialects.
pub(crate) struct Habits {
    /// The prefix of claim names. In V1, it is followed by the month in which the name was created.
    prefix: &'static str,
    pub(crate) acr_basic: &'static str,
    pub(crate) acr_advanced: &'static str,
    /// The prefix of the claims that contain a confirmation's template.
    pub(crate) approval_prefix: &'static str,
    /// Whether claims are requested in the userinfo response instead of the ID token.
    pub(crate) asks_in_userinfo: bool,
    /// Whether requests for the data sharing service must use a request object.
    pub(crate) shares_data_by_request_object: bool,
    /// Whether the audience of a request object is the authorization endpoint instead of the issuer.
    pub(crate) request_object_is_for_endpoint: bool,
    /// The algorithm for encrypting to an OP key that does not name one.
    pub(crate) key_encryption: KeyEncryption,
    /// Whether a client can have a secret instead of keys.
    pub(crate) has_client_secrets: bool,
    /// Whether users can be sent requests without a browser.
    pub(crate) has_backchannel: bool,
    /// How long the text of a confirmation may be.
    pub(crate) text_limit: TextLimit,
    /// Whether the app shows the characters that are in ISO 8859-15 but not in ISO 8859-1. V1's
    /// documentation names both standards.
    pub(crate) shows_latin_9: bool,
    /// Whether the `picture` claim contains the picture itself instead of its URL.
    pub(crate) writes_picture_into_claim: bool,
}

/// How long the text of a confirmation may be, including its tags.
pub(crate) enum TextLimit {
    /// The maximum number of characters.
    Characters(usize),
    /// The maximum number of lines, and the maximum number of characters per line.
    Lines(usize, usize),
}

impl Dialect {
    pub(crate) fn habits(self) -> &'static Habits {
        match self {
            Self::V1 => &v1::HABITS,
            Self::V2 => &v2::HABITS,
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1 => "V1",
            Self::V2 => "V2",
        })
    }
}
