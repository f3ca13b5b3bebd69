//! An application with the routes, and a fake itsme at which it is registered.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    extract::{FromRef, RawQuery, State},
    http::HeaderMap,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use itsme_core::{AuthorizationRequest, Claim, FreeText, Settings};
use itsme_reqwest::{
    Client,
    axum::{Arrived, Errand, Key, Logins},
};
use itsme_testkit::{Browser, CONFIRM_SERVICE, Clock, Person, SERVICE, Server};
use tokio::{net::TcpListener, runtime::Runtime};

/// The users who have arrived, in order.
type Seen = Arc<Mutex<Vec<Arrived>>>;

#[derive(Clone)]
struct App {
    logins: Logins,
    seen: Seen,
}

impl FromRef<App> for Seen {
    fn from_ref(app: &App) -> Seen {
        Arc::clone(&app.seen)
    }
}

pub struct Site {
    pub itsme: Server,
    pub origin: String,
    seen: Seen,
    runtime: Runtime,
    app: App,
}

impl Site {
    pub fn start() -> Self {
        Self::with(|settings| settings, |logins| logins)
    }

    pub fn with(
        settings: impl FnOnce(Settings) -> Settings,
        change: impl FnOnce(Logins) -> Logins,
    ) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let itsme = Server::start(Clock::system()).expect("loopback");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        let redirect_uri = format!("{origin}/itsme/callback");
        itsme.op().allow_redirect_uri(&redirect_uri);
        // Poll every second instead of every five.
        itsme.op().polling_interval(Some(1));
        let settings = settings(itsme.settings().redirect_uri(redirect_uri));
        let client = Client::new(settings).expect("the settings are sound");
        let request = || AuthorizationRequest::login(SERVICE).claim(Claim::GivenName);
        let logins = change(Logins::new(client, Key::from(&[7; 64]), request));
        let seen = Seen::default();
        let app = App { logins, seen: Arc::clone(&seen) };
        let site = Self { itsme, origin, seen, runtime, app };
        site.serve(listener);
        site
    }

    fn serve(&self, listener: TcpListener) {
        let router = Router::new()
            .route("/", get(async || "home"))
            .route("/orders", get(async || "orders"))
            .route("/confirm", post(confirm))
            .route("/log-out", post(log_out))
            .merge(self.app.logins.routes(arrived))
            .with_state(self.app.clone());
        self.runtime.spawn(async move { axum::serve(listener, router).await });
    }

    pub fn browser(&self) -> Browser {
        Browser::new(&self.origin)
    }

    /// Starts a login and has Ann approve it. Returns the callback URL.
    pub fn begin(&self, browser: &mut Browser, query: &str) -> String {
        let at_itsme = browser.open(&format!("/itsme/login{query}")).expect("a redirect");
        self.itsme.approve(&at_itsme.url, &Person::ann())
    }

    pub fn seen(&self) -> Vec<Arrived> {
        self.seen.lock().expect("no thread panicked").clone()
    }

    /// Returns the given names of the users who have arrived.
    pub fn names(&self) -> Vec<String> {
        let name = |arrived: &Arrived| arrived.who.user.given_name.clone().unwrap_or_default();
        self.seen().iter().map(name).collect()
    }
}

async fn arrived(State(seen): State<Seen>, arrived: Arrived) -> Redirect {
    let to = Redirect::to(&arrived.return_to);
    seen.lock().expect("no thread panicked").push(arrived);
    to
}

/// Sends the user on an errand, with the query as its note.
async fn confirm(State(app): State<App>, RawQuery(note): RawQuery, headers: HeaderMap) -> Response {
    let text = FreeText::new("Close your account?");
    let request = AuthorizationRequest::confirm(CONFIRM_SERVICE, text);
    let errand = Errand::new(note.unwrap_or_default()).return_to("/orders");
    app.logins.send(&headers, request, errand).await
}

async fn log_out(State(app): State<App>, headers: HeaderMap) -> impl IntoResponse {
    (app.logins.forget(&headers).await, Redirect::to("/"))
}

/// Sends one request from a page of the application, with an extra header. Returns the status and
/// how many cookies were set.
pub fn send(browser: &mut Browser, method: &str, url: &str, header: (&str, &str)) -> (u16, usize) {
    let request = http::Request::builder().method(method).uri(url).header(header.0, header.1);
    let answer = browser.send(request.body(Vec::new()).expect("a request")).expect("an answer");
    (answer.status().as_u16(), answer.headers().get_all("set-cookie").iter().count())
}
