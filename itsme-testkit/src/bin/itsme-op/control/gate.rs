//! Decides who can use the control interface, and under which host names a browser can open the
//! pages.

use std::{collections::HashSet, fs, net::SocketAddr, path::Path};

use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName, ORIGIN};
use itsme_core::Request;
use openssl::memcmp;
use url::Url;

use super::Refused;

const SHORTEST_TOKEN: usize = 16;

/// Endpoints that only programs call, never people. They involve no browser state, so any `Host` is
/// accepted.
const FOR_PROGRAMS: [&str; 7] = [
    "/.well-known/openid-configuration",
    "/jwkSet",
    "/token",
    "/userinfo",
    "/picture",
    "/connect/revoke",
    "/backchannel/authentication",
];

/// Whether the control interface is enabled, and who can use it.
#[derive(Debug, PartialEq, Eq)]
pub enum Access {
    Off,
    Open,
    Token(String),
}

impl Access {
    /// Decides on access. On loopback the interface is enabled, and requires a token only if one is
    /// set. Elsewhere it requires both the option and a token.
    pub fn decide(
        is_loopback: bool,
        is_asked_for: bool,
        token: Option<String>,
    ) -> Result<Self, String> {
        match (token, is_loopback, is_asked_for) {
            (Some(token), true, _) | (Some(token), false, true) => Ok(Self::Token(token)),
            (None, true, _) => Ok(Self::Open),
            (None, false, false) => Ok(Self::Off),
            (None, false, true) => {
                Err("when not on loopback, --control requires --control-token-file".to_owned())
            }
            (Some(_), false, false) => {
                Err("when not on loopback, --control-token-file requires --control".to_owned())
            }
        }
    }
}

/// Reads the token that is expected in `Authorization: Bearer`.
pub fn token(file: &Path) -> Result<String, String> {
    let at = file.display();
    let text = fs::read_to_string(file).map_err(|error| format!("cannot read {at}: {error}"))?;
    let token = text.trim();
    if token.len() < SHORTEST_TOKEN || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        let wanted = format!("at least {SHORTEST_TOKEN} printable characters and no spaces");
        return Err(format!("{at}: the token must have {wanted}"));
    }
    Ok(token.to_owned())
}

/// The host names that the program accepts, and whether its control interface is enabled.
pub struct Gate {
    access: Access,
    scheme: String,
    hosts: Vec<String>,
}

impl Gate {
    pub fn new(access: Access, listening: SocketAddr, issuer: &str) -> Self {
        let port = listening.port();
        let mut hosts = Vec::new();
        for name in ["127.0.0.1", "localhost", "[::1]"] {
            hosts.extend(forms(name, port));
        }
        if !listening.ip().is_unspecified() {
            hosts.push(listening.to_string());
        }
        let url = Url::parse(issuer).ok();
        if let Some((name, port)) =
            url.as_ref().and_then(|url| Some((url.host_str()?, url.port_or_known_default()?)))
        {
            hosts.extend(forms(name, port));
        }
        let mut seen = HashSet::new();
        hosts.retain(|host| seen.insert(host.clone()));
        let scheme = url.map_or_else(String::new, |url| url.scheme().to_owned());
        Self { access, scheme, hosts }
    }

    pub fn is_off(&self) -> bool {
        self.access == Access::Off
    }

    /// Whether to withhold the response from a browser that used a foreign host name (DNS
    /// rebinding).
    pub fn hides(&self, path: &str, request: &Request) -> bool {
        let is_for_programs =
            FOR_PROGRAMS.contains(&path) || path.starts_with("/user_discovery_sessions");
        !is_for_programs && !self.knows_host(request)
    }

    /// The accepted host names, separated by commas.
    pub fn known_hosts(&self) -> String {
        self.hosts.join(", ")
    }

    fn knows_host(&self, request: &Request) -> bool {
        host(request).is_some_and(|host| self.hosts.iter().any(|it| it.eq_ignore_ascii_case(host)))
    }

