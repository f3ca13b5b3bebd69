//! Tests all of CIBA with requests built by hand, including what a careful OP rejects.

mod backchannel;
mod redeem;
mod user_discovery;

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use itsme_core::{Platform as _, Response};
use serde_json::{Map, Value, json};

use super::{
    super::{
        FakeOp,
        bench::{self, Form, json_body, key, refusal, signed},
    },
    CIBA_GRANT_TYPE,
};
use crate::{CLIENT_ID, Person, RegisteredClient, SERVICE, World, jose, private_keys};

const OTHER_CLIENT: &str = "OTHER";
/// The notification endpoint of the client in ping mode.
const NOTIFICATIONS: &str = "https://rp.example/itsme/ping";

struct Bench {
    world: World,
    op: FakeOp,
    client_id: &'static str,
    jtis: u32,
}

impl Bench {
    fn new() -> Self {
        let world = World::new();
        let mut op = FakeOp::new(world.clock());
        let other = RegisteredClient::new(OTHER_CLIENT, &private_keys().public_jwks());
        op.register(other.service(SERVICE));
        Self { world, op, client_id: CLIENT_ID, jtis: 0 }
    }

    fn after(&mut self, seconds: u64) -> &mut Self {
        self.world.advance(Duration::from_secs(seconds));
        self
    }

    fn jti(&mut self) -> String {
        self.jtis += 1;
        self.jtis.to_string()
    }

    /// Posts a form as the client, with an assertion for this audience.
    fn post(&mut self, path: &str, audience: &str, form: Form) -> Response {
        let (audience, jti) = (self.op.endpoint(audience), self.jti());
        let claims = bench::assertion_claims(self.client_id, &audience, &jti, self.world.now());
        let assertion = signed("rp-sig-1", &claims, "rp-sig-1");
        let mut all = bench::client_auth(self.client_id, &assertion);
        all.extend(form);
        bench::post(&mut self.op, path, &all)
    }

    fn begin_session(&mut self) -> Value {
        let answer =
            self.post("/user_discovery_sessions", "backchannel/authentication", Vec::new());
        assert_eq!(answer.status(), 200);
        json_body(&answer)
    }

    fn poll_session(&mut self, id: &str) -> Response {
        let path = format!("/user_discovery_sessions/{id}");
        self.post(&path, "backchannel/authentication", Vec::new())
    }

    /// A `user_identifier_token` for Ann.
    fn identifier(&mut self) -> String {
        let session = self.begin_session();
        let id = session["user_discovery_session_id"].as_str().expect("an id");
        self.op.scan(id, &Person::ann());
        let answer = json_body(&self.after(5).poll_session(id));
        answer["user_identifier_token"].as_str().expect("a token").to_owned()
    }

    /// The claims of a correct request for Ann.
    fn request_claims(&mut self) -> Value {
        let (jti, now) = (self.jti(), self.world.now().as_secs());
        let sub = self.op.pairwise_sub(self.client_id, &Person::ann());
        json!({
            "iss": self.client_id, "aud": self.op.issuer(), "jti": jti,
            "iat": now, "nbf": now, "exp": now + 300,
            "client_id": self.client_id, "scope": format!("openid service:{SERVICE}"),
            "login_hint_token": { "type": "subject_code", "value": sub },
        })
    }

    fn ask(&mut self, claims: &Value) -> Response {
        let request = signed("rp-sig-1", claims, "rp-sig-1");
        self.post("/backchannel/authentication", "token", vec![("request", request)])
    }

    /// Sends a request that is correct except for one change in its claims.
    fn ask_with(&mut self, change: impl FnOnce(&mut Value)) -> Response {
        let mut claims = self.request_claims();
        change(&mut claims);
        self.ask(&claims)
    }

