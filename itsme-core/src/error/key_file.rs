use thiserror::Error;

/// The format of a key file that is not a JWK set. The error message explains how to convert it to one.
///
/// `keys` is one of this project's example programs: `cargo run --bin keys -- --help`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyFileForm {
    /// A JSON array of keys, without the enclosing object.
    #[error(
        "it is a bare JSON array; wrap it in an object, as the member `keys`, or convert it with \
         `keys import`"
    )]
    Array,
    /// A single JWK.
    #[error(
        "it is a single JWK, but you need one key for signing and one for decryption; `keys import` makes a \
         set from two such files"
    )]
    SingleJwk,
    /// JSON in quotes or with escaped quotes, possibly after a variable's name.
    #[error(
        "it is JSON in quotes or with escaped quotes, as in an `.env` file; remove the quotes and \
         escapes, or convert the file with `keys import`"
    )]
    Quoted,
    /// Text in UTF-16, as some Windows programs save it.
    #[error("it is UTF-16 text; save it as UTF-8, or convert it with `keys import`")]
    Utf16,
    /// A private key in PEM (PKCS #1 or PKCS #8).
    #[error("it is a PEM private key; use `keys import` to create a key set from two such keys")]
    PrivatePem,
    /// PEM with its line breaks written as `\n`.
    #[error(
        "it is PEM with `\\n` instead of line breaks, as in an environment variable; use `keys import` \
         to create a key set from two such keys"
    )]
    EscapedPem,
    /// A private key in PEM, encrypted with a passphrase.
    #[error(
        "it is a passphrase-protected PEM private key; use `keys import` to create a key set from two such keys, with \
         `--passphrase-env` or `--passphrase-file`"
    )]
    EncryptedPem,
    /// An elliptic-curve private key in PEM.
    #[error(
        "it is an elliptic-curve key in PEM, but itsme needs RSA keys; use `keys generate` to create a set with \
         new keys"
    )]
    EcPem,
    /// A public key in PEM.
    #[error("it is a public key in PEM; give `keys import` the file with the matching private key")]
    PublicPem,
    /// A certificate in PEM.
    #[error(
        "it is a certificate, which has only the public half of a key; give `keys import` the file \
         with the matching private key"
    )]
    Certificate,
    /// A different kind of PEM, such as a certificate request or a key in OpenSSH's own format.
    #[error(
        "it is PEM, but not a private key in PKCS #1 or PKCS #8; give `keys import` a file in one of these formats \
         (`ssh-keygen -p -m PEM -f FILE` converts an OpenSSH key)"
    )]
    OtherPem,
    /// A PKCS #12 file (`.p12` or `.pfx`).
    #[error(
        "it is a PKCS #12 file (.p12, .pfx); use `keys import` to create a key set from two such keys"
    )]
    Pkcs12,
    /// Binary DER that is not PKCS #12: a key or a certificate.
    #[error(
        "it is binary DER; if it is a private key, use `keys import` to create a key set from two such keys; if \
         it is a certificate, find the file with its private key"
    )]
    Der,
    /// A base64-encoded file.
    #[error(
        "it is a base64-encoded file; decode it (`base64 -d`) and run `keys check` on the result"
    )]
    Base64,
    /// HTML or XML.
    #[error(
        "it is HTML or XML, perhaps a saved error page; download the file again, \
         or make new keys with `keys generate`"
    )]
    Markup,
    /// Neither text nor a recognized binary format.
    #[error(
        "it is neither UTF-8 text nor a PKCS #12 or DER file; it may have been damaged in transit; \
         download it again"
    )]
    Binary,
}
