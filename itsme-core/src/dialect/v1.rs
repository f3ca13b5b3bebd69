//! The early partners' dialect (itsme: V1).

use super::{Habits, TextLimit};
use crate::jose::KeyEncryption;

pub(super) const HABITS: Habits = Habits {
    prefix: "tag:sixdots.be,",
    acr_basic: "tag:sixdots.be,2016-06:acr_basic",
    acr_advanced: "tag:sixdots.be,2016-06:acr_advanced",
    approval_prefix: "tag:sixdots.be,2016-08:claim_approval_",
    // V2 recommends requesting claims in the ID token. V1 always used the userinfo response.
    asks_in_userinfo: true,
    shares_data_by_request_object: true,
    request_object_is_for_endpoint: true,
    key_encryption: KeyEncryption::RsaOaep,
    has_client_secrets: false,
    has_backchannel: false,
    text_limit: TextLimit::Lines(3, 50),
    shows_latin_9: false,
    writes_picture_into_claim: true,
};
