//! Who has an account, and by which `sub` each client knows them.

use super::FakeOp;
use crate::{Person, jose, registration::CLIENT_ID};

impl FakeOp {
    /// Deletes a person's itsme account and creates a new one: every client then sees a new `sub`.
    pub fn recreate_account(&mut self, person: &Person) {
        *self.accounts.entry(person.id().to_owned()).or_default() += 1;
    }

    /// Adds a person to the [samples](Person::samples) that the OP's pages offer, or replaces the
    /// claims of a known one.
    pub fn know(&mut self, person: Person) {
        match self.people.iter_mut().find(|known| known.id() == person.id()) {
            Some(known) => *known = person,
            None => self.people.push(person),
        }
    }

    /// The people whom its pages offer.
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// The `sub` by which the client [`CLIENT_ID`] knows a person.
    pub fn sub_of(&self, person: &Person) -> String {
        self.pairwise_sub(CLIENT_ID, person)
    }

    /// The `sub` by which a client knows a person: 36 characters, different for each client.
    pub fn pairwise_sub(&self, client_id: &str, person: &Person) -> String {
        let account = self.accounts.get(person.id()).copied().unwrap_or_default();
        let hash = jose::sha256_hex(&format!("{client_id} {} {account}", person.id()));
        hash[..36].to_owned()
    }
}
