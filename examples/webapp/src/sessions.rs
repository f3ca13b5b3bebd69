//! The store for browser sessions.

use async_trait::async_trait;
use sqlx::AnyPool;
use tower_sessions::{
    ExpiredDeletion, SessionStore,
    cookie::time::OffsetDateTime,
    session::{Id, Record},
    session_store::{Error, Result},
};

use crate::database::now;

#[derive(Clone, Debug)]
pub struct Sessions(AnyPool);

impl Sessions {
    pub fn new(pool: AnyPool) -> Self {
        Self(pool)
    }

    async fn write(&self, statement: &'static str, record: &Record) -> Result<bool> {
        let data = serde_json::to_string(&record.data).map_err(encode)?;
        let (id, expires_at) = (record.id.to_string(), record.expiry_date.unix_timestamp());
        let query = sqlx::query(statement).bind(id).bind(data).bind(expires_at);
        Ok(query.execute(&self.0).await.map_err(backend)?.rows_affected() == 1)
    }
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let statement = "INSERT INTO session (id, data, expires_at) VALUES ($1, $2, $3)
            ON CONFLICT (id) DO NOTHING";
        while !self.write(statement, record).await? {
            record.id = Id::default();
        }
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        // A session that has ended in the meantime stays ended.
        let statement = "UPDATE session SET data = $2, expires_at = $3 WHERE id = $1";
        self.write(statement, record).await.map(drop)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let query = "SELECT data, expires_at FROM session WHERE id = $1 AND expires_at > $2";
        let query = sqlx::query_as::<_, (String, i64)>(query).bind(id.to_string()).bind(now());
        let Some((data, expires_at)) = query.fetch_optional(&self.0).await.map_err(backend)? else {
            return Ok(None);
        };
        let data = serde_json::from_str(&data).map_err(decode)?;
        let expiry_date = OffsetDateTime::from_unix_timestamp(expires_at).map_err(decode)?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let statement = sqlx::query("DELETE FROM session WHERE id = $1").bind(id.to_string());
        statement.execute(&self.0).await.map(drop).map_err(backend)
    }
}

#[async_trait]
impl ExpiredDeletion for Sessions {
    async fn delete_expired(&self) -> Result<()> {
        let statement = sqlx::query("DELETE FROM session WHERE expires_at <= $1").bind(now());
        statement.execute(&self.0).await.map(drop).map_err(backend)
    }
}

fn backend(error: sqlx::Error) -> Error {
    Error::Backend(error.to_string())
}

fn encode(error: serde_json::Error) -> Error {
    Error::Encode(error.to_string())
}

fn decode(error: impl ToString) -> Error {
    Error::Decode(error.to_string())
}
