use std::sync::Arc;

use http::{HeaderValue, header};

use crate::{
    Response,
    discovery::FetchProvider,
    error::{Endpoint, Error, PictureError},
    flow::{
        Failure,
        machine::{Machine, Moment, Next},
    },
    jose,
    provider::Provider,
    relying_party::RelyingParty,
    reply,
    secret::Secret,
    url_rules,
    user::{ImageType, Photo},
    userinfo,
};

/// The flow behind [`Client::picture`](crate::Client::picture).
pub struct FetchPicture {
    job: Job,
    call: Call,
}

struct Job {
    rp: Arc<RelyingParty>,
    picture: Option<String>,
    access_token: Secret,
}

/// Each is a request.
enum Call {
    Provider(FetchProvider),
    Image { retried: bool },
}

impl FetchPicture {
    pub(crate) fn new(
        rp: &Arc<RelyingParty>,
        picture: Option<String>,
        access_token: Secret,
    ) -> Self {
        let job = Job { rp: Arc::clone(rp), picture, access_token };
        Self { job, call: Call::Provider(FetchProvider::fresh(rp)) }
    }
}

impl Job {
    fn go_on(
        self,
        fetching: Next<FetchProvider>,
        at: &mut Moment<'_>,
    ) -> Result<Next<FetchPicture>, Error> {
        fetching.within(
            self,
            |fetch, job| FetchPicture { job, call: Call::Provider(fetch) },
            |provider, job| {
                job.check(&provider)?;
                FetchPicture { job, call: Call::Image { retried: false } }.next(at)
            },
        )
    }

    /// The access token goes to the OP and nobody else, whatever a claim says (itsme: userinfo).
    fn check(&self, provider: &Provider) -> Result<(), PictureError> {
        let settings = &self.rp.settings;
        let url = self.picture.as_deref().ok_or(PictureError::Missing)?;
        url_rules::check(url, settings.plain_http()).map_err(PictureError::Url)?;
        let host = url_rules::host(url);
        let metadata = &provider.metadata;
        let own = [&metadata.userinfo_endpoint, &metadata.issuer];
        let of_the_op = own.into_iter().any(|url| url_rules::host(url) == host);
        let itsme = || {
            host.as_deref().is_some_and(|host| {
                let under = |domain: &str| {
                    host.strip_suffix(domain)
                        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
                };
                under("itsme.services") || under("itsme.be")
            })
        };
        if of_the_op || (settings.environment.is_built_in() && itsme()) {
            return Ok(());
        }
        Err(PictureError::ForeignHost)
    }

    /// V1 writes the image itself into the claim.
    fn inline(&self) -> Option<Photo> {
        let picture = self.picture.as_deref()?;
        let data = jose::base64_decode(picture)?;
        ImageType::of(&data)?;
        Some(Photo { data, format: None })
    }
}

impl Machine for FetchPicture {
    type Output = Photo;

    fn next(self, at: &mut Moment<'_>) -> Result<Next<Self>, Error> {
        let Self { job, call } = self;
        if job.picture.is_none() {
            return Err(PictureError::Missing.into());
        }
        if let Some(photo) = job.inline() {
            return Ok(Next::Done(photo));
        }
        match call {
            Call::Provider(fetch) => job.go_on(fetch.next(at)?, at),
            Call::Image { .. } => {
                let request = http::Request::get(job.picture.as_deref().unwrap_or_default())
                    .header(header::ACCEPT, "image/jpeg, image/png, image/jp2")
                    .header(header::AUTHORIZATION, userinfo::bearer(&job.access_token))
                    .body(Vec::new())
                    .expect("the URL was checked");
                Ok(Next::Send(request, Self { job, call }))
            }
        }
    }

    fn on_response(self, response: Response, at: &mut Moment<'_>) -> Result<Next<Self>, Error> {
        let Self { job, call } = self;
        match call {
            Call::Provider(fetch) => job.go_on(fetch.on_response(response, at)?, at),
            Call::Image { .. } => image(response).map(Next::Done),
        }
    }

    fn on_failure(self, why: Failure, at: &mut Moment<'_>) -> Result<Option<Next<Self>>, Error> {
        let Self { job, call } = self;
        match call {
            Call::Provider(fetch) => match fetch.on_failure(why, at)? {
                Some(fetching) => job.go_on(fetching, at).map(Some),
                None => Ok(None),
            },
            Call::Image { retried: false } => {
                Self { job, call: Call::Image { retried: true } }.next(at).map(Some)
            }
            Call::Image { retried: true } => Ok(None),
        }
    }
}

/// An image, and one of the kind that it is said to be.
fn image(response: Response) -> Result<Photo, Error> {
    if let Some(refusal) = userinfo::refusal(Endpoint::Picture, &response)? {
        return Err(refusal.into());
    }
    let said = response.headers().get(header::CONTENT_TYPE).cloned();
    let data = reply::body(Endpoint::Picture, response)?.to_vec();
    let found = ImageType::of(&data).ok_or(PictureError::NotAnImage)?;
    let named = |value: &HeaderValue| {
        let value = value.to_str().unwrap_or_default().to_ascii_lowercase();
        let media_type = value.split(';').next().unwrap_or_default().trim();
        media_type == "application/octet-stream" || found.media_types().contains(&media_type)
    };
    if said.is_some_and(|value| !named(&value)) {
        return Err(PictureError::MediaType.into());
    }
    Ok(Photo { data, format: None })
}

impl std::fmt::Debug for FetchPicture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FetchPicture").finish_non_exhaustive()
    }
}
