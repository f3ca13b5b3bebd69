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

/// What a claim's name says of its origin, and the rest of it in lower case: names are read without
/// regard to case, since itsme's own pages vary (itsme: claims).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum WireName<'a> {
    /// OpenID Connect's own, or nobody's we know: as it is.
    Plain(&'a str),
    /// Behind the prefix of V1.
    V1(String),
    /// Behind the prefix of V2.
    V2(String),
}

pub(crate) const V2_PREFIX: &str = "http://itsme.services/v2/claim/";
const V1_PREFIX: &str = "tag:sixdots.be,";

impl<'a> WireName<'a> {
    pub(crate) fn of(name: &'a str) -> Self {
        if let Some(rest) = without_prefix(name, V2_PREFIX) {
            return Self::V2(rest.to_ascii_lowercase());
        }
        // The month in a V1 name says when it was invented, and nothing else.
        match without_prefix(name, V1_PREFIX).and_then(|rest| rest.split_once(':')) {
            Some((_month, rest)) => Self::V1(rest.to_ascii_lowercase()),
            None => Self::Plain(name),
        }
    }
}

fn without_prefix<'a>(name: &'a str, prefix: &str) -> Option<&'a str> {
    let start = name.get(..prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then(|| &name[prefix.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_without_regard_to_case() {
        for (name, expected) in [
            ("birthdate", WireName::Plain("birthdate")),
            ("Birthdate", WireName::Plain("Birthdate")),
            ("http://itsme.services/v2/claim/BEeidSn", WireName::V2("beeidsn".into())),
            ("http://itsme.services/V2/claim/BEeidSN", WireName::V2("beeidsn".into())),
            ("tag:sixdots.be,2016-06:claim_eid", WireName::V1("claim_eid".into())),
            ("tag:sixdots.be", WireName::Plain("tag:sixdots.be")),
            ("tag:sixdots.be,2016-06", WireName::Plain("tag:sixdots.be,2016-06")),
            (
                "http://itsme.services/v2/cl\u{e4}im/x",
                WireName::Plain("http://itsme.services/v2/cl\u{e4}im/x"),
            ),
        ] {
            assert_eq!(WireName::of(name), expected, "{name}");
        }
    }
}