    /// Sends a request with one change in its claims, and returns its `auth_req_id`.
    fn accepted(&mut self, change: impl FnOnce(&mut Value)) -> String {
        let answer = self.ask_with(change);
        assert_eq!(refusal(&answer), (200, String::new()));
        json_body(&answer)["auth_req_id"].as_str().expect("an id").to_owned()
    }

    fn redeem(&mut self, auth_req_id: &str) -> Response {
        let form = vec![
            ("grant_type", CIBA_GRANT_TYPE.to_owned()),
            ("auth_req_id", auth_req_id.to_owned()),
        ];
        self.post("/token", "token", form)
    }

    /// Decrypts and verifies a nested JWT from the OP, and returns its claims.
    fn opened(&self, jwt: &str) -> Map<String, Value> {
        let jws = key("rp-enc-1").decrypt(jwt).expect("a JWE to the client");
        let keys = json!({ "keys": [self.op.signing[0].public_jwk()] });
        jose::verify(&keys, &jws).expect("a JWS of the OP")
    }
}

/// The status and the `error` of a response.
fn error(response: &Response) -> (u16, String) {
    let error = json_body(response)["error"].as_str().unwrap_or_default().to_owned();
    (response.status().as_u16(), error)
}

/// Decodes the QR code in an image as a camera would.
fn scanned(qr_code: &Value) -> String {
    let file = STANDARD.decode(qr_code.as_str().expect("a text")).expect("base64");
    let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().expect("a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    let frame = reader.next_frame(&mut pixels).expect("pixels");
    let (width, height) = (frame.width as usize, frame.height as usize);
    // The margin must be four white modules wide: cameras need it, although this decoder does not.
    assert!(pixels[..4 * 8 * width].iter().all(|pixel| *pixel == 0xff), "no quiet zone");
    let mut picture =
        rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| pixels[y * width + x]);
    let grids = picture.detect_grids();
    grids[0].decode().expect("a QR code").1
}

#[test]
fn from_a_qr_code_to_userinfo() {
    let mut bench = Bench::new();
    let session = bench.begin_session();
    let id = session["user_discovery_session_id"].as_str().expect("an id").to_owned();
    assert_eq!(session["status"], "PENDING_USER_DISCOVERY");
    assert_eq!(session["interval"], 5);
    assert_eq!(session["user_discovery_token"]["expires_at"], "2026-01-01T00:00:30Z");
    let content = scanned(&session["user_discovery_token"]["qr_code"]);
    assert_eq!(content, format!("https://op.example/v2/scan?session={id}&code=1"));

    assert_eq!(bench.op.pending_sessions(), [&id]);
    bench.op.scan(&id, &Person::ann());
    assert!(bench.op.pending_sessions().is_empty());
    let session = json_body(&bench.after(5).poll_session(&id));
    assert_eq!(session["status"], "USER_DISCOVERED");
    let hint =
        json!({ "type": "user_identifier_token", "value": session["user_identifier_token"] });

    let answer = bench.ask_with(|claims| {
        claims["login_hint_token"] = json!(signed("rp-sig-1", &hint, "rp-sig-1"));
        claims["acr_values"] = json!("http://itsme.services/v2/claim/acr_advanced");
        claims["scope"] = json!(format!("openid email service:{SERVICE}"));
        claims["claims"] = json!({ "id_token": { "given_name": null }, "userinfo": {} });
    });
    let answer = json_body(&answer);
    assert_eq!((&answer["expires_in"], &answer["interval"]), (&json!(300), &json!(5)));
    let auth_req_id = answer["auth_req_id"].as_str().expect("an id").to_owned();
    let pending = bench.op.pending_backchannel();
    let [asked] = &pending[..] else { panic!("{pending:?}") };
    assert_eq!((&asked.auth_req_id, &asked.client_id[..]), (&auth_req_id, CLIENT_ID));
    assert_eq!(asked.person, Person::ann());
    assert_eq!(asked.scopes, ["openid", "email", &format!("service:{SERVICE}")]);
    assert_eq!(asked.claims, ["given_name"]);
    assert!(asked.template.is_empty());
    bench.op.approve_backchannel(&auth_req_id);
    assert!(bench.op.pending_backchannel().is_empty());

    let tokens = json_body(&bench.after(5).redeem(&auth_req_id));
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(300)));
    let now = bench.world.now().as_secs();
    let id_token = bench.opened(tokens["id_token"].as_str().expect("an ID token"));
    let expected = json!({
        "iss": bench.op.issuer(), "sub": bench.op.sub_of(&Person::ann()), "aud": CLIENT_ID,
        "iat": now, "exp": now + 300, "given_name": "Ann",
        "acr": "http://itsme.services/v2/claim/acr_advanced",
    });
    assert_eq!(Value::Object(id_token), expected);
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().expect("a token"));
    let request = http::Request::get("https://op.example/v2/userinfo")
        .header("authorization", bearer)
        .body(Vec::new())
        .expect("a request");
    let userinfo = bench.op.handle(request).expect("an answer").into_body();
    let userinfo = bench.opened(&String::from_utf8(userinfo).expect("a JWT"));
    assert_eq!(userinfo["email"], "ann.peeters@mail.example");
}

