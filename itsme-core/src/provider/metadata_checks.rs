//! The checks on a discovery document (OIDC Discovery §4.3). They run before any part of the document is used.

use serde_json::{Map, Value};
use url::form_urlencoded;

use super::{endpoint_rules::EndpointRules, metadata::Metadata};
use crate::{
    error::{MetadataError, UrlError},
    ground::{
        check::{Rule, Ruling, Subject, Told, Verdict, rules},
        text::printable,
    },
    settings::environment::Environment,
};

/// The members of a discovery document that every login needs, and the rules to check them against.
pub(crate) struct MetadataMembers<'a> {
    issuer: Option<&'a str>,
    authorization_endpoint: Option<&'a str>,
    token_endpoint: Option<&'a str>,
    userinfo_endpoint: Option<&'a str>,
    jwks_uri: Option<&'a str>,
    rules: &'a EndpointRules,
}

/// An endpoint that only some services need. It is checked when such a service is used.
pub(crate) struct ServiceEndpoint<'a> {
    pub(crate) member: &'static str,
    pub(crate) url: Option<&'a str>,
    pub(crate) rules: &'a EndpointRules,
}

type Checked = Verdict<MetadataError>;

impl Subject for MetadataMembers<'_> {
    type Error = MetadataError;

    fn rules<'r>() -> &'r [Rule<Self>]
    where
        Self: 'r,
    {
        rules! {
            "required members", "OIDC Discovery §3", "`issuer`, `jwks_uri` and the authorization, token and userinfo endpoints, as strings" =>
                |it| it.check_presence(), |it| it.tell_presence();
            "issuer", "OIDC Discovery §4.3", "the environment's issuer, byte for byte" =>
                |it| it.check_issuer(), |it| it.tell_issuer();
            "authorization_endpoint", "OIDC Discovery §3", "an https URL without a fragment, user name or password" =>
                |it| it.check_url("authorization_endpoint", it.authorization_endpoint),
                |it| tell_url(it.authorization_endpoint);
            "token_endpoint", "RFC 7523bis", "an https URL on the issuer's host (in itsme's own environments, one of itsme's hosts) or on a host named in the settings" =>
                |it| it.check_pinned("token_endpoint", it.token_endpoint),
                |it| tell_url(it.token_endpoint);
            "userinfo_endpoint", "RFC 6750 §5.3", "an https URL on the issuer's host (in itsme's own environments, one of itsme's hosts) or on a host named in the settings" =>
                |it| it.check_pinned("userinfo_endpoint", it.userinfo_endpoint),
                |it| tell_url(it.userinfo_endpoint);
            "jwks_uri", "OIDC Discovery §3", "an https URL without a fragment, user name or password" =>
                |it| it.check_url("jwks_uri", it.jwks_uri), |it| tell_url(it.jwks_uri);
            "query", "RFC 6749 §3.1", "the query string of `authorization_endpoint` contains no authorization request parameters" =>
                |it| it.check_query(), |it| tell_url(it.authorization_endpoint);
        }
    }
}

impl Subject for ServiceEndpoint<'_> {
    type Error = MetadataError;

    fn rules<'r>() -> &'r [Rule<Self>]
    where
        Self: 'r,
    {
        rules! {
            "presence", "RFC 8414 §2, CIBA Core §4", "the member is present, if the service is used" =>
                |it| it.check_presence(), |it| it.tell();
            "address", "RFC 7523bis", "an https URL on the issuer's host (in itsme's own environments, one of itsme's hosts) or on a host named in the settings" =>
                |it| pinned(it.member, it.url, it.rules), |it| it.tell();
        }
    }
}

impl<'a> MetadataMembers<'a> {
    pub(crate) fn read(members: &'a Map<String, Value>, rules: &'a EndpointRules) -> Self {
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        Self {
            issuer: text("issuer"),
            authorization_endpoint: text("authorization_endpoint"),
            token_endpoint: text("token_endpoint"),
            userinfo_endpoint: text("userinfo_endpoint"),
            jwks_uri: text("jwks_uri"),
            rules,
        }
    }

