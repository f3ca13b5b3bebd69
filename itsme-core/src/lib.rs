//! The itsme® (Belgian Mobile ID) protocol for relying parties, without I/O.
//!
//! This crate builds [`http::Request`]s and reads [`http::Response`]s. It opens no sockets, reads no clock and takes
//! no randomness from the operating system, so it works with any runtime, sync or async, and in fully deterministic
//! tests. Most applications should use `itsme-reqwest` or `itsme-ureq`, which connect it to an HTTP client.
//! `itsme-testkit` provides a strict fake of itsme to test against. The guide in the repository's `docs/guide` folder
//! covers everything after the first login.
//!
//! # A login
//!
//! Every operation that sends requests is a [`Flow`]. [`drive()`] runs a flow with any HTTP client:
//!
//! ```
//! use itsme_core::{AuthorizationRequest, Claim, Client, LoginState, Scope, drive};
//! # use itsme_testkit::{FakeOp, Person, SERVICE, World};
//! # let mut platform = World::new(); // clock and randomness; `SystemPlatform` in an application
//! # let clock = platform.clock();
//! # let op = std::cell::RefCell::new(FakeOp::new(platform.clock()));
//! # let send = |request| op.borrow_mut().handle(request).map_err(|why| (why, why)); // your HTTP client
//! # let sleep = |duration| { let _ = (duration, &clock); };
//!
//! # let settings = op.borrow().settings();
//! // Once, at startup: Settings::new("my_client_id", keys, Environment::Production)…
//! let itsme = Client::new(settings)?;
//!
//! // 1. Redirect the user to itsme. Keep the state in their session until they return.
//! let login =
//!     AuthorizationRequest::login(SERVICE).claim(Claim::GivenName).scope(Scope::Email);
//! let redirect = drive(itsme.authorize(login), &mut platform, send, sleep)?;
//! let stored = serde_json::to_string(&redirect.state)?;
//! println!("302 to {}", redirect.url);
//!
//! # let callback = op.borrow_mut().approve(&redirect.url, &Person::ann());
//! // 2. The user returns with a query string. Take the state out of the session, and find out who they are.
//! let state: LoginState = serde_json::from_str(&stored)?;
//! let who = drive(itsme.finish_login(state, callback), &mut platform, send, sleep)?;
//!
//! // 3. Link accounts by `sub` only.
//! println!("welcome {:?}, account {}", who.user.given_name, who.user.sub);
//! # assert_eq!(who.user.given_name.as_deref(), Some("Ann"));
//! # assert!(who.user.email.is_some());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`identification`](AuthorizationRequest::identification), [`share_data`](AuthorizationRequest::share_data) and
//! [`confirm`](AuthorizationRequest::confirm) create requests for itsme's other services. Each takes the data that its
//! service requires as arguments. After the login, you have a [`LoggedIn`]: [`Client::picture`] fetches the user's
//! picture, [`Client::revoke`] revokes the access token, and the [`Evidence`] lets you prove the login later.
//!
//! A user without a browser can scan a QR code ([`QrLogin`]). If you have stored the user's `sub`, you can also ask
//! them directly in the itsme app ([`BackchannelRequest::known_user`]). Any process can poll the resulting
//! [`CibaTicket`].
//!
//! All logins share one [`Client`], which holds the parsed keys and caches the OP's metadata and keys. Once these are
//! cached, a login sends a single request, provided that the ID token contains every requested claim.
//!
//! # The loop
//!
//! [`drive()`] and [`drive_async`] are short loops over [`Step`]. If neither fits your runtime, write your own:
//!
//! ```
//! # use itsme_core::{AuthorizationRequest, Client, Step};
//! # use itsme_testkit::{FakeOp, SERVICE, World};
//! # let mut platform = World::new();
//! # let clock = platform.clock();
//! # let mut op = FakeOp::new(platform.clock());
//! # let itsme = Client::new(op.settings())?;
//! # let mut send = |request| op.handle(request).map_err(|why| (why, why));
//! # let sleep = |duration| clock.advance(duration);
//! let flow = itsme.authorize(AuthorizationRequest::login(SERVICE));
//! let mut step = flow.start(&mut platform)?;
//! let redirect = loop {
//!     step = match step {
//!         Step::Send(request, pending) => match send(request) {
//!             Ok(response) => pending.receive(response, &mut platform)?,
//!             // `None` means that the flow cannot continue: return the HTTP client's error.
//!             Err((failure, error)) => pending.failed(failure, &mut platform)?.ok_or(error)?,
//!         },
//!         Step::Wait(duration, paused) => {
//!             sleep(duration);
//!             paused.resume(&mut platform)?
//!         }
//!         // Occurs only if an HSM or a KMS holds the keys; see `PrivateKeys::external`.
//!         Step::UseKey(_, key) => return Err(key.no_holder().into()),
//!         Step::Done(redirect) => break redirect,
//!     };
//! };
//! # assert!(redirect.url.starts_with("https://"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Each step owns its continuation, so code that continues a step twice or in the wrong order does not compile:
//!
//! ```compile_fail,E0382
//! # use itsme_core::{Platform, Error, Pending, Response};
//! # fn example<T>(pending: Pending<T>, a: Response, b: Response, platform: &mut impl Platform) -> Result<(), Error> {
//! let _ = pending.receive(a, platform)?;
//! let _ = pending.receive(b, platform)?; // use of moved value
//! # Ok(()) }
//! ```
//!
//! Likewise, code that finishes a login twice does not compile:
//!
//! ```compile_fail,E0382
//! # use itsme_core::{Client, LoginState};
//! # fn example(itsme: Client, state: LoginState) {
//! let _ = itsme.finish_login(state, "code=a&state=b");
//! let _ = itsme.finish_login(state, "code=a&state=b"); // use of moved value
//! # }
//! ```
//!
//! # External keys
//!
//! Private keys can stay in an HSM or a KMS. [`PrivateKeys::external`] reads their public key set. A flow then requests
//! each signature and each decrypted content key through [`Step::UseKey`], and [`drive_with_keys`] and
//! [`drive_async_with_keys`] pass these requests to your key holder. [`Client::check_keys`] checks that the key handles
//! match the published keys, and [`Client::replace_keys`] switches to other keys, local or external, without a restart.
//!
//! # Diagnosing failed logins
//!
//! [`Client::on_failure`] registers a callback that receives a [`Recording`] of each login that ends in an error. The
//! recording is encrypted to the client's own keys. With these keys, you can [open](Recording::open) it and replay the
//! login step by step, optionally with a shifted clock or different keys.
//!
//! # What is checked
//!
//! Each kind of document has one list of checks. Verification runs them in order and stops at the first failure.
//! [`explain`] runs the whole list, for debugging. [`Document::checks`](explain::Document::checks) lists the checks and
//! what each one expects.
//!
//! <!-- checks -->
//! | document | checks | source |
//! |---|---|---|
//! | discovery document | required members, issuer, authorization_endpoint, token_endpoint, userinfo_endpoint, jwks_uri, query | OIDC Discovery, RFC 7523bis, RFC 6750, RFC 6749 |
//! | endpoint of a service | presence, address | RFC 8414, CIBA Core, RFC 7523bis |
//! | key set | set size, set form, signing key, encryption key | RFC 7517, OIDC Core, itsme: client assertion |
//! | key of the set | key form, private members, kty, kid, use, n, e, key_ops, alg, modulus, exponent, unique kid, numbers | RFC 7517, RFC 7518, RFC 8017 |
//! | callback | client, size, duplicates, state, code or error, iss, promised iss, code, age | RFC 6749, RFC 9207 |
//! | token answer | token_type, access_token, id_token | RFC 6749, RFC 6750, OIDC Core |
//! | encryption of a token | size, encryption, header, extensions, cty, header names, enc, parts, alg, direct enc, direct key, kid, decryption, content | OIDC Core, itsme: ID token, RFC 7516, RFC 8725, RFC 7519, RFC 7518, itsme: client secret |
//! | signature of a token | form, header, extensions, cty, header names, typ, signature form, alg, signature, claims | RFC 7515, RFC 7797, RFC 7519, RFC 8725, OIDC Core |
//! | ID token | required claims, events, iss, aud, other aud, azp, times, exp, iat, age, span, nbf, nonce, auth_req_id, sub, known user, acr, auth_time, at_hash | OIDC Core, RFC 8417, RFC 7519, CIBA Core |
//! | userinfo answer | sub, same sub, events, iss, aud, other aud, times, exp, iat, age, span, nbf | OIDC Core, RFC 8417, RFC 7519 |
//! | token in evidence | sub, same sub, events, iss, aud | OIDC Core, RFC 8417 |
//! <!-- end of checks -->
//!
//! In addition to checking documents, the library applies these protections:
//!
//! | what | how | source |
//! |---|---|---|
//! | code redemption | PKCE S256, the same redirect URI, `private_key_jwt` with a fresh `jti` each time | RFC 7636, RFC 7523 |
//! | decryption | the tag is checked before anything is decrypted; all failures return the same error; if a content key cannot be decrypted, a random one is used in its place | RFC 7516 §11.5 |
//! | keys | an unknown `kid` triggers a key set fetch, at most once a minute | OIDC Core §10.1.1 |
//! | picture | the access token is sent only to the OP's hosts; the image must match its media type | RFC 6750 §5.3 |
//!
//! Claims are returned only after all checks pass. A claim with the value `null` counts as absent, which is an error
//! only if the claim is required. Claims that were not requested never cause a login to fail.
//!
//! # Time
//!
//! Every step reads [`Platform::now`] once. The OP's clock may differ from ours by up to a minute
//! ([`Settings::clock_leeway`]). Users have 15 minutes to log in ([`Settings::login_lifetime`]). Creating a flow does
//! not read the clock.
//!
//! # Secrets
//!
//! No token, key, code, nonce, verifier or claim appears in any `Debug` or `Display` output or in any error. Two
//! errors quote text from outside: [`Error::Refused`] quotes the OP, and [`Error::UnexpectedReply`] quotes up to 512
//! characters of a response that did not come from the OP, with anything that could be a secret removed. Keys, content
//! keys and [`Secret`]s are wiped from memory on drop. [`LoginState`] and [`CibaTicket`] contain secrets and are
//! designed to be stored.
//!
//! # Errors
//!
//! There is one [`Error`] type. Its variants are ordered by cause: the user ([`Error::Cancelled`]), the OP
//! ([`Error::Refused`], [`Error::UnexpectedReply`], …), an attacker or a broken OP ([`Error::IdToken`],
//! [`Error::Callback`], …), and the caller ([`Error::Settings`], [`Error::Request`], …). No outside input causes a
//! panic.
//!
//! # Versions
//!
//! Requests and responses are `http` 1.x types. The only other items from other crates in the public API are `serde`
//! 1.x traits, `serde_json` 1.x values and `zeroize::Zeroizing`. No HTTP client, runtime, JOSE library or OpenSSL types
//! are exposed.
//! Enums and structs that may grow are `#[non_exhaustive]`. The few that are not, such as [`Step`], will not change.
//!
//! # Limits
//!
//! The size limits are 1 MiB for responses ([`MAX_RESPONSE_BYTES`]), 64 KiB for tokens (512 KiB if a picture was
//! requested), 256 KiB for key sets, and 16 KiB for callbacks.
//!
//! # Features
//!
//! * `system`: provides [`SystemPlatform`], which uses the operating system's clock and randomness.
//! * `tracing`: provides [`RequestLog`] and [`KeyLog`], which write the same log events as the adapters.
//! * `vendored-openssl`: builds OpenSSL from source.
//!
//! itsme is a trademark of Belgian Mobile ID. This library is not affiliated with Belgian Mobile ID.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod client;
pub use client::Client;
mod settings;
pub use settings::{
    Settings,
    credentials::{ClientSecret, Credentials},
    environment::{Environment, EnvironmentError},
    private_keys::PrivateKeys,
    protection::{AssertionAudience, JwtProtection, LoginHintForm},
};
mod dialect;
pub use dialect::Dialect;

