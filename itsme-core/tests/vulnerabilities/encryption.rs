//! How a token is encrypted.

use allocation_counter::measure;
use itsme_core::{
    JoseError,
    internals::{ContentEncryption, KeyEncryption, base64url},
};
use serde_json::{Value, json};

use crate::forge::*;

/// Some KB that inflate to many MB: CVE-2024-28176 (jose), CVE-2024-28180 (go-jose), CVE-2024-33664
/// (python-jose), CVE-2024-28122 (jwx), CVE-2025-63811 (jose2go).
#[test]
fn decompression_bombs() {
    // 40 MiB of zeros.
    let gzip = include_bytes!("../../../itsme-testkit/src/fixtures/zeros.gz");
    let bomb = &gzip[10..gzip.len() - 8];
    let error = refused(JoseError::Header { member: "zip" });
    for zip in [json!("DEF"), json!("def"), json!("GZIP"), json!(""), json!(["DEF"]), Value::Null] {
        let header = with(jwe(), "zip", zip.clone());
        let sealed = ContentEncryption::A128CbcHs256;
        let token = move |_: &str| {
            let header = base64url(header.to_string());
            let sealed = sealed.encrypt(&CONTENT_KEY, &[9; 16], header.as_bytes(), bomb);
            let (text, tag) = sealed.expect("it encrypts");
            let key = wrapped(KeyEncryption::RsaOaep256);
            compact(&[header.into_bytes(), key, vec![9; 16], text, tag.to_vec()])
        };
        let memory = measure(|| assert_eq!(fate(token), error));
        assert!(memory.bytes_max < 8 << 20, "{} bytes, the OP's own among them", memory.bytes_max);
        let header = with(jws(), "zip", zip);
        assert_eq!(fate(move |claims| to_keys(&jwe(), &signed(&header, claims, "s1"))), error);
    }
    assert_eq!(fate(honest), Ok(()));
}
