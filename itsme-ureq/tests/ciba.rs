//! Asks users in the app without a browser, over a real socket.

use itsme_core::{
    AuthorizationRequest, Backchannel, BackchannelRequest, CibaTicket, Progress, QrLogin, Scope,
    Timeouts, UserDiscovery, UserDiscoveryTicket,
};
use itsme_testkit::{Clock, Person, SERVICE, Server};
use itsme_ureq::{Client, Transport};
use ureq::Agent;

fn client(server: &Server) -> Client {
    let agent = Agent::config_builder().proxy(None).build().into();
    let transport = Transport::with_agent(agent, Timeouts::default());
    let core = itsme_core::Client::new(server.settings()).expect("the settings are sound");
    Client::with_transport(core, transport)
}

fn server() -> Server {
    let server = Server::start(Clock::system()).expect("loopback has a free port");
    server.op().polling_interval(Some(1));
    server
}

#[test]
fn somebody_scans_a_code_and_approves() {
    let server = server();
    let itsme = client(&server);
    let mut login =
        QrLogin::new(AuthorizationRequest::login(SERVICE).scope(Scope::Email).scopes_by_userinfo());
    let who = loop {
        login = match itsme.next_qr_step(login).expect("progress") {
            Progress::Scan { then, .. } => {
                let mut op = server.op();
                let session = op.pending_sessions()[0].to_owned();
                op.scan(&session, &Person::ann());
                then
            }
            Progress::Scanned { then } => then,
            Progress::Waiting { then } => {
                let mut op = server.op();
                let asked = op.pending_backchannel()[0].auth_req_id.clone();
                op.approve_backchannel(&asked);
                then
            }
            Progress::LoggedIn(who) => break who,
        };
    };
    assert_eq!(who.user.sub, server.op().sub_of(&Person::ann()));
    assert_eq!(who.user.email.as_deref(), Some("ann.peeters@mail.example"));
}

#[test]
fn what_one_client_begins_others_finish() {
    let server = server();
    let ticket = client(&server).discover_user().expect("a code");
    server.op().scan(ticket.session_id(), &Person::daan());
    let ticket = serde_json::to_string(&ticket).expect("a ticket is JSON");

    let ticket: UserDiscoveryTicket = serde_json::from_str(&ticket).expect("a ticket");
    let Ok(UserDiscovery::Found(who)) = client(&server).poll_user_discovery(ticket) else {
        panic!("Daan")
    };
    let request = BackchannelRequest::discovered(who, AuthorizationRequest::login(SERVICE));
    let ticket = client(&server).start_backchannel(request).expect("a ticket");
    server.op().approve_backchannel(ticket.auth_req_id());
    let ticket = serde_json::to_string(&ticket).expect("a ticket is JSON");

    let ticket: CibaTicket = serde_json::from_str(&ticket).expect("a ticket");
    let Ok(Backchannel::LoggedIn(who)) = client(&server).poll_backchannel(ticket) else {
        panic!("Daan")
    };
    assert_eq!(who.user.sub, server.op().sub_of(&Person::daan()));
}
