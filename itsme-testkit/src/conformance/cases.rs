//! The test cases, each with its own peer.

use std::{io, net::TcpListener, sync::Arc, thread, time::Duration};

use http::header;
use itsme_core::{MAX_RESPONSE_BYTES, Request, Response, SendFailure};

use super::peer::{Connection, Peer, header};

/// A stand-in for an authorization code. Every URL contains it.
pub(super) const SECRET: &str = "3fa85f64-5717-4562";

const PATH: &str = "/a/b?code=3fa85f64-5717-4562&x=%2B+y&z=";

type Outcomes = Vec<Result<Response, SendFailure>>;
type Check = Box<dyn FnOnce(&Peer, Outcomes) -> Result<(), String>>;

pub(super) struct Case {
    name: String,
    peer: Peer,
    requests: Vec<Request>,
    check: Check,
}

impl Case {
    fn new(
        name: impl Into<String>,
        act: impl Fn(usize, &mut Connection) -> io::Result<bool> + Send + Sync + 'static,
        requests: &[fn(&str) -> Request],
        check: impl FnOnce(&Peer, Outcomes) -> Result<(), String> + 'static,
    ) -> Self {
        let peer = Peer::start(Arc::new(act));
        let url = peer.url(PATH);
        let requests = requests.iter().map(|request| request(&url)).collect();
        Self { name: name.into(), peer, requests, check: Box::new(check) }
    }

    pub(super) fn name(&self) -> String {
        self.name.clone()
    }

    pub(super) fn requests(&mut self) -> Vec<Request> {
        std::mem::take(&mut self.requests)
    }

    pub(super) fn check(self, outcomes: Outcomes) -> Result<(), String> {
        (self.check)(&self.peer, outcomes)
    }
}

pub(super) fn cases() -> impl Iterator<Item = Case> {
    let statuses = [200, 201, 204, 400, 401, 403, 404, 405, 429, 500, 502, 503];
    let redirects = [301, 302, 303, 307, 308];
    let others = [
        sent_as_it_is,
        get_has_no_body,
        largest_body,
        too_large_body,
        endless_body,
        encoded_body,
        no_cookies,
        silence_before_the_head,
        silence_after_the_head,
        trickling_body,
        refused_connection,
        closed_without_answer,
        closed_when_used_again,
        truncated_body,
        not_http,
    ];
    statuses
        .into_iter()
        .map(status)
        .chain(redirects.into_iter().map(redirect))
        .chain(others.into_iter().map(|case: fn() -> Case| case()))
}

/// The Accept headers of a userinfo request and a key set request. An OP would respond with 406 to
/// a client that overrides them.
const TOKENS: &str = "application/jwt, application/json";
const KEY_SETS: &str = "application/jwk-set+json, application/json";

fn get(url: &str) -> Request {
    let request = http::Request::get(url)
        .header(header::ACCEPT, TOKENS)
        .header(header::AUTHORIZATION, "Bearer abc");
    request.body(Vec::new()).expect("a request")
}

fn post(url: &str) -> Request {
    let request = http::Request::post(url)
        .header(header::ACCEPT, KEY_SETS)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    request.body(b"code=abc&state=%2B".to_vec()).expect("a request")
}

