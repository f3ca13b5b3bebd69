//! The people with an account, and the `sub` that each client sees for them.

use super::FakeOp;
use crate::{Person, jose, registration::CLIENT_ID};

impl FakeOp {
    /// Deletes a person's itsme account and creates a new one. Every client then sees a new `sub`
    /// for them.
    pub fn recreate_account(&mut self, person: &Person) {
        *self.accounts.entry(person.id().to_owned()).or_default() += 1;
    }

    /// Adds a person to the list offered on the OP's pages, which initially contains the
    /// [samples](Person::samples). If a person with this id exists, replaces their claims.
    pub fn know(&mut self, person: Person) {
        match self.people.iter_mut().find(|known| known.id() == person.id()) {
            Some(known) => *known = person,
            None => self.people.push(person),
        }
    }

    /// The people offered on the OP's pages.
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// The `sub` of a person for the client [`CLIENT_ID`].
    pub fn sub_of(&self, person: &Person) -> String {
        self.pairwise_sub(CLIENT_ID, person)
    }

    /// The `sub` of a person for this client. It has 36 characters and is different for each
    /// client.
    pub fn pairwise_sub(&self, client_id: &str, person: &Person) -> String {
        let account = self.accounts.get(person.id()).copied().unwrap_or_default();
        let hash = jose::sha256_hex(&format!("{client_id} {} {account}", person.id()));
        hash[..36].to_owned()
    }
}
