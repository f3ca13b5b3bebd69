//! A test's own Chromium, and what a person does with it.

use std::{
    fmt::Display,
    fs,
    io::{BufRead as _, BufReader, Lines},
    os::unix::process::CommandExt as _,
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use fantoccini::{
    Client, ClientBuilder, Locator,
    actions::{InputSource as _, KeyAction, KeyActions},
    key::Key,
    wd::WindowHandle,
};
use hyper_util::client::legacy::connect::HttpConnector;
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Map, Value, json};
use tokio::time::{sleep, timeout};

use crate::command::Post;

/// How long a page may take to show what is expected, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a whole test may take.
const WHOLE_TEST: Duration = Duration::from_secs(120);
/// More than the number of controls on any page.
const MOST_TABS: usize = 40;
/// How often to try starting a driver.
const STARTS: usize = 5;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// As root there is no sandbox; nothing is loaded from or reported to elsewhere; `/dev/shm` is
/// small in containers.
const ARGUMENTS: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP itsme.test 127.0.0.1",
];

/// This machine, under a name other than its own.
pub const HOST: &str = "itsme.test";

/// The size of a desktop window without its frame.
pub const DESKTOP: (u32, u32) = (1200, 800);
/// A small phone's screen.
pub const PHONE: (u32, u32) = (360, 740);

/// Chromium with a driver and an empty profile. Dropping it ends both.
pub struct Browser {
    pub client: Client,
    _driver: Driver,
}

/// Runs a test with its own browser, in bounded time, and checks that the console stays silent.
pub async fn browse(test: impl AsyncFnOnce(&Browser)) {
    browse_in("en", test).await;
}

/// Like [`browse`], with a browser that prefers pages in this language.
pub async fn browse_in(language: &str, test: impl AsyncFnOnce(&Browser)) {
    let browser = Browser::start(language).await;
    if timeout(WHOLE_TEST, test(&browser)).await.is_err() {
        panic!("the test is not done after {WHOLE_TEST:?}: {}", browser.whereabouts().await);
    }
    browser.assert_quiet_console().await;
}

impl Browser {
    async fn start(language: &str) -> Self {
        let driver = Driver::start();
        let profile = format!("--user-data-dir={}", driver.profile.display());
        let language = format!("--accept-lang={language}");
        let own = [profile.as_str(), &language];
        let arguments: Vec<&str> = ARGUMENTS.into_iter().chain(own).collect();
        let capabilities = json!({
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
            "timeouts": { "pageLoad": PATIENCE.as_millis() as u64 },
        });
        let capabilities: Map<String, Value> =
            capabilities.as_object().cloned().unwrap_or_default();
        let address = format!("http://127.0.0.1:{}", driver.port);
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let client =
            in_time("Chromium", builder.capabilities(capabilities).connect(&address)).await;
        let browser = Self { client, _driver: driver };
        browser.screen(DESKTOP).await;
        browser
    }

    /// Sets the preference for `light` or `dark` pages.
    pub async fn scheme(&self, scheme: &str) {
        let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": [feature] })).await;
    }

