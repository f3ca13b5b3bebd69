//! Logins in progress and QR tickets, stored in the database. Any instance can continue a login,
//! but only one instance at a time.

use std::time::Duration;

use itsme_reqwest::axum::{Store, StoreError};
use sqlx::AnyPool;

use crate::database::now;

#[derive(Clone)]
pub struct Kept(AnyPool);

impl Kept {
    pub fn new(pool: AnyPool) -> Self {
        Self(pool)
    }

    pub async fn delete_expired(&self) -> sqlx::Result<()> {
        let statement = sqlx::query("DELETE FROM kept WHERE expires_at <= $1").bind(now());
        statement.execute(&self.0).await.map(drop)
    }
}

impl Store for Kept {
    async fn put(&self, id: &str, text: &str, lifetime: Duration) -> Result<(), StoreError> {
        let statement = "INSERT INTO kept (id, content, expires_at) VALUES ($1, $2, $3)";
        let insert = sqlx::query(statement).bind(id).bind(text).bind(after(lifetime));
        insert.execute(&self.0).await?;
        Ok(())
    }

    async fn get(&self, id: &str) -> Result<Option<String>, StoreError> {
        let query = "SELECT content FROM kept WHERE id = $1 AND expires_at > $2";
        let query = sqlx::query_scalar(query).bind(id).bind(now());
        Ok(query.fetch_optional(&self.0).await?)
    }

    async fn lease(&self, id: &str, time: Duration) -> Result<Option<String>, StoreError> {
        let statement = "UPDATE kept SET leased_until = $1
            WHERE id = $2 AND expires_at > $3 AND leased_until <= $3 RETURNING content";
        let update = sqlx::query_scalar(statement).bind(after(time)).bind(id).bind(now());
        Ok(update.fetch_optional(&self.0).await?)
    }

    async fn give_back(&self, id: &str, text: &str) -> Result<(), StoreError> {
        let statement = "UPDATE kept SET content = $1, leased_until = 0 WHERE id = $2";
        sqlx::query(statement).bind(text).bind(id).execute(&self.0).await?;
        Ok(())
    }

    async fn remove(&self, id: &str) -> Result<bool, StoreError> {
        let statement = "DELETE FROM kept WHERE id = $1 AND expires_at > $2";
        let delete = sqlx::query(statement).bind(id).bind(now());
        Ok(delete.execute(&self.0).await?.rows_affected() == 1)
    }
}

/// Returns the time after this duration, in Unix seconds.
fn after(time: Duration) -> i64 {
    now().saturating_add_unsigned(time.as_secs())
}
