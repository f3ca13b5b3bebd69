//! Clients whose private keys are in a KMS: every flow, and how often each uses a key.

mod failures;
mod replacing;
mod sets;

use std::{cell::RefCell, time::Duration};

use itsme_core::{
    Advice, AuthorizationRequest, Backchannel, BackchannelRequest, CibaTicket, Claim, Client,
    DriveError, Error, Flow, FreeText, KeyOperation, KeyResult, LoggedIn, LoginHintForm,
    PrivateKeys, Progress, QrLogin, Redirect, Scope, SendFailure, Settings, drive, drive_with_keys,
};
use itsme_testkit::{
    CONFIRM_SERVICE, FakeKms, FakeOp, IDENTIFY_SERVICE, Person, REQUEST_URI, SERVICE,
    SHARE_SERVICE, World,
};

const SIGN: &str = "RS256";
const UNWRAP: &str = "RSA-OAEP-256";

struct Outside {
    world: World,
    op: FakeOp,
    kms: FakeKms,
    client: Client,
}

impl Outside {
    fn new() -> Self {
        Self::with(FakeOp::new, |settings| settings)
    }

    /// With metadata cached, and nothing requested since.
    fn with(
        op: impl FnOnce(itsme_testkit::Clock) -> FakeOp,
        change: impl FnOnce(Settings) -> Settings,
    ) -> Self {
        let world = World::new();
        let (mut op, kms) = (op(world.clock()), FakeKms::new());
        let client = Client::new(change(op.settings_with(kms.keys()))).expect("sound settings");
        let mut outside = Self { world, op, kms, client };
        outside.play(outside.client.refresh()).expect("the OP answers");
        outside.op.forget_asked();
        outside
    }

    fn play<T>(&mut self, flow: Flow<T>) -> Result<T, DriveError<SendFailure>> {
        let Self { world, op, kms, .. } = self;
        drive_by(flow, (world, op), |operation| kms.use_key(&operation))
    }

    fn authorize(&mut self, request: AuthorizationRequest) -> Redirect {
        self.play(self.client.authorize(request)).expect("an authorization URL")
    }

    fn approved(&mut self, request: AuthorizationRequest) -> Flow<LoggedIn> {
        let Redirect { url, state, .. } = self.authorize(request);
        let callback = self.op.approve(&url, &Person::ann());
        self.client.finish_login(state, callback)
    }

    fn log_in(&mut self, request: AuthorizationRequest) -> LoggedIn {
        let flow = self.approved(request);
        let who = self.play(flow).expect("a person");
        assert_eq!(who.user.sub, self.op.sub_of(&Person::ann()));
        who
    }

    fn start(&mut self) -> CibaTicket {
        let login = AuthorizationRequest::login(SERVICE);
        let request = BackchannelRequest::known_user(self.op.sub_of(&Person::ann()), login);
        self.play(self.client.start_backchannel(request)).expect("a ticket")
    }

    /// What the KMS has been asked since the last time.
    fn calls(&self, since: usize) -> Vec<&str> {
        self.kms.calls()[since..].iter().map(|call| call.algorithm.as_str()).collect()
    }
}

fn drive_by<T>(
    flow: Flow<T>,
    (world, op): (&mut World, &mut FakeOp),
    use_key: impl FnMut(KeyOperation) -> KeyResult,
) -> Result<T, DriveError<SendFailure>> {
    let clock = world.clock();
    let send = |request| op.handle(request).map_err(|why| (why, why));
    drive_with_keys(flow, world, send, |time| clock.advance(time), use_key)
}

fn login() -> AuthorizationRequest {
    AuthorizationRequest::login(SERVICE)
}

#[test]
fn every_service_asks_as_often_as_the_guide_says() {
    let yes = || AuthorizationRequest::confirm(CONFIRM_SERVICE, FreeText::new("Yes?"));
    let cases = [
        (login(), vec![SIGN, UNWRAP]),
        (login().scope(Scope::Email), vec![SIGN, UNWRAP]),
        (login().scope(Scope::Email).scopes_by_userinfo(), vec![SIGN, UNWRAP, UNWRAP]),
        (login().as_request_object(), vec![SIGN, SIGN, UNWRAP]),
        (
            AuthorizationRequest::identification(IDENTIFY_SERVICE, Scope::Profile),
            vec![SIGN, UNWRAP],
        ),
        (AuthorizationRequest::share_data(SHARE_SERVICE, Claim::Address), vec![SIGN, UNWRAP]),
        (yes(), vec![SIGN, SIGN, UNWRAP]),
    ];
    for (request, asked) in cases {
        let mut outside = Outside::new();
        outside.log_in(request);
        assert_eq!(outside.calls(0), asked);
    }
    let mut outside = Outside::new();
    let (uri, minute) = (format!("{REQUEST_URI}1"), Duration::from_secs(60));
    let hosted = outside.client.request_object(yes(), &uri, minute);
    let hosted = outside.play(hosted).expect("a request object");
    let response = hosted.object.response();
    outside.op.host(move |asked| (asked == uri).then(|| response.clone()));
    let callback = outside.op.approve(&hosted.redirect.url, &Person::ann());
    let flow = outside.client.finish_login(hosted.redirect.state, callback);
    assert!(outside.play(flow).is_ok());
    assert_eq!(outside.calls(0), [SIGN, SIGN, UNWRAP]);
}

