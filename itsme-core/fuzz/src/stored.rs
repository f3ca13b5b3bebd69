//! Values that an application stores between two steps of a login.

use itsme_core::{
    Callback, CibaTicket, Evidence, LoggedIn, LoginState, Provider, Recording, UserDiscoveryTicket,
    internals::replay,
};
use itsme_testkit::private_keys;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    flows::{Scene, tell},
    input::Input,
};

/// Stored values, as text: a login state, a provider, evidence, tickets, a completed login, a recording. The
/// first byte selects which one. Returns whether the text could be read.
pub fn stored(data: &[u8]) -> bool {
    let mut input = Input::new(data);
    let kind = input.byte();
    let text = String::from_utf8_lossy(input.rest()).into_owned();
    match kind % 7 {
        0 => {
            let Some(login) = read::<LoginState>(&text) else { return false };
            let mut scene = Scene::warm();
            let callback = Callback::from_pairs([("code", "c"), ("state", login.id())]);
            if let Err(error) = scene.client.finish_login(login, callback).start(&mut scene.world) {
                tell(&error);
            }
        }
        1 => {
            let Some(provider) = read::<Provider>(&text) else { return false };
            let mut scene = Scene::cold();
            if scene.client.import_provider(provider).is_ok() {
                let _ = scene.authorize().start(&mut scene.world);
            }
        }
        2 => {
            let Ok(evidence) = Evidence::from_text(&text) else { return false };
            assert_eq!(*evidence.to_text(), text);
        }
        3 => {
            let Some(ticket) = read::<CibaTicket>(&text) else { return false };
            let mut scene = Scene::warm();
            scene.take_up(scene.client.poll_backchannel(ticket));
        }
        4 => {
            let Some(ticket) = read::<UserDiscoveryTicket>(&text) else { return false };
            let mut scene = Scene::warm();
            scene.take_up(scene.client.poll_user_discovery(ticket));
        }
        5 => {
            let Some(login) = read::<LoggedIn>(&text) else { return false };
            let _ = format!("{login:?}");
        }
        // As a file, and as what someone who knows the client's public key can put into one.
        _ => {
            if let Ok(recording) = text.parse::<Recording>() {
                Scene::cold().take_up(recording.open(private_keys()));
            }
            let Some(replay) = replay(&text, private_keys().into()) else { return false };
            let replayed = replay.run();
            let _ = (replayed.is_same(), replayed.documents().count());
        }
    }
    true
}

/// Reads stored text and checks that it is the same after being written and read back.
fn read<T: Serialize + DeserializeOwned>(text: &str) -> Option<T> {
    let stored = serde_json::from_str::<T>(text).ok()?;
    let again = serde_json::to_string(&stored).expect("what is stored is JSON");
    let read: T = serde_json::from_str(&again).expect("what was stored can be read");
    assert_eq!(serde_json::to_string(&read).expect("JSON"), again);
    Some(stored)
}
