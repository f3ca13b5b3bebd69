use super::claims::{TokenClaims, TokenParties};
use crate::{
    error::TokenError,
    ground::check::{Rule, Subject, rules},
};

/// The claims of a token in an [`Evidence`](crate::Evidence) whose signature is valid. Expiry does not matter, and
/// other audiences were checked at login.
pub(crate) struct ArchivedClaims<'a> {
    pub(crate) claims: TokenClaims<'a>,
    pub(crate) parties: TokenParties<'a>,
    /// The expected `sub`, if any: the known user's, or that of the ID token.
    pub(crate) sub: Option<&'a str>,
}

impl Subject for ArchivedClaims<'_> {
    type Error = TokenError;

    fn rules<'r>() -> &'r [Rule<Self>]
    where
        Self: 'r,
    {
        rules! {
            "sub", "OIDC Core §2", "1 to 255 characters, without control characters" =>
                |it| it.claims.check_subject(), |it| it.claims.tell_subject();
            "same sub", "OIDC Core §5.3.4", "the known user's `sub`, and the same `sub` in both tokens" =>
                |it| it.claims.check_same_subject(it.sub),
                |it| it.claims.tell_same_subject(it.sub);
            "events", "RFC 8417 §2.2", "no `events`: the token is about a login, not a logout or another event" =>
                |it| it.claims.check_kind(), |it| it.claims.tell_events();
            "iss", "OIDC Core §3.1.3.7 (2)", "the archived client's issuer, byte for byte" =>
                |it| it.claims.check_issuer(it.parties), |it| it.claims.tell_issuer(it.parties);
            "aud", "OIDC Core §3.1.3.7 (3)", "a string or a list of strings that contains the archived client" =>
                |it| it.claims.check_audience(it.parties), |it| it.claims.tell_audience(it.parties);
        }
    }
}
