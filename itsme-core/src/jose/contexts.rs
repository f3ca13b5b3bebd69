use std::sync::{Mutex, MutexGuard, PoisonError};

use openssl::{
    error::ErrorStack,
    md::Md,
    pkey::{HasPrivate, PKey},
    pkey_ctx::{PkeyCtx, PkeyCtxRef},
    rsa::Padding,
};

use super::KeyEncryption;

/// OpenSSL contexts for one operation with one key. They are set up once and kept, because OpenSSL 3 looks up the
/// algorithms again for each new context.
pub(super) struct Contexts<T> {
    key: PKey<T>,
    operation: SetUp<T>,
    /// As many contexts as have been in use at the same time.
    idle: Mutex<Vec<PkeyCtx<T>>>,
}

type Prepared = Result<(), ErrorStack>;
type SetUp<T> = fn(&mut PkeyCtxRef<T>) -> Prepared;

impl<T: HasPrivate> Contexts<T> {
    /// Contexts for signing a digest with RS256.
    pub(super) fn signing(key: &PKey<T>) -> Self {
        Self::new(key, |context| {
            context.sign_init()?;
            pkcs1(context)
        })
    }

    pub(super) fn unwrapping(key: &PKey<T>, alg: KeyEncryption) -> Self {
        Self::new(
            key,
            match alg {
                KeyEncryption::RsaOaep => |context| {
                    context.decrypt_init()?;
                    context.set_rsa_padding(Padding::PKCS1_OAEP)
                },
                KeyEncryption::RsaOaep256 => |context| {
                    context.decrypt_init()?;
                    oaep_256(context)
                },
            },
        )
    }
}

fn pkcs1<T>(context: &mut PkeyCtxRef<T>) -> Prepared {
    context.set_rsa_padding(Padding::PKCS1)?;
    context.set_signature_md(Md::sha256())
}

fn oaep_256<T>(context: &mut PkeyCtxRef<T>) -> Prepared {
    context.set_rsa_padding(Padding::PKCS1_OAEP)?;
    context.set_rsa_oaep_md(Md::sha256())?;
    context.set_rsa_mgf1_md(Md::sha256())
}

impl<T> Contexts<T> {
    fn new(key: &PKey<T>, operation: SetUp<T>) -> Self {
        Self { key: key.clone(), operation, idle: Mutex::default() }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<PkeyCtx<T>>> {
        // No code that could panic runs under the lock.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs the operation. The context is kept whatever the outcome, so that the next operation takes as long after a
    /// failure as after a success.
    pub(super) fn run<R>(
        &self,
        run: impl FnOnce(&mut PkeyCtxRef<T>) -> Result<R, ErrorStack>,
    ) -> Result<R, ErrorStack> {
        let idle = self.idle().pop();
        let mut context = match idle {
            Some(context) => context,
            None => {
                let mut context = PkeyCtx::new(&self.key)?;
                (self.operation)(&mut context)?;
                context
            }
        };
        let result = run(&mut context);
        self.idle().push(context);
        result
    }
}

#[cfg(test)]
mod tests {
    use openssl::rsa::Rsa;

    use super::*;

    fn contexts() -> Contexts<openssl::pkey::Private> {
        let key = Rsa::generate(2048).and_then(PKey::from_rsa).expect("a key");
        Contexts::signing(&key)
    }

    fn sign(context: &mut PkeyCtxRef<openssl::pkey::Private>) -> Result<Vec<u8>, ErrorStack> {
        let mut signature = Vec::new();
        context.sign_to_vec(&[7; 32], &mut signature)?;
        Ok(signature)
    }

    /// A nested operation would otherwise wait forever.
    #[test]
    fn no_lock_is_held_during_an_operation() {
        let contexts = contexts();
        let both = contexts.run(|outer| Ok((contexts.run(sign)?, sign(outer)?)));
        let (inner, outer) = both.expect("signatures");
        assert_eq!(inner, outer, "the padding of RS256 is fixed");
        assert_eq!(contexts.idle().len(), 2, "as many as were in use at once");
    }

    #[test]
    fn a_context_is_kept_after_a_failure() {
        let contexts = contexts();
        let too_short = contexts.run(|context| context.sign(&[7; 31], Some(&mut [0; 256])));
        assert!(too_short.is_err(), "31 bytes are not a SHA-256");
        assert_eq!(contexts.idle().len(), 1);
        assert!(contexts.run(sign).is_ok(), "and it still works");
        assert_eq!(contexts.idle().len(), 1, "the same one was used");
    }
}
