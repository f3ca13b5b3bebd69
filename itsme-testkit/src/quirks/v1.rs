//! Quirks of the older dialect.

use serde_json::json;

use super::quirk;
use crate::{Document, Fault, faults::Area};

pub(super) fn quirks() -> Vec<Fault> {
    let eid = "tag:sixdots.be,2016-06:claim_eid";
    let all = vec![
        quirk(Area::Claims, "V1: as agreed", |_| {}),
        quirk(Area::Claims, "V1: a card with numbers for texts, one without its zero, and a null", move |op| {
            op.alter(Document::Userinfo, move |claims| {
                let card = json!({ "eid": 591123456753_u64, "national_number": 5010100113_u64, "read_date": null });
                claims.insert(eid.to_owned(), card);
            });
        })
        .seen(|who| {
            let card = who.user.eid.as_ref();
            card.is_some_and(|card| {
                card.national_number.as_deref() == Some("05010100113")
                    && card.eid.as_deref() == Some("591123456753")
                    && card.extra.is_empty()
            })
        }),
        quirk(Area::Claims, "V1: a card as JSON in a text, of another month", |op| {
            op.alter(Document::Userinfo, |claims| {
                let card = json!("{\"eid\":\"1\",\"validity_from\":{}}");
                claims.insert("tag:sixdots.be,2019-10:claim_eid".to_owned(), card);
            });
        })
        .seen(|who| who.user.be_eid_sn.as_deref() == Some("1")),
        quirk(Area::Claims, "V1: auth_time with a fraction", |op| {
            op.alter(Document::IdToken, |claims| {
                let time = claims["iat"].as_f64().unwrap_or_default();
                claims.insert("auth_time".to_owned(), json!(time + 0.5));
            });
        }),
    ];
    all.into_iter().map(Fault::in_v1).collect()
}
