//! Settings that cannot work are refused when the client is created.

use std::time::Duration;

use itsme_core::{Client, Environment, Error, Settings, SettingsError, UrlError};
use itsme_testkit::private_keys;

fn settings(client_id: &str, issuer: &str) -> Settings {
    Settings::new(client_id, private_keys(), Environment::custom(issuer))
}

fn refused(settings: Settings) -> Option<SettingsError> {
    match Client::new(settings) {
        Ok(_) => None,
        Err(Error::Settings(error)) => Some(error),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn a_client_id_is_needed() {
    assert_eq!(refused(settings("", "https://op.example")), Some(SettingsError::EmptyClientId));
    assert_eq!(refused(settings("a", "https://op.example")), None);
}

#[test]
fn a_client_secret_is_not_empty_and_not_for_v1() {
    use itsme_core::ClientSecret;
    let with = |secret: &str, environment| {
        refused(Settings::new("a", ClientSecret::new(secret), environment))
    };
    let secret = "0123456789abcdef";
    assert_eq!(with("", Environment::Production), Some(SettingsError::EmptyClientSecret));
    assert_eq!(with(secret, Environment::Production), None);
    assert_eq!(with(secret, Environment::ProductionV1), Some(SettingsError::SecretInV1));
    assert_eq!(format!("{:?}", ClientSecret::new("hidden")), "ClientSecret(..)");
}

/// RFC 7518 §3.2: anyone who has a token can brute-force the secret.
#[test]
fn a_client_secret_cannot_be_found_by_trying() {
    use itsme_core::ClientSecret;
    for (length, signs, needed) in [
        (1, false, Some(16)),
        (15, false, Some(16)),
        (16, false, None),
        (1, true, Some(32)),
        (16, true, Some(32)),
        (31, true, Some(32)),
        (32, true, None),
    ] {
        let secret = ClientSecret::new("x".repeat(length));
        let secret = if signs { secret.hs256() } else { secret };
        let settings = Settings::new("a", secret, Environment::E2e);
        let expected =
            needed.map(|needed| SettingsError::ShortClientSecret { needed, found: length });
        assert_eq!(refused(settings.clone()), expected, "{length} {signs}");
        assert_eq!(refused(settings.danger_short_client_secret()), None);
    }
    let settings = Settings::new("a", ClientSecret::new(""), Environment::E2e);
    let error = refused(settings.danger_short_client_secret());
    assert_eq!(error, Some(SettingsError::EmptyClientSecret), "an empty secret is never enough");
    let bytes = Settings::new("a", ClientSecret::new("é".repeat(8)), Environment::E2e);
    assert_eq!(refused(bytes), None, "bytes count, not characters");
}

#[test]
fn an_endpoint_host_is_a_host_of_a_custom_environment() {
    let custom = || settings("a", "https://op.example");
    for host in ["api.op.example", "127.0.0.1", "[::1]", "API.example"] {
        assert_eq!(refused(custom().endpoint_host(host)), None, "{host}");
    }
    for host in [
        "",
        "https://api.op.example",
        "api.op.example/x",
        "api.op.example:443",
        "a b",
        "bücher.example",
        "api%2eop.example",
        "0x7f.1",
        "api.op.example.",
    ] {
        let found = refused(custom().endpoint_host(host));
        assert_eq!(found, Some(SettingsError::EndpointHost(host.to_owned())), "{host}");
    }
    let built_in = Settings::new("a", private_keys(), Environment::Production);
    let found = refused(built_in.endpoint_host("api.op.example"));
    assert_eq!(found, Some(SettingsError::EndpointHost("api.op.example".to_owned())));
}

#[test]
fn an_issuer_is_an_address_to_call() {
    for (issuer, fault) in [
        ("https:op.example", UrlError::NotAUrl),
        ("https:/op.example", UrlError::NotAUrl),
        ("https:op.example/v2", UrlError::NotAUrl),
        ("https://op%2eexample", UrlError::NotAUrl),
        ("http://op.example", UrlError::NotHttps),
        ("http://localhost:8080", UrlError::NotHttps),
        ("op.example", UrlError::NotAUrl),
        ("", UrlError::NotAUrl),
        ("https://op.example/#x", UrlError::Fragment),
        ("https://op.example/?x=y", UrlError::Query),
        ("https://me:secret@op.example/", UrlError::Credentials),
    ] {
        assert_eq!(refused(settings("a", issuer)), Some(SettingsError::Issuer(fault)), "{issuer}");
    }
    let local = settings("a", "http://localhost:8080").danger_http_on_loopback();
    assert_eq!(refused(local), None);
    let remote = settings("a", "http://op.example").danger_http_on_loopback();
    assert_eq!(refused(remote), Some(SettingsError::Issuer(UrlError::NotHttps)));
}

#[test]
fn a_redirect_uri_is_one_that_itsme_accepts() {
    for (uri, fault) in [
        ("https://rp.example/cb#x", UrlError::Fragment),
        ("http://rp.example/cb", UrlError::NotHttps),
        ("http://127.0.0.1/cb", UrlError::NotHttps),
        ("be.example.app://cb", UrlError::NotHttps),
        ("/cb", UrlError::NotAUrl),
    ] {
        let refused = refused(settings("a", "https://op.example").redirect_uri(uri));
        assert_eq!(refused, Some(SettingsError::RedirectUri(fault)), "{uri}");
    }
    let local = settings("a", "https://op.example").redirect_uri("http://127.0.0.1:9/cb");
    assert_eq!(refused(local.danger_http_on_loopback()), None);
}

#[test]
fn errors_name_the_cause_and_the_way_out() {
    let error = Client::new(settings("a", "http://op.example")).expect_err("http").to_string();
    assert_eq!(
        error,
        "the settings are unusable: the issuer must begin with https:// (plain http is allowed \
         only for localhost, and only with `Settings::danger_http_on_loopback`)"
    );
}

#[test]
fn the_published_keys_are_served() {
    let client = Client::new(settings("a", "https://op.example")).expect("settings");
    let body = client.public_jwks_response().expect("private keys").into_body();
    let published: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
    let expected: serde_json::Value =
        serde_json::from_str(&private_keys().public_jwks()).expect("JSON");
    assert_eq!(published, expected);
}

#[test]
fn a_client_tells_what_was_set() {
    let settings = settings("a", "https://op.example");
    let client = Client::new(settings.clone()).expect("the settings are sound");
    assert_eq!(client.redirect_uri(), None);
    let settings = settings.redirect_uri("https://rp.example/back");
    let client = Client::new(settings.login_lifetime(Duration::from_secs(60)));
    let client = client.expect("the settings are sound");
    assert_eq!(client.redirect_uri(), Some("https://rp.example/back"));
    assert_eq!(client.login_lifetime(), Duration::from_secs(60));
}
