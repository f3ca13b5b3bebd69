//! Where the program sends requests.

use std::sync::Arc;

use url::{Host, Url};

/// Any host by https, and by plain http loopback and the hosts that were allowed.
#[derive(Clone, Debug)]
pub struct Reach {
    plain: Arc<[Host]>,
}

impl Reach {
    pub fn new(plain: Vec<Host>) -> Self {
        Self { plain: plain.into() }
    }

    /// The address, if it is within reach.
    pub fn check(&self, text: &str) -> Result<Url, String> {
        let url = Url::parse(text).map_err(|error| format!("{text:?}: {error}"))?;
        let is_uri = text.parse::<http::Uri>().is_ok();
        match url.scheme() {
            "https" if is_uri => Ok(url),
            "http" if is_uri && self.is_plain(&url) => Ok(url),
            _ => Err(format!(
                "{text:?} is neither https nor http on loopback or on a host of --allow-http"
            )),
        }
    }

    /// Whether its host is one that is near: no proxy leads there.
    pub fn is_plain(&self, url: &Url) -> bool {
        match url.host() {
            Some(Host::Domain("localhost")) => true,
            Some(Host::Ipv4(address)) if address.is_loopback() => true,
            Some(Host::Ipv6(address)) if address.is_loopback() => true,
            Some(host) => self.plain.contains(&host.to_owned()),
            None => false,
        }
    }
}
