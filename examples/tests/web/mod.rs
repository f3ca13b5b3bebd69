//! Instances of the web application, and a browser that keeps cookies and follows nothing by
//! itself.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use itsme_testkit::{
    CLIENT_ID, CONFIRM_SERVICE, Person, SERVICE, SHARE_SERVICE, Server, private_jwks,
};
use url::Url;

const PROGRAM: &str = env!("CARGO_BIN_EXE_webapp");

/// A new directory.
pub fn scratch(name: &str) -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("webapp").join(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).expect("a directory");
    directory
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).env("NO_PROXY", "127.0.0.1,localhost").stdin(Stdio::null());
    command
}

/// Runs the program to its end.
pub fn run(arguments: &[&str]) -> Output {
    command(arguments).output().expect("it runs")
}

/// Instances with one database and one cookie key, and the address of whoever stands in front.
pub struct Fleet {
    arguments: Vec<String>,
    directory: PathBuf,
}

impl Fleet {
    pub fn new(name: &str, op: &Server) -> Self {
        let directory = scratch(name);
        let file = |name: &str, content: &[u8]| {
            let file = directory.join(name);
            fs::write(&file, content).expect("a file");
            file.display().to_string()
        };
        let keys = file("keys.json", private_jwks().to_string().as_bytes());
        let database = directory.join("shop.sqlite").display().to_string();
        let public_url = "http://127.0.0.1:8800";
        op.op().allow_redirect_uri(format!("{public_url}/itsme/callback"));
        let issuer = op.op().issuer().to_owned();
        let arguments = [
            ["--issuer", &issuer],
            ["--client-id", CLIENT_ID],
            ["--keys", &keys],
            ["--service", SERVICE],
            ["--share-service", SHARE_SERVICE],
            ["--confirm-service", CONFIRM_SERVICE],
            ["--public-url", public_url],
            ["--database", &database],
        ];
        Self { arguments: arguments.concat().into_iter().map(str::to_owned).collect(), directory }
    }

    pub fn start(&self) -> Instance {
        self.start_with("cookie.key", &[7; 64])
    }

    pub fn start_with_another_key(&self) -> Instance {
        self.start_with("other.key", &[8; 64])
    }

    fn start_with(&self, name: &str, key: &[u8]) -> Instance {
        let file = self.directory.join(name);
        fs::write(&file, key).expect("a file");
        let mut arguments: Vec<_> = self.arguments.iter().map(String::as_str).collect();
        let file = file.display().to_string();
        arguments.extend(["--cookie-key", &file]);
        Instance::start(&arguments)
    }
}

/// One running program, ended when it is dropped.
pub struct Instance {
    child: Child,
    /// Where it listens.
    pub url: String,
}

impl Instance {
    pub fn start(arguments: &[&str]) -> Self {
        let mut command = command(arguments);
        command.args(["--listen", "127.0.0.1:0"]).stdout(Stdio::piped());
        let mut child = command.spawn().expect("it runs");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let url = lines.map_while(Result::ok).find_map(|line| {
            line.strip_prefix("The application is at ")?.split(' ').next().map(str::to_owned)
        });
        Self { url: url.expect("it tells where it listens"), child }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Cookies by name, for a host whatever the port, as in every browser.
#[derive(Clone, Default)]
pub struct Browser {
    cookies: BTreeMap<String, String>,
}

/// What came.
pub struct Page {
    pub status: u16,
    headers: http::HeaderMap,
    pub text: String,
}

impl Browser {
    pub fn get(&mut self, app: &Instance, path: &str) -> Page {
        self.visit("GET", &format!("{}{path}", app.url))
    }

    pub fn post(&mut self, app: &Instance, path: &str) -> Page {
        self.visit("POST", &format!("{}{path}", app.url))
    }

    /// Comes back from itsme, to whichever instance the address in front chooses.
    pub fn back(&mut self, app: &Instance, callback: &str) -> Page {
        let callback = Url::parse(callback).expect("a URL");
        let query = callback.query().expect("an answer");
        self.get(app, &format!("{}?{query}", callback.path()))
    }

    pub fn log_in(&mut self, app: &Instance, op: &Server, person: &Person) {
        let to_itsme = self.post(app, "/login").location();
        let callback = op.approve(&to_itsme, person);
        self.back(app, &callback).leads_to("/");
    }

    pub fn has(&self, cookie: &str) -> bool {
        self.cookies.contains_key(cookie)
    }

    /// How many logins are under way.
    pub fn pending(&self) -> usize {
        self.cookies.keys().filter(|name| name.starts_with("itsme-")).count()
    }

    fn visit(&mut self, method: &str, url: &str) -> Page {
        let config = ureq::Agent::config_builder()
            .proxy(None)
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(30)));
        let agent: ureq::Agent = config.build().into();
        let cookies: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = http::Request::builder().method(method).uri(url);
        if !cookies.is_empty() {
            request = request.header("Cookie", cookies.join("; "));
        }
        let request = request.body(()).expect("a request");
        let mut response = agent.run(request).expect("an answer");
        let headers = response.headers().clone();
        for cookie in headers.get_all("set-cookie") {
            let cookie = cookie.to_str().expect("text");
            let (pair, attributes) = cookie.split_once(';').expect("attributes");
            let (name, value) = pair.split_once('=').expect("a pair");
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let text = response.body_mut().read_to_string().expect("text");
        Page { status: response.status().as_u16(), headers, text }
    }
}

impl Page {
    #[track_caller]
    pub fn location(&self) -> String {
        assert_eq!(self.status, 303, "{}", self.text);
        self.header("location").to_owned()
    }

    #[track_caller]
    pub fn leads_to(&self, path: &str) {
        assert_eq!(self.location(), path);
    }

    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).expect("the header is there")
    }

    pub fn set_cookie(&self, name: &str) -> &str {
        let cookies = self.headers.get_all("set-cookie").iter().filter_map(|it| it.to_str().ok());
        let mut of_that_name = cookies.filter(|cookie| cookie.starts_with(&format!("{name}=")));
        of_that_name.next().expect("the cookie is set")
    }

    pub fn heading(&self) -> &str {
        let heading = self.text.split("<h1>").nth(1).and_then(|rest| rest.split("</h1>").next());
        heading.unwrap_or_default()
    }
}

pub fn parameter(url: &str, name: &str) -> String {
    let url = Url::parse(url).expect("a URL");
    let found = url.query_pairs().find(|(found, _)| found == name);
    found.expect("it is there").1.into_owned()
}
