//! The two languages of itsme: what is named and done differently, and nothing else.
//!
//! ```text
//! v1.rs  prefix, levels and habits of the first partners' dialect    v2.rs  those of the current one
//! names.rs  which dialect a name is of; the names of claims stand in `claims/table.rs`
//! ```

pub(crate) mod names;
mod v1;
mod v2;

use std::fmt;

use crate::jose::KeyEncryption;

/// The two languages that itsme speaks: names of claims and levels, and some habits.
///
/// It comes with the [`Environment`](crate::Environment); there is nothing else to choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// Of the first partners: claims are named `tag:sixdots.be,…`.
    V1,
    /// The current one: claims are named `http://itsme.services/v2/claim/…`.
    V2,
}

/// What differs between the dialects.
pub(crate) struct Habits {
    /// What names of claims begin with. In V1, the month follows in which a name was made.
    prefix: &'static str,
    pub(crate) acr_basic: &'static str,
    pub(crate) acr_advanced: &'static str,
    /// What the claims of a confirmation's template begin with.
    pub(crate) approval_prefix: &'static str,
    /// Claims are asked for in the userinfo answer.
    pub(crate) asks_in_userinfo: bool,
    /// Data are shared only by request object.
    pub(crate) shares_data_by_request_object: bool,
    /// A request object is for the authorization endpoint, not for the issuer.
    pub(crate) request_object_is_for_endpoint: bool,
    /// How to encrypt to a key of the OP's that names no algorithm.
    pub(crate) key_encryption: KeyEncryption,
    /// A client can have a secret in place of keys.
    pub(crate) has_client_secrets: bool,
    /// People can be asked without a browser.
    pub(crate) has_backchannel: bool,
    /// How long the text of a confirmation may be.
    pub(crate) text_limit: TextLimit,
    /// It shows what ISO 8859-15 has beyond ISO 8859-1; V1's pages name both.
    pub(crate) shows_latin_9: bool,
    /// The picture itself stands in the claim, not its address.
    pub(crate) writes_picture_into_claim: bool,
}

/// How long the text of a confirmation may be, tags included.
pub(crate) enum TextLimit {
    Characters(usize),
    /// So many lines of so many characters.
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
