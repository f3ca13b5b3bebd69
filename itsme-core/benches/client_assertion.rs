//! (3) A signed client assertion, not encrypted.

use itsme_core::{
    Platform,
    internals::{self, Signer, base64url},
};
use itsme_testkit::{CLIENT_ID, private_keys};

use crate::{
    floor,
    paired::{compare, way},
    scene::{Scene, own_key},
    tokens::Signed,
    usual,
};

pub fn measure() {
    let Scene { clock, op, .. } = Scene::new();
    let (keys, mut env) = (private_keys(), clock);
    let audience = format!("{}/token", op.issuer());
    let mut itsme = || {
        let mut jti = [0; 32];
        env.fill(&mut jti).expect("randomness");
        let claims =
            internals::assertion_claims(CLIENT_ID, &audience, base64url(jti), Platform::now(&env));
        internals::sign(&claims, Signer::Rs256(internals::signing_key(&keys)))
    };
    let assertion = Signed::new(itsme());
    let own = own_key("sig");
    let mut signing = floor::Signing::new(own.clone());
    let ways = [
        ("claims, and sign them", way(8, || (), |()| itsme())),
        ("floor", way(8, || (), |()| signing.sign(&assertion.message))),
        ("usual", way(8, || (), |()| usual::sign(&own, &assertion.message))),
    ];
    compare("(3) client assertion, signed only", ways);
}
