//! The current visitor: the browser's session and its logged-in account.

use axum::{
    extract::FromRequestParts,
    http::request::Parts,
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tower_sessions::Session;

use crate::{accounts::Account, app::App, database::now, problem::Problem};

const LOGIN: &str = "login";
/// The longest time between logins, in seconds: after this, users have to log in again even if they
/// have been active.
const LONGEST: i64 = 12 * 3_600;
/// How often activity is recorded. A session ends after a period of inactivity, which is counted
/// from the session's last change.
const MINUTE: i64 = 60;

/// A login to this shop.
#[derive(Serialize, Deserialize)]
struct Login {
    account: String,
    /// The account's generation when the session began. Linking a new itsme account ends all
    /// earlier sessions.
    generation: i64,
    since: i64,
    seen: i64,
}

pub struct Visitor {
    session: Session,
    pub account: Option<Account>,
}

impl Visitor {
    /// Returns the account of the user, who must be logged in.
    pub fn account(&self) -> Result<&Account, Problem> {
        self.account.as_ref().ok_or(Problem::LoggedOut)
    }

    /// Returns the account, if it is the one that was logged in when the user was sent to itsme.
    pub fn still(&self, id: &str) -> Result<&Account, Problem> {
        self.account().and_then(|account| match account.id == id {
            true => Ok(account),
            false => Err(Problem::AnotherAccount),
        })
    }

    pub async fn log_in(&self, account: &Account) -> Result<(), Problem> {
        // A session ID that someone knew before the login must be useless afterwards, and data that
        // a different user left in the session must not carry over.
        self.session.clear().await;
        self.session.cycle_id().await?;
        let (id, generation, now) = (account.id.clone(), account.generation, now());
        self.remember(LOGIN, Login { account: id, generation, since: now, seen: now }).await
    }

    pub async fn log_out(&self) -> Result<(), Problem> {
        Ok(self.session.flush().await?)
    }

    /// Stores a value in the session until it ends.
    pub async fn remember(&self, key: &str, value: impl Serialize) -> Result<(), Problem> {
        Ok(self.session.insert(key, value).await?)
    }

    pub async fn remembered<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Problem> {
        Ok(self.session.get(key).await?)
    }
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let session = Session::from_request_parts(parts, app)
            .await
            .map_err(|rejection| rejection.into_response())?;
        let account = logged_in(&session, app).await;
        Ok(Self { account: account.map_err(|problem| problem.into_response())?, session })
    }
}

async fn logged_in(session: &Session, app: &App) -> Result<Option<Account>, Problem> {
    let Some(login) = session.get::<Login>(LOGIN).await? else { return Ok(None) };
    let now = now();
    if now - login.since > LONGEST {
        return Ok(None);
    }
    let account = app.accounts.get(&login.account).await?;
    let account = account.filter(|account| account.generation == login.generation);
    if account.is_some() && now - login.seen >= MINUTE {
        session.insert(LOGIN, Login { seen: now, ..login }).await?;
    }
    Ok(account)
}
