//! A stored ticket is polled at the right times, wherever it is resumed; a damaged one is refused.

use std::{cell::RefCell, time::Duration};

use itsme_core::{
    AuthorizationRequest, Backchannel, BackchannelRequest, CibaTicket, Client, Settings,
    UserDiscovery, UserDiscoveryTicket,
};
use itsme_testkit::{Person, SERVICE};
use proptest::{collection::vec, prelude::*};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{common::Scene, config};

/// As stored by another machine, with a later version of this library.
fn taken_up<T: Serialize + DeserializeOwned>(ticket: &T, (name, value): &(String, String)) -> T {
    let mut stored = serde_json::to_value(ticket).expect("a ticket is JSON");
    stored[name] = json!(value);
    serde_json::from_str(&stored.to_string()).expect("what was stored is a ticket")
}

/// Whoever resumes it, and whenever: two polls are never closer than the OP wants.
#[test]
fn a_stored_ticket_is_polled_neither_too_early_nor_too_often() {
    let unknown = ("[^a-z]{1,8}", ".{0,8}");
    let pauses = vec(0..40_u64, 1..6);
    proptest!(config(24), |(interval in 1..30_u32, pauses in pauses, unknown in unknown)| {
        let mut scene = Scene::warm();
        scene.op.polling_interval(Some(interval));
        let mut ticket = scene.play(scene.client.discover_user())?;
        for pause in &pauses {
            scene.world.advance(Duration::from_secs(*pause));
            scene.client = Client::new(scene.op.settings())?;
            ticket = match scene.play(scene.client.poll_user_discovery(taken_up(&ticket, &unknown)))? {
                UserDiscovery::Waiting(ticket) | UserDiscovery::Redraw(ticket) => ticket,
                other => panic!("nobody has scanned it: {other:?}"),
            };
        }
        scene.op.scan(ticket.session_id(), &Person::ann());
        let UserDiscovery::Found(who) = scene.play(scene.client.poll_user_discovery(ticket))? else {
            panic!("Ann has scanned it")
        };
        let request = BackchannelRequest::discovered(who, AuthorizationRequest::login(SERVICE));
        let mut ticket = scene.play(scene.client.start_backchannel(request))?;
        for pause in &pauses {
            scene.world.advance(Duration::from_secs(*pause));
            scene.client = Client::new(scene.op.settings())?;
            let polled = scene.play(scene.client.poll_backchannel(taken_up(&ticket, &unknown)))?;
            let Backchannel::Pending(next) = polled else { panic!("she has not answered") };
            ticket = next;
        }
        scene.op.approve_backchannel(ticket.auth_req_id());
        let answer = scene.play(scene.client.poll_backchannel(ticket))?;
        prop_assert!(matches!(answer, Backchannel::LoggedIn(_)));

        let asked = scene.op.transcript().iter();
        let polls = asked.filter(|asked| asked.request.starts_with("POST /user_discovery"));
        let polls: Vec<u64> = polls.map(|poll| poll.at.as_secs()).collect();
        prop_assert!(polls.windows(2).all(|two| two[1] - two[0] >= u64::from(interval)));
        prop_assert_eq!(polls.len(), pauses.len() + 2);
        let asked = scene.op.transcript().iter();
        let polls = asked.filter(|asked| asked.request == "POST /token");
        let polls: Vec<u64> = polls.map(|poll| poll.at.as_secs()).collect();
        prop_assert!(polls.windows(2).all(|two| two[1] - two[0] >= u64::from(interval)));
        prop_assert_eq!(polls.len(), pauses.len() + 1);
    });
}

#[test]
fn what_was_damaged_is_refused() {
    let scene = RefCell::new(Scene::with(Settings::ping));
    scene.borrow_mut().op.ping_at("https://rp.example/itsme/ping");
    proptest!(config(12), |(version in any::<u64>())| {
        let scene = &mut *scene.borrow_mut();
        let known = scene.op.sub_of(&Person::ann());
        let request = BackchannelRequest::known_user(known, AuthorizationRequest::login(SERVICE));
        let ticket = scene.play(scene.client.start_backchannel(request))?;
        damaged::<CibaTicket>(&serde_json::to_value(ticket)?, version)?;
        let ticket = scene.play(scene.client.discover_user())?;
        damaged::<UserDiscoveryTicket>(&serde_json::to_value(ticket)?, version)?;
    });
}

fn damaged<T: DeserializeOwned>(stored: &Value, version: u64) -> Result<(), TestCaseError> {
    let refused = |stored: &Value| serde_json::from_value::<T>(stored.clone()).is_err();
    prop_assert!(!refused(stored));
    for name in stored.as_object().expect("an object").keys() {
        let mut without = stored.clone();
        without.as_object_mut().expect("an object").remove(name);
        let optional = ["claims", "notification_token"];
        prop_assert!(refused(&without) || optional.contains(&name.as_str()), "{}", name);
        let mut with_another = stored.clone();
        with_another[name] = json!([true]);
        prop_assert!(refused(&with_another), "{}", name);
    }
    let mut other = stored.clone();
    other["v"] = json!(version);
    prop_assert!(refused(&other) || version == 2);
    let text = stored.to_string();
    for length in (0..text.len()).step_by(7) {
        prop_assert!(serde_json::from_slice::<T>(&text.as_bytes()[..length]).is_err());
    }
    Ok(())
}
