//! Reads text as it is found in practice: in different encodings, in quotes, or with escapes.

use zeroize::Zeroizing;

/// Decodes UTF-8 or UTF-16, with or without a byte order mark. Returns `None` if the bytes are not
/// text.
pub(super) fn decode(bytes: &[u8]) -> Option<Zeroizing<String>> {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        char::decode_utf16(units).collect::<Result<String, _>>().ok()
    };
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => std::str::from_utf8(rest).ok().map(str::to_owned),
        [first, 0, ..] if *first != 0 => utf16(bytes, u16::from_le_bytes),
        [0, second, ..] if *second != 0 => utf16(bytes, u16::from_be_bytes),
        _ => std::str::from_utf8(bytes).ok().map(str::to_owned),
    };
    text.map(Zeroizing::new)
}

/// Whether the text contains a PEM block, and is not JSON that merely quotes one.
pub(super) fn is_pem(text: &str) -> bool {
    text.contains("-----BEGIN ") && !text.trim_start().starts_with(['{', '['])
}

/// Restores PEM that was stored in an environment variable: removes quotes around it, and turns
/// `\n` into line breaks. Line breaks might also have become spaces.
pub(super) fn plain_pem(text: &str) -> Zeroizing<String> {
    let text = Zeroizing::new(text.replace("\\r", "").replace("\\n", "\n"));
    let start = text.find("-----BEGIN ").unwrap_or_default();
    let end = text.rfind("-----").map_or(text.len(), |end| end + "-----".len());
    let blocks = text.get(start..end).unwrap_or_default();
    if blocks.contains('\n') {
        return Zeroizing::new(blocks.to_owned());
    }
    // All of it is on one line, but OpenSSL reads at most 254 characters per line.
    let mut lines = Zeroizing::new(String::with_capacity(blocks.len() * 2));
    for (place, part) in blocks.split("-----").enumerate() {
        match place % 4 {
            1 => lines.push_str(&format!("-----{part}-----\n")),
            2 => {
                let body = part.chars().filter(|c| !c.is_whitespace());
                for (place, c) in body.enumerate() {
                    lines.push(c);
                    if place % 64 == 63 {
                        lines.push('\n');
                    }
                }
            }
            3 => lines.push_str(&format!("\n-----{part}-----\n")),
            _ => {}
        }
    }
    lines
}

/// Strips the variable name, quotes and escapes that an `.env` file adds to JSON.
pub(super) fn plain_json(text: &str) -> Zeroizing<String> {
    let text = text.trim();
    let is_name = |name: &str| {
        let name = name.trim_start_matches("export ").trim();
        name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let text = match text.split_once('=') {
        Some((name, value)) if is_name(name) => value.trim(),
        _ => text,
    };
    // Try to read a JSON string in double quotes first, then strip the quotes of a shell or a
    // template.
    if let Ok(inner) = serde_json::from_str::<String>(text) {
        return Zeroizing::new(inner);
    }
    let quoted = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    let text = ['\'', '"', '`'].into_iter().find_map(quoted).unwrap_or(text);
    let is_escaped = text.trim_start_matches(['{', '[', ' ']).starts_with("\\\"");
    Zeroizing::new(if is_escaped { text.replace("\\\"", "\"") } else { text.to_owned() })
}
