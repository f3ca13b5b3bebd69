//! Explains why a login fails. For debugging, it runs all checks on a document and reports what each check expected and
//! found.
//!
//! A login stops at the first check that fails, and its error contains no further details, because an attacker might
//! read it too. [`Explainer`] runs the same list of checks to the end. It sends nothing, and returns neither a
//! [`LoggedIn`](crate::LoggedIn) nor a [`User`](crate::User). Its output is meant only for the developer who is
//! debugging the login, so don't use it in services that others can reach.
//!
//! ```
//! use itsme_core::{AuthorizationRequest, Platform, explain::Explainer};
//! # use itsme_core::Client;
//! # use itsme_testkit::{FakeOp, Person, SERVICE, World, play};
//! # let mut world = World::new();
//! # let mut op = FakeOp::new(world.clock());
//! # let settings = op.settings();
//! # let itsme = Client::new(settings.clone())?;
//! # let redirect = play(itsme.authorize(AuthorizationRequest::login(SERVICE)), &mut op, &mut world)?;
//! # let callback = op.approve(&redirect.url, &Person::ann()).replace("state=", "state=x");
//!
//! let explainer = Explainer::new(&settings, world.now()).login(&redirect.state);
//! let explanation = explainer.callback(callback);
//! for report in explanation.failed() {
//!     println!("{}; found: {}", report.check, report.found);
//! }
//! assert_eq!(explanation.failed().map(|report| report.check.name).collect::<Vec<_>>(), ["state"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! ```text
//! document.rs  the kinds of documents and their checks    explainer.rs  runs the checks
//! provider.rs  metadata and key set                       token.rs      the layers and claims of a token
//! evidence.rs  the tokens in an archived text
//! ```

mod document;
mod evidence;
mod explainer;
mod provider;
mod token;

pub use self::{
    document::{Document, Explanation},
    evidence::evidence,
    explainer::Explainer,
    provider::NotJson,
    token::{OpenedToken, ReadToken},
};
pub use crate::ground::check::{Check, CheckOutcome, CheckReport};
