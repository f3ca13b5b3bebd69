//! The relying-party modules of the OpenID Foundation's conformance suite, each by its name, run against
//! the fake OP. `docs/conformance.md` lists all of them, with how they end or why they do not apply.

#[path = "../common/mod.rs"]
mod common;
mod document;
mod fapi1;
mod fapi2;
mod fapi_ciba;
#[allow(dead_code, reason = "each target uses its part")]
#[path = "../vulnerabilities/forge.rs"]
mod forge;
mod oidcc;
mod play;
