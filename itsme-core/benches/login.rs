//! (7) A whole warm login in memory, without the OP's share.

use std::time::Duration;

use cpu_time::ThreadTime;
use itsme_testkit::Person;
use url::form_urlencoded;

use crate::{
    floor,
    id_token::IdToken,
    paired::{Way, compare, nanoseconds, way},
    scene::{Scene, own_key},
    tokens::{Sealed, Signed},
    warm_login::{WarmLogin, request},
};

/// The CPU time of a login, without what is spent outside.
fn itsme<'a>() -> Way<'a> {
    let mut login = WarmLogin::new();
    Box::new(move || {
        let (start, mut outside) = (ThreadTime::now(), Duration::ZERO);
        let who = login.run(&mut |run| {
            let start = ThreadTime::now();
            run();
            outside += start.elapsed();
        });
        drop(who);
        nanoseconds(start.elapsed() - outside)
    })
}

pub fn measure() {
    let (mut scene, ann) = (Scene::new(), Person::ann());
    let token = IdToken::of(&mut scene, request(), &ann);
    let token_request = scene.token_request(request(), &ann);
    let mut form = form_urlencoded::parse(token_request.body());
    let assertion = form.find(|(name, _)| name == "client_assertion").expect("an assertion").1;
    let assertion = Sealed::new(&assertion);
    let signed = Signed::as_long_as_within(&assertion);
    let mut sealing = floor::Sealing::new(own_key("sig"), scene.op_key("enc"));
    let mut opening = floor::Opening::new(own_key("enc"), scene.op_key("sig"));
    let floor = |()| {
        sealing.seal(&assertion, &signed, &[7; 32]);
        opening.open(&token.sealed, &token.signed);
    };
    let [time, _] =
        compare("(7) warm login in memory", [("login", itsme()), ("floor", way(2, || (), floor))]);
    println!("    {:.0} logins per CPU second", 1e9 / time);
}