#[test]
fn the_discovery_document_names_it_in_v2_alone() {
    let document = |op: FakeOp| {
        let request = http::Request::get("https://op.example/v2/.well-known/openid-configuration");
        let mut op = op;
        let answer = op.handle(request.body(Vec::new()).expect("a request")).expect("an answer");
        json_body(&answer)
    };
    let v2 = document(Bench::new().op);
    let endpoint = "https://op.example/v2/backchannel/authentication";
    assert_eq!(v2["backchannel_authentication_endpoint"], endpoint);
    assert_eq!(v2["backchannel_token_delivery_modes_supported"], json!(["poll", "ping"]));
    assert_eq!(v2["grant_types_supported"], json!(["authorization_code", CIBA_GRANT_TYPE]));
    let v1 = document(Bench::new().op.v1());
    assert!(v1.get("backchannel_authentication_endpoint").is_none());
}

/// Each endpoint requires V2 and a client with keys.
#[test]
fn only_clients_with_keys_may_use_it_in_v2() {
    let refused = (400, "unauthorized_client".to_owned());
    let mut v1 = Bench::new();
    v1.op = v1.op.v1();
    let session = v1.post("/user_discovery_sessions", "backchannel/authentication", Vec::new());
    assert_eq!(error(&session), refused);
    assert_eq!(error(&v1.ask_with(|_| ())), refused);
    assert_eq!(error(&v1.redeem("x")), refused);

    let mut op = Bench::new().op;
    for path in ["/user_discovery_sessions", "/backchannel/authentication", "/token"] {
        let form = vec![
            ("client_id", crate::SECRET_CLIENT_ID.to_owned()),
            ("client_secret", crate::CLIENT_SECRET.to_owned()),
            ("grant_type", CIBA_GRANT_TYPE.to_owned()),
        ];
        assert_eq!(error(&bench::post(&mut op, path, &form)), refused, "{path}");
    }
}

/// Each endpoint requires an assertion that was made for that endpoint and has not been used before.
#[test]
fn clients_are_authenticated() {
    let invalid = (401, "invalid_client".to_owned());
    for (path, audience, other) in [
        ("/user_discovery_sessions", "backchannel/authentication", "token"),
        ("/user_discovery_sessions/x", "backchannel/authentication", "token"),
        ("/backchannel/authentication", "token", "backchannel/authentication"),
    ] {
        let mut bench = Bench::new();
        assert_eq!(error(&bench.post(path, other, Vec::new())), invalid, "{path} for {other}");
        assert_ne!(error(&bench.post(path, audience, Vec::new())), invalid, "{path}");
        bench.jtis = 1;
        assert_eq!(error(&bench.post(path, audience, Vec::new())), invalid, "{path} again");
    }
}
