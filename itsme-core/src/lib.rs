//! The itsme® (Belgian Mobile ID) protocol for relying parties, without I/O.
//!
//! This crate builds [`http::Request`]s and reads [`http::Response`]s. It opens no socket, reads no
//! clock and asks no operating system for randomness, so it runs in any runtime, sync or async, and
//! in tests that are the same each time. `itsme-reqwest` and `itsme-ureq` run it over an HTTP client
//! and are what most applications want; `itsme-testkit` is a strict fake itsme to test against. The guide,
//! in `docs/guide` of the repository, answers what comes after the first login.
//!
//! # A login
//!
//! Everything that takes a request is a [`Flow`], and [`drive()`] runs it over whatever sends:
//!
//! ```
//! use itsme_core::{AuthorizationRequest, Claim, Client, LoginState, Scope, drive};
//! # use itsme_testkit::{FakeOp, Person, SERVICE, World};
//! # let mut platform = World::new(); // the clock and the randomness; `SystemPlatform` in an application
//! # let clock = platform.clock();
//! # let op = std::cell::RefCell::new(FakeOp::new(platform.clock()));
//! # let send = |request| op.borrow_mut().handle(request).map_err(|why| (why, why)); // your HTTP client
//! # let sleep = |duration| { let _ = (duration, &clock); };
//!
//! # let settings = op.borrow().settings();
//! // Once, at the start: Settings::new("my_client_id", keys, Environment::Production)…
//! let itsme = Client::new(settings)?;
//!
//! // 1. Send the person to itsme; keep the state in their session until they are back.
//! let login =
//!     AuthorizationRequest::login(SERVICE).claim(Claim::GivenName).scope(Scope::Email);
//! let redirect = drive(itsme.authorize(login), &mut platform, send, sleep)?;
//! let stored = serde_json::to_string(&redirect.state)?;
//! println!("302 to {}", redirect.url);
//!
//! # let callback = op.borrow_mut().approve(&redirect.url, &Person::ann());
//! // 2. They are back with a query. Take the state out of the session, and ask who they are.
//! let state: LoginState = serde_json::from_str(&stored)?;
//! let who = drive(itsme.finish_login(state, callback), &mut platform, send, sleep)?;
//!
//! // 3. `sub` is the only link to an account.
//! println!("welcome {:?}, account {}", who.user.given_name, who.user.sub);
//! # assert_eq!(who.user.given_name.as_deref(), Some("Ann"));
//! # assert!(who.user.email.is_some());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`identification`](AuthorizationRequest::identification), [`share_data`](AuthorizationRequest::share_data)
//! and [`confirm`](AuthorizationRequest::confirm) make the requests of itsme's other services; each takes
//! what it cannot do without as an argument. Of a [`LoggedIn`], [`Client::picture`] fetches the picture and
//! [`Client::revoke`] ends the access token; its [`Evidence`] proves the login later.
//!
//! A person who is not in a browser scans a QR code ([`QrLogin`]), or is asked by the `sub` that
//! is stored ([`BackchannelRequest::known_user`]); [`CibaTicket`]s can be polled from anywhere.
//!
//! The [`Client`] is shared by all logins: it holds the parsed keys and the OP's metadata. A login
//! makes one request when these are cached and everything asked for is in the ID token.
//!
//! # The loop
//!
//! [`drive()`] and [`drive_async`] are a few lines over [`Step`], which a custom runtime can write
//! itself:
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
//!             // `None`: the flow gives up, and what the HTTP client said is the error.
//!             Err((failure, error)) => pending.failed(failure, &mut platform)?.ok_or(error)?,
//!         },
//!         Step::Wait(duration, paused) => {
//!             sleep(duration);
//!             paused.resume(&mut platform)?
//!         }
//!         // Only where an HSM or a KMS holds the keys, see `PrivateKeys::external`.
//!         Step::UseKey(_, key) => return Err(key.no_holder().into()),
//!         Step::Done(redirect) => break redirect,
//!     };
//! };
//! # assert!(redirect.url.starts_with("https://"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A step owns what comes after it, so answering twice or in the wrong order does not compile:
//!
//! ```compile_fail,E0382
//! # use itsme_core::{Platform, Error, Pending, Response};
//! # fn example<T>(pending: Pending<T>, a: Response, b: Response, platform: &mut impl Platform) -> Result<(), Error> {
//! let _ = pending.receive(a, platform)?;
//! let _ = pending.receive(b, platform)?; // use of moved value
//! # Ok(()) }
//! ```
//!
//! A login is finished once, too:
//!
//! ```compile_fail,E0382
//! # use itsme_core::{Client, LoginState};
//! # fn example(itsme: Client, state: LoginState) {
//! let _ = itsme.finish_login(state, "code=a&state=b");
//! let _ = itsme.finish_login(state, "code=a&state=b"); // use of moved value
//! # }
//! ```
//!
//! # Keys outside
//!
//! Private keys can stay in an HSM or a KMS: [`PrivateKeys::external`] reads their public set, and a flow
//! asks for each signature and each content key by [`Step::UseKey`], which [`drive_with_keys`] and
//! [`drive_async_with_keys`] pass on. [`Client::check_keys`] holds the handles against what is published,
//! and [`Client::replace_keys`] goes on with other keys, here or outside, without a restart.
//!
//! # Why a login failed
//!
//! [`Client::on_failure`] hands over a [`Recording`] of each login that ends in an error, sealed to the client's own keys.
//! With them it can be [opened](Recording::open) and run again, step for step, under another clock or with other keys.
//!
//! # What is checked
//!
//! Each kind of document has one list of checks. Verifying runs it and stops at the first failure; [`explain`] runs
//! it to its end, on a developer's desk. [`Document::checks`](explain::Document::checks) says what each check expects.
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
//! And beside the documents:
//!
//! | what | how | source |
//! |---|---|---|
//! | redemption | PKCE S256, the same redirect URI, `private_key_jwt` with a new `jti` each time | RFC 7636, RFC 7523 |
//! | decryption | the tag before anything is decrypted; one error for all failures; a decoy for a bad key | RFC 7516 §11.5 |
//! | keys | an unknown `kid` fetches them, once a minute at most | OIDC Core §10.1.1 |
//! | picture | the access token only to the OP's hosts; the image is of the kind it is said to be | RFC 6750 §5.3 |
//!
//! Nothing hands out claims before all of it is done. A claim that is `null` is absent: where it is required, it is
//! missed, else nothing is held against it. What nobody has asked for is not held against a login.
//!
//! # Time
//!
//! Every step reads [`Platform::now`] once. The OP's clock may differ from ours by a minute
//! ([`Settings::clock_leeway`]); a person may take 15 minutes ([`Settings::login_lifetime`]).
//! Flows read no clock when they are made.
//!
//! # Secrets
//!
//! No token, key, code, nonce, verifier or claim is put into any `Debug`, `Display` or error. Two errors quote
//! what others wrote: [`Error::Refused`] the OP's own words, and [`Error::UnexpectedReply`] up to 512 characters
//! of an answer that is not the OP's, less whatever could be a secret. Keys,
//! content keys and [`Secret`]s are wiped from memory on drop. [`LoginState`] and [`CibaTicket`] are the
//! values that are made to be stored with secrets in them.
//!
//! # Errors
//!
//! One [`Error`], sorted by whose turn it is: the person's ([`Error::Cancelled`]), the OP's
//! ([`Error::Refused`], [`Error::UnexpectedReply`], …), an attacker's or a broken OP's
//! ([`Error::IdToken`], [`Error::Callback`], …), the caller's ([`Error::Settings`],
//! [`Error::Request`], …). Nothing that comes from outside panics.
//!
//! # Versions
//!
//! Requests and responses are types of `http` 1.x. Of other crates, only traits of `serde` 1.x, values of
//! `serde_json` 1.x and `zeroize::Zeroizing` are part of the public API: no HTTP client, no runtime, no JOSE
//! and no OpenSSL. Enums and structs that will grow are
//! `#[non_exhaustive]`; the few that are not say something that has all its answers, such as [`Step`].
//!
//! # Limits
//!
//! Responses of 1 MiB ([`MAX_RESPONSE_BYTES`]), tokens of 64 KiB (512 KiB where a picture was asked
//! for), key sets of 256 KiB, callbacks of 16 KiB.
//!
//! # Features
//!
//! * `system`: [`SystemPlatform`], the clock and the randomness of the operating system.
//! * `tracing`: [`RequestLog`] and [`KeyLog`], which log as the adapters do.
//! * `vendored-openssl`: builds OpenSSL from source.
//!
//! itsme is a trademark of Belgian Mobile ID, which has nothing to do with this library.

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

/// For this project's own fuzz targets, benches and vector tests. Outside semver.
#[cfg(feature = "unstable-internals")]
#[doc(hidden)]
pub mod internals;
