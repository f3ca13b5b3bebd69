//! The code in `docs/guide`, compiled and run by `cargo test`. The chapters link to each other as files,
//! so the place to read them is there and not in this crate's pages.

#[doc = include_str!("../../docs/guide/actix.md")]
mod actix {}
#[doc = include_str!("../../docs/guide/axum.md")]
mod axum {}
#[doc = include_str!("../../docs/guide/blocking.md")]
mod blocking {}
#[doc = include_str!("../../docs/guide/ciba.md")]
mod ciba {}
#[doc = include_str!("../../docs/guide/confirm.md")]
mod confirm {}
#[doc = include_str!("../../docs/guide/errors.md")]
mod errors {}
#[doc = include_str!("../../docs/guide/http-client.md")]
mod http_client {}
#[doc = include_str!("../../docs/guide/instances.md")]
mod instances {}
#[doc = include_str!("../../docs/guide/key-rotation.md")]
mod key_rotation {}
#[doc = include_str!("../../docs/guide/migrating.md")]
mod migrating {}
#[doc = include_str!("../../docs/guide/mobile.md")]
mod mobile {}
#[doc = include_str!("../../docs/guide/onboarding.md")]
mod onboarding {}
#[doc = include_str!("../../docs/guide/operations.md")]
mod operations {}
#[doc = include_str!("../../docs/guide/options.md")]
mod options {}
#[doc = include_str!("../../docs/guide/privacy.md")]
mod privacy {}
#[doc = include_str!("../../docs/guide/share-data.md")]
mod share_data {}
#[doc = include_str!("../../docs/guide/testing.md")]
mod testing {}
