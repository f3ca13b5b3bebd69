use base64::{DecodeError, Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// Base64url without padding (RFC 7515 §2).
pub fn encode(octets: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}

/// Strict: no padding, no white space, no other alphabet, no stray bits in the last character.
pub fn decode(text: impl AsRef<[u8]>) -> Result<Vec<u8>, DecodeError> {
    URL_SAFE_NO_PAD.decode(text)
}
