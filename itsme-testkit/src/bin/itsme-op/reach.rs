//! Restricts the hosts to which the program sends requests.

use std::sync::Arc;

use url::{Host, Url};

/// Allows any host over HTTPS, but only loopback and explicitly allowed hosts over plain HTTP.
#[derive(Clone, Debug)]
pub struct Reach {
    plain: Arc<[Host]>,
    only_near: bool,
}

impl Reach {
    pub fn new(plain: Vec<Host>) -> Self {
        Self { plain: plain.into(), only_near: false }
    }

    /// Also restricts HTTPS to loopback and the allowed hosts.
    #[must_use]
    pub fn only_near(mut self) -> Self {
        self.only_near = true;
        self
    }

    /// Parses a URL and checks that requests to it are allowed.
    pub fn check(&self, text: &str) -> Result<Url, String> {
        let url = Url::parse(text).map_err(|error| format!("{text:?}: {error}"))?;
        let is_uri = text.parse::<http::Uri>().is_ok();
        match url.scheme() {
            _ if self.only_near && !self.is_plain(&url) => {
                Err(format!("{text:?} must be on loopback or on a host given with --allow-http"))
            }
            "https" if is_uri => Ok(url),
            "http" if is_uri && self.is_plain(&url) => Ok(url),
            _ => Err(format!(
                "{text:?} must use https, or http on loopback or on a host given with --allow-http"
            )),
        }
    }

    /// Whether the URL's host is loopback or an allowed host; such hosts are never reached through a
    /// proxy.
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
