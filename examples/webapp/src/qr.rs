//! A login without a redirect: somebody scans a QR code with their phone (CIBA).
//!
//! The page asks again by itself, and each time takes up the ticket that is in the session. So
//! any instance can go on, and nobody polls for a browser that was closed.

use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use itsme_core::{Backchannel, BackchannelRequest, CibaTicket, Discovery, DiscoveryTicket, QrCode};
use maud::html;
use serde::{Deserialize, Serialize};

use crate::{app::App, login, page, problem::Problem, visitor::Visitor};

const QR: &str = "qr";

#[derive(Serialize, Deserialize)]
enum Stage {
    /// The code is shown.
    Discovering(DiscoveryTicket),
    /// Somebody has scanned it, and is asked in the app.
    Asked(CibaTicket),
}

pub async fn begin(State(app): State<App>, visitor: Visitor) -> Result<Redirect, Problem> {
    let ticket = app.itsme.discover_user().await?;
    visitor.session.insert(QR, Stage::Discovering(ticket)).await?;
    Ok(Redirect::to("/qr"))
}

pub async fn progress(State(app): State<App>, visitor: Visitor) -> Result<Response, Problem> {
    let Some(stage) = visitor.session.get(QR).await? else {
        return Ok(Redirect::to("/").into_response());
    };
    let polled = match stage {
        Stage::Discovering(ticket) => discover(&app, ticket).await,
        Stage::Asked(ticket) => poll(&app, &visitor, ticket).await,
    };
    match polled {
        Ok(Some(stage)) => {
            let page = show(&stage);
            visitor.session.insert(QR, stage).await?;
            Ok(page)
        }
        // One way or the other, it is over.
        ended => {
            visitor.session.remove_value(QR).await?;
            ended.map(|_| Redirect::to("/").into_response())
        }
    }
}

/// Waits for as long as the OP wants to be left alone, and asks it.
async fn discover(app: &App, ticket: DiscoveryTicket) -> Result<Option<Stage>, Problem> {
    Ok(Some(match app.itsme.poll_discovery(ticket).await? {
        Discovery::Waiting(ticket) | Discovery::Redraw(ticket) => Stage::Discovering(ticket),
        Discovery::Found(who) => {
            let request = BackchannelRequest::discovered(who, login::request(app));
            Stage::Asked(app.itsme.start_backchannel(request).await?)
        }
    }))
}

async fn poll(app: &App, visitor: &Visitor, ticket: CibaTicket) -> Result<Option<Stage>, Problem> {
    match app.itsme.poll(ticket).await? {
        Backchannel::Pending(ticket) => Ok(Some(Stage::Asked(ticket))),
        Backchannel::LoggedIn(who) => {
            login::log_in(app, visitor, &who).await?;
            Ok(None)
        }
    }
}

fn show(stage: &Stage) -> Response {
    let page = match stage {
        Stage::Discovering(ticket) => page::page(
            "Scan this code",
            &html! {
                p { "Open the itsme app on your phone and scan the code." }
                img src=(data_url(ticket.qr())) alt="QR code for the itsme app" width="300";
                p { a href="/" { "Stop" } }
            },
        ),
        Stage::Asked(_) => page::page(
            "Look at your phone",
            &html! {
                p role="status" { "The code was scanned. Now confirm in the itsme app." }
                p { a href="/" { "Stop" } }
            },
        ),
    };
    // The poll itself waits; this only begins the next one.
    ([("refresh", "1")], page).into_response()
}

fn data_url(code: &QrCode) -> String {
    format!("data:{};base64,{}", code.media_type(), STANDARD.encode(&code.image))
}
