//! The TLS certificate of the program's own server.

use std::{
    fs::{self, File},
    io::Write as _,
    path::Path,
};

use itsme_testkit::Tls;
use openssl::{nid::Nid, x509::X509};
use url::{Host, Url};

/// Loads a certificate and its key from files.
pub fn from_files(certificate: &Path, key: &Path) -> Result<Tls, String> {
    let read = |file: &Path| {
        fs::read_to_string(file).map_err(|error| format!("cannot read {}: {error}", file.display()))
    };
    Tls::from_pem(&read(certificate)?, &read(key)?).map_err(|error| {
        format!("cannot use {} and {} for TLS: {error}", certificate.display(), key.display())
    })
}

/// Issues a certificate for the issuer's host and loopback from a new CA, and writes the CA's
/// certificate to the file.
pub fn by_own_ca(file: &Path, issuer: &str) -> Result<Tls, String> {
    let issuer = Url::parse(issuer).map_err(|error| error.to_string())?;
    let host = match issuer.host() {
        Some(Host::Ipv6(address)) => address.to_string(),
        host => host.map(|host| host.to_string()).unwrap_or_default(),
    };
    let made = Tls::generate(&[&host, "localhost", "127.0.0.1", "::1"]);
    let (tls, ca) =
        made.map_err(|error| format!("cannot issue a certificate for {host}: {error}"))?;
    // Overwrite a file that an earlier start wrote, but no other file.
    let created = match is_ours(file) {
        true => File::create(file),
        false => File::create_new(file),
    };
    created
        .and_then(|mut opened| opened.write_all(ca.as_bytes()))
        .map_err(|error| format!("cannot write the CA to {}: {error}", file.display()))?;
    Ok(tls)
}

/// Whether the file contains only the CA certificate that an earlier run wrote.
fn is_ours(file: &Path) -> bool {
    let pem = fs::read(file).unwrap_or_default();
    let certificates = X509::stack_from_pem(&pem).unwrap_or_default();
    let [certificate] = certificates.as_slice() else { return false };
    let mut names = certificate.subject_name().entries_by_nid(Nid::COMMONNAME);
    pem.starts_with(b"-----BEGIN CERTIFICATE-----")
        && names.any(|name| name.data().as_slice() == Tls::CA_NAME.as_bytes())
}
