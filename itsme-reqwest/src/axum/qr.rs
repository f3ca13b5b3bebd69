//! Logins by QR code, which the user scans with their phone.
//!
//! The page reloads itself, and each request continues with the stored ticket. Any instance can
//! therefore continue a login, and nothing polls once the browser has been closed. A ticket is a
//! login, so it stays in the store, and the browser's cookie contains only its ID.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::Request,
    handler::Handler,
    http::{HeaderMap, request::Parts},
    response::{IntoResponse as _, Redirect, Response},
};
use axum_extra::extract::cookie::PrivateCookieJar;
use itsme_core::{
    Backchannel, BackchannelRequest, CibaTicket, LoggedIn, UserDiscovery, UserDiscoveryTicket,
};
use serde::{Deserialize, Serialize};
use tracing::Instrument as _;

use super::{
    Arrived, Cause, Logins, Problem, QrPage,
    another_site::is_from_another_site,
    logins::kept_by_nobody,
    look_ahead::{is_look_ahead, looked_ahead},
    ping,
    problem::random_name,
    return_to,
    store::AnyStore,
};

/// The duration of a lease, which is longer than a poll takes. If a request still holds a lease
/// after this time, the request has ended without giving the lease back.
pub(super) const LEASE: Duration = Duration::from_secs(60);
/// How long a QR login is stored, which is longer than itsme waits for a user.
const LIFETIME: Duration = Duration::from_secs(30 * 60);

/// What the cookie of a QR login contains.
#[derive(Deserialize, Serialize)]
struct Named {
    id: String,
    return_to: String,
}

/// The stage that a login has reached.
#[derive(Deserialize, Serialize)]
pub(super) enum Stage {
    /// The code is being shown to the user.
    Discovering(UserDiscoveryTicket),
    /// The user has scanned the code and is being asked in the app.
    Asked(CibaTicket),
    /// The user has approved, but their browser has not been told yet.
    Approved { who: Box<LoggedIn>, claims: Option<String> },
}

pub(super) fn stored_id(id: &str) -> String {
    format!("qr:{id}")
}

impl Logins {
    fn named(&self, jar: &PrivateCookieJar) -> Option<Named> {
        serde_json::from_str(jar.get(&self.cookies.qr_name())?.value()).ok()
    }

    /// Ends the QR login and removes its cookie from the jar.
    pub(super) async fn forget_qr(&self, jar: PrivateCookieJar) -> PrivateCookieJar {
        let Some(Named { id, .. }) = self.named(&jar) else { return jar };
        self.give_up(&stored_id(&id)).await;
        self.without_qr(jar)
    }

    fn without_qr(&self, jar: PrivateCookieJar) -> PrivateCookieJar {
        jar.remove(self.cookies.cookie(self.cookies.qr_name(), String::new()))
    }
}

#[derive(Clone)]
pub(super) struct QrLogins {
    pub(super) logins: Logins,
    pub(super) store: Arc<dyn AnyStore>,
}

impl QrLogins {
    /// Gets a code from itsme.
    pub(super) async fn begin(&self, request: &Parts) -> Response {
        let Self { logins, .. } = self;
        let headers = &request.headers;
        let return_to = logins.local(return_to::asked(request.uri.query()));
        if is_from_another_site(headers) {
            return logins.problem(Cause::AnotherSite, headers, return_to, None);
        }
        match self.discover().await {
            Ok(id) => {
                // A browser has at most one QR login in progress.
                let jar = logins.forget_qr(logins.jar(headers)).await;
                let named = serde_json::to_string(&Named { id, return_to });
                let named = named.expect("texts are JSON");
                let jar = jar.add(logins.cookies.cookie(logins.cookies.qr_name(), named));
                (jar, Redirect::to(&logins.beside("qr"))).into_response()
            }
            Err(cause) => logins.problem(cause, headers, return_to, None),
        }
    }

    async fn discover(&self) -> Result<String, Cause> {
        let ticket = self.logins.client.discover_user().await?;
        let id = random_name()?;
        let text = text(&Stage::Discovering(ticket));
        self.store.put(&stored_id(&id), &text, LIFETIME).await.map_err(Cause::Store)?;
        Ok(id)
    }

