//! The control interface, which offers the functions of the pages as JSON, for tests in any
//! language. It is served under `/control/`, at the root of the server and under the issuer.
//! `openapi.json` describes it.

mod gate;
mod handlers;

use http::{StatusCode, header};
use itsme_core::{Dialect, Request, Response};
use itsme_testkit::{Clock, FakeOp};
use serde_json::{Value, json};

pub use self::gate::{Access, Gate, token};
use self::handlers::HANDLERS;
use crate::{configuration::Client, outgoing::Watch, reach::Reach, registry::Published};

const DESCRIPTION: &str = include_str!("openapi.json");

/// Status, error code, and a description that says what to do.
pub struct Refused(u16, &'static str, String);

type Handler = fn(&mut Control, &mut FakeOp, &Request) -> Result<(u16, Value), Refused>;

/// The state of the interface.
pub struct Control {
    pub gate: Gate,
    pub clock: Clock,
    /// Creates an OP in the state that it had at startup.
    pub make: Box<dyn Fn() -> FakeOp + Send>,
    /// The clients configured at startup.
    pub configured: Vec<Client>,
    /// Of those clients, the ones whose keys are fetched.
    pub published: Vec<Published>,
    /// Clients added since startup, with a [`Published`] if their keys are fetched.
    pub added: Vec<(Client, Option<Published>)>,
    pub watch: Watch,
    /// Restricts which URLs added clients can use.
    pub reach: Reach,
    pub dialect: Dialect,
}

impl Control {
    /// Responds to requests to the control interface, and withholds pages that are requested under
    /// a foreign host name.
    pub fn answer(&mut self, op: &mut FakeOp, request: &Request) -> Option<Response> {
        let path = below_issuer(op.issuer(), request.uri().path()).to_owned();
        let Some(path) = path.strip_prefix("/control/") else {
            return self.gate.hides(&path, request).then(|| self.foreign());
        };
        let (status, body) =
            match self.gate.check(request).and_then(|()| self.act(op, path, request)) {
                Ok(done) => done,
                Err(Refused(status, code, detail)) => {
                    (status, json!({ "error": code, "detail": detail }))
                }
            };
        let mut response = respond(status, "application/json", body.to_string() + "\n");
        if status == 401 {
            let scheme = header::HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        Some(response)
    }

    fn foreign(&self) -> Response {
        let page = format!(
            "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\">\
             <title>Foreign host: fake itsme</title><p>itsme-op only shows its pages under the hosts {}; \
             use --issuer to add a different host.</p></html>",
            self.gate.known_hosts()
        );
        respond(403, "text/html; charset=utf-8", page)
    }

    fn act(
        &mut self,
        op: &mut FakeOp,
        path: &str,
        request: &Request,
    ) -> Result<(u16, Value), Refused> {
        let mut here = HANDLERS.iter().filter(|(_, known, _)| *known == path).peekable();
        if here.peek().is_none() {
            let detail = "/control/openapi.json lists the routes".to_owned();
            return Err(Refused(404, "not_found", detail));
        }
        let methods: Vec<&str> = here.clone().map(|(method, ..)| *method).collect();
        let Some((.., handler)) = here.find(|(method, ..)| request.method() == method) else {
            let detail = format!("the method must be {}", methods.join(" or "));
            return Err(Refused(405, "method_not_allowed", detail));
        };
        handler(self, op, request)
    }
}

/// The path, without the issuer's own path if it starts with that.
fn below_issuer<'a>(issuer: &str, path: &'a str) -> &'a str {
    let (_, below_scheme) = issuer.split_once("://").unwrap_or_default();
    let base = below_scheme.find('/').map_or("", |slash| &below_scheme[slash..]);
    path.strip_prefix(base).filter(|rest| rest.starts_with('/')).unwrap_or(path)
}

fn respond(status: u16, media_type: &'static str, body: String) -> Response {
    let mut response = Response::new(body.into_bytes());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    for (name, value) in [
        (header::CONTENT_TYPE, media_type),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        response.headers_mut().insert(name, header::HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_description_has_every_route_and_no_other() {
        let description: Value = serde_json::from_str(DESCRIPTION).expect("JSON");
        let paths = description["paths"].as_object().expect("paths");
        let described = paths.iter().flat_map(|(path, methods)| {
            let methods = methods.as_object().expect("methods").keys();
            methods.map(move |method| format!("{} {path}", method.to_uppercase()))
        });
        let routes = HANDLERS.iter().map(|(method, path, _)| format!("{method} /control/{path}"));
        assert_eq!(routes.collect::<BTreeSet<_>>(), described.collect::<BTreeSet<_>>());
    }

    #[test]
    fn a_path_is_taken_below_the_server_and_below_the_issuer() {
        for (issuer, path, below) in [
            ("http://localhost:1/v2", "/v2/control/x", "/control/x"),
            ("http://localhost:1/v2", "/control/x", "/control/x"),
            ("http://localhost:1/v2", "/v2phone", "/v2phone"),
            ("https://op.test", "/phone", "/phone"),
        ] {
            assert_eq!(below_issuer(issuer, path), below);
        }
    }
}
