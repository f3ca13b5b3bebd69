//! The rules for URLs that are requested or sent. They check a URL but never rewrite it, because issuers and redirect
//! URIs are compared byte for byte, and a parsed URL may be serialized differently.

use http::Uri;
use url::{Host, Url};

use crate::error::UrlError;

/// Where plain `http` is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums)]
pub enum PlainHttp {
    /// Nowhere.
    Never,
    /// Only on loopback.
    OnLoopback,
}

/// Checks a URL that the client requests or sends a user to.
pub(crate) fn check(text: &str, plain_http: PlainHttp) -> Result<(), UrlError> {
    let url = parse(text)?;
    let host = url.host().ok_or(UrlError::NotAUrl)?;
    let allowed = match url.scheme() {
        "https" => true,
        "http" => plain_http == PlainHttp::OnLoopback && is_loopback(&host),
        _ => false,
    };
    if !allowed {
        return Err(UrlError::NotHttps);
    }
    if text.contains('#') {
        return Err(UrlError::Fragment);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlError::Credentials);
    }
    Ok(())
}

/// Parses a URL; all checks use this. The `url` crate parses like a browser and is lenient about everything from
/// `https:host` to a percent-encoded host, while the HTTP client parses an `http::Uri`. If they
/// disagree, the URL is rejected, because otherwise a URL other than the checked one could be requested.
fn parse(text: &str) -> Result<Url, UrlError> {
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) || text.contains('\\') {
        return Err(UrlError::NotAUrl);
    }
    let url = Url::parse(text).map_err(|_| UrlError::NotAUrl)?;
    if !["http", "https"].contains(&url.scheme()) {
        return Ok(url);
    }
    let (before_fragment, _) = text.split_once('#').unwrap_or((text, ""));
    let uri: Uri = before_fragment.parse().map_err(|_| UrlError::NotAUrl)?;
    let same_scheme = uri.scheme_str().is_some_and(|it| it.eq_ignore_ascii_case(url.scheme()));
    let same_host = is_same_host(uri.host().unwrap_or_default(), url.host());
    let port = uri.port_u16().or_else(|| Url::port_or_known_default(&url));
    if same_scheme && same_host && port == url.port_or_known_default() {
        return Ok(url);
    }
    Err(UrlError::NotAUrl)
}

/// Checks a URL that itsme fetches (itsme: request_uri): https, port 443 written out, and a public
/// host name; or any URL on loopback, if the settings allow it.
pub(crate) fn check_request_uri(text: &str, plain_http: PlainHttp) -> Result<(), UrlError> {
    check(text, plain_http)?;
    if plain_http == PlainHttp::OnLoopback && text.starts_with("http://") {
        return Ok(());
    }
    let url = parse(text)?;
    let Some(Host::Domain(name)) = url.host() else { return Err(UrlError::Local) };
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    if name == "localhost" || name.ends_with(".localhost") || !name.contains('.') {
        return Err(UrlError::Local);
    }
    // A parsed URL omits the default port of its scheme.
    let authority = text.split(['/', '?']).nth(2).unwrap_or_default();
    if authority.ends_with(":443") { Ok(()) } else { Err(UrlError::Port) }
}

/// The host of a URL without its port, in lower case.
pub(crate) fn host_name(text: &str) -> Option<String> {
    Some(parse(text).ok()?.host()?.to_string().to_ascii_lowercase())
}

/// The host and port of a URL.
pub(crate) fn host(text: &str) -> Option<String> {
    let host = host_name(text)?;
    Some(match parse(text).ok()?.port() {
        Some(port) => format!("{host}:{port}"),
        None => host,
    })
}

