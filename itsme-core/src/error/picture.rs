use thiserror::Error;

use super::UrlError;

/// The reason that a picture was not fetched or was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PictureError {
    /// The user has no picture, or the `picture` claim was not requested.
    #[error("there is no `picture` claim")]
    Missing,
    /// The claim is not a URL that the client may call.
    #[error("the `picture` claim {0}")]
    Url(UrlError),
    /// The claim's URL is not on one of the OP's hosts. The access token must not be sent anywhere else.
    #[error("the `picture` claim points to a host that is not the OP's")]
    ForeignHost,
    /// The response is not a JPEG, JPEG 2000 or PNG image.
    #[error("the response is not a JPEG, JPEG 2000 or PNG image")]
    NotAnImage,
    /// The image's format does not match the response's media type.
    #[error("the image's format does not match the response's media type")]
    MediaType,
}
