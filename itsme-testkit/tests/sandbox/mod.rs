//! A running `itsme-op`, and a browser without JavaScript.

use std::{
    env, fs,
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
};

use http::{Request, Response, header};
use itsme_core::{Client, Environment, Failure, Flow, Settings, SystemEnv, drive};
use itsme_testkit::private_keys;
use ureq::Agent;
use url::form_urlencoded;

const PROGRAM: &str = env!("CARGO_BIN_EXE_itsme-op");

/// A running `itsme-op`. Dropping it ends it.
pub struct Sandbox {
    child: Child,
    pub issuer: String,
    /// What it has printed.
    pub introduction: String,
}

/// A page, or whatever else was answered.
pub struct Page {
    pub status: u16,
    pub body: String,
    pub headers: http::HeaderMap,
}

/// The hidden fields of a form, and what the person chooses in it.
pub type Form = Vec<(String, String)>;

/// An empty directory.
pub fn directory(name: &str) -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("itsme_op").join(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).expect("a directory");
    directory
}

/// Runs the program to its end: exit code, output, errors.
pub fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(PROGRAM).args(arguments).output().expect("the program runs");
    let text = |octets| String::from_utf8(octets).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

impl Sandbox {
    /// Starts it at a free port, and waits until it listens.
    pub fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(PROGRAM)
            .args(["--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut introduction = String::new();
        // All of it is written at once.
        for line in lines.by_ref() {
            introduction += &(line.expect("UTF-8") + "\n");
            if introduction.ends_with("# Ready.\n") {
                break;
            }
        }
        let issuer = introduction.lines().find_map(|line| line.strip_prefix("issuer = \""));
        let issuer = issuer.expect("it prints its issuer").trim_end_matches('"').to_owned();
        Self { child, issuer, introduction }
    }

    /// A client of the test keys.
    pub fn client(&self, client_id: &str, redirect_uri: &str) -> Client {
        let environment = Environment::custom(&self.issuer);
        let settings = Settings::new(client_id, private_keys(), environment)
            .redirect_uri(redirect_uri)
            .danger_http_on_loopback();
        Client::new(settings).expect("the settings are sound")
    }

    /// Runs a flow against it.
    pub fn play<F: Flow>(&self, flow: F) -> F::Output {
        let lost = |_: &ureq::Error| Failure::Lost;
        let done = drive(flow, &mut SystemEnv::new(), send, thread::sleep, lost);
        done.unwrap_or_else(|error| panic!("the flow fails: {error:?}"))
    }

    pub fn get(&self, url: &str) -> Page {
        Page::of(Request::get(url).body(Vec::new()).expect("a request"))
    }

    /// Clicks on a button of a form that is on the page at this address.
    pub fn submit(&self, url: &str, form: Form) -> Page {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let url = url.split('?').next().unwrap_or_default();
        let request = Request::post(url)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body.into_bytes());
        Page::of(request.expect("a request"))
    }

    /// Presses Ctrl-C; gives the exit code.
    #[cfg(unix)]
    pub fn interrupt(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &id]).status().expect("kill runs");
        assert!(sent.success());
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Page {
    fn of(request: Request<Vec<u8>>) -> Self {
        let (head, body) = send(request).expect("an answer").into_parts();
        let body = String::from_utf8_lossy(&body).into_owned();
        Self { status: head.status.as_u16(), body, headers: head.headers }
    }

    /// Where it sends the browser.
    pub fn location(&self) -> String {
        let location = self.headers.get(header::LOCATION);
        let location = location.unwrap_or_else(|| panic!("no redirect: {}", self.body));
        location.to_str().expect("ASCII").to_owned()
    }

    /// What the form sends whose button says this, before the person has chosen anything.
    pub fn form(&self, button: &str) -> Form {
        let forms =
            self.body.split("<form").skip(1).filter_map(|form| form.split("</form>").next());
        let mut with = forms.filter(|form| form.contains(&format!("{button}</button>")));
        let form = with.next().unwrap_or_else(|| panic!("no button {button}: {}", self.body));
        let mut fields = Form::new();
        for tag in form.split('<').filter(|tag| tag.starts_with("input type=\"hidden\"")) {
            fields.push((attribute(tag, "name"), attribute(tag, "value")));
        }
        let pressed =
            form.split("<button").find(|tag| tag.contains(&format!(">{button}</button>")));
        let pressed = pressed.unwrap_or_default();
        if pressed.contains("name=\"") {
            fields.push((attribute(pressed, "name"), attribute(pressed, "value")));
        }
        fields
    }
}

fn attribute(tag: &str, name: &str) -> String {
    let start = format!("{name}=\"");
    let value = tag.split(&start).nth(1).and_then(|rest| rest.split('"').next());
    let value = value.unwrap_or_else(|| panic!("no {name} in {tag}"));
    value.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

fn send(request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, ureq::Error> {
    let agent: Agent = Agent::config_builder()
        .proxy(None)
        .http_status_as_error(false)
        .max_redirects(0)
        .build()
        .into();
    let answer =
        if request.body().is_empty() { agent.run(request.map(|_| ())) } else { agent.run(request) };
    let (head, mut body) = answer?.into_parts();
    Ok(Response::from_parts(head, body.read_to_vec()?))
}
