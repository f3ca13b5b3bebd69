//! A login without a redirect: somebody scans a QR code with their phone (CIBA).
//!
//! The page asks again by itself, and each time the ticket goes on from where it stood. So any
//! instance can go on, and nobody polls for a browser that was closed. The browser's session is
//! touched only when somebody logs in: a page that waits must not undo what is done in another tab.

use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use axum_extra::extract::cookie::{Cookie, PrivateCookieJar, SameSite};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use itsme_core::{Backchannel, BackchannelRequest, QrCode, UserDiscovery};
use maud::{Markup, html};

use crate::{
    app::{App, cookie_name},
    home::{self, Rank},
    login, page,
    problem::Problem,
    qr_logins::Stage,
    visitor::Visitor,
};

const COOKIE: &str = "qr";

pub async fn begin(
    State(app): State<App>,
    jar: PrivateCookieJar,
) -> Result<(PrivateCookieJar, Redirect), Problem> {
    let ticket = app.itsme.discover_user().await?;
    // The OP's name for it is a secret of the two, and of this browser.
    let id = ticket.session_id().to_owned();
    app.qr_logins.begin(&id, &Stage::Discovering(ticket)).await?;
    let cookie = Cookie::build((cookie_name(COOKIE, app.is_https), id))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(app.is_https);
    Ok((jar.add(cookie), Redirect::to("/qr")))
}

pub async fn progress(
    State(app): State<App>,
    visitor: Visitor,
    jar: PrivateCookieJar,
) -> Result<Response, Problem> {
    let home = || Ok(Redirect::to("/").into_response());
    let Some(id) = id(&app, &jar) else { return home() };
    // In a task of its own: a browser that goes away must not take the ticket with it.
    tokio::spawn(go_on(app.clone(), id.clone())).await.map_err(|_| Problem::Interrupted)??;
    match app.qr_logins.look(&id).await? {
        Some(Stage::LoggedIn(account)) => {
            if app.qr_logins.end(&id).await? {
                visitor.log_in(account).await?;
            }
            home()
        }
        Some(stage) => Ok(show(&stage)),
        None => home(),
    }
}

pub async fn stop(State(app): State<App>, jar: PrivateCookieJar) -> Result<Redirect, Problem> {
    if let Some(id) = id(&app, &jar) {
        app.qr_logins.end(&id).await?;
    }
    Ok(Redirect::to("/"))
}

fn id(app: &App, jar: &PrivateCookieJar) -> Option<String> {
    jar.get(&cookie_name(COOKIE, app.is_https)).map(|cookie| cookie.value().to_owned())
}

/// The next poll, unless another request is at it.
async fn go_on(app: App, id: String) -> Result<(), Problem> {
    let Some(stage) = app.qr_logins.take(&id).await? else { return Ok(()) };
    match poll(&app, stage).await {
        Ok(stage) => app.qr_logins.put_back(&id, &stage).await,
        Err(problem) => {
            app.qr_logins.end(&id).await?;
            Err(problem)
        }
    }
}

/// Waits for as long as the OP wants to be left alone, and asks it.
async fn poll(app: &App, stage: Stage) -> Result<Stage, Problem> {
    match stage {
        Stage::Discovering(ticket) => match app.itsme.poll_user_discovery(ticket).await? {
            UserDiscovery::Waiting(ticket) | UserDiscovery::Redraw(ticket) => {
                Ok(Stage::Discovering(ticket))
            }
            UserDiscovery::Found(who) => {
                let request = BackchannelRequest::discovered(who, login::request(app));
                Ok(Stage::Asked(app.itsme.start_backchannel(request).await?))
            }
        },
        Stage::Asked(ticket) => match app.itsme.poll_backchannel(ticket).await? {
            Backchannel::Pending(ticket) => Ok(Stage::Asked(ticket)),
            Backchannel::LoggedIn(who) => login::account(app, &who).await.map(Stage::LoggedIn),
        },
        Stage::LoggedIn(_) => Ok(stage),
    }
}

fn show(stage: &Stage) -> Response {
    // The poll itself waits; this only begins the next one.
    ([("refresh", "1")], content(stage)).into_response()
}

fn content(stage: &Stage) -> Markup {
    let stop = home::button("/qr/stop", Rank::Secondary, "Cancel");
    match stage {
        Stage::Discovering(ticket) => page::page(
            "Scan this code",
            &html! {
                p { "Open the itsme app on your phone and scan this code to log in." }
                img class="code" src=(data_url(ticket.qr())) alt="QR code for the itsme app" width="300";
                (stop)
            },
        ),
        Stage::Asked(_) | Stage::LoggedIn(_) => page::page(
            "Look at your phone",
            &html! {
                p role="status" { "The code was scanned. Now confirm in the itsme app." }
                (stop)
            },
        ),
    }
}

fn data_url(code: &QrCode) -> String {
    format!("data:{};base64,{}", code.media_type(), STANDARD.encode(&code.image))
}
