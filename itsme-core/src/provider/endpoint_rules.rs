use std::collections::BTreeSet;

use crate::{
    error::UrlError,
    http::url_rules::{self, PlainHttp},
    settings::{Settings, environment::Environment},
};

/// Where the endpoints of an OP may be, whatever its discovery document says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointRules {
    pub(crate) environment: Environment,
    pub(crate) plain_http: PlainHttp,
    /// Beside the issuer's.
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

    /// An address where nothing is sent that is worth anything elsewhere.
    pub(crate) fn check(&self, url: &str) -> Result<(), UrlError> {
        url_rules::check(url, self.plain_http)
    }

    /// An address that gets assertions, codes or tokens: on a host of itsme's own, or on the issuer's or one that the
    /// settings name, at any port. Somebody else could use an assertion at the OP whose address they give as their own
    /// (RFC 7523bis, CVE-2025-27371).
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
