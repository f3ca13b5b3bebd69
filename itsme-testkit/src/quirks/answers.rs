//! Quirks of JSON responses, as written by various serializers, proxies and gateways.

use http::{HeaderValue, header};
use serde_json::{Map, Value, json};

use super::quirk;
use crate::{Document, FakeOp, Fault, faults::Area};

type Members = Map<String, Value>;

/// The quirk's name and the change that produces it.
type Change = (&'static str, fn(&mut Members));

pub(super) fn quirks() -> Vec<Fault> {
    let mut quirks = Vec::new();
    for (path, endpoint, media_types) in [
        (
            "/.well-known/openid-configuration",
            "Discovery",
            ["application/json;charset=UTF-8", "text/json"],
        ),
        ("/jwkSet", "KeySet", ["application/jwk-set+json", "application/json; charset=utf-8"]),
        ("/token", "Token", ["Application/JSON", "application/octet-stream"]),
        (
            "/userinfo",
            "Userinfo",
            ["application/json;charset=UTF-8", "application/jwt; charset=us-ascii"],
        ),
    ] {
        for media_type in media_types {
            let name = format!("{endpoint}: the media type {media_type}");
            quirks.push(quirk(Area::Http, name, move |op| {
                op.tamper(path, move |response| {
                    let media_type = HeaderValue::from_static(media_type);
                    response.headers_mut().insert(header::CONTENT_TYPE, media_type);
                });
            }));
        }
    }
    quirks.push(quirk(Area::Http, "Userinfo: a byte order mark before a JSON string", |op| {
        op.tamper("/userinfo", |response| {
            let token = String::from_utf8_lossy(response.body()).into_owned();
            *response.body_mut() = format!("\u{feff}\"{token}\"\r\n").into_bytes();
        });
    }));
    quirks.push(quirk(Area::TokenAnswer, "token answer: a byte order mark and nulls", |op| {
        op.alter(Document::TokenAnswer, |members| {
            for member in ["error", "error_description", "error_uri", "refresh_token", "scope"] {
                members.insert(member.to_owned(), Value::Null);
            }
        });
        op.tamper("/token", |response| drop(response.body_mut().splice(0..0, *b"\xef\xbb\xbf")));
    }));
    let changes: [Change; 7] = [
        ("token_type in small letters", |it| set(it, "token_type", json!("bearer"))),
        ("token_type in capitals", |it| set(it, "token_type", json!("BEARER"))),
        ("expires_in in text", |it| set(it, "expires_in", json!("300"))),
        ("expire_in, as itsme once wrote it", |it| {
            it.remove("expires_in");
            set(it, "expire_in", json!(300));
        }),
        ("no expires_in", |it| drop(it.remove("expires_in"))),
        ("a scope that is a list", |it| set(it, "scope", json!(["openid"]))),
        ("an empty error and its description", |it| {
            set(it, "error", json!(""));
            set(it, "error_description", json!(""));
        }),
    ];
    quirks.extend(of_document(Area::TokenAnswer, "token answer", Document::TokenAnswer, changes));
    let changes: [Change; 5] = [
        ("nulls for what it does not have", |it| {
            for member in [
                "authorization_response_iss_parameter_supported",
                "backchannel_authentication_endpoint",
                "request_object_encryption_enc_values_supported",
                "revocation_endpoint",
                "registration_endpoint",
                "user_discovery_sessions_endpoint",
            ] {
                set(it, member, Value::Null);
            }
        }),
        ("lists that are texts", |it| {
            set(it, "request_object_encryption_enc_values_supported", json!("A128CBC-HS256"));
            set(it, "scopes_supported", json!("openid"));
        }),
        ("a list with nulls", |it| {
            set(it, "request_object_encryption_enc_values_supported", json!([null, 7]));
        }),
        ("a revocation_endpoint on another host, which is not asked", |it| {
            set(it, "revocation_endpoint", json!("https://elsewhere.example/revoke"));
        }),
        ("an authorization_endpoint with a query of its own", |it| {
            let url = format!(
                "{}?tenant=a%26b",
                it["authorization_endpoint"].as_str().unwrap_or_default()
            );
            set(it, "authorization_endpoint", json!(url));
        }),
    ];
    quirks.extend(of_document(Area::Discovery, "discovery", Document::Discovery, changes));
    quirks
}

fn of_document<const N: usize>(
    area: Area,
    what: &'static str,
    document: Document,
    changes: [Change; N],
) -> impl Iterator<Item = Fault> {
    changes.into_iter().map(move |(name, change)| {
        let inject = move |op: &mut FakeOp| op.alter(document, change);
        quirk(area, format!("{what}: {name}"), inject)
    })
}

fn set(members: &mut Members, member: &str, value: Value) {
    members.insert(member.to_owned(), value);
}
