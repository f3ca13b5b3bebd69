use super::{
    document::{Document, Explanation},
    token::{self, ReadToken},
};
use crate::{
    error::EvidenceError,
    evidence::Archive,
    ground::{check::Subject as _, opaque::opaque},
    jose::SignatureCheck,
    tokens::{
        archived::ArchivedClaims,
        claims::{TokenClaims, TokenParties},
    },
};

/// A token in a text of stored [`Evidence`](crate::Evidence).
#[non_exhaustive]
pub struct ArchivedToken {
    /// The JWS, held against the key that was archived with it.
    pub signed: ReadToken,
    /// Its claims.
    pub explanation: Explanation,
}

/// The ID token in a text of stored [`Evidence`](crate::Evidence), and the userinfo answer if there is one. The text
/// holds all that they are held against.
///
/// ```
/// use itsme_core::explain;
/// # use itsme_core::{AuthorizationRequest, Client};
/// # use itsme_testkit::{FakeOp, Person, SERVICE, World, play};
/// # let mut world = World::new();
/// # let mut op = FakeOp::new(world.clock());
/// # let itsme = Client::new(op.settings())?;
/// # let login = play(itsme.authorize(AuthorizationRequest::login(SERVICE)), &mut op, &mut world)?;
/// # let callback = op.approve(&login.url, &Person::ann());
/// # let who = play(itsme.finish_login(login.state, callback), &mut op, &mut world)?;
///
/// let text = who.evidence.to_text();
/// let [id_token] = &explain::evidence(&text)?[..] else { panic!("there was no userinfo answer") };
/// assert_eq!(id_token.signed.explanation.failed().count(), 0);
/// assert_eq!(id_token.explanation.failed().count(), 0);
/// assert!(explain::evidence(&text.replace("RS256", "RS512")).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// There are no tokens to look at: the text is not evidence, or not as it was stored; or its ID token was signed with a
/// shared secret. [`EvidenceError::Token`] is none of them.
pub fn evidence(text: &str) -> Result<Vec<ArchivedToken>, EvidenceError> {
    let Archive { tokens, client, known_user } = Archive::read(text)?;
    let parties = TokenParties { client: &client, other_audiences: &[] };
    let mut sub = known_user;
    let explained = tokens.iter().map(|(jws, keys)| {
        let signed = token::read(jws, SignatureCheck::Rs256(keys));
        let checks = match signed.reveal_claims() {
            Some(claims) => {
                let claims = TokenClaims(claims);
                let checks = ArchivedClaims { claims, parties, sub: sub.as_deref() }.explain();
                sub = claims.subject().ok().map(str::to_owned);
                checks
            }
            None => ArchivedClaims::explain_absence(),
        };
        ArchivedToken { signed, explanation: Explanation::new(Document::Evidence, checks) }
    });
    Ok(explained.collect())
}

opaque!(ArchivedToken);
