use openssl::sha::Sha256;
use zeroize::Zeroizing;

const BLOCK: usize = 64;

/// HMAC-SHA256 (RFC 2104) of the concatenation of `parts`.
///
/// Uses `openssl::sha`, since setting up OpenSSL's own MAC object costs several times as much as
/// hashing a token.
pub fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut block = Zeroizing::new([0u8; BLOCK]);
    if key.len() > BLOCK {
        block[..32].copy_from_slice(&super::sha256(&[key]));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let inner = padded(&block, 0x36, parts);
    padded(&block, 0x5c, &[&inner])
}

fn padded(block: &[u8; BLOCK], pad: u8, parts: &[&[u8]]) -> [u8; 32] {
    let padded = Zeroizing::new(block.map(|byte| byte ^ pad));
    let mut hash = Sha256::new();
    hash.update(&*padded);
    for part in parts {
        hash.update(part);
    }
    hash.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231 §4.3, §4.7.
    #[test]
    fn rfc_4231() {
        let mac = hmac_sha256(b"Jefe", &[b"what do ya want ", b"for nothing?"]);
        assert_eq!(mac[..4], [0x5b, 0xdc, 0xc1, 0x46]);
        assert_eq!(mac[28..], [0x64, 0xec, 0x38, 0x43]);
        let long = [0xaa; 131];
        let text = b"Test Using Larger Than Block-Size Key - Hash Key First";
        assert_eq!(hmac_sha256(&long, &[text])[..4], [0x60, 0xe4, 0x31, 0x59]);
    }
}
