use std::{collections::VecDeque, sync::Arc};

use zeroize::Zeroizing;

use super::inner::ClientInner;
use crate::{
    error::Error,
    flow::{
        key_operation::{Ask, KeyUsed},
        machine::{Context, Event, Machine, Next},
    },
    jose::{KeyEncryption, KeyHome, OwnKey, Signer, UnsignedJws, constant_time_eq},
    settings::credentials::Credentials,
};

/// The flow behind [`Client::check_keys`](crate::Client::check_keys): each key outside is asked for what it
/// is published for.
pub(crate) struct CheckKeys {
    unchecked: VecDeque<Check>,
    asked: Option<Asked>,
}

enum Check {
    Signing(Arc<OwnKey>),
    Unwrapping(Arc<OwnKey>),
}

/// What must come back.
enum Asked {
    /// A signature, which was held against the published key already.
    Signature,
    ContentKey {
        kid: String,
        algorithm: &'static str,
        content_key: Zeroizing<[u8; 32]>,
    },
}

impl CheckKeys {
    pub(crate) fn new(client: &ClientInner) -> Self {
        let mut unchecked = VecDeque::new();
        if let Credentials::PrivateKeys(keys) = client.keyring.current() {
            let outside = |key: &&Arc<OwnKey>| matches!(key.home, KeyHome::Outside(_));
            unchecked
                .extend(keys.signing_keys().iter().filter(outside).cloned().map(Check::Signing));
            let decryption = keys.decryption_keys().iter().filter(outside);
            unchecked.extend(decryption.cloned().map(Check::Unwrapping));
        }
        Self { unchecked, asked: None }
    }

    fn next(mut self, cx: &mut Context<'_>) -> Result<Next<Self>, Error> {
        let (ask, asked) = match self.unchecked.pop_front() {
            None => return Ok(Next::Done(())),
            Some(Check::Signing(key)) => {
                let claims = serde_json::json!({ "purpose": "to check a key" });
                let jws = UnsignedJws::new(&claims, Signer::Rs256(&key));
                let jws = jws.ok_or(Error::Crypto("write a token"))?;
                (Ask::sign(key, jws), Asked::Signature)
            }
            Some(Check::Unwrapping(key)) => {
                let mut content_key = Zeroizing::new([0; 32]);
                cx.fill(&mut *content_key)?;
                let (algorithm, encrypted) = wrapped(&key, &*content_key)?;
                let asked = Asked::ContentKey {
                    kid: key.kid.clone(),
                    algorithm: algorithm.name(),
                    content_key,
                };
                (Ask::unwrap(key, algorithm, Zeroizing::new(encrypted)), asked)
            }
        };
        Ok(Next::UseKey(ask, Self { asked: Some(asked), ..self }))
    }
}

/// As the OP does it, which reads the published key.
fn wrapped(key: &OwnKey, content_key: &[u8]) -> Result<(KeyEncryption, Vec<u8>), Error> {
    let wrapped = match &key.home {
        KeyHome::Outside(public) => public.wrap(KeyEncryption::RsaOaep256, content_key),
        KeyHome::Here(_) => None,
    };
    wrapped.ok_or(Error::Crypto("encrypt a key"))
}

impl Machine for CheckKeys {
    type Output = ();

    fn step(mut self, event: Event, cx: &mut Context<'_>) -> Result<Next<Self>, Error> {
        let Event::KeyUsed(used) = event else { return self.next(cx) };
        match (used, self.asked.take()) {
            (KeyUsed::Unavailable, _) => Ok(Next::GiveUp),
            (
                KeyUsed::Unwrapped(unwrapped),
                Some(Asked::ContentKey { kid, algorithm, content_key }),
            ) => match unwrapped {
                Some(key) if constant_time_eq(&key, &*content_key) => self.next(cx),
                _ => Err(Error::KeyMismatch { kid, algorithm }),
            },
            _ => self.next(cx),
        }
    }
}
