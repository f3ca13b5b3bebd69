//! The messages that the shop sends. A table and a page are used in place of e-mail.

use axum::extract::State;
use maud::{Markup, html};
use sqlx::{Any, AnyPool, Executor, FromRow};

use crate::{
    app::App,
    database::{fresh_id, now},
    language::Language,
    page,
    problem::Problem,
    texts::Letter,
};

/// How many messages the page shows.
const MOST_SHOWN: i64 = 20;

#[derive(FromRow)]
struct Message {
    email: String,
    subject: String,
    body: String,
}

/// Sends a letter, followed by text for this recipient only.
pub async fn send(
    database: impl Executor<'_, Database = Any>,
    email: &str,
    letter: &Letter,
    below: &str,
) -> sqlx::Result<()> {
    let statement =
        "INSERT INTO outbox (id, email, subject, body, sent_at) VALUES ($1, $2, $3, $4, $5)";
    let body = format!("{}\n\n{below}", letter.body);
    let insert = sqlx::query(statement).bind(fresh_id()).bind(email).bind(letter.subject);
    insert.bind(body.trim_end()).bind(now()).execute(database).await.map(drop)
}

async fn latest(pool: &AnyPool) -> sqlx::Result<Vec<Message>> {
    let query = "SELECT email, subject, body FROM outbox ORDER BY sent_at DESC, id LIMIT $1";
    sqlx::query_as(query).bind(MOST_SHOWN).fetch_all(pool).await
}

/// Shows everyone's messages. Only available with a sandbox.
pub async fn show(State(app): State<App>, language: Language) -> Result<Markup, Problem> {
    if !app.shows_outbox {
        return Err(Problem::NoSuchPage);
    }
    let (texts, messages) = (language.texts(), latest(&app.database).await?);
    let content = html! {
        p class="quiet" { (texts.outbox.text) }
        @if messages.is_empty() { p { (texts.outbox_is_empty) } }
        @for message in messages {
            h2 { (message.subject) }
            p class="quiet" { (message.email) }
            blockquote { (message.body) }
        }
        (page::back(language))
    };
    Ok(page::page(language, texts.outbox.heading, &content))
}
