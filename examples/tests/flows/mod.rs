//! Every flow of a client, against a fake itsme at which only its public keys are registered.

mod itsme;

use itsme_core::{
    Acr, AuthorizationRequest, Backchannel, BackchannelRequest, Claim, FreeText, LoggedIn, Payment,
    PrivateKeys, Progress, QrLogin, Scope, Timeouts,
};
use itsme_reqwest::KeyHolder;
use itsme_testkit::{
    CONFIRM_SERVICE, Clock, FakeOp, IDENTIFY_SERVICE, Person, REQUEST_URI, SERVICE, SHARE_SERVICE,
    Server,
};

pub use self::itsme::Itsme;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    V1,
    V2,
}

/// Runs all flows four times: with both protocol versions, over both adapters. The keys are
/// external, and are used through these key holders.
pub fn run_everywhere(
    keys: &PrivateKeys,
    holder: &KeyHolder,
    blocking_holder: &itsme_ureq::KeyHolder,
) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    for dialect in [Dialect::V1, Dialect::V2] {
        let scene = Scene::new(dialect, keys);
        runtime.block_on(scene.run_all(&scene.client(keys, holder.clone())));
        let scene = Scene::new(dialect, keys);
        let blocking = scene.blocking_client(keys, blocking_holder.clone());
        runtime.block_on(scene.run_all(&blocking));
    }
}

/// A fake itsme, and how to run flows against it.
pub struct Scene {
    pub server: Server,
    dialect: Dialect,
}

impl Scene {
    pub fn new(dialect: Dialect, keys: &PrivateKeys) -> Self {
        let server = Server::start(Clock::system()).expect("loopback has a free port");
        {
            let mut op = server.op();
            if dialect == Dialect::V1 {
                let issuer = op.issuer().replace("/v2", "/oidc");
                *op = FakeOp::with_issuer(issuer, Clock::system()).v1();
            }
            op.polling_interval(Some(1));
            op.publish(&keys.public_jwks());
        }
        Self { server, dialect }
    }

    pub fn client(&self, keys: &PrivateKeys, holder: KeyHolder) -> itsme_reqwest::Client {
        let http = reqwest::Client::builder().no_proxy();
        let transport = itsme_reqwest::Transport::with_builder(http, Timeouts::default());
        let transport = transport.expect("an HTTP client").key_holder(holder);
        itsme_reqwest::Client::with_transport(self.core(keys), transport)
    }

    pub fn blocking_client(
        &self,
        keys: &PrivateKeys,
        holder: itsme_ureq::KeyHolder,
    ) -> itsme_ureq::Client {
        let agent = ureq::Agent::config_builder().proxy(None).build().into();
        let transport = itsme_ureq::Transport::with_agent(agent, Timeouts::default());
        itsme_ureq::Client::with_transport(self.core(keys), transport.key_holder(holder))
    }

    fn core(&self, keys: &PrivateKeys) -> itsme_core::Client {
        let settings = self.server.op().settings_with(keys.clone());
        itsme_core::Client::new(settings).expect("the settings are sound")
    }

    /// Runs all flows that the protocol version supports.
    pub async fn run_all(&self, itsme: &impl Itsme) {
        itsme.check_keys().await;
        self.log_in(itsme).await;
        self.identify(itsme).await;
        self.share_data(itsme).await;
        self.confirm(itsme).await;
        self.confirm_by_a_hosted_object(itsme).await;
        if self.dialect == Dialect::V2 {
            self.scan_a_code(itsme).await;
            self.ask_a_known_user(itsme).await;
        }
    }

    /// Logs in, requesting the e-mail address from userinfo and a picture.
    async fn log_in(&self, itsme: &impl Itsme) {
        let request = AuthorizationRequest::login(SERVICE).scope(Scope::Email).scopes_by_userinfo();
        let who = self.go(itsme, request.claim(Claim::Picture)).await;
        assert_eq!(who.user.sub, self.server.op().sub_of(&Person::ann()));
        assert_eq!(who.user.email.as_deref(), Some("ann.peeters@mail.example"));
        itsme.picture(&who).await;
    }

    async fn identify(&self, itsme: &impl Itsme) {
        let request = AuthorizationRequest::identification(IDENTIFY_SERVICE, Scope::Profile);
        let who = self.go(itsme, request.scope(Scope::Eid)).await;
        assert_eq!(who.user.be_eid_sn.as_deref(), Some("591-1234567-53"));
    }

    async fn share_data(&self, itsme: &impl Itsme) {
        let request = AuthorizationRequest::share_data(SHARE_SERVICE, Claim::Address);
        assert!(self.go(itsme, request).await.user.address.is_some());
    }

    async fn confirm(&self, itsme: &impl Itsme) {
        let ann = self.server.op().sub_of(&Person::ann());
        let request = AuthorizationRequest::confirm(CONFIRM_SERVICE, FreeText::new("Yes?"));
        let who = self.go(itsme, request.known_user(&ann).acr(Acr::Advanced)).await;
        assert_eq!((who.user.sub, who.acr), (ann, Some(Acr::Advanced)));
    }

    async fn confirm_by_a_hosted_object(&self, itsme: &impl Itsme) {
        let payment = Payment::new("20", "EUR", "BE68539007547034");
        let request = AuthorizationRequest::confirm(CONFIRM_SERVICE, payment);
        let uri = format!("{REQUEST_URI}1");
        let hosted = itsme.request_object(request, &uri).await;
        let response = hosted.object.response();
        self.server.op().host(move |asked| (asked == uri).then(|| response.clone()));
        let callback = self.server.approve(&hosted.redirect.url, &Person::daan());
        let who = itsme.finish_login(hosted.redirect.state, callback).await;
        assert_eq!(who.user.sub, self.server.op().sub_of(&Person::daan()));
    }

    async fn scan_a_code(&self, itsme: &impl Itsme) {
        let mut login = QrLogin::new(
            AuthorizationRequest::login(SERVICE).scope(Scope::Email).scopes_by_userinfo(),
        );
        let who = loop {
            login = match itsme.next_qr_step(login).await {
                Progress::Scan { then, .. } => {
                    let mut op = self.server.op();
                    let session = op.pending_sessions()[0].to_owned();
                    op.scan(&session, &Person::ann());
                    then
                }
                Progress::Scanned { then } => then,
                Progress::Waiting { then } => {
                    let mut op = self.server.op();
                    let asked = op.pending_backchannel()[0].auth_req_id.clone();
                    op.approve_backchannel(&asked);
                    then
                }
                Progress::LoggedIn(who) => break who,
            };
        };
        assert_eq!(who.user.sub, self.server.op().sub_of(&Person::ann()));
        assert_eq!(who.user.email.as_deref(), Some("ann.peeters@mail.example"));
    }

    async fn ask_a_known_user(&self, itsme: &impl Itsme) {
        let daan = self.server.op().sub_of(&Person::daan());
        let what = AuthorizationRequest::login(SERVICE);
        let ticket = itsme.start_backchannel(BackchannelRequest::known_user(&daan, what)).await;
        self.server.op().approve_backchannel(ticket.auth_req_id());
        match itsme.poll_backchannel(ticket).await {
            Backchannel::LoggedIn(who) => assert_eq!(who.user.sub, daan),
            other => panic!("{other:?}"),
        }
    }

    async fn go(&self, itsme: &impl Itsme, request: AuthorizationRequest) -> LoggedIn {
        let login = itsme.authorize(request).await;
        let callback = self.server.approve(&login.url, &Person::ann());
        itsme.finish_login(login.state, callback).await
    }
}
