//! Decrypts an ID token, verifies and checks it, and reads a `User`.

use itsme_core::{
    AuthorizationRequest, Claim, Country, Platform,
    internals::{self, KeySet, SignatureCheck, Verified},
};
use itsme_testkit::{CLIENT_ID, Person, SERVICE, private_keys};
use serde_json::{Value, json};

use crate::{
    floor,
    paired::{Way, compare, way},
    scene::{NONCE, Scene, own_key},
    tokens::{Sealed, Signed},
    usual,
};

/// What an application requests to open an account.
pub fn usual_claims() -> AuthorizationRequest {
    let claims = [
        Claim::Name,
        Claim::GivenName,
        Claim::FamilyName,
        Claim::Gender,
        Claim::Birthdate,
        Claim::Locale,
        Claim::Email,
        Claim::EmailVerified,
        Claim::PhoneNumber,
        Claim::PhoneNumberVerified,
        Claim::Address,
        Claim::PlaceOfBirth,
        Claim::CitizenshipAsIso,
        Claim::NationalNumber(Country::Belgium),
        Claim::IdDocumentSn,
        Claim::IdDocumentType,
        Claim::VerificationDate,
        Claim::ValidityTo,
        Claim::Device,
    ];
    claims.into_iter().fold(AuthorizationRequest::login(SERVICE), |login, claim| login.claim(claim))
}

/// An ID token, and what it takes to open it with and without this library.
pub struct IdToken {
    jwe: String,
    issuer: String,
    op_keys: KeySet,
    pub sealed: Sealed,
    pub signed: Signed,
}

impl IdToken {
    pub fn of(scene: &mut Scene, login: AuthorizationRequest, person: &Person) -> Self {
        let jwe = scene.id_token(login, person);
        let op_keys = KeySet::parse(&scene.key_set()).expect("a key set");
        let (sealed, signed) = (Sealed::new(&jwe), Signed::within(&jwe));
        Self { jwe, issuer: scene.op.issuer().to_owned(), op_keys, sealed, signed }
    }

    /// With this library.
    pub fn itsme(&self, scene: &Scene, executions: u32) -> Way<'_> {
        let (keys, clock) = (private_keys(), scene.clock.clone());
        let execute = move |()| {
            let inner = internals::open(&self.jwe, internals::decryption(&keys), usize::MAX);
            let inner = inner.expect("it decrypts");
            let verified = internals::verify(&inner, SignatureCheck::Rs256(&self.op_keys));
            let Verified { claims, .. } = verified.expect("it was signed");
            let who = (self.issuer.as_str(), CLIENT_ID, NONCE);
            let sub = internals::check_id_token(&claims, who, Platform::now(&clock));
            internals::user(sub.expect("it passes"), claims)
        };
        way(executions, || (), execute)
    }

    /// With the bare operations.
    pub fn floor(&self, scene: &mut Scene, executions: u32) -> Way<'_> {
        let mut opening = floor::Opening::new(own_key("enc"), scene.op_key("sig"));
        way(executions, || (), move |()| opening.open(&self.sealed, &self.signed))
    }

    fn usual(&self, scene: &mut Scene, executions: u32) -> Way<'_> {
        let (own, theirs) = (own_key("enc"), scene.op_key("sig"));
        let execute = move |()| usual::open(&own, &theirs, &self.sealed, &self.signed);
        way(executions, || (), execute)
    }
}

/// (1) Compared with the floor, and with the usual calls.
pub fn of_usual_size() {
    let mut scene = Scene::new();
    let token = IdToken::of(&mut scene, usual_claims(), &Person::ann());
    let ways = [
        ("decrypt, verify, check, read", token.itsme(&scene, 8)),
        ("floor", token.floor(&mut scene, 8)),
        ("usual", token.usual(&mut scene, 8)),
    ];
    compare(&format!("(1) ID token, {} bytes of claims", token.signed.payload_len()), ways);
}

/// A value of this many bytes, made of small ones.
fn small_values(bytes: usize) -> Value {
    let value = json!({ "at": "2023-06-01T13:04:26Z", "what": "something", "how": [1, true] });
    json!(vec![value.clone(); bytes / value.to_string().len()])
}

/// (9) The cost grows with the claims.
pub fn of_every_size() {
    let attestation = |bytes| (Claim::StudentAttestation, small_values(bytes));
    let photo = json!({ "format": "jpg", "value": "/9j/4AAQ".repeat(200 * 1024 / 8) });
    for (what, (claim, value)) in [
        ("1 KB of claims", attestation(1024 - 200)),
        ("10 KB of claims", attestation(10 * 1024)),
        ("100 KB of claims", attestation(100 * 1024)),
        ("photo of 200 KB", (Claim::Photo, photo)),
    ] {
        let name = claim.wire_names(itsme_core::Dialect::V2).expect("a name").remove(0);
        let mut scene = Scene::new();
        let login = AuthorizationRequest::login(SERVICE).claim(claim);
        let token = IdToken::of(&mut scene, login, &Person::ann().with(name, value));
        let ways = [
            ("decrypt, verify, check, read", token.itsme(&scene, 4)),
            ("floor", token.floor(&mut scene, 4)),
        ];
        let bytes = token.signed.payload_len();
        let [time, floor] = compare(&format!("(9) {what}: {bytes} bytes"), ways);
        println!("    {:.1} ns more than the floor per byte", (time - floor) / bytes as f64);
    }
}
