use super::claims::{TokenClaims, TokenParties};
use crate::{
    error::TokenError,
    ground::check::{Rule, Subject, rules},
};

/// The claims of a token in an [`Evidence`](crate::Evidence), whose signature is right. Whether it has expired since
/// does not matter, and who else it was for was looked at when the person logged in.
pub(crate) struct ArchivedClaims<'a> {
    pub(crate) claims: TokenClaims<'a>,
    pub(crate) parties: TokenParties<'a>,
    /// Somebody in particular: the known user who was asked, or the person of the ID token.
    pub(crate) sub: Option<&'a str>,
}

impl Subject for ArchivedClaims<'_> {
    type Error = TokenError;

    fn rules<'r>() -> &'r [Rule<Self>]
    where
        Self: 'r,
    {
        rules! {
            "sub", "OIDC Core §2", "1 to 255 characters, none of which is a control character" =>
                |it| it.claims.check_subject(), |it| it.claims.tell_subject();
            "same sub", "OIDC Core §5.3.4", "`sub` is the known user's, and the same in both tokens" =>
                |it| it.claims.check_same_subject(it.sub),
                |it| it.claims.tell_same_subject(it.sub);
            "events", "RFC 8417 §2.2", "no `events`: it is about a login, not a log-out or another event" =>
                |it| it.claims.check_kind(), |it| it.claims.tell_events();
            "iss", "OIDC Core §3.1.3.7 (2)", "the issuer of the archived client, byte for byte" =>
                |it| it.claims.check_issuer(it.parties), |it| it.claims.tell_issuer(it.parties);
            "aud", "OIDC Core §3.1.3.7 (3)", "a text or a list of texts that names the archived client" =>
                |it| it.claims.check_audience(it.parties), |it| it.claims.tell_audience(it.parties);
        }
    }
}
