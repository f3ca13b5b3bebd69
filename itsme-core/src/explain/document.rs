use std::fmt;

use crate::{
    authorization::callback_checks::CallbackAnswer,
    ground::check::{Check, CheckReport, Subject},
    jose::{
        jwe_checks::{Content, SealedToken},
        jws_checks::SignedToken,
        key_checks::{KeyAmongOthers, KeyEntry},
        key_set_checks::KeySetText,
    },
    provider::{
        metadata_checks::{MetadataMembers, ServiceEndpoint},
        published_keys::{EncryptionKey, SigningKeys},
    },
    tokens::{
        archived::ArchivedClaims, id_token::IdTokenClaims, response_checks::TokenMembers,
        userinfo::UserinfoClaims,
    },
};

/// A kind of document that is checked, or a layer of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Document {
    /// The OP's discovery document.
    Metadata,
    /// An endpoint in the discovery document that only some services need (revocation, CIBA, QR codes). It is checked
    /// when it is used.
    ServiceEndpoint,
    /// The OP's JWK set.
    KeySet,
    /// One key of the OP's JWK set. A key that fails a check is ignored; the login can still succeed with other keys.
    Key,
    /// The callback: what the user's browser sends to the redirect URI.
    Callback,
    /// The token endpoint's response, if it is not an error.
    TokenAnswer,
    /// The outer layer of a token: the JWE.
    Encryption,
    /// The inner layer of a token: the JWS.
    Signature,
    /// The claims of an ID token.
    IdToken,
    /// The claims of a userinfo response.
    Userinfo,
    /// The claims of each token in an [`Evidence`](crate::Evidence).
    Evidence,
}

impl Document {
    /// Every kind of document, in the order in which a login checks them.
    pub const ALL: &'static [Self] = &[
        Self::Metadata,
        Self::ServiceEndpoint,
        Self::KeySet,
        Self::Key,
        Self::Callback,
        Self::TokenAnswer,
        Self::Encryption,
        Self::Signature,
        Self::IdToken,
        Self::Userinfo,
        Self::Evidence,
    ];

    /// The checks for this kind of document, in the order in which they are performed.
    pub fn checks(self) -> Vec<&'static Check> {
        match self {
            Self::Metadata => MetadataMembers::checks(),
            Self::ServiceEndpoint => ServiceEndpoint::checks(),
            Self::KeySet => {
                [KeySetText::checks(), SigningKeys::checks(), EncryptionKey::checks()].concat()
            }
            Self::Key => [KeyEntry::checks(), KeyAmongOthers::checks()].concat(),
            Self::Callback => CallbackAnswer::checks(),
            Self::TokenAnswer => TokenMembers::checks(),
            Self::Encryption => [SealedToken::checks(), Content::checks()].concat(),
            Self::Signature => SignedToken::checks(),
            Self::IdToken => IdTokenClaims::checks(),
            Self::Userinfo => UserinfoClaims::checks(),
            Self::Evidence => ArchivedClaims::checks(),
        }
    }
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Metadata => "discovery document",
            Self::ServiceEndpoint => "endpoint of a service",
            Self::KeySet => "key set",
            Self::Key => "key of the set",
            Self::Callback => "callback",
            Self::TokenAnswer => "token answer",
            Self::Encryption => "encryption of a token",
            Self::Signature => "signature of a token",
            Self::IdToken => "ID token",
            Self::Userinfo => "userinfo answer",
            Self::Evidence => "token in evidence",
        })
    }
}

/// The results of all checks on one document.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// The kind of document.
    pub document: Document,
    /// Identifies the document if there can be several of its kind: a key's `kid`, or the metadata member of an
    /// endpoint.
    pub name: Option<String>,
    /// The results of [`Document::checks`], in the same order.
    pub checks: Vec<CheckReport>,
}

impl Explanation {
    pub(super) fn new(document: Document, checks: Vec<CheckReport>) -> Self {
        Self { document, name: None, checks }
    }

    pub(super) fn named(self, name: String) -> Self {
        Self { name: Some(name), ..self }
    }

    /// The checks that failed. A login ends with the error of the first one.
    pub fn failed(&self) -> impl Iterator<Item = &CheckReport> {
        self.checks.iter().filter(|report| report.is_failed())
    }
}
