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
        /// A fact that itsme can share about a person (OIDC Core §5.1, itsme: claims).
        ///
        /// Which ones a person has depends on the country of their document. Requesting one that
        /// has no name in the client's [dialect](crate::Dialect) is an error, before anything is
        /// sent.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Claim {
            $($(#[$doc])* $claim,)*
            /// The national number of a country, which only its own people have. V2.
            NationalNumber(Country),
            /// Any other claim, by its wire name.
            Other(String),
        }

        impl Claim {
            /// All claims except [`Other`](Self::Other).
            pub fn all() -> impl Iterator<Item = Self> {
                let national_numbers = Country::ALL.iter().copied().map(Self::NationalNumber);
                [$(Self::$claim),+].into_iter().chain(national_numbers)
            }

            /// Its names; there are at most two.
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
    /// Its wire names in a dialect: one, or two where itsme's documentation disagrees.
    ///
    /// # Errors
    /// [`RequestError::ClaimNotInDialect`]: the dialect has no name for it.
    pub fn wire_names(&self, dialect: Dialect) -> Result<Vec<String>, RequestError> {
        self.names_in(dialect).map(Iterator::collect)
    }

    /// Its one or two names in a dialect.
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

    /// Whether a token may call it this, in either dialect and in any case.
    pub(crate) fn has_name(&self, wire_name: &str) -> bool {
        let found = WireName::of(wire_name);
        let is_plain =
            |origin, name: &str| origin == Origin::Plain && name.eq_ignore_ascii_case(wire_name);
        self.names().any(|(origin, name)| found.is(origin, name) || is_plain(origin, name))
    }

    /// Whether its value can be an image, which makes tokens large.
    pub(crate) fn is_image(&self) -> bool {
        match self {
            Self::Photo | Self::Picture => true,
            Self::Other(name) => name.contains("photo") || name.contains("picture"),
            _ => false,
        }
    }

    /// Whether everyone has it, among the claims of the scopes (itsme: data availability).
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

    /// Marks the claim as one that the application cannot do without (OIDC Core §5.5.1).
    pub fn essential(self) -> ClaimRequest {
        ClaimRequest::from(self).essential()
    }
}

macro_rules! about_the_token {
    ($($name:literal)*) => {
        /// The name, if it belongs to a claim about the token rather than the person.
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
