use std::sync::LazyLock;

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
use base64::engine::GeneralPurpose;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use base64::engine::Simd;
use base64::{
    DecodeError, Engine as _, decoded_len_estimate,
    engine::general_purpose::{NO_PAD, STANDARD},
};

/// Uses the processor's vector instructions: a login reads and writes about 7,000 characters.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
static URL_SAFE: LazyLock<Simd> = LazyLock::new(|| Simd::url_safe(NO_PAD));
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
static URL_SAFE: LazyLock<GeneralPurpose> =
    LazyLock::new(|| GeneralPurpose::new(&base64::alphabet::URL_SAFE, NO_PAD));

/// Base64url without padding (RFC 7515 §2).
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    let mut text = Vec::new();
    append(bytes, &mut text);
    String::from_utf8(text).expect("base64url is text")
}

/// Appends base64url to a string.
pub fn append(bytes: impl AsRef<[u8]>, text: &mut Vec<u8>) {
    let (bytes, start) = (bytes.as_ref(), text.len());
    text.resize(start + (4 * bytes.len()).div_ceil(3), 0);
    URL_SAFE.encode_slice(bytes, &mut text[start..]).expect("there is room for all of it");
}

/// Decodes strictly: padding, whitespace, a different alphabet, and stray bits in the last character are errors.
pub fn decode(text: impl AsRef<[u8]>) -> Result<Vec<u8>, DecodeError> {
    let text = text.as_ref();
    // Zero the memory here, because requesting zeroed memory from the allocator takes five times as long.
    let mut bytes = Vec::with_capacity(decoded_len_estimate(text.len()));
    URL_SAFE.decode_vec(text, &mut bytes)?;
    Ok(bytes)
}

/// Base64 with padding (RFC 4648 §4), the usual form of photos.
pub fn encode_standard(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

/// Decodes either alphabet, with or without padding and line breaks: photos come from many sources.
pub fn decode_any(text: &str) -> Option<Vec<u8>> {
    // Almost all photos are in this form.
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

#[cfg(test)]
mod tests {
    use super::*;

    /// At every position in a string that is long enough for vector instructions, and in one that is
    /// not.
    #[test]
    fn nothing_but_base64url_is_read() {
        for length in [10, 100, 400] {
            let bytes: Vec<u8> = (0..=u8::MAX).cycle().take(length).collect();
            let text = encode(&bytes);
            assert_eq!(decode(&text), Ok(bytes));
            for place in 0..text.len() {
                for odd in ["+", "/", "=", " ", "\n", ".", "\0", "\u{e9}"] {
                    let mut text = text.clone();
                    text.replace_range(place..=place, odd);
                    assert!(decode(&text).is_err(), "{odd:?} at {place}");
                }
            }
            // With 10, 100 and 400 bytes, the last character carries two bits.
            let stray = format!("{}{}", &text[..text.len() - 1], "B");
            assert!(decode(stray).is_err(), "stray bits");
        }
    }

    #[test]
    fn photos_are_read_in_any_form_of_base64() {
        let bytes = [0xfb, 0xff, 0xfe, 0x01];
        for text in ["+//+AQ==", "+//+AQ", "-__-AQ", "-__-AQ==", "+//+\r\nAQ==\n", " -__- AQ"] {
            assert_eq!(decode_any(text).as_deref(), Some(&bytes[..]), "{text:?}");
        }
        for text in ["+//+A", "+//+AQ.", "é"] {
            assert_eq!(decode_any(text), None, "{text}");
        }
    }
}
