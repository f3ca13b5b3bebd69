use thiserror::Error;

use super::UrlError;

/// Why a picture was not fetched or not accepted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PictureError {
    /// The person has no picture, or it was not requested.
    #[error("there is no `picture` claim")]
    Missing,
    /// The claim is not a URL that may be called.
    #[error("the `picture` claim {0}")]
    Url(UrlError),
    /// The claim's URL is not on the OP's hosts, and nobody else may get the access token.
    #[error("the `picture` claim points to a host that is not the OP's")]
    ForeignHost,
    /// The response is not a JPEG, JPEG 2000 or PNG image.
    #[error("the response is not a JPEG, JPEG 2000 or PNG image")]
    NotAnImage,
    /// The image is of another type than its media type says.
    #[error("the image does not match its media type")]
    MediaType,
}
