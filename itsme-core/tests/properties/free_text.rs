//! Exactly the text that the app shows is accepted, and it is sent as written.

use std::{cell::RefCell, collections::BTreeSet, ops::RangeInclusive};

use itsme_core::{
    AuthorizationRequest, Client, Dialect, DriveError, Error, FreeText, FreeTextError,
    RequestError, plain_typography,
};
use itsme_testkit::{CONFIRM_SERVICE, FakeOp, World};
use proptest::{char, collection::vec, prelude::*, sample::select};
use serde_json::Value;

use crate::{common::Scene, config};

const DIALECTS: [Dialect; 2] = [Dialect::V1, Dialect::V2];
const STYLES: [&str; 3] = ["b", "i", "u"];
/// The characters that are tried one by one; those beyond occur by chance.
const BASIC_PLANE: RangeInclusive<char> = '\0'..='\u{ffff}';

/// ISO 8859-15, which differs from ISO 8859-1 in eight places; V1 has what both share.
fn shown(dialect: Dialect) -> BTreeSet<char> {
    let bytes = (0x20..=0x7e).chain(0xa0..=0xff_u8);
    let characters = bytes.map(|byte| match byte {
        0xa4 => (byte, '€'),
        0xa6 => (byte, 'Š'),
        0xa8 => (byte, 'š'),
        0xb4 => (byte, 'Ž'),
        0xb8 => (byte, 'ž'),
        0xbc => (byte, 'Œ'),
        0xbd => (byte, 'œ'),
        0xbe => (byte, 'Ÿ'),
        same => (byte, same.into()),
    });
    let both = |(byte, character): &(u8, char)| char::from(*byte) == *character;
    let kept = characters.filter(|pair| dialect == Dialect::V2 || both(pair));
    kept.map(|(_, character)| character).collect()
}

#[test]
fn each_character_is_accepted_where_it_is_shown() {
    for dialect in DIALECTS {
        let shown = shown(dialect);
        for character in BASIC_PLANE {
            let accepted = FreeText::new(character).check(dialect).is_ok();
            let expected = shown.contains(&character) && character != '<';
            assert_eq!(accepted, expected, "{character:?} in {dialect:?}");
        }
    }
}

/// A text of displayable characters, breaks and properly nested styles.
fn balanced(dialect: Dialect) -> impl Strategy<Value = String> {
    let characters: Vec<char> = shown(dialect).into_iter().filter(|c| *c != '<').collect();
    let characters = vec(select(characters), 0..12).prop_map(String::from_iter);
    let line_break = select(vec!["<br>", "</br>"]).prop_map(str::to_owned);
    let leaf = prop_oneof![4 => characters, 1 => line_break];
    let styled = leaf.prop_recursive(4, 16, 4, |inner| {
        (select(&STYLES[..]), vec(inner, 0..4))
            .prop_map(|(style, parts)| format!("<{style}>{}</{style}>", parts.concat()))
    });
    vec(styled, 0..5).prop_map(|parts| parts.concat())
}

fn as_sent(text: &str) -> String {
    text.replace("</br>", "<br>")
}

/// 7,500 characters, or three lines of fifty.
fn fits(text: &str, dialect: Dialect) -> bool {
    let sent = as_sent(text);
    let lines: Vec<&str> = sent.split("<br>").collect();
    !sent.is_empty()
        && match dialect {
            Dialect::V1 => lines.len() <= 3 && lines.iter().all(|l| l.chars().count() <= 50),
            _ => sent.chars().count() <= 7_500,
        }
}

fn accepted(text: &str, dialect: Dialect) -> bool {
    FreeText::new(text).check(dialect).is_ok()
}

