//! Checks the contrast of the palette's colors (WCAG 2.2, 1.4.3 and 1.4.11).

use std::collections::HashMap;

/// Text colors and their backgrounds.
const TEXTS: [(&str, &str); 15] = [
    ("ink", "ground"),
    ("ink", "card"),
    ("ink", "sunken"),
    ("quiet", "ground"),
    ("quiet", "card"),
    ("quiet", "sunken"),
    ("accent", "ground"),
    ("accent", "card"),
    ("danger", "ground"),
    ("danger", "card"),
    ("on-accent", "accent"),
    ("on-danger", "danger"),
    ("on-notice", "notice"),
    ("notice", "on-notice"),
    ("accent", "sunken"),
];
/// Colors that mark a control or the focus, and their backgrounds.
const SHAPES: [(&str, &str); 5] = [
    ("border", "card"),
    ("border", "ground"),
    ("focus", "ground"),
    ("focus", "card"),
    ("focus", "notice"),
];

type Palette = HashMap<String, [f64; 3]>;

#[test]
fn everything_can_be_read_in_light_and_dark() {
    let (light, rest) = rule(include_str!("style.css"));
    let (dark, _) = rule(rest.split_once("(prefers-color-scheme: dark)").expect("a dark one").1);
    let dark = light.clone().into_iter().chain(dark).collect::<Palette>();
    assert_ne!(light["ground"], dark["ground"]);
    for (scheme, palette) in [("light", light), ("dark", dark)] {
        for (pairs, needed) in [(&TEXTS[..], 4.5), (&SHAPES[..], 3.0)] {
            for (one, other) in pairs {
                let found = contrast(palette[*one], palette[*other]);
                assert!(
                    found >= needed,
                    "{scheme}: the contrast of {one} on {other} is {found:.2}, expected at least {needed}"
                );
            }
        }
    }
}

/// Returns the colors in the next `:root`, and the rest of the text.
fn rule(css: &str) -> (Palette, &str) {
    let (_, rule) = css.split_once(":root {").expect("custom properties");
    let (rule, rest) = rule.split_once('}').expect("an end");
    let colour = |declaration: &str| {
        let (name, value) = declaration.trim().strip_prefix("--")?.split_once(": #")?;
        let channel = |at: usize| {
            let value = u8::from_str_radix(&value[at..at + 2], 16).expect("a hexadecimal color");
            f64::from(value) / 255.0
        };
        Some((name.to_owned(), [channel(0), channel(2), channel(4)]))
    };
    (rule.split(';').filter_map(colour).collect(), rest)
}

fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn luminance(colour: [f64; 3]) -> f64 {
    let linear = |value: f64| match value <= 0.04045 {
        true => value / 12.92,
        false => ((value + 0.055) / 1.055).powf(2.4),
    };
    let [red, green, blue] = colour.map(linear);
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}