    /// Shows the current stage, or calls the handler once the user has approved. While the page is
    /// waiting, the browser's other cookies are not changed, so it cannot undo anything in another
    /// tab.
    pub(super) async fn progress<H, T, S>(
        &self,
        mut request: Request,
        arrived: H,
        state: S,
    ) -> Response
    where
        H: Handler<T, S>,
    {
        if is_look_ahead(request.method(), request.headers()) {
            return looked_ahead();
        }
        let Self { logins, .. } = self;
        let jar = logins.jar(request.headers());
        let Some(Named { id, return_to }) = logins.named(&jar) else {
            return Redirect::to("/").into_response();
        };
        // Poll in a separate task: if the browser disconnects, this future is dropped, and the
        // ticket must not be lost with it.
        let (polling, from, stored) = (self.clone(), return_to.clone(), stored_id(&id));
        let poll = async move { polling.go_on(&stored_id(&id), from).await }.in_current_span();
        let stage = match tokio::spawn(poll).await {
            Ok(stage) => stage,
            Err(_) => Err(logins.log(Cause::Interrupted, return_to.clone(), None)),
        };
        let response = match stage {
            // The entry is removed here and not in the task: the browser that gets this response is
            // still connected, and no other request can remove the entry as well.
            Ok(Some(Stage::Approved { who, claims })) => match self.store.remove(&stored).await {
                Ok(true) => {
                    let arrival = Arrived { who: Arc::from(who), return_to, note: None, claims };
                    request.extensions_mut().insert(arrival);
                    arrived.call(request, state).await
                }
                Ok(false) => Redirect::to("/").into_response(),
                Err(error) => {
                    let cause = Cause::Store(error);
                    return logins.problem(cause, request.headers(), return_to, None);
                }
            },
            Ok(Some(Stage::Discovering(ticket))) => {
                return self.show(Some(&ticket), request.headers());
            }
            Ok(Some(Stage::Asked(_))) => return self.show(None, request.headers()),
            // The login was ended in another tab.
            Ok(None) => Redirect::to("/").into_response(),
            Err(problem) => logins.show(&problem, request.headers()),
        };
        kept_by_nobody((logins.without_qr(jar), response).into_response())
    }

    pub(super) async fn stop(&self, headers: &HeaderMap) -> Response {
        if is_from_another_site(headers) {
            return self.logins.problem(Cause::AnotherSite, headers, "/".to_owned(), None);
        }
        (self.logins.forget_qr(self.logins.jar(headers)).await, Redirect::to("/")).into_response()
    }

    fn show(&self, ticket: Option<&UserDiscoveryTicket>, headers: &HeaderMap) -> Response {
        let page = QrPage::new(ticket.map(UserDiscoveryTicket::qr), self.logins.beside("qr/stop"));
        // The poll does the waiting. This header only triggers the next one.
        let refresh = [("refresh", "1")];
        kept_by_nobody((refresh, (self.logins.qr_page)(&page, headers)).into_response())
    }

    /// Polls unless another request is already polling, and returns the stage, or `None` if the
    /// login is over.
    async fn go_on(&self, id: &str, return_to: String) -> Result<Option<Stage>, Problem> {
        let gone_on: Result<_, Cause> = async {
            if let Some(text) = self.store.lease(id, LEASE).await.map_err(Cause::Store)? {
                let stage = self.poll(id, read(&text)?).await?;
                self.store.give_back(id, &self::text(&stage)).await.map_err(Cause::Store)?;
            }
            let text = self.store.get(id).await.map_err(Cause::Store)?;
            text.map(|text| read(&text)).transpose()
        }
        .await;
        match gone_on {
            Ok(stage) => Ok(stage),
            Err(cause) => {
                self.logins.give_up(id).await;
                Err(self.logins.log(cause, return_to, None))
            }
        }
    }

    /// Waits for as long as the OP requires, then polls it.
    async fn poll(&self, id: &str, stage: Stage) -> Result<Stage, Cause> {
        let client = &self.logins.client;
        match stage {
            Stage::Discovering(ticket) => match client.poll_user_discovery(ticket).await? {
                UserDiscovery::Waiting(ticket) | UserDiscovery::Redraw(ticket) => {
                    Ok(Stage::Discovering(ticket))
                }
                UserDiscovery::Found(who) => {
                    let request = BackchannelRequest::discovered(who, (self.logins.request)());
                    let ticket = client.start_backchannel(request).await?;
                    ping::expect(&*self.store, &ticket, id, LIFETIME).await?;
                    Ok(Stage::Asked(ticket))
                }
            },
            Stage::Asked(ticket) => {
                let claims = ticket.claims().map(str::to_owned);
                match client.poll_backchannel(ticket).await? {
                    Backchannel::Pending(ticket) => Ok(Stage::Asked(ticket)),
                    Backchannel::LoggedIn(who) => Ok(Stage::Approved { who, claims }),
                }
            }
            Stage::Approved { .. } => Ok(stage),
        }
    }
}

pub(super) fn text(stage: &Stage) -> String {
    serde_json::to_string(stage).expect("a stage serializes to JSON")
}

pub(super) fn read(text: &str) -> Result<Stage, Cause> {
    serde_json::from_str(text).map_err(|error| Cause::Store(error.into()))
}
