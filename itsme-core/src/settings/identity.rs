use serde::{Deserialize, Serialize};

/// A client at an OP. Anything stored between two requests names the client that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ClientIdentity {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
}
