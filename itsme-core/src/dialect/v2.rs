//! The current dialect (itsme: V2). The `http` URLs in it are names that are never fetched, so they must not be
//! changed to `https`.

use super::{Habits, TextLimit};
use crate::jose::KeyEncryption;

pub(super) const HABITS: Habits = Habits {
    prefix: "http://itsme.services/v2/claim/",
    acr_basic: "http://itsme.services/v2/claim/acr_basic",
    acr_advanced: "http://itsme.services/v2/claim/acr_advanced",
    approval_prefix: "http://itsme.services/v2/claim/claim_approval_",
    asks_in_userinfo: false,
    shares_data_by_request_object: false,
    request_object_is_for_endpoint: false,
    key_encryption: KeyEncryption::RsaOaep256,
    has_client_secrets: true,
    has_backchannel: true,
    text_limit: TextLimit::Characters(7_500),
    shows_latin_9: true,
    writes_picture_into_claim: false,
};
