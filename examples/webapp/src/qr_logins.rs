//! The QR logins that are under way, in the database: any instance can go on with one, and one request
//! at a time does.

use serde::{Deserialize, Serialize};
use sqlx::SqlitePool;

use itsme_core::{CibaTicket, UserDiscoveryTicket};

use crate::{accounts::AccountId, problem::Problem};

const TABLE: &str = "
CREATE TABLE IF NOT EXISTS qr_login (
    id TEXT PRIMARY KEY,
    stage TEXT NOT NULL,
    begun_at INTEGER NOT NULL,
    taken_at INTEGER
) STRICT";

/// Longer than a poll takes. Who has taken one for so long has ended without giving it back.
const LEASE: i64 = 60;
/// Longer than itsme waits for anybody.
const LIFETIME: i64 = 1_800;

#[derive(Serialize, Deserialize)]
pub enum Stage {
    /// The code is shown.
    Discovering(UserDiscoveryTicket),
    /// Somebody has scanned it, and is asked in the app.
    Asked(CibaTicket),
    /// They have approved.
    LoggedIn(AccountId),
}

#[derive(Clone)]
pub struct QrLogins(SqlitePool);

impl QrLogins {
    pub async fn open(pool: SqlitePool) -> sqlx::Result<Self> {
        sqlx::raw_sql(TABLE).execute(&pool).await?;
        Ok(Self(pool))
    }

    pub async fn begin(&self, id: &str, stage: &Stage) -> Result<(), Problem> {
        let forgotten = "DELETE FROM qr_login WHERE begun_at < unixepoch() - ?";
        sqlx::query(forgotten).bind(LIFETIME).execute(&self.0).await?;
        let statement = "INSERT INTO qr_login (id, stage, begun_at) VALUES (?, ?, unixepoch())";
        let stage = serde_json::to_string(stage)?;
        sqlx::query(statement).bind(id).bind(stage).execute(&self.0).await?;
        Ok(())
    }

    /// Where it stands, without taking it.
    pub async fn look(&self, id: &str) -> Result<Option<Stage>, Problem> {
        let query = "SELECT stage FROM qr_login WHERE id = ?";
        read(sqlx::query_scalar(query).bind(id).fetch_optional(&self.0).await?)
    }

    /// Takes it, if nobody else has: a ticket is polled by one at a time.
    pub async fn take(&self, id: &str) -> Result<Option<Stage>, Problem> {
        let statement = "UPDATE qr_login SET taken_at = unixepoch() WHERE id = ?
            AND (taken_at IS NULL OR taken_at < unixepoch() - ?) RETURNING stage";
        read(sqlx::query_scalar(statement).bind(id).bind(LEASE).fetch_optional(&self.0).await?)
    }

    /// Gives it back.
    pub async fn put_back(&self, id: &str, stage: &Stage) -> Result<(), Problem> {
        let statement = "UPDATE qr_login SET stage = ?, taken_at = NULL WHERE id = ?";
        let stage = serde_json::to_string(stage)?;
        sqlx::query(statement).bind(stage).bind(id).execute(&self.0).await?;
        Ok(())
    }

    /// Ends it; `true` for the one who has ended it.
    pub async fn end(&self, id: &str) -> Result<bool, Problem> {
        let statement = "DELETE FROM qr_login WHERE id = ?";
        Ok(sqlx::query(statement).bind(id).execute(&self.0).await?.rows_affected() == 1)
    }
}

fn read(stage: Option<String>) -> Result<Option<Stage>, Problem> {
    Ok(stage.map(|stage| serde_json::from_str(&stage)).transpose()?)
}
