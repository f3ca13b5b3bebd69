//! Recognizes the format of a key file by its content, since keys are stored in many formats.

use serde::de::IgnoredAny;

use crate::error::KeyFileForm;

/// Returns the text of the file if it could be a JWK set. Otherwise returns the recognized format.
pub(super) fn recognize(file: &[u8]) -> Result<&str, KeyFileForm> {
    if is_utf16(file) {
        return Err(KeyFileForm::Utf16);
    }
    if let Some(form) = binary(file) {
        return Err(form);
    }
    let text = std::str::from_utf8(file).map_err(|_| KeyFileForm::Binary)?;
    let start = text.trim_start();
    if start.starts_with('[') && serde_json::from_str::<IgnoredAny>(text).is_ok() {
        return Err(KeyFileForm::Array);
    }
    let is_escaped =
        start.strip_prefix('{').is_some_and(|rest| rest.trim_start().starts_with('\\'));
    if start.starts_with(['{', '[']) && !is_escaped {
        return Ok(text);
    }
    if text.contains(|c: char| c == '\u{fffd}' || c.is_control() && !c.is_ascii_whitespace()) {
        return Err(KeyFileForm::Binary);
    }
    if let Some(form) = pem(text) {
        return Err(form);
    }
    if start.starts_with('<') {
        return Err(KeyFileForm::Markup);
    }
    if is_escaped || is_quoted(start) {
        return Err(KeyFileForm::Quoted);
    }
    if is_base64(start) {
        return Err(KeyFileForm::Base64);
    }
    Ok(text)
}

/// Recognizes UTF-16 by its byte order mark, or by the zero byte in the first character if that is ASCII.
fn is_utf16(file: &[u8]) -> bool {
    let without_mark = matches!(file, [first, second, ..] if (*first == 0) != (*second == 0));
    file.starts_with(&[0xff, 0xfe]) || file.starts_with(&[0xfe, 0xff]) || without_mark
}

/// Recognizes DER, which starts with a SEQUENCE (0x30) that has a long-form length. In a PKCS #12 file, the first
/// element is the version number 3 (RFC 7292 §4).
fn binary(file: &[u8]) -> Option<KeyFileForm> {
    let content = match file {
        [0x30, 0x80, content @ ..]
        | [0x30, 0x81, _, content @ ..]
        | [0x30, 0x82, _, _, content @ ..]
        | [0x30, 0x83, _, _, _, content @ ..] => content,
        _ => return None,
    };
    let is_pkcs12 = content.starts_with(&[0x02, 0x01, 0x03]);
    Some(if is_pkcs12 { KeyFileForm::Pkcs12 } else { KeyFileForm::Der })
}

fn pem(text: &str) -> Option<KeyFileForm> {
    let label = |part: &'_ str| part.split_once("-----").map(|(label, _)| label.to_owned());
    let labels: Vec<String> = text.split("-----BEGIN ").skip(1).filter_map(label).collect();
    let has = |label: &str| labels.iter().any(|own| own == label);
    // This base64 text is the start of an elliptic-curve key in PKCS #8.
    let is_ec = has("EC PRIVATE KEY") || text.contains("GByqGSM49AgEG");
    let form = match () {
        () if labels.is_empty() => return None,
        () if is_ec => KeyFileForm::EcPem,
        () if has("ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED") => {
            KeyFileForm::EncryptedPem
        }
        () if has("PRIVATE KEY") || has("RSA PRIVATE KEY") => {
            if text.contains("\\n") {
                KeyFileForm::EscapedPem
            } else {
                KeyFileForm::PrivatePem
            }
        }
        () if has("CERTIFICATE") || has("TRUSTED CERTIFICATE") => KeyFileForm::Certificate,
        () if has("PUBLIC KEY") || has("RSA PUBLIC KEY") => KeyFileForm::PublicPem,
        () => KeyFileForm::OtherPem,
    };
    Some(form)
}

/// Whether the text is JSON in quotes, possibly after a variable name.
fn is_quoted(start: &str) -> bool {
    let value = match start.split_once('=') {
        Some((name, value)) if is_variable(name) => value.trim_start(),
        _ => start,
    };
    value.trim_start_matches(['\'', '"', '`', '\\']).trim_start().starts_with(['{', '['])
}

fn is_variable(name: &str) -> bool {
    let name = name.trim_start_matches("export ").trim();
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether the text looks like a key set, PEM or DER that was encoded in base64: it is long, uses only the base64
/// alphabet, and starts the way such an encoding does.
fn is_base64(start: &str) -> bool {
    let is_of_it = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_=".contains(&byte);
    let is_known = ["ey", "ew", "W3", "LS0tLS1CRUdJTi", "MI"];
    is_known.iter().any(|known| start.starts_with(known))
        && start.len() >= 64
        && start.bytes().all(|byte| is_of_it(byte) || byte.is_ascii_whitespace())
}
