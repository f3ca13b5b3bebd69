//! A record of what happened to an account's link to itsme, for answering questions later. Contains no data
//! about the user.

use sqlx::{Any, Executor};

use crate::database::{fresh_id, now};

#[derive(Clone, Copy, Debug)]
pub enum Event {
    CodeSent,
    WrongCode,
    Linked,
    /// The user of the new itsme account has a different name or date of birth.
    RefusedAsSomebodyElse,
    /// The new `sub` belongs to a different account.
    RefusedAsLinkedElsewhere,
    /// There is no address to send a code to, or too many codes were sent.
    RefusedWithoutCode,
}

impl Event {
    pub fn name(self) -> &'static str {
        match self {
            Self::CodeSent => "link: code sent",
            Self::WrongCode => "link: wrong code",
            Self::Linked => "link: done",
            Self::RefusedAsSomebodyElse => "link: refused, different name or date of birth",
            Self::RefusedAsLinkedElsewhere => "link: refused, because it opens another account",
            Self::RefusedWithoutCode => "link: refused, no second factor",
        }
    }
}

pub async fn note(
    database: impl Executor<'_, Database = Any>,
    account: &str,
    event: Event,
) -> sqlx::Result<()> {
    let statement = "INSERT INTO audit (id, account, event, at) VALUES ($1, $2, $3, $4)";
    let insert = sqlx::query(statement).bind(fresh_id()).bind(account).bind(event.name());
    insert.bind(now()).execute(database).await.map(drop)
}

/// Returns how many times the event has happened to this account since the given time, in Unix seconds.
pub async fn count(
    database: impl Executor<'_, Database = Any>,
    account: &str,
    event: Event,
    since: i64,
) -> sqlx::Result<i64> {
    let query = "SELECT count(*) FROM audit WHERE account = $1 AND event = $2 AND at >= $3";
    let query = sqlx::query_scalar(query).bind(account).bind(event.name()).bind(since);
    query.fetch_one(database).await
}
