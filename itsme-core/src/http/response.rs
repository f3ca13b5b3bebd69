//! What all of the OP's responses have in common.

use http::{HeaderValue, StatusCode, header};

use crate::{
    error::{Error, Refusal, UnexpectedReply},
    ground::{
        json::{self, JsonError, Members},
        wiped::Wiped,
    },
    http::{Response, endpoint::Endpoint, limits::MAX_RESPONSE_BYTES},
};

/// The body of a response with status 200.
pub(crate) fn body(endpoint: Endpoint, response: Response) -> Result<Wiped<Vec<u8>>, Error> {
    check_size(endpoint, &response)?;
    if response.status() != StatusCode::OK {
        return Err(unexpected(endpoint, &response));
    }
    Ok(Wiped::new(response.into_body()))
}

/// The JSON object of a response with status 200, or the OP's error with any status.
pub(crate) fn json_object(endpoint: Endpoint, response: Response) -> Result<Members, Error> {
    check_size(endpoint, &response)?;
    let object = json::members(response.body());
    let object = match object {
        // This is not from the OP; the beginning of the page shows where it came from.
        Err(JsonError::NotJson) => return Err(unexpected(endpoint, &response)),
        Ok(members) => match Refusal::from_json(response.status().as_u16(), &members) {
            Some(refusal) => return Err(refusal.into()),
            None => Ok(members.without_nulls()),
        },
        Err(error) => Err(Error::malformed(endpoint, error.as_str())),
    };
    // Check the status, and wipe the body in any case.
    body(endpoint, response)?;
    object
}

/// Reads an OAuth error response (RFC 6749 §5.2), which can also have a 5xx status.
pub(crate) fn refusal(endpoint: Endpoint, response: &Response) -> Result<Option<Refusal>, Error> {
    check_size(endpoint, response)?;
    let members = json::members(response.body()).ok();
    let status = response.status().as_u16();
    Ok(members.and_then(|members| Refusal::from_json(status, &members)))
}

/// A document for the application to serve.
pub(crate) fn document(
    body: Vec<u8>,
    media_type: &'static str,
    cache_control: &'static str,
) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache_control));
    response
}

fn check_size(endpoint: Endpoint, response: &Response) -> Result<(), Error> {
    if response.body().len() > MAX_RESPONSE_BYTES {
        return Err(Error::malformed(endpoint, "it is larger than 1 MiB"));
    }
    Ok(())
}

fn unexpected(endpoint: Endpoint, response: &Response) -> Error {
    Error::UnexpectedReply(Box::new(UnexpectedReply::new(endpoint, response)))
}
