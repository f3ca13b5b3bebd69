use base64::{
    DecodeError, Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};

/// Base64url without padding (RFC 7515 §2).
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The same at the end of a text.
pub fn append(bytes: impl AsRef<[u8]>, text: &mut String) {
    URL_SAFE_NO_PAD.encode_string(bytes, text);
}

/// Strict: no padding, no white space, no other alphabet, no stray bits in the last character.
pub fn decode(text: impl AsRef<[u8]>) -> Result<Vec<u8>, DecodeError> {
    URL_SAFE_NO_PAD.decode(text)
}

/// Base64 with padding (RFC 4648 §4), as photos are written.
pub fn encode_standard(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

/// Either alphabet, with or without padding and line ends: photos come from many hands.
pub fn decode_any(text: &str) -> Option<Vec<u8>> {
    // As almost all of them are written.
    if let Ok(bytes) = STANDARD.decode(text) {
        return Some(bytes);
    }
    let kept = text.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=');
    let url_safe = kept.map(|byte| match byte {
        b'+' => b'-',
        b'/' => b'_',
        other => other,
    });
    decode(url_safe.collect::<Vec<_>>()).ok()
}
