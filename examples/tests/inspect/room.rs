use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use itsme_core::{
    Acr, AuthorizationRequest, Claim, Client, LoggedIn, Platform as _, Request, Response, Scope,
    SendFailure, drive,
};
use itsme_testkit::{
    CLIENT_ID, FakeOp, Fault, Person, REDIRECT_URI, SERVICE, World, play, private_jwks,
};
use serde_json::Value;

/// The files with the documents of a login, in their own directory.
pub struct Room {
    pub path: PathBuf,
    pub op: FakeOp,
    pub world: World,
}

/// The output and the exit code of `inspect`.
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    pub fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        Self { code: output.status.code(), stdout, stderr }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}{}", self.stdout, self.stderr))
    }

    /// Returns the failed checks, in order.
    pub fn failed(&self) -> Vec<String> {
        let object = self.json();
        let layers = object["layers"].as_array().expect("layers");
        let checks = layers.iter().flat_map(|layer| {
            let checks = layer["checks"].as_array().expect("checks").iter();
            checks
                .filter(|check| check["ok"] == false)
                .map(|check| format!("{}: {}", text(&layer["name"]), text(&check["name"])))
        });
        checks.collect()
    }
}

pub fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

const ISSUER: &str = "https://op.example/v2";

impl Room {
    pub fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("inspect").join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a directory");
        let world = World::new();
        let room = Self { op: FakeOp::with_issuer(ISSUER, world.clock()), world, path };
        room.keep("keys.json", private_jwks());
        room
    }

    pub fn keep(&self, file: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path.join(file), text).expect("a file");
    }

    pub fn get(&mut self, path: &str) -> Vec<u8> {
        let request = http::Request::get(format!("{}{path}", self.op.issuer())).body(Vec::new());
        let answer = self.op.handle(request.expect("a request"));
        answer.expect("an answer").into_body()
    }

    /// Logs in so that every endpoint and every check is used, with `fault` injected where it
    /// applies. Keeps the login state, the OP's keys and every response.
    pub fn log_in(&mut self, fault: Option<&Fault>) -> Option<LoggedIn> {
        let request = AuthorizationRequest::login(SERVICE)
            .claim(Claim::GivenName)
            .scope(Scope::Email)
            .scopes_by_userinfo()
            .acr(Acr::Advanced)
            .max_age(std::time::Duration::from_secs(1));
        let keys = self.get("/jwkSet");
        self.keep("op.json", keys);
        let client = Client::new(self.op.settings()).expect("the settings are sound");
        let redirect = play(client.authorize(request), &mut self.op, &mut self.world);
        let redirect = redirect.expect("the fault does not affect this request");
        self.keep("url.txt", &redirect.url);
        self.keep("login.json", serde_json::to_string(&redirect.state).expect("JSON"));
        let callback = self.op.approve(&redirect.url, &Person::ann());
        self.keep("callback.txt", &callback);
        if let Some(fault) = fault {
            fault.inject(&mut self.op);
        }
        let Self { op, world, path } = self;
        let send = |request: Request| -> Result<Response, (SendFailure, SendFailure)> {
            let name = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
            let answer = op.handle(request).map_err(|why| (why, why))?;
            fs::write(path.join(name), answer.body()).expect("a file");
            Ok(answer)
        };
        let flow = client.finish_login(redirect.state, callback);
        drive(flow, world, send, |_| ()).ok()
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_inspect"));
        command.args(arguments).current_dir(&self.path);
        command.env("NO_PROXY", "127.0.0.1").stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ended {
        Ended::of(self.command(arguments).output().expect("it runs"))
    }

    /// Runs `inspect` with all options for facts.
    pub fn inspect(&self, text: &str, more: &[&str]) -> Ended {
        let at = self.world.now().as_secs().to_string();
        let known = ["--keys", "keys.json", "--op-keys", "op.json", "--issuer", ISSUER];
        let client = ["--client-id", CLIENT_ID, "--redirect-uri", REDIRECT_URI];
        let login = ["--login", "login.json", "--at", &at];
        self.run(&[&[text][..], &known, &client, &login, more].concat())
    }
}
