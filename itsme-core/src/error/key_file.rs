use thiserror::Error;

/// What a key file turned out to be, in place of a JWK set. The message says how to make a set of it.
///
/// `keys` is a program among the examples of this project: `cargo run --bin keys -- --help`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyFileForm {
    /// A JSON array of keys, without the object around it.
    #[error(
        "it is a bare JSON array; make it the member `keys` of an object, or let `keys import` make a set \
         of the keys in it"
    )]
    Array,
    /// One JWK.
    #[error(
        "it is a single JWK, but one key is needed to sign and one to decrypt; `keys import` makes a \
         set of two such files"
    )]
    SingleJwk,
    /// JSON in quotes or with escaped quotes, with or without a variable's name in front.
    #[error(
        "it is JSON in quotes or with escaped quotes, as in an `.env` file; take them away, or let \
         `keys import` read it as it is"
    )]
    Quoted,
    /// Text in UTF-16, as some Windows programs save it.
    #[error("it is UTF-16 text; save it as UTF-8, or let `keys import` read it as it is")]
    Utf16,
    /// A private key in PEM (PKCS #1 or PKCS #8).
    #[error("it is a PEM private key; `keys import` makes a set of two such keys")]
    PrivatePem,
    /// PEM whose line breaks are written as `\n`.
    #[error(
        "it is PEM with `\\n` in place of line breaks, as in an environment variable; `keys import` \
         makes a set of two such keys"
    )]
    EscapedPem,
    /// A private key in PEM, encrypted with a passphrase.
    #[error(
        "it is a PEM private key under a passphrase; `keys import` makes a set of two such keys, with \
         `--passphrase-env` or `--passphrase-file`"
    )]
    EncryptedPem,
    /// A private key in PEM, for elliptic curves.
    #[error(
        "it is an elliptic-curve key in PEM, but itsme needs RSA keys; `keys generate` makes a set of \
         new ones"
    )]
    EcPem,
    /// A public key in PEM.
    #[error("it is a public key in PEM; give the file of its private key to `keys import`")]
    PublicPem,
    /// A certificate in PEM.
    #[error(
        "it is a certificate, which has the public half of a key only; give the file of its private \
         key to `keys import`"
    )]
    Certificate,
    /// Other PEM, such as a certificate request or a key of OpenSSH's own format.
    #[error(
        "it is PEM, but not a private key in PKCS #1 or PKCS #8; give such a file to `keys import` \
         (`ssh-keygen -p -m PEM -f FILE` converts a key of OpenSSH)"
    )]
    OtherPem,
    /// A PKCS #12 file: `.p12` or `.pfx`.
    #[error("it is a PKCS #12 file (.p12, .pfx); `keys import` makes a set of two such keys")]
    Pkcs12,
    /// Other binary DER: a key or a certificate.
    #[error(
        "it is binary DER; if it is a private key, `keys import` makes a set of two such keys, and if \
         it is a certificate, look for the file of its private key"
    )]
    Der,
    /// A file in base64.
    #[error(
        "it is a file in base64; decode it (`base64 -d`), and look at the result with `keys check`"
    )]
    Base64,
    /// HTML or XML.
    #[error(
        "it is HTML or XML, perhaps an error page that was saved in its place; fetch the file again, \
         or make a new one with `keys generate`"
    )]
    Markup,
    /// Neither text nor binary of a kind that is known here.
    #[error(
        "it is neither UTF-8 text nor a PKCS #12 or DER file; it may have been damaged on its way, so \
         fetch it again"
    )]
    Binary,
}
