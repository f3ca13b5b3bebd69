use super::{country::Country, request::ClaimRequest, table::claims};
use crate::{
    dialect::{
        Dialect,
        names::{Origin, WireName},
    },
    error::RequestError,
};

macro_rules! claim {
    ($($(#[$doc:meta])* $claim:ident: $($origin:ident $name:literal),+ => $how:ident $field:ident;)*) => {
        /// A piece of information about a user that itsme can share (OIDC Core §5.1, itsme: claims).
        ///
        /// Which claims a user has depends on the country of their identity document. If you request a claim that
        /// does not exist in the client's [dialect](crate::Dialect), the flow fails before anything is sent.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Claim {
            $($(#[$doc])* $claim,)*
            /// The national number of a country, which only users from that country have. V2 only.
            NationalNumber(Country),
            /// Any other claim, identified by its wire name.
            Other(String),
        }

        impl Claim {
            /// All claims except [`Other`](Self::Other).
            pub fn all() -> impl Iterator<Item = Self> {
                let national_numbers = Country::ALL.iter().copied().map(Self::NationalNumber);
                [$(Self::$claim),+].into_iter().chain(national_numbers)
            }

            /// The claim's names; there are at most two.
            fn names(&self) -> impl Iterator<Item = (Origin, &str)> {
                let [first, second] = match self {
                    $(Self::$claim => padded([$((Origin::$origin, $name)),+]),)*
                    Self::NationalNumber(country) => match country.national_number_claims() {
                        [name, other] => padded([(Origin::V2, *name), (Origin::V2, *other)]),
                        names => padded([(Origin::V2, names[0])]),
                    },
                    Self::Other(name) => padded([(Origin::Plain, name.as_str())]),
                };
                first.into_iter().chain(second)
            }
        }
    };
}

claims!(claim);

fn padded<T, const N: usize>(names: [T; N]) -> [Option<T>; 2] {
    let mut names = names.into_iter();
    [names.next(), names.next()]
}

impl Claim {
    /// The claim's wire names in a dialect. There are two if itsme's documentation spells the name in two ways, and
    /// one otherwise.
    ///
    /// # Errors
    /// [`RequestError::ClaimNotInDialect`] if the claim does not exist in the dialect.
    pub fn wire_names(&self, dialect: Dialect) -> Result<Vec<String>, RequestError> {
        self.names_in(dialect).map(Iterator::collect)
    }

    /// The claim's one or two names in a dialect.
    pub(super) fn names_in(
        &self,
        dialect: Dialect,
    ) -> Result<impl Iterator<Item = String>, RequestError> {
        let of_dialect = move |(origin, name): (Origin, &str)| origin.write(name, dialect);
        let mut names = self.names().filter_map(of_dialect).peekable();
        if names.peek().is_none() {
            let claim = self.names().map(|(_, name)| name.to_owned()).next().unwrap_or_default();
            return Err(RequestError::ClaimNotInDialect { claim, dialect });
        }
        Ok(names)
    }

    /// Whether a token may use this name for the claim, in either dialect. Case is ignored.
    pub(crate) fn has_name(&self, wire_name: &str) -> bool {
        let found = WireName::of(wire_name);
        let is_plain =
            |origin, name: &str| origin == Origin::Plain && name.eq_ignore_ascii_case(wire_name);
        self.names().any(|(origin, name)| found.is(origin, name) || is_plain(origin, name))
    }

    /// Whether the claim's value can be an image, which makes tokens large.
    pub(crate) fn is_image(&self) -> bool {
        match self {
            Self::Photo | Self::Picture => true,
            Self::Other(name) => name.contains("photo") || name.contains("picture"),
            _ => false,
        }
    }

    /// Whether the claim belongs to a scope and every user has it (itsme: data availability).
    pub(crate) fn is_always_there(&self) -> bool {
        matches!(
            self,
            Self::FamilyName
                | Self::IdDocumentSn
                | Self::IdDocumentType
                | Self::IdIssuingCountry
                | Self::Name
                | Self::PhoneNumber
                | Self::PhoneNumberVerified
        )
    }

    /// Requests the claim in the userinfo response instead of the ID token.
    pub fn in_userinfo(self) -> ClaimRequest {
        ClaimRequest::from(self).in_userinfo()
    }

    /// Marks the claim as essential to the application (OIDC Core §5.5.1).
    pub fn essential(self) -> ClaimRequest {
        ClaimRequest::from(self).essential()
    }
}

macro_rules! about_the_token {
    ($($name:literal)*) => {
        /// Returns the name if it is the name of a claim about the token rather than about the user.
        pub(crate) fn about_the_token(name: &str) -> Option<&'static str> {
            match name {
                $($name => Some($name),)*
                _ => None,
            }
        }
    };
}

about_the_token! {
    "acr" "amr" "at_hash" "aud" "auth_time" "azp" "c_hash" "exp" "iat" "iss" "jti" "nbf" "nonce" "sub"
}
