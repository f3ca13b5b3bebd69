//! Where the program sends requests.

use std::sync::Arc;

use url::{Host, Url};

/// Any host by https, and by plain http loopback and the hosts that were allowed.
#[derive(Clone, Debug)]
pub struct Reach {
    plain: Arc<[Host]>,
    only_near: bool,
}

impl Reach {
    pub fn new(plain: Vec<Host>) -> Self {
        Self { plain: plain.into(), only_near: false }
    }

    /// By https, too, only loopback and the hosts that were allowed.
    #[must_use]
    pub fn only_near(mut self) -> Self {
        self.only_near = true;
        self
    }

    /// The address, if it is within reach.
    pub fn check(&self, text: &str) -> Result<Url, String> {
        let url = Url::parse(text).map_err(|error| format!("{text:?}: {error}"))?;
        let is_uri = text.parse::<http::Uri>().is_ok();
        match url.scheme() {
            _ if self.only_near && !self.is_plain(&url) => {
                Err(format!("{text:?} is neither on loopback nor on a host of --allow-http"))
            }
            "https" if is_uri => Ok(url),
            "http" if is_uri && self.is_plain(&url) => Ok(url),
            _ => Err(format!(
                "{text:?} is neither https nor http on loopback or on a host of --allow-http"
            )),
        }
    }

    /// Whether its host is one that is near: no proxy leads there.
    pub fn is_plain(&self, url: &Url) -> bool {
        is_loopback(url) || url.host().is_some_and(|host| self.plain.contains(&host.to_owned()))
    }
}

pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