mod authorization;
pub use authorization::{
    authorize::{Hosted, Redirect},
    callback::Callback,
    request::{AuthorizationRequest, DataRequest, Prompt, UiLocale},
    request_object::RequestObject,
    state::LoginState,
};
mod claims;
pub use claims::{Claim, ClaimRequest, Scope, acr::Acr, country::Country};
mod confirm;
pub use confirm::{FreeText, Payment, Template, plain_typography};

mod tokens;
pub use tokens::logged_in::LoggedIn;
mod user;
pub use user::{Account, Address, App, Device, Eid, ImageType, Photo, PlaceOfBirth, User, belgium};
mod evidence;
pub use evidence::Evidence;

mod ciba;
pub use ciba::{
    Backchannel, BackchannelRequest, CibaTicket, Ping, PingError, Progress, QrCode, QrLogin,
    RejectedPing, UserDiscovery, UserDiscoveryTicket, UserIdentifierToken,
};

mod flow;
#[cfg(feature = "system")]
pub use flow::platform::SystemPlatform;
pub use flow::{
    AwaitingKey, Flow, Paused, Pending, Step,
    attempt::{Attempt, SendFailure},
    drive::{DriveError, KeyResult, drive, drive_async, drive_async_with_keys, drive_with_keys},
    key_operation::{KeyFailure, KeyOperation, SigningInput},
    platform::Platform,
};
#[cfg(feature = "tracing")]
pub use flow::{key_log::KeyLog, request_log::RequestLog};
mod http;
pub use self::http::{
    Request, Response,
    endpoint::Endpoint,
    limits::{Countdown, MAX_RESPONSE_BYTES, Timeouts},
};
mod provider;
pub use provider::Provider;

mod error;
pub use error::{
    Advice, CallbackError, EntropyError, Error, ErrorCode, EvidenceError, FreeTextError, KeyError,
    KeyFileForm, KeysError, MetadataError, PassedOver, PaymentError, PictureError, RecordingError,
    Refusal, RequestError, SettingsError, TokenError, UnexpectedReply, UrlError,
};
mod ground;
pub use ground::{secret::Secret, time::UnixTime};
mod jose;
pub use jose::{JoseError, RsaKeyError};

mod access_token;
mod recording;
pub use recording::{Recording, Replay, ReplayError, Replayed, ReplayedStep, ReplayedWhat};

mod client_auth;

pub mod explain;

/// Internals for this project's own fuzz targets, benchmarks and test vectors. Exempt from semver.
#[cfg(feature = "unstable-internals")]
#[doc(hidden)]
pub mod internals;
