//! The command line, and the settings that result from it.

mod client_secret;
mod hsm;
mod known;
mod op;
mod recorded;
pub(crate) mod secret;
mod when;

use std::error::Error;

use clap::{Args, ValueEnum};
use itsme_core::Settings;
use itsme_testkit::private_keys;

pub(crate) use self::when::rfc3339;
pub use self::{hsm::Hsm, known::Known, op::Op, recorded::Recorded};
use crate::{pkcs11::Token, report::Report, visitor::Visitor};

/// The options that every login needs. A login without a browser needs no others.
///
/// Without any options, the program starts a fake itsme on loopback and simulates the user with the
/// phone.
#[derive(Clone, Debug, Args)]
#[command(mut_group("op", |op| op.requires("service")))]
#[command(mut_group("credentials", |credentials| credentials.arg("pkcs11")))]
#[command(mut_arg("pkcs11", |hsm| hsm.conflicts_with_all(["client_secret_file", "client_secret_env"])))]
#[group(skip)]
pub struct Common {
    /// Sample user who logs in with the fake itsme.
    #[arg(long, value_enum, default_value = "ann", conflicts_with = "op")]
    user: User,

    /// Have the user refuse.
    #[arg(long, conflicts_with = "op")]
    deny: bool,

    #[command(flatten)]
    op: Op,

    #[command(flatten)]
    hsm: Hsm,

    /// Service code assigned by the OP.
    #[arg(long, value_name = "CODE", requires = "op")]
    service: Option<String>,
}

/// Options for a login in the browser.
#[derive(Clone, Debug, Args)]
#[command(mut_group("op", |op| op.requires("redirect_uri")))]
#[group(skip)]
pub struct Options {
    #[command(flatten)]
    common: Common,

    /// Redirect URI registered with the OP.
    #[arg(long, value_name = "URI", requires = "op")]
    redirect_uri: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum User {
    /// A user with a Belgian identity card.
    Ann,
    /// A user with a Dutch passport.
    Daan,
    /// A user with a Romanian identity card.
    Ioana,
}

/// The minimum number of bytes for a client secret to be as strong as the keys derived from it (RFC
/// 7518 §3.2).
const SAFE_SECRET: usize = 32;

/// Everything that a program needs to log a user in.
#[derive(Debug)]
pub struct Prepared {
    /// The client's settings.
    pub settings: Settings,
    /// The service code.
    pub service: String,
    /// The user who logs in.
    pub visitor: Visitor,
    /// The HSM's token, if the private keys are in an HSM.
    pub token: Option<Token>,
    /// Warnings about the keys or the secret.
    pub remarks: Vec<String>,
}

impl Common {
    /// Reads the keys and, if no OP is given, starts the fake itsme.
    ///
    /// `fake_service` is the service code for the fake itsme.
    ///
    /// # Errors
    /// If the keys or the secret cannot be read or used, the HSM cannot be reached, or there is
    /// no free port on loopback.
    pub fn prepare(self, fake_service: &str, report: &Report) -> Result<Prepared, Box<dyn Error>> {
        let token = self.hsm.open()?;
        let outside = token.as_ref().map(Token::keys).transpose()?;
        let keys = self.op.keys(outside)?;
        let passed_over = keys.iter().flat_map(|keys| keys.passed_over());
        let mut remarks: Vec<String> = passed_over.map(ToString::to_string).collect();
        let secret = self.op.secret()?;
        let short = secret.as_ref().map(String::len).filter(|bytes| *bytes < SAFE_SECRET);
        remarks.extend(short.map(|bytes| {
            format!("the client secret has {bytes} bytes, but needs at least {SAFE_SECRET} to resist guessing")
        }));
        if let Some(settings) = self.op.settings(keys.clone(), secret)? {
            // The command line parser guarantees that `--service` is given.
            let service = self.service.unwrap_or_default();
            return Ok(Prepared { settings, service, visitor: Visitor::real(), token, remarks });
        }
        let person = match self.user {
            User::Ann => itsme_testkit::Person::ann(),
            User::Daan => itsme_testkit::Person::daan(),
            User::Ioana => itsme_testkit::Person::ioana(),
        };
        let keys = keys.unwrap_or_else(private_keys);
        let (visitor, settings) = Visitor::simulated(person, !self.deny, keys, report)?;
        Ok(Prepared { settings, service: fake_service.to_owned(), visitor, token, remarks })
    }
}

impl Options {
    /// Prepares a login as [`Common::prepare`] does, and adds the redirect URI.
    ///
    /// # Errors
    /// The same as [`Common::prepare`].
    pub fn prepare(self, fake_service: &str, report: &Report) -> Result<Prepared, Box<dyn Error>> {
        let mut prepared = self.common.prepare(fake_service, report)?;
        if let Some(uri) = self.redirect_uri {
            prepared.settings = prepared.settings.redirect_uri(uri);
        }
        Ok(prepared)
    }
}