/// An IPv6 address can be written in several ways, but any other host in only one.
fn is_same_host(text: &str, host: Option<Host<&str>>) -> bool {
    match host {
        Some(Host::Ipv6(address)) => {
            let text = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
            text.and_then(|text| text.parse().ok()) == Some(address)
        }
        Some(host) => host.to_string() == text.to_ascii_lowercase(),
        None => false,
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => name.eq_ignore_ascii_case("localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_uri_names_its_port_and_is_elsewhere() {
        use PlainHttp::{Never, OnLoopback};
        for (text, plain_http, expected) in [
            ("https://rp.example:443/r", Never, Ok(())),
            ("https://rp.example:443?r", Never, Ok(())),
            ("https://rp.example/r", Never, Err(UrlError::Port)),
            ("https://rp.example/r:443", Never, Err(UrlError::Port)),
            ("https://rp.example:8443/r", Never, Err(UrlError::Port)),
            ("https://localhost:443/r", Never, Err(UrlError::Local)),
            ("https://127.0.0.1:443/r", OnLoopback, Err(UrlError::Local)),
            ("https://localhost.:443/r", Never, Err(UrlError::Local)),
            ("https://a.localhost:443/r", Never, Err(UrlError::Local)),
            ("https://intranet:443/r", Never, Err(UrlError::Local)),
            ("https://0.0.0.0:443/r", Never, Err(UrlError::Local)),
            ("https://10.0.0.1:443/r", Never, Err(UrlError::Local)),
            ("https://[::ffff:127.0.0.1]:443/r", Never, Err(UrlError::Local)),
            ("http://127.0.0.1:80/r", OnLoopback, Ok(())),
            ("http://rp.example:443/r", Never, Err(UrlError::NotHttps)),
        ] {
            assert_eq!(check_request_uri(text, plain_http), expected, "{text}");
        }
    }

    #[test]
    fn https_is_needed_except_on_loopback_by_consent() {
        use PlainHttp::{Never, OnLoopback};
        for (text, plain_http, expected) in [
            ("https://example.be/cb?x=1", Never, Ok(())),
            ("https://example.be:443/cb", Never, Ok(())),
            ("http://localhost:8080/cb", OnLoopback, Ok(())),
            ("http://127.0.0.1/cb", OnLoopback, Ok(())),
            ("http://[::1]:9/cb", OnLoopback, Ok(())),
            ("http://localhost/cb", Never, Err(UrlError::NotHttps)),
            ("http://localhost.evil.be/cb", OnLoopback, Err(UrlError::NotHttps)),
            ("http://example.be/cb", OnLoopback, Err(UrlError::NotHttps)),
            ("myapp://callback", OnLoopback, Err(UrlError::NotHttps)),
            ("https://example.be/cb#", Never, Err(UrlError::Fragment)),
            ("https://me@example.be/cb", Never, Err(UrlError::Credentials)),
            ("https://example.be/a b", Never, Err(UrlError::NotAUrl)),
            ("https://example.be/caf\u{e9}", Never, Err(UrlError::NotAUrl)),
            (" https://example.be/", Never, Err(UrlError::NotAUrl)),
            ("https:\\\\example.be", Never, Err(UrlError::NotAUrl)),
            ("/cb", Never, Err(UrlError::NotAUrl)),
            ("https:example.be", Never, Err(UrlError::NotAUrl)),
            ("https:/example.be/cb", Never, Err(UrlError::NotAUrl)),
            ("https:///example.be/cb", Never, Err(UrlError::NotAUrl)),
            ("https://ex%61mple.be/cb", Never, Err(UrlError::NotAUrl)),
            ("http://0x7f.1/cb", OnLoopback, Err(UrlError::NotAUrl)),
            ("http://127.1/cb", OnLoopback, Err(UrlError::NotAUrl)),
            ("http://2130706433/cb", OnLoopback, Err(UrlError::NotAUrl)),
            ("https://example.be:0/cb", Never, Ok(())),
            ("HTTPS://Example.BE/cb", Never, Ok(())),
            ("", Never, Err(UrlError::NotAUrl)),
        ] {
            assert_eq!(check(text, plain_http), expected, "{text}");
        }
    }
}
