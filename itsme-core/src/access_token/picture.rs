use std::sync::Arc;

use http::{HeaderValue, header};

use crate::{
    client_auth::{
        inner::ClientInner,
        parties::{Parties, Prepared},
    },
    error::{Error, PictureError},
    flow::{
        machine::Context,
        retry::Retry,
        single_request::{Exchange, SingleRequest},
    },
    ground::{secret::Secret, time::UnixTime},
    http::{Response, endpoint::Endpoint, get::get, response, url_rules},
    jose,
    tokens::{logged_in::LoggedIn, userinfo},
    user::{ImageType, Photo},
};

/// The request for the user's picture, whose URL is in the `picture` claim.
pub(crate) struct Picture {
    claim: Option<String>,
    access_token: Secret,
}

pub(crate) fn fetch(client: &Arc<ClientInner>, who: &LoggedIn) -> SingleRequest<Picture> {
    let (claim, access_token) = (who.user.picture.clone(), who.access_token.clone());
    SingleRequest::new(client, Picture { claim, access_token })
}

impl Exchange for Picture {
    const RETRY: Retry = Retry::Idempotent;
    type Output = Photo;

    /// Decodes the picture from the claim itself, if the claim contains it, as in V1. In that case, no request is
    /// needed.
    fn begin(&self, _: &ClientInner, _: UnixTime) -> Result<Option<Photo>, Error> {
        let claim = self.claim.as_deref().ok_or(PictureError::Missing)?;
        let data = jose::base64_decode(claim);
        let image = data.filter(|data| ImageType::of(data).is_some());
        Ok(image.map(|data| Photo { data, format: None }))
    }

    /// Prepares the request. The access token is sent only to the OP's hosts, whatever URL the claim
    /// contains (itsme: userinfo).
    fn prepare(
        &mut self,
        parties: &Parties,
        _: &[String],
        _: &mut Context<'_>,
    ) -> Result<Prepared, Error> {
        let rules = &parties.client.provider.rules;
        let url = self.claim.as_deref().ok_or(PictureError::Missing)?;
        rules.check(url).map_err(PictureError::Url)?;
        let host = url_rules::host(url);
        let metadata = &parties.provider.metadata;
        let own = [&metadata.userinfo_endpoint, &metadata.issuer];
        let of_the_op = own.into_iter().any(|url| url_rules::host(url) == host);
        let of_itsme = host.is_some_and(|host| rules.environment.has_host(&host));
        if !of_the_op && !of_itsme {
            return Err(PictureError::ForeignHost.into());
        }
        let images = "image/jpeg, image/png, image/jp2";
        let request = get(Endpoint::Picture, url, images);
        userinfo::with_bearer(request, &self.access_token).map(Prepared::Request)
    }

    /// Reads the image and checks that it matches the media type of the response.
    fn read(self, response: Response, _: Parties, _: UnixTime) -> Result<Photo, Error> {
        if let Some(refusal) = userinfo::refusal(Endpoint::Picture, &response)? {
            return Err(refusal.into());
        }
        let said = response.headers().get(header::CONTENT_TYPE).cloned();
        let data = response::body(Endpoint::Picture, response)?.to_vec();
        let found = ImageType::of(&data).ok_or(PictureError::NotAnImage)?;
        if said.is_some_and(|said| !names(&said, found)) {
            return Err(PictureError::MediaType.into());
        }
        Ok(Photo { data, format: None })
    }
}

/// Whether a media type fits the image's type, either because it names the type or because it is
/// `application/octet-stream`.
fn names(media_type: &HeaderValue, image: ImageType) -> bool {
    let media_type = media_type.to_str().unwrap_or_default().to_ascii_lowercase();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    media_type == "application/octet-stream" || image.media_types().contains(&media_type)
}