proptest! {
    #![proptest_config(config(256))]

    /// The first line is filled up to the limit, or to one more or less.
    #[test]
    fn a_shown_text_is_accepted_if_it_fits(
        v1 in balanced(Dialect::V1), v1_length in 48_usize..53,
        v2 in balanced(Dialect::V2), v2_length in 7_498_usize..7_503,
    ) {
        for (dialect, text, length) in
            [(Dialect::V1, v1, v1_length), (Dialect::V2, v2, v2_length)]
        {
            prop_assert_eq!(accepted(&text, dialect), fits(&text, dialect));
            let sent = as_sent(&text);
            let counted = if dialect == Dialect::V1 { sent.split("<br>").next() } else { None };
            let counted = counted.unwrap_or(&sent).chars().count();
            let filled = "x".repeat(length.saturating_sub(counted)) + &text;
            prop_assert_eq!(accepted(&filled, dialect), fits(&filled, dialect), "{}", filled);
        }
    }

    #[test]
    fn styles_are_closed_as_they_were_opened(
        before in balanced(Dialect::V2), inner in balanced(Dialect::V2),
        style in 0_usize..3, other in 1_usize..3,
    ) {
        let (style, other) = (STYLES[style], STYLES[(style + other) % 3]);
        for text in [
            format!("{before}<{style}>{inner}"),
            format!("{before}{inner}</{style}>"),
            format!("{before}<{style}>{inner}</{other}>"),
            format!("<{other}><{style}>{inner}</{other}></{style}>"),
        ] {
            let fault = FreeText::new(&text).check(Dialect::V2);
            let unbalanced = matches!(fault, Err(FreeTextError::Unbalanced { .. }));
            prop_assert!(unbalanced, "{}: {:?}", text, fault);
        }
    }

    #[test]
    fn one_character_that_is_not_shown_is_named_with_its_place(
        before in balanced(Dialect::V2), character in any::<char>(), after in balanced(Dialect::V2),
    ) {
        prop_assume!(!shown(Dialect::V2).contains(&character));
        let fault = FreeText::new(format!("{before}{character}{after}")).check(Dialect::V2);
        let position = before.chars().count() + 1;
        prop_assert_eq!(fault, Err(FreeTextError::Character { character, position }));
    }

    #[test]
    fn plain_typography_goes_by_characters_and_once_is_enough(
        text in vec(prop_oneof![any::<char>(), char::range('\u{2000}', '\u{206f}')], 0..40),
    ) {
        let plain = plain_typography(&String::from_iter(&text));
        prop_assert_eq!(&plain_typography(&plain), &plain);
        let one_by_one: String = text.iter().map(|c| plain_typography(&c.to_string())).collect();
        prop_assert_eq!(&one_by_one, &plain);
    }
}

/// What it replaces was not displayable, and then is.
#[test]
fn plain_typography_keeps_what_is_shown() {
    for character in BASIC_PLANE {
        let was = character.to_string();
        let plain = plain_typography(&was);
        for dialect in DIALECTS.into_iter().filter(|_| plain != was) {
            assert!(!accepted(&was, dialect) && accepted(&plain, dialect), "{character:?}");
        }
    }
}

/// Any text is sent unchanged except for the breaks, or refused before any request, with the fault
/// that [`FreeText::check`] reports.
#[test]
fn what_is_confirmed_is_what_was_written() {
    for (dialect, name) in [
        (Dialect::V1, "tag:sixdots.be,2016-08:claim_approval_text_key"),
        (Dialect::V2, "http://itsme.services/v2/claim/claim_approval_text_key"),
    ] {
        let world = World::new();
        let op = FakeOp::new(world.clock());
        let op = if dialect == Dialect::V1 { op.v1() } else { op };
        let client = Client::new(op.settings()).expect("the settings are sound");
        let mut scene = Scene { world, op, client };
        scene.play(scene.client.refresh()).expect("the OP answers");
        scene.op.forget_asked();
        let scene = RefCell::new(scene);
        let texts = prop_oneof![9 => balanced(dialect), 1 => any::<String>()];
        proptest!(config(24), |(text in texts)| {
            let scene = &mut *scene.borrow_mut();
            let text_to_send = FreeText::new(&text);
            let checked = text_to_send.check(dialect);
            let confirm = AuthorizationRequest::confirm(CONFIRM_SERVICE, text_to_send);
            let result = scene.play(scene.client.authorize(confirm));
            prop_assert_eq!(scene.op.asked(), [""; 0]);
            match (checked, result) {
                (Ok(()), Ok(redirect)) => {
                    let claims: Value = serde_json::from_str(&redirect.claims.expect("claims"))?;
                    let asked = &claims["userinfo"][name]["value"];
                    prop_assert_eq!(asked.as_str(), Some(&*as_sent(&text)));
                }
                (
                    Err(fault),
                    Err(DriveError::Flow(Error::Request(RequestError::FreeText(told)))),
                ) => prop_assert_eq!(fault, told),
                (checked, result) => prop_assert!(false, "{checked:?}, but {result:?}"),
            }
        });
    }
}
