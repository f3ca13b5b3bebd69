use zeroize::Zeroizing;

use crate::{
    error::Error,
    flow::{
        key_operation::{Ask, KeyUsed},
        machine::{Context, Event, Machine, Next},
    },
    ground::{secret::Secret, wiped::Wiped},
    jose::{self, ContentEncryption, Decryption, JoseError, Opening, WrappedJwe},
};

/// Opens a token that the OP has encrypted for us: requests the decryption of its content key, then decrypts the token.
/// Returns the inner JWS, which is not yet verified, or the reason why there is none.
pub(crate) struct OpenToken(State);

enum State {
    Closed { token: Secret, decryption: Decryption, limit: usize },
    Unwrapping(Box<WrappedJwe>, Zeroizing<[u8; ContentEncryption::KEY]>),
}

/// The inner JWS.
type Opened = Result<Wiped<String>, JoseError>;

impl OpenToken {
    /// `limit` is the maximum length in characters.
    pub(crate) fn new(token: Secret, decryption: Decryption, limit: usize) -> Self {
        Self(State::Closed { token, decryption, limit })
    }

    /// The decoy is created before anything is known about the key, because a key holder's timing would otherwise
    /// reveal whether it is used.
    fn unwrap(mut jwe: Box<WrappedJwe>, cx: &mut Context<'_>) -> Result<Next<Self>, Error> {
        let Some((key, encrypted_key)) = jwe.next_key() else {
            return Ok(Next::Done(jose::inner(Err(jwe.if_none_opens()))));
        };
        let mut decoy = Zeroizing::new([0; ContentEncryption::KEY]);
        cx.fill(&mut *decoy)?;
        let ask = Ask::unwrap(key, jwe.algorithm(), encrypted_key);
        Ok(Next::UseKey(ask, Self(State::Unwrapping(jwe, decoy))))
    }
}

impl Machine for OpenToken {
    type Output = Opened;

    fn step(self, event: Event, cx: &mut Context<'_>) -> Result<Next<Self>, Error> {
        match (self.0, event) {
            (State::Closed { token, decryption, limit }, _) => {
                match jose::open(token, decryption, limit) {
                    Ok(Opening::Opened(opened)) => Ok(Next::Done(jose::inner(opened))),
                    Ok(Opening::Wrapped(jwe)) => Self::unwrap(jwe, cx),
                    Err(error) => Ok(Next::Done(Err(error))),
                }
            }
            (State::Unwrapping(jwe, decoy), Event::KeyUsed(KeyUsed::Unwrapped(unwrapped))) => {
                match jwe.open(unwrapped.as_ref().map(|key| key.as_slice()), &decoy) {
                    Ok(plaintext) => Ok(Next::Done(jose::inner(Ok(plaintext)))),
                    Err(_) => Self::unwrap(jwe, cx),
                }
            }
            (State::Unwrapping(..), _) => Ok(Next::GiveUp),
        }
    }
}
