//! Pings, which itsme sends to report that the user has answered in the app (CIBA's ping mode).

use std::time::Duration;

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use itsme_core::{CibaTicket, Ping, PingError};

use super::{
    Cause, StoreError,
    qr::{self, LEASE, Stage},
    store::AnyStore,
};

/// An upper bound on the bytes read. Pings are shorter, and `itsme-core` enforces the exact limit.
const MOST: usize = 8 * 1024;

/// The ID of the store's entry that maps this `auth_req_id` to the ID of the stored ticket.
fn stored_id(auth_req_id: &str) -> String {
    format!("ping:{auth_req_id}")
}

/// Stores an entry that lets a ping find this ticket.
pub(super) async fn expect(
    store: &dyn AnyStore,
    ticket: &CibaTicket,
    id: &str,
    lifetime: Duration,
) -> Result<(), Cause> {
    if !ticket.awaits_ping() {
        return Ok(());
    }
    store.put(&stored_id(ticket.auth_req_id()), id, lifetime).await.map_err(Cause::Store)
}

/// Responds to a request that claims to be a ping from itsme.
pub(super) async fn answer(store: &dyn AnyStore, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MOST).await else {
        return PingError::TooLarge.response().map(Body::from);
    };
    let ping = match Ping::read(&axum::http::Request::from_parts(parts, body)) {
        Ok(ping) => ping,
        Err(stranger) => return stranger.response().map(Body::from),
    };
    match hurry(store, &ping).await {
        Ok(Ok(())) => ping.response().map(Body::from),
        Ok(Err(stranger)) => stranger.response().map(Body::from),
        Err(error) => {
            tracing::error!(target: "itsme", "cannot read the ticket for a ping: {error}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Marks the ticket as due, so that it is polled immediately. A forged ping has no effect: the
/// ticket is put back unchanged.
async fn hurry(store: &dyn AnyStore, ping: &Ping) -> Result<Result<(), PingError>, StoreError> {
    let Some(id) = store.get(&stored_id(ping.auth_req_id())).await? else {
        return Ok(Err(PingError::Unknown));
    };
    let leased = store.lease(&id, LEASE).await?;
    let is_leased = leased.is_some();
    // A request that holds the lease is already polling, and will see the answer on its own.
    let text = match leased {
        Some(text) => Some(text),
        None => store.get(&id).await?,
    };
    let Some(text) = text else { return Ok(Err(PingError::Unknown)) };
    let (text, answer) = match serde_json::from_str(&text)? {
        Stage::Asked(ticket) => match ping.authenticate(ticket) {
            Ok(ticket) => (qr::text(&Stage::Asked(ticket)), Ok(())),
            Err(rejected) => (text, Err(rejected.error)),
        },
        Stage::Discovering(_) | Stage::Approved { .. } => (text, Err(PingError::Unknown)),
    };
    if is_leased {
        store.give_back(&id, &text).await?;
    }
    Ok(answer)
}
