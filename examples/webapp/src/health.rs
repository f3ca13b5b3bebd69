//! The health checks for supervisors and proxies: whether the process is alive, and whether it can
//! receive users' requests.

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
use itsme_core::UnixTime;
use serde::Serialize;
use tokio::time::timeout;

use crate::{app::App, database::now};

/// A database that takes longer than this counts as unavailable.
const PATIENCE: Duration = Duration::from_secs(2);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// A flag that is set once the process has been told to stop.
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

/// The conditions for sending users to this instance.
#[derive(Serialize)]
struct Readiness {
    database: bool,
    /// Whether itsme's keys have been fetched in the last 24 hours. If itsme is unavailable, they
    /// can be used for that long.
    keys: bool,
    draining: bool,
}

/// Whether the keys were fetched within the last 24 hours. `now` is in Unix seconds.
fn are_of_today(fetched: UnixTime, now: i64) -> bool {
    UnixTime::from_secs(now.try_into().unwrap_or_default()).since(fetched) < DAY
}

pub async fn ready(State(app): State<App>) -> Response {
    let answer = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM account WHERE id = ''");
    let answer = timeout(PATIENCE, answer.fetch_one(&app.database)).await;
    let readiness = Readiness {
        database: matches!(answer, Ok(Ok(_))),
        keys: app
            .itsme
            .core()
            .provider()
            .is_some_and(|it| are_of_today(it.keys_fetched_at(), now())),
        draining: app.draining.has_begun(),
    };
    let is_ready = readiness.database && readiness.keys && !readiness.draining;
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_could_not_be_fetched_for_a_day_are_away() {
        let fetched = UnixTime::from_secs(1_000_000);
        assert!(are_of_today(fetched, 1_000_000));
        assert!(are_of_today(fetched, 1_000_000 + 86_399));
        assert!(!are_of_today(fetched, 1_000_000 + 86_400));
        // A clock that was set back must not make the instance unavailable.
        assert!(are_of_today(fetched, 0));
    }
}
