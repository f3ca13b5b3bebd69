//! Accounts and receipts, in SQLite. `sub` is the only link between an account and a person.
//!
//! Instances on one machine can share the file; those on several need a database server.

use std::{fs::OpenOptions, path::Path, time::Duration};

use sqlx::{
    FromRow, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions},
};

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS account (
    id INTEGER PRIMARY KEY,
    sub TEXT NOT NULL UNIQUE,
    name TEXT,
    birthdate TEXT,
    address TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS receipt (
    id INTEGER PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES account,
    claims TEXT NOT NULL,
    evidence TEXT NOT NULL
) STRICT;
";

/// All accounts. Several instances of the application share one file.
#[derive(Clone)]
pub struct Accounts(SqlitePool);

pub type AccountId = i64;

/// Somebody who has logged in once. What they have shared is what the application needs, not all
/// that itsme would tell.
#[derive(FromRow)]
pub struct Account {
    pub id: AccountId,
    pub sub: String,
    pub name: Option<String>,
    pub birthdate: Option<String>,
    pub address: Option<String>,
}

/// What was confirmed, and what proves it.
#[derive(FromRow)]
pub struct Receipt {
    pub claims: String,
    pub evidence: String,
}

impl Accounts {
    /// Opens or makes the database; without a file, one in memory that ends with the program.
    pub async fn open(file: Option<&Path>) -> sqlx::Result<Self> {
        if let Some(file) = file {
            private(file).map_err(sqlx::Error::Io)?;
        }
        let options = match file {
            Some(file) => SqliteConnectOptions::new()
                .filename(file)
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .busy_timeout(Duration::from_secs(5)),
            None => SqliteConnectOptions::new().in_memory(true),
        };
        let pool = match file {
            Some(_) => SqlitePoolOptions::new(),
            // Each connection would have a database of its own.
            None => {
                SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None)
            }
        };
        let pool = pool.connect_with(options).await?;
        sqlx::raw_sql(TABLES).execute(&pool).await?;
        Ok(Self(pool))
    }

    pub fn pool(&self) -> &SqlitePool {
        &self.0
    }

    pub async fn get(&self, id: AccountId) -> sqlx::Result<Option<Account>> {
        sqlx::query_as("SELECT * FROM account WHERE id = ?").bind(id).fetch_optional(&self.0).await
    }

    /// The account of this `sub`, or a new one.
    pub async fn log_in(&self, sub: &str, name: Option<&str>) -> sqlx::Result<AccountId> {
        // In one statement: two tabs that log in for the first time make one account.
        let statement = "INSERT INTO account (sub, name) VALUES (?, ?)
            ON CONFLICT (sub) DO UPDATE SET name = coalesce(excluded.name, name) RETURNING id";
        sqlx::query_scalar(statement).bind(sub).bind(name).fetch_one(&self.0).await
    }

    /// Replaces the `sub` of an account; `false` if the new one is another account's.
    pub async fn link(&self, id: AccountId, sub: &str) -> sqlx::Result<bool> {
        let statement = "UPDATE account SET sub = ? WHERE id = ?";
        match sqlx::query(statement).bind(sub).bind(id).execute(&self.0).await {
            Ok(_) => Ok(true),
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub async fn share(
        &self,
        id: AccountId,
        birthdate: Option<&str>,
        address: Option<&str>,
    ) -> sqlx::Result<()> {
        let statement = "UPDATE account SET birthdate = coalesce(?, birthdate),
            address = coalesce(?, address) WHERE id = ?";
        let update = sqlx::query(statement).bind(birthdate).bind(address).bind(id);
        update.execute(&self.0).await.map(drop)
    }

    pub async fn add_receipt(
        &self,
        account: AccountId,
        claims: &str,
        evidence: &str,
    ) -> sqlx::Result<i64> {
        let statement =
            "INSERT INTO receipt (account, claims, evidence) VALUES (?, ?, ?) RETURNING id";
        let insert = sqlx::query_scalar(statement).bind(account).bind(claims).bind(evidence);
        insert.fetch_one(&self.0).await
    }

    /// A receipt of this account, and of no other.
    pub async fn receipt(&self, account: AccountId, id: i64) -> sqlx::Result<Option<Receipt>> {
        let query = "SELECT claims, evidence FROM receipt WHERE account = ? AND id = ?";
        sqlx::query_as(query).bind(account).bind(id).fetch_optional(&self.0).await
    }
}

/// Makes the file, if it is not there, for its owner alone: sessions are in it, too.
fn private(file: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).map(drop)
}
