//! `Cache-Control`, whatever it contains.

use std::{cell::RefCell, time::Duration};

use http::{HeaderValue, header::CACHE_CONTROL};
use itsme_core::{AuthorizationRequest, Platform, SendFailure, Step, UnixTime, drive};
use itsme_testkit::SERVICE;
use proptest::{collection::vec, prelude::*, sample::select};

use crate::{common::Scene, config};

const SHORTEST: u64 = 5 * 60;
const LONGEST: u64 = 24 * 3600;

/// Fetches metadata and keys with these header lines; returns when.
fn fetch(scene: &mut Scene, cache_control: &[Vec<u8>]) -> UnixTime {
    let Scene { world, op, client } = scene;
    let send = |request| {
        let mut response = op.handle(request).map_err(|why| (why, why))?;
        response.headers_mut().remove(CACHE_CONTROL);
        for value in cache_control {
            let value = HeaderValue::from_bytes(value).expect("a header value");
            response.headers_mut().append(CACHE_CONTROL, value);
        }
        Ok::<_, (SendFailure, SendFailure)>(response)
    };
    drive(client.refresh(), world, send, |_| ()).expect("the OP answers");
    world.now()
}

/// Whether a login would fetch them again.
fn is_stale(scene: &mut Scene, at: UnixTime) -> bool {
    scene.world.set(at);
    let step = scene.client.authorize(AuthorizationRequest::login(SERVICE)).start(&mut scene.world);
    matches!(step.expect("a step"), Step::Send(..))
}

/// They are fresh for this many seconds, and no longer.
fn lifetime_is(scene: &mut Scene, fetched: UnixTime, seconds: u64) -> bool {
    let end = fetched.after(Duration::from_secs(seconds));
    !is_stale(scene, end.before(Duration::from_millis(1))) && is_stale(scene, end)
}

fn any_lines() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let byte = prop_oneof![Just(b'\t'), 0x20..0x7f_u8, 0x80..=0xff_u8];
    let directive = select(vec![
        "max-age",
        "=",
        "no-store",
        "no-cache",
        "s-maxage",
        "public",
        ",",
        "\"",
        " ",
        "0",
        "600",
        "99999999999999999999999",
        "-1",
        "1e9",
        "MAX-AGE=\"",
    ]);
    let formed = vec(directive, 0..8).prop_map(|parts| parts.concat().into_bytes());
    let number = "max-age=[0-9]{1,30}".prop_map(String::into_bytes);
    vec(prop_oneof![vec(byte, 0..40), formed, number], 0..4)
}

#[test]
fn nothing_is_fresh_for_less_than_five_minutes_or_more_than_a_day() {
    let scene = RefCell::new(Scene::new());
    proptest!(config(192), |(lines in any_lines())| {
        let scene = &mut *scene.borrow_mut();
        let fetched = fetch(scene, &lines);
        prop_assert!(!is_stale(scene, fetched.after(Duration::from_secs(SHORTEST - 1))));
        prop_assert!(is_stale(scene, fetched.after(Duration::from_secs(LONGEST))));
    });
}

#[test]
fn max_age_counts_within_these_limits() {
    let scene = RefCell::new(Scene::new());
    let seconds = || prop_oneof![4 => 0..100_000_u128, 1 => 0..u128::MAX];
    let form = select(vec!["max-age=N", "public, Max-Age = N ,x", "MAX-AGE=\"N\"", "max-age=00N"]);
    proptest!(config(128), |(seconds in seconds(), other in seconds(), form in form)| {
        let scene = &mut *scene.borrow_mut();
        let line = |seconds: u128| form.replace('N', &seconds.to_string()).into_bytes();
        let within = |seconds: u128| u64::try_from(seconds).unwrap_or(LONGEST).clamp(SHORTEST, LONGEST);
        let fetched = fetch(scene, &[line(seconds)]);
        prop_assert!(lifetime_is(scene, fetched, within(seconds)));
        let fetched = fetch(scene, &[line(seconds), line(other)]);
        prop_assert!(lifetime_is(scene, fetched, within(seconds.min(other))), "the smallest counts");
    });
}
