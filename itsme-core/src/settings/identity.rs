use serde::{Deserialize, Serialize};

/// Identifies a client at an OP. Everything that is stored between two requests contains the identity of the client
/// that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ClientIdentity {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
}