    /// Prepares the checks on metadata that was stored elsewhere and is now being imported.
    pub(crate) fn of(metadata: &'a Metadata, rules: &'a EndpointRules) -> Self {
        Self {
            issuer: Some(&metadata.issuer),
            authorization_endpoint: Some(&metadata.authorization_endpoint),
            token_endpoint: Some(&metadata.token_endpoint),
            userinfo_endpoint: Some(&metadata.userinfo_endpoint),
            jwks_uri: Some(&metadata.jwks_uri),
            rules,
        }
    }

    fn absent(&self) -> impl Iterator<Item = &'static str> {
        let required = [
            ("issuer", self.issuer),
            ("authorization_endpoint", self.authorization_endpoint),
            ("token_endpoint", self.token_endpoint),
            ("userinfo_endpoint", self.userinfo_endpoint),
            ("jwks_uri", self.jwks_uri),
        ];
        required.into_iter().filter(|(_, text)| text.is_none()).map(|(name, _)| name)
    }

    fn check_presence(&self) -> Checked {
        self.absent().next().map_or(Ok(Ruling::Held), |name| Err(MetadataError::Missing(name)))
    }

    fn tell_presence(&self) -> Told {
        let absent: Vec<_> = self.absent().map(|name| format!("no `{name}`")).collect();
        Told::found(if absent.is_empty() { "all of them".to_owned() } else { absent.join(", ") })
    }

    fn check_issuer(&self) -> Checked {
        let Self { rules: EndpointRules { environment, .. }, issuer, .. } = self;
        match issuer {
            Some(issuer) if !environment.accepts(issuer) => Err(MetadataError::ForeignIssuer {
                expected: environment.issuer().to_owned(),
                found: issuer.chars().take(200).collect(),
            }),
            issuer => Ok(Ruling::held_if(issuer.is_some())),
        }
    }

    fn tell_issuer(&self) -> Told {
        tell_url(self.issuer).expected(format!("`{}`", self.rules.environment.issuer()))
    }

    fn check_url(&self, member: &'static str, url: Option<&str>) -> Checked {
        check_url(member, url, |url| self.rules.check(url))
    }

    fn check_pinned(&self, member: &'static str, url: Option<&str>) -> Checked {
        pinned(member, url, self.rules)
    }

    fn check_query(&self) -> Checked {
        let Some((_, query)) = self.authorization_endpoint.and_then(|url| url.split_once('?'))
        else {
            return Ok(Ruling::NotApplicable);
        };
        let mut names = form_urlencoded::parse(query.as_bytes());
        if names.any(|(name, _)| REQUEST_PARAMETERS.contains(&&*name)) {
            let member = "authorization_endpoint";
            return Err(MetadataError::Url { member, error: UrlError::Parameter });
        }
        Ok(Ruling::Held)
    }
}

impl ServiceEndpoint<'_> {
    fn check_presence(&self) -> Checked {
        self.url.map_or(Err(MetadataError::Missing(self.member)), |_| Ok(Ruling::Held))
    }

    fn tell(&self) -> Told {
        let expected = match &self.rules.environment {
            Environment::Custom { issuer, .. } => {
                format!("`{}` on the host of {issuer}", self.member)
            }
            _ => format!("`{}` on one of itsme's hosts", self.member),
        };
        tell_url(self.url).expected(expected)
    }
}

fn pinned(member: &'static str, url: Option<&str>, rules: &EndpointRules) -> Checked {
    check_url(member, url, |url| rules.check_pinned(url))
}

fn check_url(
    member: &'static str,
    url: Option<&str>,
    check: impl Fn(&str) -> Result<(), UrlError>,
) -> Checked {
    let Some(url) = url else { return Ok(Ruling::NotApplicable) };
    check(url).map_err(|error| MetadataError::Url { member, error })?;
    Ok(Ruling::Held)
}

fn tell_url(url: Option<&str>) -> Told {
    Told::found(url.map_or_else(|| "nothing".to_owned(), |url| format!("`{}`", printable(url))))
}

/// The parameters that an authorization request can contain in its query.
const REQUEST_PARAMETERS: [&str; 15] = [
    "acr_values",
    "claims",
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "max_age",
    "nonce",
    "prompt",
    "redirect_uri",
    "request",
    "request_uri",
    "response_type",
    "scope",
    "state",
    "ui_locales",
];
