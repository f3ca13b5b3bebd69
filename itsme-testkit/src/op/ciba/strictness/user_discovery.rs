use super::*;
use crate::op::ciba::user_discovery::rfc3339;
use itsme_core::UnixTime;

fn id(session: &Value) -> String {
    session["user_discovery_session_id"].as_str().expect("an id").to_owned()
}

#[test]
fn a_session_is_not_polled_faster_than_the_interval() {
    let mut bench = Bench::new();
    let id = id(&bench.begin_session());
    bench.world.advance(Duration::from_millis(4_999));
    let answer = bench.poll_session(&id);
    assert_eq!(error(&answer), (429, "slow_down".into()));
    assert_eq!(answer.headers()["retry-after"], "5");
    bench.world.advance(Duration::from_millis(1));
    assert_eq!(bench.poll_session(&id).status(), 200);
    assert_eq!(bench.after(4).poll_session(&id).status(), 429, "counted from the last poll");
    assert_eq!(bench.after(1).poll_session(&id).status(), 200, "a refused poll does not count");
}

#[test]
fn the_interval_is_what_it_is_told() {
    let mut bench = Bench::new();
    bench.op.polling_interval(Some(7));
    let session = bench.begin_session();
    assert_eq!(session["interval"], 7);
    let answer = bench.after(6).poll_session(&id(&session));
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["retry-after"]),
        (429, &"7".parse().expect("a header"))
    );
    let answer = bench.ask_with(|_| ());
    assert_eq!(json_body(&answer)["interval"], 7);

    let mut bench = Bench::new();
    bench.op.polling_interval(None);
    let session = bench.begin_session();
    assert!(session.get("interval").is_none());
    assert_eq!(bench.after(4).poll_session(&id(&session)).status(), 429);
    assert_eq!(bench.after(1).poll_session(&id(&session)).status(), 200);
    assert!(json_body(&bench.ask_with(|_| ())).get("interval").is_none());
}

#[test]
fn a_qr_code_gives_way_to_another() {
    let mut bench = Bench::new();
    let first = bench.begin_session();
    let id = id(&first);
    let same = json_body(&bench.after(29).poll_session(&id));
    assert_eq!(same, first);
    let second = json_body(&bench.after(5).poll_session(&id))["user_discovery_token"].take();
    assert!(scanned(&second["qr_code"]).ends_with(&format!("session={id}&code=2")));
    assert_eq!(second["expires_at"], "2026-01-01T00:01:04Z");

    bench.op.qr_code_lifetime(Duration::from_secs(10));
    bench.op.qr_code_at_top_level();
    let other = bench.begin_session();
    assert_eq!(other["expires_at"], "2026-01-01T00:00:44Z");
    assert!(scanned(&other["qr_code"]).ends_with("code=1"));
    assert!(other.get("user_discovery_token").is_none());
}

#[test]
fn a_session_ends_after_a_quarter_of_an_hour() {
    let mut bench = Bench::new();
    let id = id(&bench.begin_session());
    assert_eq!(bench.after(899).poll_session(&id).status(), 200);
    assert_eq!(bench.op.pending_sessions(), [&id]);
    bench.after(1);
    assert!(bench.op.pending_sessions().is_empty());
    let expired = (400, "the user discovery session has expired".to_owned());
    assert_eq!(refusal(&bench.poll_session(&id)), expired);
}

#[test]
fn a_session_belongs_to_its_client() {
    let mut bench = Bench::new();
    let id = id(&bench.begin_session());
    assert_eq!(error(&bench.after(5).poll_session("x")), (404, "not_found".into()));
    bench.client_id = OTHER_CLIENT;
    assert_eq!(error(&bench.poll_session(&id)), (403, "access_denied".into()));
}

/// The response that contains the identifier may get lost in transit.
#[test]
fn the_identifier_can_be_fetched_again() {
    let mut bench = Bench::new();
    let id = id(&bench.begin_session());
    bench.op.scan(&id, &Person::ann());
    let first = json_body(&bench.after(5).poll_session(&id));
    assert_eq!(json_body(&bench.after(5).poll_session(&id)), first);
}

#[test]
#[should_panic(expected = "no such user discovery session is pending")]
fn a_qr_code_is_scanned_once() {
    let mut bench = Bench::new();
    let id = id(&bench.begin_session());
    bench.op.scan(&id, &Person::ann());
    bench.op.scan(&id, &Person::daan());
}

#[test]
fn times_are_written_as_the_calendar_has_them() {
    for (seconds, text) in [
        (0, "1970-01-01T00:00:00Z"),
        (951_782_399, "2000-02-28T23:59:59Z"),
        (951_782_400, "2000-02-29T00:00:00Z"),
        (951_868_800, "2000-03-01T00:00:00Z"),
        (1_709_210_096, "2024-02-29T12:34:56Z"),
        (1_767_225_599, "2025-12-31T23:59:59Z"),
        (4_107_542_400, "2100-03-01T00:00:00Z"),
    ] {
        assert_eq!(rfc3339(UnixTime::from_secs(seconds)), text);
    }
}
