//! What the metadata decides.

use itsme_core::{AuthorizationRequest, Error, MetadataError, Step, TokenError};
use itsme_testkit::{Document, Person, SERVICE};
use serde_json::{Value, json};

use crate::common::{DISCOVERY, Scene, flow_error, id_token_error};

#[test]
fn a_slash_at_the_end_of_the_issuer_is_cut_for_the_address_alone() {
    let mut scene = Scene::with(|settings| {
        let environment = itsme_core::Environment::custom("https://op.example/v2/");
        let keys = itsme_testkit::private_keys();
        drop(settings);
        itsme_core::Settings::new(itsme_testkit::CLIENT_ID, keys, environment)
            .redirect_uri(itsme_testkit::REDIRECT_URI)
    });
    let error = flow_error(scene.play(scene.client.refresh()));
    assert_eq!(scene.op.asked(), [DISCOVERY]);
    assert!(matches!(error, Error::Metadata(MetadataError::ForeignIssuer { .. })), "{error}");
    let slash = |members: &mut serde_json::Map<String, Value>| {
        members.insert("iss".into(), json!("https://op.example/v2/"));
        members.insert("issuer".into(), json!("https://op.example/v2/"));
    };
    scene.op.alter(Document::Discovery, slash);
    scene.op.alter(Document::IdToken, slash);
    assert!(scene.log_in().is_ok());
}

#[test]
fn the_built_in_environments_have_their_own_names_alone() {
    use itsme_core::Environment::{E2e, E2eV1, Production};
    for (environment, own, second) in [
        (E2eV1, "https://merchant.e2e.itsme.be/oidc", "https://e2emerchant.itsme.be/oidc"),
        (Production, "https://idp.prd.itsme.services/v2", "https://oidc.prd.itsme.services/v2"),
        (E2e, "https://idp.e2e.itsme.services/v2", "https://oidc.e2e.itsme.services/v2"),
    ] {
        assert_eq!(environment.issuer(), own);
        for (issuer, accepted) in [(own, true), (second, true), ("https://op.example/v2", false)] {
            let mut scene = Scene::at(environment.clone());
            for document in [Document::Discovery, Document::IdToken] {
                scene.op.alter(document, move |members| {
                    let name = if document == Document::Discovery { "issuer" } else { "iss" };
                    members.insert(name.into(), json!(issuer));
                });
            }
            assert_eq!(scene.log_in_if_possible(), accepted, "{issuer}");
        }
        // A token's issuer must be the metadata's.
        let mut scene = Scene::at(environment.clone());
        scene.op.alter(Document::IdToken, move |claims| {
            claims.insert("iss".into(), json!(second));
        });
        assert_eq!(id_token_error(scene.log_in()), TokenError::Issuer);
    }
}

/// The client uses an encryption that the OP says it supports.
#[test]
fn the_content_encryption_is_one_that_the_op_reads() {
    let both = ["A128CBC-HS256", "A256GCM"];
    for (advertised, written) in [
        (None, "A128CBC-HS256"),
        (Some(&both[..]), "A128CBC-HS256"),
        (Some(&both[1..]), "A256GCM"),
        (Some(&["A192GCM"][..]), "A128CBC-HS256"),
    ] {
        let mut scene = Scene::new();
        let advertised = advertised.map(|names| json!(names));
        scene.op.alter(Document::Discovery, move |document| {
            let name = "request_object_encryption_enc_values_supported".to_owned();
            document.extend(advertised.clone().map(|names| (name, names)));
        });
        let login = scene.authorize(AuthorizationRequest::login(SERVICE));
        let callback = scene.op.approve(&login.url, &Person::ann());
        let Scene { world, op, client } = &mut scene;
        let step = client.finish_login(login.state, callback).start(world).expect("a step");
        let Step::Send(request, pending) = step else { panic!("it redeems the code") };
        let form: Vec<_> = url::form_urlencoded::parse(request.body()).into_owned().collect();
        let assertion = form.iter().find(|(name, _)| name == "client_assertion");
        let header =
            assertion.expect("an assertion").1.split('.').next().expect("a header").to_owned();
        let header = itsme_core::internals::base64url_decode(header).expect("base64url");
        let header: Value = serde_json::from_slice(&header).expect("JSON");
        assert_eq!(
            header,
            json!({ "alg": "RSA-OAEP-256", "enc": written, "cty": "JWT", "typ": "JWT", "kid": "e1" })
        );
        assert!(pending.receive(op.handle(request).expect("an answer"), world).is_ok());
    }
}
