use std::collections::BTreeSet;

use crate::{
    error::UrlError,
    http::url_rules::{self, PlainHttp},
    settings::{Settings, environment::Environment},
};

/// The rules for where an OP's endpoints may be, whatever its discovery document contains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointRules {
    pub(crate) environment: Environment,
    pub(crate) plain_http: PlainHttp,
    /// Allowed hosts, in addition to the issuer's.
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

    /// Checks a URL that receives no data that an attacker could use elsewhere.
    pub(crate) fn check(&self, url: &str) -> Result<(), UrlError> {
        url_rules::check(url, self.plain_http)
    }

    /// Checks a URL that receives assertions, codes or tokens. In itsme's own environments, the URL must be on one of
    /// itsme's hosts. In a custom environment, it must be on the issuer's host or on a host named in the settings. Any
    /// port is allowed.
    ///
    /// Without this check, an attacker could run an OP whose discovery document lists the endpoint URL of a real OP.
    /// The attacker could then use the client's assertion, which is intended for that URL, at the real OP (RFC 7523bis,
    /// CVE-2025-27371).
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
