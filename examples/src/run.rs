//! Code shared by all programs after `login`, so that each of them shows only what is new.

use std::error::Error;

use itsme_core::{LoggedIn, Redirect, Settings};
use itsme_reqwest::{Client, Transport};

use crate::{pkcs11::Token, report::Report, visitor::Visitor};

/// Creates a client that can reach the OP. It bypasses any proxy if the OP is the fake itsme, and
/// uses the HSM if the keys are in one.
///
/// # Errors
/// If the settings are invalid, or TLS cannot be set up.
pub fn client(
    settings: Settings,
    visitor: &Visitor,
    token: Option<&Token>,
) -> Result<Client, Box<dyn Error>> {
    let http = if visitor.is_simulated() {
        reqwest::Client::builder().no_proxy()
    } else {
        reqwest::Client::builder()
    };
    let transport = Transport::with_builder(http, Default::default())?;
    let itsme = Client::with_transport(itsme_core::Client::new(settings)?, transport);
    Ok(match token {
        Some(token) => itsme.key_holder(token.key_holder()),
        None => itsme,
    })
}

/// Creates a blocking client, in the same way as [`client`].
///
/// # Errors
/// If the settings are invalid.
pub fn blocking_client(
    settings: Settings,
    visitor: &Visitor,
    token: Option<&Token>,
) -> Result<itsme_ureq::Client, Box<dyn Error>> {
    let transport = if visitor.is_simulated() {
        let agent = ureq::Agent::config_builder().proxy(None).build().into();
        itsme_ureq::Transport::with_agent(agent, Default::default())
    } else {
        itsme_ureq::Transport::new()
    };
    let core = itsme_core::Client::new(settings)?;
    let itsme = itsme_ureq::Client::with_transport(core, transport);
    Ok(match token {
        Some(token) => itsme.key_holder(token.blocking_key_holder()),
        None => itsme,
    })
}

/// Sends the user to itsme, and returns the user who came back.
///
/// # Errors
/// If the user refused or did not come back, or the OP cannot be trusted.
pub async fn visit(
    itsme: &Client,
    login: Redirect,
    visitor: &Visitor,
    report: &Report,
) -> Result<LoggedIn, Box<dyn Error>> {
    report.sent_to(&login.url);
    let callback = tokio::task::block_in_place(|| visitor.visit(&login.url, report))?;
    report.came_back(&callback);
    Ok(itsme.finish_login(login.state, callback).await?)
}
