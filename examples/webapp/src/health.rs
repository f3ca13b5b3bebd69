//! What a supervisor and a proxy ask: whether the process lives, and whether it should be sent people.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use serde::Serialize;
use tokio::time::timeout;

use crate::app::App;

/// A database that takes longer is as good as none.
const PATIENCE: Duration = Duration::from_secs(2);

/// Set when the process was told to stop and serves only what it has begun.
#[derive(Clone, Default)]
pub struct Draining(Arc<AtomicBool>);

impl Draining {
    pub fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

pub async fn live() -> &'static str {
    "alive\n"
}

/// What must be there before people are sent here.
#[derive(Serialize)]
struct Readiness {
    database: bool,
    /// itsme's, fetched once at least: they serve for a day when itsme is away.
    keys: bool,
    draining: bool,
}

pub async fn ready(State(app): State<App>) -> Response {
    let answer = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM account WHERE id = ''");
    let answer = timeout(PATIENCE, answer.fetch_one(&app.database)).await;
    let readiness = Readiness {
        database: matches!(answer, Ok(Ok(_))),
        keys: app.itsme.core().provider().is_some(),
        draining: app.draining.has_begun(),
    };
    let is_ready = readiness.database && readiness.keys && !readiness.draining;
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness)).into_response()
}
