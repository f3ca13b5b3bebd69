use super::NOTIFICATIONS;
use super::*;

#[test]
fn a_decision_is_waited_for() {
    let mut bench = Bench::new();
    let id = bench.accepted(|_| ());
    let pending = (400, "authorization_pending".to_owned());
    assert_eq!(error(&bench.redeem(&id)), pending);
    assert_eq!(error(&bench.after(5).redeem(&id)), pending);
    bench.op.approve_backchannel(&id);
    assert_eq!(bench.after(5).redeem(&id).status(), 200);
}

#[test]
fn each_poll_that_is_too_fast_makes_the_interval_longer() {
    let mut bench = Bench::new();
    let id = bench.accepted(|_| ());
    let (pending, slow_down) =
        ((400, "authorization_pending".to_owned()), (400, "slow_down".to_owned()));
    assert_eq!(error(&bench.redeem(&id)), pending);
    bench.op.approve_backchannel(&id);
    for (seconds, expected) in [(4, &slow_down), (9, &slow_down), (14, &slow_down)] {
        assert_eq!(&error(&bench.after(seconds).redeem(&id)), expected, "after {seconds}");
    }
    assert_eq!(bench.after(20).redeem(&id).status(), 200);

    // The second of these intervals is as long as the first.
    let id = bench.accepted(|_| ());
    for (seconds, expected) in [(0, &pending), (4, &slow_down), (10, &pending), (9, &slow_down)] {
        assert_eq!(&error(&bench.after(seconds).redeem(&id)), expected, "after {seconds}");
    }
}

#[test]
fn an_auth_req_id_is_redeemed_once_and_by_its_client() {
    let mut bench = Bench::new();
    let id = bench.accepted(|_| ());
    bench.op.approve_backchannel(&id);
    bench.client_id = OTHER_CLIENT;
    let other = (400, "the auth_req_id belongs to a different client".to_owned());
    assert_eq!(refusal(&bench.redeem(&id)), other);
    bench.client_id = CLIENT_ID;
    assert_eq!(bench.redeem(&id).status(), 200);
    for id in [&id, "x", ""] {
        let answer = bench.after(5).redeem(id);
        assert_eq!(error(&answer), (400, "invalid_grant".into()));
        let used = (400, "the auth_req_id is unknown or has already been used".to_owned());
        assert_eq!(refusal(&answer), used);
    }
}

#[test]
fn an_auth_req_id_expires() {
    let expired = (400, "expired_token".to_owned());
    let mut bench = Bench::new();
    let id = bench.accepted(|_| ());
    bench.after(299).op.approve_backchannel(&id);
    assert_eq!(error(&bench.after(1).redeem(&id)), expired, "approved in time, fetched late");

    let id = bench.accepted(|claims| claims["requested_expiry"] = json!(60));
    bench.after(59);
    assert_eq!(bench.op.pending_backchannel().len(), 1);
    bench.after(1);
    assert!(bench.op.pending_backchannel().is_empty());
    assert_eq!(error(&bench.redeem(&id)), expired);
}

#[test]
fn a_refusal_is_told() {
    let mut bench = Bench::new();
    let id = bench.accepted(|_| ());
    bench.op.deny_backchannel(&id);
    assert_eq!(error(&bench.redeem(&id)), (400, "access_denied".into()));
    assert!(bench.op.pending_backchannel().is_empty());
    assert!(bench.op.pings().is_empty(), "the client polls");
}

#[test]
#[should_panic(expected = "no such backchannel authentication request is pending")]
fn a_person_decides_once() {
    let mut bench = Bench::new();
    let id = bench.accepted(|_| ());
    bench.op.deny_backchannel(&id);
    bench.op.approve_backchannel(&id);
}

#[test]
fn a_decision_is_pinged() {
    let mut bench = Bench::new();
    bench.op.ping_at(NOTIFICATIONS);
    let mut ids = Vec::new();
    for token in ["first", "second"] {
        let with_token = |claims: &mut Value| claims["client_notification_token"] = json!(token);
        ids.push(bench.accepted(with_token));
    }
    assert_eq!(error(&bench.redeem(&ids[0])), (400, "authorization_pending".into()));
    assert!(bench.op.pings().is_empty(), "nobody has decided");
    bench.op.approve_backchannel(&ids[0]);
    bench.op.deny_backchannel(&ids[1]);
    let pings = bench.op.pings();
    assert!(bench.op.pings().is_empty(), "pings are taken only once");
    assert_eq!(pings.len(), 2);
    for ((ping, token), id) in pings.iter().zip(["first", "second"]).zip(&ids) {
        assert_eq!(ping.method(), "POST");
        assert_eq!(ping.uri(), NOTIFICATIONS);
        assert_eq!(ping.headers()["authorization"], format!("Bearer {token}"));
        assert_eq!(ping.headers()["content-type"], "application/json");
        assert_eq!(ping.body(), &json!({ "auth_req_id": id }).to_string().into_bytes());
    }
    assert_eq!(
        bench.redeem(&ids[0]).status(),
        200,
        "accepted immediately, although the client has just polled"
    );
    assert_eq!(error(&bench.redeem(&ids[1])), (400, "access_denied".into()));
}
