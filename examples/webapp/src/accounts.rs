//! Accounts and receipts. An account and a user are linked only by `sub`.

use sqlx::{AnyPool, FromRow};

use crate::database::fresh_id;

#[derive(Clone)]
pub struct Accounts(AnyPool);

pub type AccountId = String;

/// The account of a user who has logged in at least once. It stores only what the application
/// needs, not everything that itsme would share.
#[derive(FromRow)]
pub struct Account {
    pub id: AccountId,
    pub sub: String,
    pub name: Option<String>,
    pub birthdate: Option<String>,
    pub address: Option<String>,
    /// The e-mail address for messages. Logins never change it, because the codes sent to it must
    /// not depend on itsme.
    pub email: Option<String>,
    /// The current generation of sessions. All sessions of an earlier generation have ended.
    pub generation: i64,
}

/// What a user confirmed, and the evidence for it.
#[derive(FromRow)]
pub struct Receipt {
    pub claims: String,
    pub evidence: String,
}

impl Accounts {
    pub fn new(pool: AnyPool) -> Self {
        Self(pool)
    }

    pub async fn get(&self, id: &str) -> sqlx::Result<Option<Account>> {
        let query = "SELECT id, sub, name, birthdate, address, email, generation FROM account WHERE id = $1";
        sqlx::query_as(query).bind(id).fetch_optional(&self.0).await
    }

    /// Finds or creates the account with this `sub`.
    pub async fn log_in(
        &self,
        sub: &str,
        name: Option<&str>,
        email: Option<&str>,
    ) -> sqlx::Result<Account> {
        // Use a single statement, so that two tabs that log the user in for the first time create
        // one account.
        let statement = "INSERT INTO account (id, sub, name, email) VALUES ($1, $2, $3, $4)
            ON CONFLICT (sub) DO UPDATE SET name = coalesce(excluded.name, account.name)
            RETURNING id, sub, name, birthdate, address, email, generation";
        let insert = sqlx::query_as(statement).bind(fresh_id()).bind(sub).bind(name).bind(email);
        insert.fetch_one(&self.0).await
    }

    /// Whether an account with this `sub` exists.
    pub async fn is_known(&self, sub: &str) -> sqlx::Result<bool> {
        let query = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM account WHERE sub = $1");
        Ok(query.bind(sub).fetch_one(&self.0).await? > 0)
    }

    pub async fn share(
        &self,
        id: &str,
        birthdate: Option<&str>,
        address: Option<&str>,
    ) -> sqlx::Result<()> {
        let statement = "UPDATE account SET birthdate = coalesce($1, birthdate),
            address = coalesce($2, address) WHERE id = $3";
        let update = sqlx::query(statement).bind(birthdate).bind(address).bind(id);
        update.execute(&self.0).await.map(drop)
    }

    pub async fn add_receipt(
        &self,
        account: &str,
        claims: &str,
        evidence: &str,
    ) -> sqlx::Result<String> {
        let id = fresh_id();
        let statement =
            "INSERT INTO receipt (id, account, claims, evidence) VALUES ($1, $2, $3, $4)";
        let insert = sqlx::query(statement).bind(&id).bind(account).bind(claims).bind(evidence);
        insert.execute(&self.0).await?;
        Ok(id)
    }

    /// Finds a receipt, but only if it belongs to this account.
    pub async fn receipt(&self, account: &str, id: &str) -> sqlx::Result<Option<Receipt>> {
        let query = "SELECT claims, evidence FROM receipt WHERE account = $1 AND id = $2";
        sqlx::query_as(query).bind(account).bind(id).fetch_optional(&self.0).await
    }
}