    /// Sets the width and height of the screen.
    pub async fn screen(&self, (width, height): (u32, u32)) {
        let screen = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500,
        });
        self.devtools("Emulation.setDeviceMetricsOverride", screen).await;
        // Otherwise only one tab of one window has the focus.
        self.devtools("Emulation.setFocusEmulationEnabled", json!({ "enabled": true })).await;
    }

    pub async fn goto(&self, url: &str) {
        in_time(url, self.client.goto(url)).await;
    }

    /// Presses the button or follows the link with this label.
    pub async fn press(&self, label: &str) {
        let path = something_to_press(label);
        self.until(&format!("something to press, {label:?}"), async || {
            let element = self.client.find(Locator::XPath(&path)).await.ok()?;
            element.click().await.ok()
        })
        .await;
    }

    /// Chooses from the list with this label.
    pub async fn choose(&self, label: &str, choice: &str) {
        let path = format!("//select[@id=//label[normalize-space()={label:?}]/@for]");
        self.until(&format!("{choice:?} to choose as {label:?}"), async || {
            let list = self.client.find(Locator::XPath(&path)).await.ok()?;
            list.select_by_label(choice).await.ok()
        })
        .await;
    }

    /// Fills in the field with this label, replacing its contents.
    pub async fn fill(&self, label: &str, text: &str) {
        let path = format!("//input[@id=//label[normalize-space()={label:?}]/@for]");
        self.until(&format!("a field {label:?}"), async || {
            let field = self.client.find(Locator::XPath(&path)).await.ok()?;
            field.clear().await.ok()?;
            field.send_keys(text).await.ok()
        })
        .await;
    }

    /// Waits until the address begins like this, and returns it.
    pub async fn is_at(&self, beginning: &str) -> String {
        self.until(&format!("an address {beginning}"), async || {
            let address = self.client.current_url().await.ok()?.to_string();
            address.starts_with(beginning).then_some(address)
        })
        .await
    }

    /// Presses Tab until the button or link with this label has the focus, then Enter.
    pub async fn press_by_keyboard(&self, label: &str) {
        let path = something_to_press(label);
        self.until(&format!("something to press, {label:?}"), async || {
            self.client.find(Locator::XPath(&path)).await.ok()
        })
        .await;
        for _ in 0..MOST_TABS {
            self.key(Key::Tab).await;
            let focused = self.script("return document.activeElement.innerText").await;
            if focused.as_str().is_some_and(|text| text.trim() == label) {
                return self.key(Key::Enter).await;
            }
        }
        panic!("Tab does not reach {label:?}: {}", self.whereabouts().await);
    }

    /// Presses Tab until an element of this kind has the focus.
    pub async fn tab_to(&self, kind: &str) {
        for _ in 0..MOST_TABS {
            self.key(Key::Tab).await;
            if self.script("return document.activeElement.tagName").await == kind {
                return;
            }
        }
        panic!("Tab does not reach a {kind}: {}", self.whereabouts().await);
    }

    pub async fn type_text(&self, text: &str) {
        for letter in text.chars() {
            self.press_key(letter).await;
        }
    }

    pub async fn key(&self, key: Key) {
        self.press_key(char::from(key)).await;
    }

    async fn press_key(&self, value: char) {
        let actions = KeyActions::new("keyboard".to_owned())
            .then(KeyAction::Down { value })
            .then(KeyAction::Up { value });
        self.client.perform_actions(actions).await.expect("a key can be pressed");
    }

    async fn heading_now(&self) -> Option<String> {
        let script = "return document.querySelector('h1')?.innerText ?? null";
        let heading = self.client.execute(script, Vec::new()).await.ok()?;
        heading.as_str().map(str::to_owned)
    }

    /// Waits for a page with this heading.
    pub async fn arrives_at(&self, heading: &str) {
        self.until(&format!("the page {heading:?}"), async || {
            self.heading_now().await.filter(|now| now == heading)
        })
        .await;
    }

    /// Waits for a page with this text.
    pub async fn sees(&self, text: &str) {
        self.until(&format!("{text:?} on the page"), async || {
            self.text().await.contains(text).then_some(())
        })
        .await;
    }

    /// The text of the page.
    pub async fn text(&self) -> String {
        let text = self.script("return document.body.innerText").await;
        text.as_str().unwrap_or_default().to_owned()
    }

    pub async fn script(&self, script: &str) -> Value {
        self.until("a page to ask", async || self.client.execute(script, Vec::new()).await.ok())
            .await
    }

    /// Opens another tab and switches to it; returns the previous tab.
    pub async fn new_tab(&self) -> WindowHandle {
        let before = self.client.window().await.expect("there is a tab");
        let tab = self.client.new_window(true).await.expect("a tab opens");
        self.tab(tab.handle).await;
        self.screen(DESKTOP).await;
        before
    }

    /// Switches to a tab; returns the previous one.
    pub async fn to_tab(&self, tab: WindowHandle) -> WindowHandle {
        let before = self.client.window().await.expect("there is a tab");
        self.tab(tab).await;
        before
    }

    /// Switches to a tab.
    pub async fn tab(&self, tab: WindowHandle) {
        self.client.switch_to_window(tab).await.expect("the tab is open");
    }

    /// Retries until it succeeds, or fails with what was expected and what is there instead.
    pub async fn until<T>(&self, awaited: &str, attempt: impl AsyncFn() -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            // A driver that does not answer must not exceed the deadline either.
            if let Ok(Some(done)) = timeout(PATIENCE, attempt()).await {
                return done;
            }
            if begun.elapsed() > PATIENCE {
                panic!("no {awaited} after {PATIENCE:?}: {}", self.whereabouts().await);
            }
            sleep(BETWEEN_LOOKS).await;
        }
    }

    /// Where the browser is and what it shows, for messages.
    async fn whereabouts(&self) -> String {
        let script = "return location.href + '\\n' + document.body.innerText";
        match timeout(PATIENCE, self.client.execute(script, Vec::new())).await {
            Ok(Ok(text)) => text.as_str().unwrap_or_default().to_owned(),
            Ok(Err(error)) => format!("the browser says {error}"),
            Err(_) => "the browser says nothing".to_owned(),
        }
    }

    /// Sends a command of Chromium's own protocol.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let body = json!({ "cmd": command, "params": parameters });
        self.post("goog/cdp/execute", body).await
    }

    /// Sends a command of the driver that WebDriver does not have.
    pub async fn post(&self, path: &'static str, body: Value) -> Value {
        let post = Post { path, body };
        in_time(path, self.client.issue_cmd(post)).await
    }
}

/// The result, if it comes in time.
async fn in_time<T, E: Display>(what: &str, work: impl Future<Output = Result<T, E>>) -> T {
    match timeout(PATIENCE, work).await {
        Ok(Ok(done)) => done,
        Ok(Err(error)) => panic!("{what}: {error}"),
        Err(_) => panic!("{what}: no answer after {PATIENCE:?}"),
    }
}

fn something_to_press(label: &str) -> String {
    format!("(//button|//a)[normalize-space()={label:?}]")
}

/// The driver, and the browser that it started.
struct Driver {
    child: Child,
    /// Kept open so that it can go on writing.
    _output: Lines<BufReader<ChildStdout>>,
    port: u16,
    profile: PathBuf,
}

impl Driver {
    /// It takes a port that was just free; if another process is faster, it exits.
    fn start() -> Self {
        (0..STARTS).find_map(|_| Self::try_start()).expect("chromedriver finds a port")
    }

    fn try_start() -> Option<Self> {
        let mut child = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            // In its own process group, so that Chromium can be ended with it.
            .process_group(0)
            .spawn()
            .expect("chromedriver starts (Debian's package chromium-driver)");
        let mut output = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let port = output.by_ref().map_while(Result::ok).find_map(|line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse().ok()
        });
        let Some(port) = port else {
            let _ = child.wait();
            return None;
        };
        let profiles = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("browser");
        let profile = profiles.join(child.id().to_string());
        // An earlier process may have had the same id.
        let _ = fs::remove_dir_all(&profile);
        Some(Self { child, _output: output, port, profile })
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.profile);
    }
}
