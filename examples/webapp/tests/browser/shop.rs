//! The web application, with the fake itsme that it starts.

use crate::program::Program;

pub struct Shop {
    /// Its origin: `http://127.0.0.1:PORT`.
    pub address: String,
    /// The issuer of its itsme: `http://localhost:PORT/v2`.
    pub itsme: String,
    _program: Program,
}

impl Shop {
    pub fn start() -> Self {
        let program = Program::start(&[]);
        let itsme = program.itsme.clone().expect("it brings one along");
        Self { address: program.address.clone(), itsme, _program: program }
    }

    pub fn phone(&self) -> String {
        format!("{}/phone", self.itsme)
    }
}