    /// Checks whether a request can use the control interface.
    pub fn check(&self, request: &Request) -> Result<(), Refused> {
        let refused = |status, code, detail: &str| Err(Refused(status, code, detail.to_owned()));
        if !self.knows_host(request) {
            let detail = format!("the Host header must be one of {}", self.known_hosts());
            return Err(Refused(403, "foreign_host", detail));
        }
        if self.is_off() {
            let how = "start itsme-op with --control and --control-token-file";
            return refused(404, "control_is_off", how);
        }
        let own = format!("{}://{}", self.scheme, host(request).unwrap_or_default());
        if request.headers().contains_key(ORIGIN) && text(request, ORIGIN) != Some(&own) {
            let detail = format!("the Origin header must be {own} or absent");
            return Err(Refused(403, "foreign_origin", detail));
        }
        if let Access::Token(token) = &self.access {
            let given = text(request, AUTHORIZATION).and_then(|it| it.split_once(' '));
            // The scheme is case-insensitive (RFC 9110 §11.1).
            let given = given.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
            let given = given.map(|(_, token)| token);
            let is_it = |given: &str| {
                given.len() == token.len() && memcmp::eq(given.as_bytes(), token.as_bytes())
            };
            if !given.is_some_and(is_it) {
                return refused(
                    401,
                    "unauthorized",
                    "send the token in the header Authorization: Bearer",
                );
            }
        }
        // A page on a different site could send other media types without a CORS preflight.
        let media_type = text(request, CONTENT_TYPE).and_then(|it| it.split(';').next());
        let is_json =
            media_type.is_some_and(|it| it.trim().eq_ignore_ascii_case("application/json"));
        if request.method() == http::Method::POST && !is_json {
            let detail = "the Content-Type header must be application/json";
            return refused(415, "unsupported_media_type", detail);
        }
        Ok(())
    }
}

/// The possible forms of a `Host` header, which can omit a default port.
fn forms(name: &str, port: u16) -> Vec<String> {
    let mut forms = vec![format!("{name}:{port}")];
    if [80, 443].contains(&port) {
        forms.push(name.to_owned());
    }
    forms
}

fn host(request: &Request) -> Option<&str> {
    text(request, HOST)
}

fn text(request: &Request, name: HeaderName) -> Option<&str> {
    request.headers().get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn off_loopback_it_is_off_unless_asked_for_with_a_token() {
        let token = || Some("a token of many letters".to_owned());
        let decide = Access::decide;
        assert_eq!(decide(true, false, None), Ok(Access::Open));
        assert_eq!(decide(true, true, None), Ok(Access::Open));
        assert!(matches!(decide(true, false, token()), Ok(Access::Token(_))));
        assert_eq!(decide(false, false, None), Ok(Access::Off));
        assert!(matches!(decide(false, true, token()), Ok(Access::Token(_))));
        assert!(decide(false, true, None).is_err_and(|it| it.contains("--control-token-file")));
        assert!(decide(false, false, token()).is_err_and(|it| it.contains("requires --control")));
    }

    #[test]
    fn it_answers_to_loopback_and_to_the_issuer() {
        let listening = "0.0.0.0:443".parse().expect("an address");
        let gate = Gate::new(Access::Off, listening, "https://op.test/v2");
        for (host, is_known) in [
            ("op.test", true),
            ("OP.test:443", true),
            ("localhost", true),
            ("127.0.0.1:443", true),
            ("[::1]:443", true),
            ("0.0.0.0:443", false),
            ("localhost:80", false),
            ("op.test.evil.example", false),
            ("", false),
        ] {
            let request = http::Request::get("/phone").header(HOST, host).body(Vec::new());
            let request = request.expect("a request");
            assert_eq!(gate.hides("/phone", &request), !is_known, "{host}");
            assert!(!gate.hides("/token", &request), "{host}");
        }
    }
}
