//! The checks on each key in the OP's key set (RFC 7517 §4, RFC 7518 §6.3). A key that fails is ignored and does
//! not affect the others.

use serde_json::{Map, Value};

use super::public_key::{
    Alg, PublicJwk, PublicKey, Usage, exponent, known, modulus, number, operations,
};
use crate::ground::{
    check::{Rule, Ruling, Subject, Told, Verdict, rules},
    text::printable,
};

/// An entry in a JWK set, with what was read from it.
pub(crate) struct KeyEntry<'a> {
    entry: &'a Value,
    members: Option<&'a Map<String, Value>>,
    kid: Option<String>,
    usage: Option<Usage>,
    alg: Option<Alg>,
    n: Option<Vec<u8>>,
    e: Option<Vec<u8>>,
    /// The encoded numbers, in their shortest form.
    numbers: (Option<String>, Option<String>),
}

/// A key that is usable by itself, and the other keys in its set.
pub(crate) struct KeyAmongOthers<'a> {
    pub(crate) jwk: &'a PublicJwk,
    pub(crate) others: &'a [PublicJwk],
    pub(crate) ready: Option<PublicKey>,
}

/// Does not name the key, because the name is prepended to the error.
type Checked = Verdict<&'static str>;

const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

impl Subject for KeyEntry<'_> {
    type Error = &'static str;

    fn rules<'r>() -> &'r [Rule<Self>]
    where
        Self: 'r,
    {
        rules! {
            "key form", "RFC 7517 §4", "a JSON object" =>
                |it| it.check_form(), |it| it.tell_form();
            "private members", "RFC 7518 §6.3.2", "none, because the set is public" =>
                |it| it.check_private(), |it| it.tell_private();
            "kty", "RFC 7518 §6.1", "`RSA`" =>
                |it| it.check_type(), |it| it.tell("kty");
            "kid", "RFC 7517 §4.5", "if present, a string" =>
                |it| it.check_name(), |it| it.tell("kid");
            "use", "RFC 7517 §4.2", "if present, `sig` or `enc`" =>
                |it| it.check_use(), |it| it.tell("use");
            "n", "RFC 7518 §6.3.1.1", "base64url without padding" =>
                |it| it.read_n(), |it| tell_number(it.n.as_deref());
            "e", "RFC 7518 §6.3.1.2", "base64url without padding" =>
                |it| it.read_e(), |it| tell_number(it.e.as_deref());
            "key_ops", "RFC 7517 §4.3", "if present, allows verifying or encrypting" =>
                |it| it.check_operations(), |it| it.tell("key_ops");
            "alg", "RFC 7518 §3.1, §4.1", "if present, `RS256`, `RSA-OAEP` or `RSA-OAEP-256`" =>
                |it| it.check_algorithm(), |it| it.tell("alg");
            "modulus", "RFC 7518 §3.3, §4.3", "odd, 2048 to 8192 bits" =>
                |it| it.check_modulus(), |it| tell_number(it.n.as_deref());
            "exponent", "RFC 8017 §3.1", "odd, 2 to 64 bits" =>
                |it| it.check_exponent(), |it| tell_number(it.e.as_deref());
        }
    }
}

impl Subject for KeyAmongOthers<'_> {
    type Error = &'static str;

    fn rules<'r>() -> &'r [Rule<Self>]
    where
        Self: 'r,
    {
        rules! {
            "unique kid", "RFC 7517 §4.5", "no other key for the same purpose has the same `kid`" =>
                |it| it.check_name(), |it| it.tell_name();
            "numbers", "RFC 7518 §6.3.1", "OpenSSL accepts them as a key" =>
                |it| it.make_ready(), |it| it.tell_ready();
        }
    }
}

impl<'a> KeyEntry<'a> {
    pub(crate) fn new(entry: &'a Value) -> Self {
        Self {
            entry,
            members: None,
            kid: None,
            usage: None,
            alg: None,
            n: None,
            e: None,
            numbers: (None, None),
        }
    }

    /// The key, once the checks have passed.
    pub(crate) fn into_jwk(self) -> Option<PublicJwk> {
        let Self { kid, usage, alg, numbers: (n, e), .. } = self;
        Some(PublicJwk { kty: "RSA", usage, kid, alg, n: n?, e: e? })
    }

