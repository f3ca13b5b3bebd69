use http::header;

use crate::{
    flow::attempt::Attempt,
    http::{Request, endpoint::Endpoint},
};

/// A GET request to a URL that has been checked.
pub(crate) fn get(endpoint: Endpoint, url: &str, accept: &'static str) -> Request {
    http::Request::get(url)
        .extension(Attempt::at(endpoint))
        .header(header::ACCEPT, accept)
        .body(Vec::new())
        .expect("the URL was checked")
}
