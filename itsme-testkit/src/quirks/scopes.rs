//! Quirks of requests that use scopes. A client also requests these claims in the ID token. An OP can
//! return them there, in the userinfo response, or split between the two.

use itsme_core::LoggedIn;

use super::quirk;
use crate::{Document, Fault, faults::Area};

/// The claims that every ID token contains.
const ABOUT_THE_TOKEN: [&str; 7] = ["iss", "sub", "aud", "iat", "exp", "nonce", "acr"];

pub(super) fn quirks() -> Vec<Fault> {
    let all = vec![
        quirk(Area::Claims, "scopes: the claims of the request are ignored", |op| {
            keep_in_id_token(op, |claim| ABOUT_THE_TOKEN.contains(&claim));
        }),
        quirk(Area::Claims, "scopes: the ID token has the e-mail address alone", |op| {
            keep_in_id_token(op, |claim| ABOUT_THE_TOKEN.contains(&claim) || claim == "email");
        }),
        quirk(Area::Claims, "scopes: the userinfo answer has nothing", |op| {
            op.alter(Document::Userinfo, |claims| {
                claims.retain(|claim, _| ABOUT_THE_TOKEN.contains(&claim.as_str()));
            });
        }),
    ];
    all.into_iter().map(|quirk| quirk.by_scopes().seen(has_everything)).collect()
}

fn keep_in_id_token(op: &mut crate::FakeOp, keeps: fn(&str) -> bool) {
    op.alter(Document::IdToken, move |claims| claims.retain(|claim, _| keeps(claim)));
}

fn has_everything(who: &LoggedIn) -> bool {
    let user = &who.user;
    let locality = user.address.as_ref().and_then(|address| address.locality.as_deref());
    (user.name.as_deref(), user.given_name.as_deref()) == (Some("Ann Peeters"), Some("Ann"))
        && user.email.as_deref() == Some("ann.peeters@mail.example")
        && (user.email_verified, locality) == (Some(false), Some("Gent"))
}
