//! (2) A request object: claims, signed and encrypted.

use itsme_core::{
    AuthorizationRequest, Platform,
    internals::{self, ContentEncryption, KeyEncryption, KeySet, Signer, sign_then_encrypt},
};
use itsme_testkit::private_keys;
use serde_json::{Map, Value, json};

use crate::{
    floor,
    id_token::usual_claims,
    paired::{compare, way},
    scene::{Scene, done, own_key},
    tokens::{Sealed, Signed},
    usual,
};

/// The claims of this login's request object, as far as its parameters determine them.
fn claims(scene: &mut Scene, login: AuthorizationRequest) -> Value {
    let url = done(scene.client.authorize(login), &mut scene.clock).url;
    let url = url::Url::parse(&url).expect("a URL");
    let value = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| json!(text));
    let claims: Map<String, Value> =
        url.query_pairs().map(|(name, text)| (name.into_owned(), value(&text))).collect();
    claims.into()
}

pub fn measure() {
    let mut scene = Scene::new();
    let claims = claims(&mut scene, usual_claims());
    let op_keys = KeySet::parse(&scene.key_set()).expect("a key set");
    let (keys, mut env) = (private_keys(), scene.clock.clone());
    let mut itsme = || {
        let signer = Signer::Rs256(internals::signing_key(&keys));
        let to = op_keys.encryption_key().expect("a key");
        let (alg, enc) = (KeyEncryption::RsaOaep256, ContentEncryption::A128CbcHs256);
        let random = |buf: &mut [u8]| env.fill(buf).expect("randomness");
        sign_then_encrypt(&claims, signer, to, alg, enc, random)
    };
    let sealed = Sealed::new(&itsme());
    let signed = Signed::as_long_as_within(&sealed);
    let (own, theirs) = (own_key("sig"), scene.op_key("enc"));
    let mut sealing = floor::Sealing::new(own.clone(), theirs.clone());
    let ways = [
        ("sign and encrypt claims", way(8, || (), |()| itsme())),
        ("floor", way(8, || (), |()| sealing.seal(&sealed, &signed, &[7; 32]))),
        ("usual", way(8, || (), |()| usual::seal(&own, &theirs, (&sealed, &signed), &[7; 32]))),
    ];
    compare(&format!("(2) request object, {} bytes signed", signed.compact.len()), ways);
}