    /// A member that is not `null`, because some serializers write `null` for absent members.
    fn get(&self, name: &str) -> Option<&'a Value> {
        self.members?.get(name).filter(|value| !value.is_null())
    }

    fn check_form(&mut self) -> Checked {
        self.members = Some(self.entry.as_object().ok_or("is not a JSON object")?);
        Ok(Ruling::Held)
    }

    fn tell_form(&self) -> Told {
        Told::found(if self.members.is_some() { "an object" } else { "something else" })
    }

    fn if_object(&self) -> Ruling {
        Ruling::held_if(self.members.is_some())
    }

    fn check_private(&self) -> Checked {
        if PRIVATE.iter().any(|member| self.get(member).is_some()) {
            return Err("contains private key parameters");
        }
        Ok(self.if_object())
    }

    fn tell_private(&self) -> Told {
        let found = PRIVATE.iter().filter(|member| self.get(member).is_some());
        let found: Vec<_> = found.map(|member| format!("`{member}`")).collect();
        Told::found(if found.is_empty() { "none".to_owned() } else { found.join(", ") })
    }

    fn check_type(&self) -> Checked {
        match self.get("kty") {
            _ if self.members.is_none() => Ok(Ruling::NotApplicable),
            Some(kty) if kty == "RSA" => Ok(Ruling::Held),
            _ => Err("has a `kty` other than RSA"),
        }
    }

    fn check_name(&mut self) -> Checked {
        let Some(kid) = self.get("kid") else { return Ok(Ruling::NotApplicable) };
        let kid = kid.as_str().ok_or("has a `kid` that is not a string")?;
        self.kid = Some(kid.to_owned());
        Ok(Ruling::Held)
    }

    fn check_use(&mut self) -> Checked {
        self.usage = known(self.get("use")).ok_or("has an unknown `use`")?;
        Ok(Ruling::held_if(self.usage.is_some()))
    }

    fn read_n(&mut self) -> Checked {
        if self.members.is_some() {
            let n = number(self.get("n"));
            self.n = Some(n.ok_or("has an `n` that is not base64url without padding")?);
        }
        Ok(self.if_object())
    }

    fn read_e(&mut self) -> Checked {
        if self.members.is_some() {
            let e = number(self.get("e"));
            self.e = Some(e.ok_or("has an `e` that is not base64url without padding")?);
        }
        Ok(self.if_object())
    }

    fn check_operations(&mut self) -> Checked {
        let key_ops = self.get("key_ops");
        self.usage = operations(self.usage, key_ops)?;
        Ok(Ruling::held_if(key_ops.is_some()))
    }

    fn check_algorithm(&mut self) -> Checked {
        self.alg = known(self.get("alg")).ok_or("has an unsupported `alg`")?;
        Ok(Ruling::held_if(self.alg.is_some()))
    }

    fn check_modulus(&mut self) -> Checked {
        let Some(n) = &self.n else { return Ok(Ruling::NotApplicable) };
        let n = modulus(n).ok_or("has an `n` that is not an odd integer of 2048 to 8192 bits")?;
        self.numbers.0 = Some(n);
        Ok(Ruling::Held)
    }

    fn check_exponent(&mut self) -> Checked {
        let Some(e) = &self.e else { return Ok(Ruling::NotApplicable) };
        let e = exponent(e).ok_or("has an `e` that is not an odd integer of 2 to 64 bits")?;
        self.numbers.1 = Some(e);
        Ok(Ruling::Held)
    }

    fn tell(&self, name: &str) -> Told {
        Told::found(match self.get(name) {
            None => "nothing".to_owned(),
            Some(Value::String(text)) => format!("`{}`", printable(text)),
            Some(Value::Array(list)) => {
                let texts = list.iter().filter_map(Value::as_str).take(8);
                format!("[{}]", texts.map(printable).collect::<Vec<_>>().join(", "))
            }
            Some(_) => "something else".to_owned(),
        })
    }
}

/// Reports a public number by its size.
fn tell_number(number: Option<&[u8]>) -> Told {
    let Some(number) = number else { return Told::found("something else") };
    let leading = number.iter().take_while(|byte| **byte == 0).count();
    let bits = number
        .get(leading)
        .map_or(0, |first| 8 * (number.len() - leading) - first.leading_zeros() as usize);
    let is_odd = number.last().is_some_and(|last| last & 1 == 1);
    Told::found(format!("{bits} bits, {}", if is_odd { "odd" } else { "even" }))
}

impl KeyAmongOthers<'_> {
    fn check_name(&self) -> Checked {
        let Self { jwk, others, .. } = self;
        let is_rival = |other: &PublicJwk| {
            let same_key = other.n == jwk.n && other.e == jwk.e;
            other.kid == jwk.kid && !same_key && other.shares_purpose(jwk)
        };
        if jwk.kid.is_some() && others.iter().any(is_rival) {
            return Err("names two different keys");
        }
        Ok(Ruling::held_if(jwk.kid.is_some()))
    }

    fn tell_name(&self) -> Told {
        let same = self.others.iter().filter(|other| other.kid == self.jwk.kid).count();
        Told::found(format!("{same} with this `kid`"))
    }

    fn make_ready(&mut self) -> Checked {
        self.ready = Some(self.jwk.clone().ready().ok_or("is rejected by OpenSSL")?);
        Ok(Ruling::Held)
    }

    fn tell_ready(&self) -> Told {
        Told::found(if self.ready.is_some() { "a key" } else { "not a key" })
    }
}
