//! A provider that was stored and is loaded.

use itsme_core::{Client, Error, MetadataError, Platform, Provider};
use itsme_testkit::{FakeOp, World};
use serde_json::{Value, json};

use crate::{
    HOUR,
    common::{DISCOVERY, KEYS, Scene, TOKEN},
    minutes,
};

#[test]
fn a_snapshot_saves_another_process_the_fetch() {
    let mut scene = Scene::warm();
    let stored = serde_json::to_string(&*scene.client.provider().expect("cached")).expect("JSON");
    let Scene { world, op, .. } = &mut scene;
    let other = Client::new(op.settings()).expect("the settings are sound");
    assert!(other.provider().is_none());
    other.import_provider(serde_json::from_str(&stored).expect("a snapshot")).expect("ours");
    let mut fleet = Scene { world: World::new(), op: FakeOp::new(world.clock()), client: other };
    fleet.world.set(world.now());
    fleet.log_in().expect("a person");
    assert_eq!(fleet.op.asked(), [TOKEN]);
    fleet.op.forget_asked();
    fleet.world.advance(HOUR);
    world.advance(HOUR);
    fleet.log_in().expect("a person");
    assert_eq!(fleet.op.asked(), [DISCOVERY, KEYS, TOKEN], "it keeps its age");
}

#[test]
fn a_foreign_or_newer_snapshot_is_refused() {
    let scene = Scene::warm();
    let provider = scene.client.provider().expect("cached");
    let mut stored = serde_json::to_value(&*provider).expect("JSON");
    let import = |stored: &Value| {
        let provider: Provider = serde_json::from_value(stored.clone()).expect("a snapshot");
        scene.client.import_provider(provider)
    };
    assert!(import(&stored).is_ok());
    stored["unknown"] = json!(1);
    assert!(import(&stored).is_ok(), "unknown members are accepted");
    let mut foreign = stored.clone();
    foreign["metadata"]["issuer"] = json!("https://evil.example");
    assert!(matches!(import(&foreign), Err(Error::ForeignProvider)));
    let mut http = stored.clone();
    http["metadata"]["token_endpoint"] = json!("http://op.example/token");
    assert!(matches!(
        import(&http),
        Err(Error::Metadata(MetadataError::Url { member: "token_endpoint", .. }))
    ));
    stored["v"] = json!(3);
    let error = serde_json::from_value::<Provider>(stored).expect_err("another version");
    assert!(error.to_string().contains("a different version"), "{error}");
}

#[test]
fn an_older_snapshot_does_not_replace_newer_keys() {
    let mut scene = Scene::warm();
    let old = scene.client.provider().expect("cached");
    scene.world.advance(minutes(1));
    scene.op.rotate_signing_key();
    scene.play(scene.client.refresh()).expect("the OP answers");
    scene.client.import_provider((*old).clone()).expect("ours");
    scene.op.forget_asked();
    scene.log_in().expect("a person");
    assert_eq!(scene.op.asked(), [TOKEN]);
    let new = scene.client.provider().expect("cached");
    let other = Client::new(scene.op.settings()).expect("the settings are sound");
    for snapshot in [old.clone(), new.clone(), old.clone()] {
        other.import_provider((*snapshot).clone()).expect("ours");
    }
    assert_eq!(other.provider().expect("cached").keys_fetched_at(), new.keys_fetched_at());
    assert_eq!(old.issuer(), "https://op.example/v2");
}
