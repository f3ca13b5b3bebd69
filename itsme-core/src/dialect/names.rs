use super::Dialect;

/// The origin of a claim's name, as indicated by its prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The name has no prefix: OpenID Connect defines it, or it is unknown.
    Plain,
    /// The name has V1's prefix.
    V1,
    /// The name has V2's prefix.
    V2,
}

impl Origin {
    /// Returns the full name in a dialect, if the name exists in that dialect.
    pub(crate) fn write(self, name: &str, dialect: Dialect) -> Option<String> {
        match (self, dialect) {
            (Self::Plain, _) => Some(name.to_owned()),
            (Self::V1, Dialect::V1) | (Self::V2, Dialect::V2) => {
                Some([dialect.habits().prefix, name].concat())
            }
            (Self::V1, Dialect::V2) | (Self::V2, Dialect::V1) => None,
        }
    }
}

/// A name as received, without its dialect's prefix. The case of itsme's names is ignored, since itsme's
/// own documentation is inconsistent (itsme: claims).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WireName<'a> {
    pub(crate) origin: Origin,
    /// The name without the prefix and, in V1, without the month.
    pub(crate) name: &'a str,
}

impl<'a> WireName<'a> {
    pub(crate) fn of(name: &'a str) -> Self {
        if let Some(name) = without_prefix(name, Dialect::V2) {
            return Self { origin: Origin::V2, name };
        }
        // The month in a V1 name is only the time when the name was created, so it is dropped.
        match without_prefix(name, Dialect::V1).and_then(|rest| rest.split_once(':')) {
            Some((_month, name)) => Self { origin: Origin::V1, name },
            None => Self { origin: Origin::Plain, name },
        }
    }

    /// Whether this is the given name from the table of claims.
    #[inline]
    pub(crate) fn is(self, origin: Origin, name: &str) -> bool {
        match self.origin {
            // itsme's table of scopes contains V2's names without the prefix.
            Origin::Plain => origin != Origin::V1 && self.name == name,
            Origin::V2 => origin == Origin::V2 && self.is_same(name),
            Origin::V1 => {
                let inner = || name.split_once(':').map(|(_month, name)| name);
                origin == Origin::V1 && inner().is_some_and(|name| self.is_same(name))
            }
        }
    }

    /// Whether both refer to the same claim.
    pub(crate) fn is_same_claim(self, other: Self) -> bool {
        let is_of_v1 = |name: Self| name.origin == Origin::V1;
        is_of_v1(self) == is_of_v1(other) && self.is_same(other.name)
    }

    /// Compares the lengths first. A name is compared with the whole table, and most names differ in length.
    #[inline]
    fn is_same(self, name: &str) -> bool {
        self.name.len() == name.len() && self.name.eq_ignore_ascii_case(name)
    }
}

fn without_prefix(name: &str, dialect: Dialect) -> Option<&str> {
    let prefix = dialect.habits().prefix;
    let start = name.get(..prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then(|| &name[prefix.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_without_regard_to_case() {
        use Origin::{Plain, V1, V2};
        for (found, origin, name) in [
            ("birthdate", Plain, "birthdate"),
            ("http://itsme.services/v2/claim/BEeidSn", V2, "BEeidSn"),
            ("http://itsme.services/V2/claim/BEeidSN", V2, "BEeidSn"),
            ("tag:sixdots.be,2016-06:claim_eid", V1, "2016-06:claim_eid"),
            ("TAG:sixdots.be,2099-12:Claim_eid", V1, "2016-06:claim_eid"),
            ("tag:sixdots.be,2099-12:claim_eid", V1, "2016-06:claim_eid"),
            ("BEeidSn", V2, "BEeidSn"),
            ("address_assurance_level", V2, "address_assurance_level"),
            ("tag:sixdots.be", Plain, "tag:sixdots.be"),
            ("tag:sixdots.be,2016-06", Plain, "tag:sixdots.be,2016-06"),
            (
                "http://itsme.services/v2/cl\u{e4}im/x",
                Plain,
                "http://itsme.services/v2/cl\u{e4}im/x",
            ),
        ] {
            assert!(WireName::of(found).is(origin, name), "{found}");
        }
        for (found, origin, name) in [
            ("Birthdate", Plain, "birthdate"),
            ("BEeidSN", V2, "BEeidSn"),
            ("claim_eid", V1, "2016-06:claim_eid"),
            ("http://itsme.services/v2/claim/birthdate", Plain, "birthdate"),
            ("tag:sixdots.be,2016-06:claim_eid", V2, "claim_eid"),
        ] {
            assert!(!WireName::of(found).is(origin, name), "{found}");
        }
    }
}