fn answer(head: &str, body: &str) -> String {
    format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn ensure(right: bool, otherwise: impl Into<String>) -> Result<(), String> {
    if right { Ok(()) } else { Err(otherwise.into()) }
}

/// Returns the only response.
fn response(outcomes: Outcomes) -> Result<Response, String> {
    let outcome = outcomes.into_iter().next().ok_or("no request was made")?;
    outcome.map_err(|failure| format!("expected a response, got {failure:?}"))
}

/// Checks that the single request was made exactly once and failed as expected.
fn failed_once(peer: &Peer, outcomes: Outcomes, expected: SendFailure) -> Result<(), String> {
    let times = peer.seen().len();
    ensure(times == 1, format!("the request was made {times} times instead of once"))?;
    failed(outcomes, expected)
}

fn failed(outcomes: Outcomes, expected: SendFailure) -> Result<(), String> {
    match outcomes.into_iter().next_back() {
        Some(Err(failure)) if failure == expected => Ok(()),
        Some(Err(failure)) => Err(format!("expected the failure {expected:?}, got {failure:?}")),
        _ => Err("expected a failure, got a response".to_owned()),
    }
}

fn status(status: u16) -> Case {
    let body = if status == 204 { "" } else { "{\"error\":\"x\"}" };
    let act = move |_, peer: &mut Connection| {
        peer.say(answer(&format!("{status} Status\r\nX-Twice: a\r\nX-Twice: b"), body))?;
        Ok(true)
    };
    Case::new(format!("status {status} is passed on"), act, &[post], move |_, outcomes| {
        let response = response(outcomes)?;
        ensure(response.status().as_u16() == status, "the status was changed")?;
        ensure(response.body() == body.as_bytes(), "the body was changed")?;
        let twice: Vec<_> = response.headers().get_all("x-twice").iter().collect();
        ensure(twice == ["a", "b"], "a repeated header was not passed on twice")
    })
}

fn redirect(status: u16) -> Case {
    let elsewhere = Peer::start(Arc::new(|_, peer| {
        peer.say(answer("200 OK", "followed"))?;
        Ok(false)
    }));
    let location = elsewhere.url("/stolen");
    let act = move |_, peer: &mut Connection| {
        let head = format!("{status} Redirect\r\nLocation: {location}");
        peer.say(answer(&head, "moved"))?;
        Ok(true)
    };
    Case::new(
        format!("redirect {status} is not followed"),
        act,
        &[post, get],
        move |_, outcomes| {
            ensure(elsewhere.seen().is_empty(), "the redirect was followed")?;
            for outcome in outcomes {
                let response = response(vec![outcome])?;
                ensure(response.status().as_u16() == status, "the status was changed")?;
                ensure(response.body() == b"moved", "the body was changed")?;
            }
            Ok(())
        },
    )
}

fn ok(_: usize, peer: &mut Connection) -> io::Result<bool> {
    peer.say(answer("200 OK", "{}"))?;
    Ok(true)
}

fn sent_as_it_is() -> Case {
    Case::new("a request is sent unchanged", ok, &[post], |peer, outcomes| {
        response(outcomes)?;
        let seen = peer.seen().into_iter().next().ok_or("nothing arrived")?;
        let line = seen.head.lines().next().unwrap_or_default();
        ensure(line == format!("POST {PATH} HTTP/1.1"), format!("the first line is {line:?}"))?;
        let media_type = header(&seen.head, "content-type");
        let form = media_type == Some("application/x-www-form-urlencoded");
        ensure(form, "Content-Type was changed")?;
        // Some firewalls reject requests without a User-Agent.
        let named = header(&seen.head, "user-agent").is_some_and(|agent| !agent.is_empty());
        ensure(named, "User-Agent is missing")?;
        ensure(header(&seen.head, "accept") == Some(KEY_SETS), "Accept was changed")?;
        ensure(seen.body == b"code=abc&state=%2B", "the body was changed, or is chunked")
    })
}

fn get_has_no_body() -> Case {
    Case::new("a GET has no body", ok, &[get], |peer, outcomes| {
        response(outcomes)?;
        let seen = peer.seen().into_iter().next().ok_or("nothing arrived")?;
        ensure(
            header(&seen.head, "authorization") == Some("Bearer abc"),
            "Authorization is missing",
        )?;
        let accept = header(&seen.head, "accept");
        ensure(accept == Some(TOKENS), "Accept was changed")?;
        for unwanted in ["content-length", "transfer-encoding", "cookie", "accept-encoding"] {
            ensure(
                header(&seen.head, unwanted).is_none(),
                format!("the request has the header {unwanted}"),
            )?;
        }
        Ok(())
    })
}

fn say_large(peer: &mut Connection, length: usize) -> io::Result<bool> {
    peer.say(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n"))?;
    peer.say(vec![b'x'; length])?;
    Ok(true)
}

fn largest_body() -> Case {
    let act = |_, peer: &mut Connection| say_large(peer, MAX_RESPONSE_BYTES);
    Case::new("a body of 1 MiB is accepted", act, &[get], |_, outcomes| {
        let length = response(outcomes)?.body().len();
        ensure(length == MAX_RESPONSE_BYTES, format!("the body was truncated to {length} bytes"))
    })
}

fn too_large_body() -> Case {
    let act = |_, peer: &mut Connection| say_large(peer, MAX_RESPONSE_BYTES + 1);
    Case::new("a body over 1 MiB is TooLarge", act, &[get], |peer, outcomes| {
        failed_once(peer, outcomes, SendFailure::TooLarge)
    })
}

/// If an adapter did not enforce the size limit, the timeout would end this case, so the peer
/// counts the bytes that it was able to send.
fn endless_body() -> Case {
    let act = |_, peer: &mut Connection| {
        peer.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
        let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
        for _ in 0..16 * 1024 {
            peer.say(&chunk)?;
            peer.count(chunk.len());
        }
        Ok(false)
    };
    Case::new("an endless body is TooLarge at 1 MiB", act, &[get], |peer, outcomes| {
        failed_once(peer, outcomes, SendFailure::TooLarge)?;
        // The peer also counts bytes that are still in the sockets' buffers.
        let sent = peer.counted();
        ensure(sent < 32 * MAX_RESPONSE_BYTES, format!("{sent} bytes were read"))
    })
}

fn encoded_body() -> Case {
    let act = |_, peer: &mut Connection| {
        peer.say(answer("200 OK\r\nContent-Encoding: gzip", "not gzip at all"))?;
        Ok(true)
    };
    Case::new("a content encoding is not decoded", act, &[get], |_, outcomes| {
        let response = response(outcomes)?;
        ensure(response.body() == b"not gzip at all", "the body was changed")
    })
}

fn no_cookies() -> Case {
    let act = |_, peer: &mut Connection| {
        peer.say(answer("200 OK\r\nSet-Cookie: a=b; Path=/", "{}"))?;
        Ok(true)
    };
    Case::new("no cookies are kept", act, &[get, post], |peer, _| {
        let seen = peer.seen();
        ensure(seen.len() == 2, format!("{} requests arrived, not 2", seen.len()))?;
        let cookie = seen.iter().any(|request| header(&request.head, "cookie").is_some());
        ensure(!cookie, "a cookie was sent back")
    })
}

fn silence_before_the_head() -> Case {
    let act = |_, peer: &mut Connection| {
        peer.be_silent();
        Ok(false)
    };
    Case::new("silence ends at the timeout", act, &[post], |peer, outcomes| {
        failed_once(peer, outcomes, SendFailure::TimedOut)
    })
}

fn silence_after_the_head() -> Case {
    let act = |_, peer: &mut Connection| {
        peer.say("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")?;
        peer.be_silent();
        Ok(false)
    };
    Case::new("silence after the head ends at the timeout", act, &[post], |peer, outcomes| {
        failed_once(peer, outcomes, SendFailure::TimedOut)
    })
}

fn trickling_body() -> Case {
    let act = |_, peer: &mut Connection| {
        peer.say("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")?;
        for _ in 0..100 {
            peer.say("x")?;
            thread::sleep(Duration::from_millis(100));
        }
        Ok(false)
    };
    Case::new("a trickling body ends at the timeout", act, &[post], |peer, outcomes| {
        failed_once(peer, outcomes, SendFailure::TimedOut)
    })
}

fn refused_connection() -> Case {
    let mut case = Case::new("a refused connection is NotSent", ok, &[post], |_, outcomes| {
        failed(outcomes, SendFailure::NotSent)
    });
    let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    let nobody = format!("http://{}{PATH}", free.expect("loopback has a free port"));
    case.requests = vec![post(&nobody)];
    case
}

fn closed_without_answer() -> Case {
    let act = |_, _: &mut Connection| Ok(false);
    let name = "a connection that is closed without a response is Lost, and nothing is sent again";
    Case::new(name, act, &[post], |peer, outcomes| failed_once(peer, outcomes, SendFailure::Lost))
}

/// Here it is tempting to resend: repeating the second request on a kept-alive connection looks
/// safe.
fn closed_when_used_again() -> Case {
    let act = |number, peer: &mut Connection| match number {
        1 => ok(number, peer),
        _ => Ok(false),
    };
    let name = "a kept-alive connection that is closed on use is Lost, and nothing is sent again";
    Case::new(name, act, &[post, post], |peer, outcomes| {
        let times = peer.seen().len();
        ensure(times == 2, format!("two requests were made, but {times} arrived"))?;
        failed(outcomes, SendFailure::Lost)
    })
}

fn truncated_body() -> Case {
    let act = |_, peer: &mut Connection| {
        peer.say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"access_token\":")?;
        Ok(false)
    };
    Case::new("a truncated body is Lost", act, &[post], |peer, outcomes| {
        failed_once(peer, outcomes, SendFailure::Lost)
    })
}

fn not_http() -> Case {
    let act = |_, peer: &mut Connection| {
        peer.say("SSH-2.0-OpenSSH_9.2\r\n\r\n")?;
        Ok(false)
    };
    Case::new("a response that is not HTTP is Lost", act, &[post], |peer, outcomes| {
        failed_once(peer, outcomes, SendFailure::Lost)
    })
}