#[test]
fn the_older_dialect_asks_by_its_own_algorithm() {
    for request in [
        login().scope(Scope::Email),
        AuthorizationRequest::share_data(SHARE_SERVICE, Claim::Address),
        AuthorizationRequest::confirm(CONFIRM_SERVICE, FreeText::new("Yes?")),
    ] {
        let mut outside = Outside::with(|clock| FakeOp::new(clock).v1(), |settings| settings);
        let mut set: serde_json::Value =
            serde_json::from_str(&outside.kms.public_jwks()).expect("JSON");
        set["keys"][1]["alg"] = "RSA-OAEP".into();
        let keys = PrivateKeys::external(&set.to_string()).expect("they are sound");
        outside.client = Client::new(outside.op.settings_with(keys)).expect("sound settings");
        outside.log_in(request);
        let calls = outside.calls(0);
        assert!(calls.len() >= 3, "{calls:?}");
        assert!(calls.iter().all(|call| [SIGN, "RSA-OAEP"].contains(call)), "{calls:?}");
    }
}

#[test]
fn people_are_asked_without_a_browser() {
    for (form, signatures) in
        [(LoginHintForm::Signed, 3), (LoginHintForm::Unsigned, 2), (LoginHintForm::Object, 2)]
    {
        let with = |settings: Settings| settings.login_hint_token(form);
        let mut outside = Outside::with(FakeOp::new, with);
        let mut ticket = outside.start();
        assert_eq!(outside.calls(0), vec![SIGN; signatures], "{form:?}");
        for _ in 0..2 {
            let since = outside.kms.calls().len();
            let answer = outside.play(outside.client.poll_backchannel(ticket));
            let Ok(Backchannel::Pending(again)) = answer else { panic!("nobody has answered") };
            assert_eq!(outside.calls(since), [SIGN], "every poll signs once");
            ticket = again;
        }
        outside.op.approve_backchannel(ticket.auth_req_id());
        let since = outside.kms.calls().len();
        let answer = outside.play(outside.client.poll_backchannel(ticket));
        assert!(matches!(answer, Ok(Backchannel::LoggedIn(_))));
        assert_eq!(outside.calls(since), [SIGN, UNWRAP]);
    }
}

#[test]
fn somebody_scans_a_code() {
    let mut outside = Outside::new();
    let mut login = QrLogin::new(login());
    let who = loop {
        login = match outside.play(outside.client.next_qr_step(login)).expect("progress") {
            Progress::Scan { then, .. } => {
                let session = outside.op.pending_sessions()[0].to_owned();
                outside.op.scan(&session, &Person::ann());
                then
            }
            Progress::Scanned { then } => then,
            Progress::Waiting { then } => {
                let asked = outside.op.pending_backchannel()[0].auth_req_id.clone();
                outside.op.approve_backchannel(&asked);
                then
            }
            Progress::LoggedIn(who) => break who,
        };
    };
    assert_eq!(who.user.sub, outside.op.sub_of(&Person::ann()));
    let signatures = outside.calls(0).iter().filter(|call| **call == SIGN).count();
    let polls = outside.op.asked().len();
    assert_eq!(signatures, polls + 2, "one for each request, and two more for the start");
}

/// The message may contain the text of a confirmation: a KMS only sees its digest.
#[test]
fn the_digest_is_what_is_signed() {
    let mut outside = Outside::new();
    let text = FreeText::new("Close the account?");
    let confirm = AuthorizationRequest::confirm(CONFIRM_SERVICE, text);
    let seen = RefCell::new(Vec::new());
    let Outside { world, op, kms, client } = &mut outside;
    let redirect = drive_by(client.authorize(confirm), (world, op), |operation| {
        let shown = format!("{operation:?}");
        let KeyOperation::Sign { kid, input, .. } = &operation else { panic!("it signs") };
        assert_eq!(shown, format!("Sign({kid}, RS256)"));
        assert_eq!(format!("{input:?}"), "SigningInput(..)");
        assert_eq!(input.digest_info()[19..], input.digest());
        assert_eq!(input.digest_info()[..4], [0x30, 0x31, 0x30, 0x0d], "RFC 8017 §9.2, note 1");
        let header = input.as_bytes().split(|byte| *byte == b'.').next().expect("a header");
        let header = itsme_core::internals::base64url_decode(header);
        let header = String::from_utf8(header.expect("base64url")).expect("text");
        assert!(header.contains(r#""kid":"kms-sig-1""#), "{header}");
        seen.borrow_mut().push(kid.clone());
        kms.use_key(&operation)
    });
    assert!(redirect.is_ok());
    assert_eq!(*seen.borrow(), ["kms-sig-1"]);
}

#[test]
fn without_a_key_holder_nothing_is_sent() {
    let mut outside = Outside::new();
    let flow = outside.approved(login());
    outside.op.forget_asked();
    let Outside { world, op, .. } = &mut outside;
    let send = |request| op.handle(request).map_err(|why| (why, why));
    let error = drive(flow, world, send, |_| ()).expect_err("nobody can sign");
    let text = "the key `kms-sig-1` is external, but no key holder was set";
    assert_eq!(error.to_string(), text);
    assert!(matches!(&error, DriveError::Flow(Error::NoKeyHolder { kid }) if kid == "kms-sig-1"));
    assert_eq!(error.advice(), Advice::OurFault);
    assert!(outside.op.asked().is_empty());
}
