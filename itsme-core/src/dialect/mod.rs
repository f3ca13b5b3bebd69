//! The two dialects of itsme: everything that is named or done differently, and nothing else.
//!
//! ```text
//! v1.rs  prefix, levels and habits of the early partners' dialect    v2.rs  those of the current one
//! names.rs  which dialect a name belongs to; the names of claims are in `claims/table.rs`
//! ```

pub(crate) mod names;
mod v1;
mod v2;

use std::fmt;

use crate::jose::KeyEncryption;

/// The two dialects that itsme speaks: names of claims and levels, and some habits.
///
/// The [`Environment`](crate::Environment) determines it; there is nothing else to choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// The early partners' dialect: claims are named `tag:sixdots.be,…`.
    V1,
    /// The current dialect: claims are named `http://itsme.services/v2/claim/…`.
    V2,
}

/// What differs between the dialects.
pub(crate) struct Habits {
    /// The prefix of claim names. In V1, the month in which a name was created follows.
    prefix: &'static str,
    pub(crate) acr_basic: &'static str,
    pub(crate) acr_advanced: &'static str,
    /// The prefix of the claims of a confirmation's template.
    pub(crate) approval_prefix: &'static str,
    /// Whether claims are requested in the userinfo response.
    pub(crate) asks_in_userinfo: bool,
    /// Whether data can only be shared by request object.
    pub(crate) shares_data_by_request_object: bool,
    /// Whether a request object's audience is the authorization endpoint instead of the issuer.
    pub(crate) request_object_is_for_endpoint: bool,
    /// How to encrypt to a key of the OP that names no algorithm.
    pub(crate) key_encryption: KeyEncryption,
    /// Whether a client can have a secret instead of keys.
    pub(crate) has_client_secrets: bool,
    /// Whether people can be asked without a browser.
    pub(crate) has_backchannel: bool,
    /// How long the text of a confirmation may be.
    pub(crate) text_limit: TextLimit,
    /// Whether the app shows the characters that ISO 8859-15 has beyond ISO 8859-1; V1's
    /// documentation names both.
    pub(crate) shows_latin_9: bool,
    /// Whether the claim contains the picture itself instead of its URL.
    pub(crate) writes_picture_into_claim: bool,
}

/// How long the text of a confirmation may be, counting tags.
pub(crate) enum TextLimit {
    Characters(usize),
    /// Maximum number of lines, and of characters per line.
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
