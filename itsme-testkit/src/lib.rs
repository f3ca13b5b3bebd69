//! draft

mod world;
pub use world::{Clock, World};
mod play;
pub use play::{play, play_all};
mod person;
pub use person::Person;
mod op;
pub use op::{Asked, Document, FakeOp, Reaction};
mod registration;
pub use registration::{
    CLIENT_ID, REDIRECT_URI, RegisteredClient, SERVICE, private_jwks, private_keys,
};

#[cfg(feature = "server")]
mod server;
#[cfg(feature = "server")]
pub use server::Server;
pub mod conformance;

mod jose;
