use thiserror::Error;

use super::UrlError;

/// Why a picture was not fetched, or not taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PictureError {
    /// The person has none, or it was not asked for.
    #[error("there is no `picture` claim")]
    Missing,
    /// The claim is not an address that may be called.
    #[error("the `picture` claim {0}")]
    Url(UrlError),
    /// The claim leads to somebody else than the OP, who must not get the access token.
    #[error("the `picture` claim leads away from the OP")]
    ForeignHost,
    /// What came is no JPEG, JPEG 2000 or PNG.
    #[error("what came is not an image that itsme sends")]
    NotAnImage,
    /// What came is an image of another kind than its media type says.
    #[error("the image is not of the kind that its media type says")]
    MediaType,
}
