use std::{collections::VecDeque, sync::Arc};

use zeroize::Zeroizing;

use super::{inner::ClientInner, jwt::JWT};
use crate::{
    error::Error,
    flow::{
        key_operation::{Ask, KeyUsed},
        machine::{Context, Event, Machine, Next},
    },
    jose::{KeyEncryption, KeyHome, OwnKey, Signer, UnsignedJws, constant_time_eq},
    settings::credentials::Credentials,
};

/// The flow behind [`Client::check_keys`](crate::Client::check_keys), which tests each external key for the
/// purpose it is published for.
pub(crate) struct CheckKeys {
    unchecked: VecDeque<Check>,
    asked: Option<Asked>,
}

enum Check {
    Signing(Arc<OwnKey>),
    Unwrapping(Arc<OwnKey>, KeyEncryption),
}

/// The expected result of the pending key operation.
enum Asked {
    /// A signature. By the time the flow receives it, it has already been verified with the published key.
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
        if let Credentials::PrivateKeys(keys) = client.settings.keyring.current() {
            for key in keys.signing_keys().iter().filter(|key| key.is_outside()) {
                unchecked.push_back(Check::Signing(Arc::clone(key)));
            }
            // A key without `alg` is tested with every algorithm that the OP may use.
            for key in keys.decryption_keys().iter().filter(|key| key.is_outside()) {
                for alg in [KeyEncryption::RsaOaep256, KeyEncryption::RsaOaep] {
                    if key.unwraps(alg) {
                        unchecked.push_back(Check::Unwrapping(Arc::clone(key), alg));
                    }
                }
            }
        }
        Self { unchecked, asked: None }
    }

    fn next(mut self, cx: &mut Context<'_>) -> Result<Next<Self>, Error> {
        let (ask, asked) = match self.unchecked.pop_front() {
            None => return Ok(Next::Done(())),
            Some(Check::Signing(key)) => {
                let claims = serde_json::json!({ "purpose": "to check a key" });
                let jws = UnsignedJws::new(JWT, &claims, Signer::Rs256(&key));
                let jws = jws.ok_or(Error::Crypto("sign a token"))?;
                (Ask::sign(key, jws), Asked::Signature)
            }
            Some(Check::Unwrapping(key, alg)) => {
                let mut content_key = Zeroizing::new([0; 32]);
                cx.fill(&mut *content_key)?;
                let encrypted = wrapped(&key, alg, &*content_key)?;
                let (kid, algorithm) = (key.kid.clone(), alg.name());
                let asked = Asked::ContentKey { kid, algorithm, content_key };
                (Ask::unwrap(key, alg, encrypted), asked)
            }
        };
        Ok(Next::UseKey(ask, Self { asked: Some(asked), ..self }))
    }
}

/// Encrypts a content key with the published key, as the OP does.
fn wrapped(key: &OwnKey, alg: KeyEncryption, content_key: &[u8]) -> Result<Vec<u8>, Error> {
    let wrapped = match &key.home {
        KeyHome::Outside(public) => public.wrap(alg, content_key),
        KeyHome::Here(_) => None,
    };
    wrapped.map(|(_, encrypted)| encrypted).ok_or(Error::Crypto("encrypt a key"))
}

impl Machine for CheckKeys {
    type Output = ();

    fn step(mut self, event: Event, cx: &mut Context<'_>) -> Result<Next<Self>, Error> {
        match (event, self.asked.take()) {
            (Event::KeyUsed(KeyUsed::Signed(_)), Some(Asked::Signature)) | (_, None) => {
                self.next(cx)
            }
            (
                Event::KeyUsed(KeyUsed::Unwrapped(unwrapped)),
                Some(Asked::ContentKey { kid, algorithm, content_key }),
            ) => match unwrapped {
                Some(key) if constant_time_eq(&key, &*content_key) => self.next(cx),
                _ => Err(Error::KeyMismatch { kid, algorithm }),
            },
            _ => Ok(Next::GiveUp),
        }
    }
}
