//! All text for users, in four languages. Missing text is a compile error.

mod de;
mod en;
mod fr;
mod nl;

/// A heading and the text below it.
pub struct Said {
    pub heading: &'static str,
    pub text: &'static str,
}

/// The text for each of the four ways in which a login or an errand can fail.
pub struct Endings {
    pub cancelled: Said,
    pub start_over: Said,
    pub try_later: Said,
    pub our_fault: Said,
}

/// The subject and text of a message.
pub struct Letter {
    pub subject: &'static str,
    pub body: &'static str,
}

pub struct Texts {
    pub shop: &'static str,
    pub language: &'static str,
    pub back: &'static str,
    pub cancel: &'static str,
    pub log_in: &'static str,
    pub log_in_again: &'static str,
    pub incident: &'static str,

    pub welcome: &'static str,
    pub log_in_to_continue: &'static str,
    pub log_in_by_qr: &'static str,
    pub account: &'static str,
    pub born_on: &'static str,
    pub address: &'static str,
    pub share: &'static str,
    pub pay: fn(&str) -> String,
    pub link: &'static str,
    pub log_out: &'static str,

    pub shared: Said,
    pub itsme_lacks: &'static str,

    pub paid: Said,
    pub paid_summary: fn(&str, &str) -> String,
    pub as_it_was_asked: &'static str,
    pub proof: &'static str,
    pub paid_elsewhere: &'static str,

    pub scan: Said,
    pub scan_alt: &'static str,
    pub look_at_your_phone: Said,

    pub linking: Said,
    pub linking_whom: fn(&str) -> String,
    pub code: &'static str,
    pub wrong_code: &'static str,
    pub link_now: &'static str,
    pub linked: Said,
    pub code_letter: Letter,
    pub linked_letter: Letter,
    pub outbox: Said,
    pub outbox_is_empty: &'static str,

    pub login: Endings,
    pub errand: Endings,
    pub unknown_login: Said,
    pub no_such_page: Said,
    pub another_site: Said,
    pub logged_out: Said,
    pub another_account: Said,
    pub somebody_else: Said,
    pub linked_elsewhere: Said,
    pub linked_already: Said,
    pub link_is_over: Said,
    pub link_needs_support: Said,
}

pub static EN: Texts = en::TEXTS;
pub static NL: Texts = nl::TEXTS;
pub static FR: Texts = fr::TEXTS;
pub static DE: Texts = de::TEXTS;
