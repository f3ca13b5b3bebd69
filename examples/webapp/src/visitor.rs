//! Who is looking: the browser's session, and the account that is logged in there.

use axum::{
    extract::FromRequestParts,
    http::request::Parts,
    response::{IntoResponse as _, Response},
};
use tower_sessions::Session;

use crate::{
    accounts::{Account, AccountId},
    app::App,
    problem::Problem,
};

const ACCOUNT: &str = "account";

pub struct Visitor {
    pub session: Session,
    pub account: Option<Account>,
}

impl Visitor {
    /// The account, of somebody who must be logged in.
    pub fn account(&self) -> Result<&Account, Problem> {
        self.account.as_ref().ok_or(Problem::LoggedOut)
    }

    /// The account, if it is the one that was logged in when something began.
    pub fn still(&self, id: AccountId) -> Result<&Account, Problem> {
        self.account().and_then(|account| match account.id == id {
            true => Ok(account),
            false => Err(Problem::AnotherAccount),
        })
    }

    pub async fn log_in(&self, account: AccountId) -> Result<(), Problem> {
        // A session id that somebody knew before the login is worth nothing after it, and what
        // another person left in the session is not this one's.
        self.session.clear().await;
        self.session.cycle_id().await?;
        Ok(self.session.insert(ACCOUNT, account).await?)
    }
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let session = Session::from_request_parts(parts, app)
            .await
            .map_err(|rejection| rejection.into_response())?;
        let account = async {
            Ok::<_, Problem>(match session.get(ACCOUNT).await? {
                Some(id) => app.accounts.get(id).await?,
                None => None,
            })
        };
        let account = account.await.map_err(|problem| problem.into_response())?;
        Ok(Self { session, account })
    }
}
