//! What all of the OP's answers have in common.

use http::StatusCode;
use serde_json::{Map, Value};

use crate::{
    Response,
    error::{Endpoint, Error, UnexpectedReply},
    json::{self, JsonFault},
    limits::MAX_RESPONSE_BYTES,
    oauth_error::Refusal,
};

/// The body of an answer with status 200.
pub(crate) fn body(endpoint: Endpoint, response: Response) -> Result<Vec<u8>, Error> {
    if response.body().len() > MAX_RESPONSE_BYTES {
        return Err(Error::Malformed { endpoint, what: "it is larger than 1 MiB" });
    }
    if response.status() != StatusCode::OK {
        return Err(Error::UnexpectedReply(Box::new(UnexpectedReply::new(endpoint, &response))));
    }
    Ok(response.into_body())
}

/// The JSON object of an answer with status 200, or the OP's refusal with whatever status.
pub(crate) fn json_object(
    endpoint: Endpoint,
    response: Response,
) -> Result<Map<String, Value>, Error> {
    if let Some(refusal) = refusal(&response) {
        return Err(refusal.into());
    }
    let unexpected = UnexpectedReply::new(endpoint, &response);
    json::object(&body(endpoint, response)?).map_err(|fault| match fault {
        // A page from somebody else; its beginning tells whose.
        JsonFault::NotJson => Error::UnexpectedReply(Box::new(unexpected)),
        fault => Error::Malformed { endpoint, what: fault.as_str() },
    })
}

/// An OAuth error answer (RFC 6749 §5.2). A 5xx may carry one too.
pub(crate) fn refusal(response: &Response) -> Option<Refusal> {
    if response.body().len() > MAX_RESPONSE_BYTES {
        return None;
    }
    let members = json::object(response.body()).ok()?;
    Refusal::from_json(response.status().as_u16(), &members)
}
