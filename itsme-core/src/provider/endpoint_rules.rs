use std::collections::BTreeSet;

use crate::{
    error::UrlError,
    http::url_rules::{self, PlainHttp},
    settings::{Settings, environment::Environment},
};

/// Where an OP's endpoints may be, whatever its discovery document says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointRules {
    pub(crate) environment: Environment,
    pub(crate) plain_http: PlainHttp,
    /// Allowed hosts, besides the issuer's.
    pub(crate) hosts: BTreeSet<String>,
}

impl EndpointRules {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            environment: settings.environment.clone(),
            plain_http: settings.plain_http(),
            hosts: settings.endpoint_hosts.clone(),
        }
    }

    /// Checks a URL to which nothing is sent that is useful elsewhere.
    pub(crate) fn check(&self, url: &str) -> Result<(), UrlError> {
        url_rules::check(url, self.plain_http)
    }

    /// Checks a URL that receives assertions, codes or tokens: it must be on one of itsme's own hosts, or on the
    /// issuer's host or one named by the settings, at any port. Otherwise an attacker could publish the OP's URL as
    /// its own and use the assertion there (RFC 7523bis, CVE-2025-27371).
    pub(crate) fn check_pinned(&self, url: &str) -> Result<(), UrlError> {
        self.check(url)?;
        let host = url_rules::host_name(url).ok_or(UrlError::NotAUrl)?;
        let is_own = match &self.environment {
            Environment::Custom { issuer, .. } => {
                url_rules::host_name(issuer).is_some_and(|issuer| issuer == host)
                    || self.hosts.contains(&host)
            }
            built_in => built_in.has_host(&host),
        };
        if is_own { Ok(()) } else { Err(UrlError::ForeignHost) }
    }
}
