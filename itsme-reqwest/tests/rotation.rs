//! Replaces both keys while 64 users are logging in at the same time, in one runtime.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use itsme_core::{AuthorizationRequest, PrivateKeys, Scope, Timeouts};
use itsme_reqwest::{Client, KeyHolder, Transport};
use itsme_testkit::{Clock, KmsServer, Person, SERVICE, Server, private_keys};
use tokio::{task::JoinSet, time::sleep};

const AT_ONCE: usize = 64;

struct Scene {
    server: Server,
    itsme: Client,
    done: AtomicUsize,
    over: AtomicBool,
}

impl Scene {
    fn new() -> Self {
        let server = Server::start(Clock::system()).expect("loopback has a free port");
        let builder = reqwest::Client::builder().no_proxy();
        let transport = Transport::with_builder(builder, Timeouts::default()).expect("a client");
        let core = itsme_core::Client::new(server.settings()).expect("the settings are sound");
        let itsme = Client::with_transport(core, transport);
        Self { server, itsme, done: 0.into(), over: false.into() }
    }

    async fn log_in(&self) {
        let login = AuthorizationRequest::login(SERVICE).scope(Scope::Email).scopes_by_userinfo();
        let login = self.itsme.authorize(login.as_request_object()).await;
        let login = login.expect("an authorization URL");
        let callback = self.server.approve(&login.url, &Person::ann());
        self.itsme.finish_login(login.state, callback).await.expect("a person");
        self.done.fetch_add(1, SeqCst);
    }

    /// Waits long enough for every user to have started and finished a login.
    async fn logins(&self) {
        let (target, begun) = (self.done.load(SeqCst) + 2 * AT_ONCE, Instant::now());
        while self.done.load(SeqCst) < target {
            assert!(begun.elapsed() < Duration::from_secs(60), "logins have stopped");
            sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Adds two new keys, then signs with the new one, then removes the old ones. The client gets the
/// keys of each step first, and the OP fetches them later.
async fn rotate(scene: Arc<Scene>, steps: &[PrivateKeys]) {
    let mut people = JoinSet::new();
    for _ in 0..AT_ONCE {
        let scene = Arc::clone(&scene);
        people.spawn(async move {
            while !scene.over.load(SeqCst) {
                scene.log_in().await;
            }
        });
    }
    scene.logins().await;
    for keys in steps {
        scene.itsme.replace_keys(keys.clone()).expect("the client authenticates with keys");
        scene.logins().await;
        // The OP fetches the published keys later.
        scene.server.op().publish(&keys.public_jwks());
        scene.logins().await;
    }
    scene.itsme.forget_old_keys();
    scene.logins().await;
    scene.over.store(true, SeqCst);
    let mut lost = 0;
    while let Some(person) = people.join_next().await {
        lost += usize::from(person.is_err());
    }
    assert_eq!(lost, 0, "of {AT_ONCE}");
    assert!(scene.done.load(SeqCst) >= 2 * (steps.len() * 2 + 2) * AT_ONCE);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_lost() {
    let old = private_keys();
    let both = old.with_new_encryption_key().and_then(|keys| keys.with_new_signing_key());
    let both = both.expect("keys");
    let signing = both.signing_with(both.signing_kids()[1]).expect("the key is in the set");
    let gone = old.signing_kids().into_iter().chain(old.encryption_kids());
    let new = gone
        .fold(signing.clone(), |keys, kid| keys.without(kid).expect("the old key is in the set"));
    rotate(Arc::new(Scene::new()), &[both, signing, new]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_lost_on_the_way_to_a_kms() {
    let mut scene = Scene::new();
    let kms = KmsServer::start().expect("loopback has a free port");
    let (cloud, transport) = (kms.kms().client(), scene.itsme.transport().clone());
    let holder = KeyHolder::new(move |operation| {
        let (cloud, transport) = (cloud.clone(), transport.clone());
        async move { cloud.outcome(transport.send(cloud.request(&operation)).await.ok()) }
    });
    scene.itsme = scene.itsme.key_holder(holder.timeout(Duration::from_secs(30)));
    let outside = kms.kms().keys();
    let both = private_keys().with_external(&outside.public_jwks()).expect("keys");
    let signing = both.signing_with("kms-sig-1").expect("the key is in the set");
    rotate(Arc::new(scene), &[both, signing, outside]).await;
    assert!(kms.kms().calls().len() > AT_ONCE);
}
