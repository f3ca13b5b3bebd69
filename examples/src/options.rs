//! The command line, and the settings that come of it.

use std::{error::Error, fs, path::PathBuf};

use clap::{Args, ValueEnum};
use itsme_core::{Environment, PrivateKeys, Settings, TokenForm};

use crate::visitor::Visitor;

/// Which itsme, and as whom: the same for every program.
///
/// Without options nothing and nobody is needed: a fake itsme is started on loopback, and the person
/// with the phone is played by the program.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Which of the sample people logs in at the fake itsme.
    #[arg(long, value_enum, default_value = "ann", conflicts_with_all = ["environment", "issuer"])]
    user: User,

    /// The person refuses.
    #[arg(long, conflicts_with_all = ["environment", "issuer"])]
    deny: bool,

    /// A real environment of itsme instead of the fake one.
    #[arg(
        long,
        value_enum,
        group = "op",
        conflicts_with = "issuer",
        requires_all = ["client_id", "keys", "service", "redirect_uri"]
    )]
    environment: Option<RealEnvironment>,

    /// Another OP: its issuer, https, or http on loopback.
    #[arg(
        long,
        value_name = "URL",
        group = "op",
        requires_all = ["client_id", "keys", "service", "redirect_uri"]
    )]
    issuer: Option<String>,

    /// The client id that the OP gave out.
    #[arg(long, value_name = "ID", requires = "op")]
    client_id: Option<String>,

    /// The file with the private JWK set.
    #[arg(long, value_name = "FILE", requires = "op")]
    keys: Option<PathBuf>,

    /// The service code that the OP gave out.
    #[arg(long, value_name = "CODE", requires = "op")]
    service: Option<String>,

    /// The redirect URI as it is registered with the OP.
    #[arg(long, value_name = "URI", requires = "op")]
    redirect_uri: Option<String>,

    /// The form of the client assertion; some OPs take no encrypted ones.
    #[arg(long, value_enum, default_value = "encrypted")]
    assertion: Assertion,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum User {
    /// With a Belgian identity card.
    Ann,
    /// With a Dutch passport.
    Daan,
    /// With a Romanian identity card.
    Ioana,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RealEnvironment {
    /// The sandbox.
    E2e,
    /// Real people.
    Production,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Assertion {
    /// Signed only.
    Signed,
    /// Signed, then encrypted.
    Encrypted,
}

/// What a program needs to log somebody in.
#[derive(Debug)]
pub struct Prepared {
    /// Who the application is.
    pub settings: Settings,
    /// The code of the service.
    pub service: String,
    /// Whom it asks.
    pub visitor: Visitor,
}

impl Options {
    /// Reads the keys, or starts the fake itsme.
    ///
    /// `fake_service` is the code of the service at the fake itsme.
    ///
    /// # Errors
    /// The key file cannot be read or used, or loopback has no free port.
    pub fn prepare(self, fake_service: &str) -> Result<Prepared, Box<dyn Error>> {
        let form = match self.assertion {
            Assertion::Signed => TokenForm::Signed,
            Assertion::Encrypted => TokenForm::SignedThenEncrypted,
        };
        let environment = match (&self.environment, &self.issuer) {
            (Some(RealEnvironment::E2e), _) => Environment::E2e,
            (Some(RealEnvironment::Production), _) => Environment::Production,
            (None, Some(issuer)) => Environment::custom(issuer),
            (None, None) => return self.against_the_fake(fake_service, form),
        };
        // The parser has seen to it that all of these are given.
        let file = self.keys.unwrap_or_default();
        let text = fs::read_to_string(&file)
            .map_err(|error| format!("the key file {} cannot be read: {error}", file.display()))?;
        let keys = PrivateKeys::from_json(&text)
            .map_err(|error| format!("the key file {}: {error}", file.display()))?;
        let mut settings = Settings::new(self.client_id.unwrap_or_default(), keys, environment)
            .redirect_uri(self.redirect_uri.unwrap_or_default())
            .client_assertion(form);
        if self.issuer.is_some_and(|issuer| issuer.starts_with("http://")) {
            settings = settings.danger_http_on_loopback();
        }
        let service = self.service.unwrap_or_default();
        Ok(Prepared { settings, service, visitor: Visitor::real() })
    }

    fn against_the_fake(self, service: &str, form: TokenForm) -> Result<Prepared, Box<dyn Error>> {
        let person = match self.user {
            User::Ann => itsme_testkit::Person::ann(),
            User::Daan => itsme_testkit::Person::daan(),
            User::Ioana => itsme_testkit::Person::ioana(),
        };
        let (visitor, settings) = Visitor::simulated(person, !self.deny)?;
        let settings = settings.client_assertion(form);
        Ok(Prepared { settings, service: service.to_owned(), visitor })
    }
}
