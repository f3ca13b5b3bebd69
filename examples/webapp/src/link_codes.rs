//! The codes with which users prove that a new itsme account should be given access to their account. They are a
//! second factor that does not depend on itsme.

use sqlx::{AnyPool, FromRow};

use crate::{
    accounts::Account,
    audit::{self, Event},
    database::{fresh_id, now},
    language::Language,
    outbox,
};

/// How long a code is valid, in seconds.
const LIFETIME: i64 = 600;
const MOST_TRIES: i64 = 5;
/// How many codes can be sent to an account per hour. Each code allows five guesses.
const MOST_CODES: i64 = 3;
const HOUR: i64 = 3_600;
const DIGITS: u64 = 100_000_000;

#[derive(Clone)]
pub struct LinkCodes(AnyPool);

/// A new itsme account that is waiting for its code.
#[derive(FromRow)]
pub struct Link {
    pub id: String,
    account: String,
    sub: String,
    pub name: Option<String>,
    code: String,
    tries: i64,
}

/// The result of entering a code.
pub enum Entered {
    /// The account has the new `sub`, and its sessions have ended.
    Linked,
    Wrong,
    /// The code expired, was already entered, or was tried too many times.
    Over,
    /// In the meantime, another account was created for the new itsme account.
    LinkedElsewhere,
}

impl LinkCodes {
    pub fn new(pool: AnyPool) -> Self {
        Self(pool)
    }

    /// Sends a code for a new `sub`. Returns `None` if there is no e-mail address or too many codes
    /// have been sent.
    pub async fn send(
        &self,
        account: &Account,
        (sub, name): (&str, Option<&str>),
        language: Language,
    ) -> sqlx::Result<Option<String>> {
        let mut all = self.0.begin().await?;
        // This locks the row for this request, so that codes are counted one at a time.
        let statement = "INSERT INTO link (account, id, sub, name, code, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (account) DO UPDATE SET id = excluded.id, sub = excluded.sub, name = excluded.name,
            code = excluded.code, tries = 0, expires_at = excluded.expires_at";
        let (id, code) = (fresh_id(), fresh_code());
        let insert = sqlx::query(statement).bind(&account.id).bind(&id).bind(sub).bind(name);
        insert.bind(&code).bind(now() + LIFETIME).execute(&mut *all).await?;
        let sent = audit::count(&mut *all, &account.id, Event::CodeSent, now() - HOUR).await?;
        let email = account.email.as_deref().filter(|_| sent < MOST_CODES);
        let Some(email) = email else {
            all.rollback().await?;
            audit::note(&self.0, &account.id, Event::RefusedWithoutCode).await?;
            return Ok(None);
        };
        outbox::send(&mut *all, email, &language.texts().code_letter, &code).await?;
        audit::note(&mut *all, &account.id, Event::CodeSent).await?;
        all.commit().await?;
        Ok(Some(id))
    }

    /// Returns the link that is waiting for its code.
    pub async fn get(&self, account: &str, id: &str) -> sqlx::Result<Option<Link>> {
        let query = "SELECT id, account, sub, name, code, tries FROM link
            WHERE account = $1 AND id = $2 AND tries < $3 AND expires_at > $4";
        let query = sqlx::query_as(query).bind(account).bind(id).bind(MOST_TRIES).bind(now());
        query.fetch_optional(&self.0).await
    }

    /// Links the account if the code is correct: changes its `sub`, ends its sessions and notifies
    /// its user.
    pub async fn enter(
        &self,
        account: &Account,
        id: &str,
        code: &str,
        language: Language,
    ) -> sqlx::Result<Entered> {
        // Count before comparing: however many attempts arrive at the same time, only five codes
        // are compared.
        let statement = "UPDATE link SET tries = tries + 1
            WHERE account = $1 AND id = $2 AND tries < $3 AND expires_at > $4
            RETURNING id, account, sub, name, code, tries";
        let update = sqlx::query_as(statement).bind(&account.id).bind(id).bind(MOST_TRIES);
        let link: Option<Link> = update.bind(now()).fetch_optional(&self.0).await?;
        let Some(link) = link else { return Ok(Entered::Over) };
        let digits: String = code.chars().filter(|it| !it.is_whitespace()).collect();
        if digits != link.code {
            audit::note(&self.0, &account.id, Event::WrongCode).await?;
            let is_over = link.tries >= MOST_TRIES;
            return Ok(if is_over { Entered::Over } else { Entered::Wrong });
        }
        self.link(account, &link, language).await
    }

    async fn link(
        &self,
        account: &Account,
        link: &Link,
        language: Language,
    ) -> sqlx::Result<Entered> {
        let mut all = self.0.begin().await?;
        let statement = "DELETE FROM link WHERE account = $1 AND id = $2";
        let delete = sqlx::query(statement).bind(&link.account).bind(&link.id);
        if delete.execute(&mut *all).await?.rows_affected() == 0 {
            return Ok(Entered::Over);
        }
        let statement =
            "UPDATE account SET sub = $2, name = coalesce($3, name), generation = generation + 1
            WHERE id = $1";
        let update = sqlx::query(statement).bind(&link.account).bind(&link.sub).bind(&link.name);
        match update.execute(&mut *all).await {
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
                all.rollback().await?;
                audit::note(&self.0, &account.id, Event::RefusedAsLinkedElsewhere).await?;
                return Ok(Entered::LinkedElsewhere);
            }
            updated => updated?,
        };
        audit::note(&mut *all, &link.account, Event::Linked).await?;
        if let Some(email) = &account.email {
            outbox::send(&mut *all, email, &language.texts().linked_letter, "").await?;
        }
        all.commit().await?;
        Ok(Entered::Linked)
    }

    pub async fn delete_expired(&self) -> sqlx::Result<()> {
        let statement = sqlx::query("DELETE FROM link WHERE expires_at <= $1").bind(now());
        statement.execute(&self.0).await.map(drop)
    }

    pub async fn stop(&self, account: &str) -> sqlx::Result<()> {
        let statement = sqlx::query("DELETE FROM link WHERE account = $1").bind(account);
        statement.execute(&self.0).await.map(drop)
    }
}

fn fresh_code() -> String {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).expect("the system provides randomness");
    // The bias that the remainder adds is one in 10^11.
    format!("{:08}", u64::from_le_bytes(bytes) % DIGITS)
}
