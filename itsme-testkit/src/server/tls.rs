use std::{
    fmt, io,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    },
    server::TlsStream,
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Apple's operating systems reject server certificates that are valid for longer.
const LIFETIME: Duration = DAY.saturating_mul(397);

/// The certificate and private key that a [`Server`](crate::Server) uses for HTTPS.
#[derive(Clone)]
pub struct Tls(TlsAcceptor);

impl Tls {
    /// The common name of every CA that [`generate`](Self::generate) creates.
    pub const CA_NAME: &str = "CA of a fake itsme";

    /// Loads a certificate followed by its chain, and the certificate's private key, all in PEM.
    ///
    /// # Errors
    /// If the certificate or the key is missing, or they do not match.
    pub fn from_pem(certificates: &str, key: &str) -> io::Result<Self> {
        let chain: Result<Vec<_>, _> =
            CertificateDer::pem_slice_iter(certificates.as_bytes()).collect();
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes());
        Self::new(chain.map_err(io::Error::other)?, key.map_err(io::Error::other)?)
    }

    /// Issues a certificate for these hosts (names or IP addresses) from a new CA. Also returns the
    /// CA's certificate in PEM, which clients must trust. The CA's private key is discarded, so it
    /// cannot sign anything else.
    ///
    /// # Errors
    /// If a host is neither a name nor an IP address, or no randomness is available.
    pub fn generate(hosts: &[&str]) -> io::Result<(Self, String)> {
        let (ca_key, key) = (new_key()?, new_key()?);
        let mut ca = parameters(Self::CA_NAME, &[])?;
        ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let trusted = ca.self_signed(&ca_key).map_err(io::Error::other)?.pem();

        let mut leaf = parameters("a fake itsme", hosts)?;
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        // Python 3.13 rejects a certificate without this extension.
        leaf.use_authority_key_identifier_extension = true;
        let leaf = leaf.signed_by(&key, &Issuer::new(ca, ca_key)).map_err(io::Error::other)?;
        let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(io::Error::other)?;
        Ok((Self::new(vec![leaf.der().clone()], key)?, trusted))
    }

    fn new(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> io::Result<Self> {
        // Set the provider explicitly: if a process's crates use two of them, there is no default.
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
            .map_err(io::Error::other)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(Arc::new(config).into()))
    }

    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.0.accept(stream).await
    }
}

fn new_key() -> io::Result<KeyPair> {
    KeyPair::generate().map_err(io::Error::other)
}

fn parameters(name: &str, hosts: &[&str]) -> io::Result<CertificateParams> {
    let hosts: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
    let mut parameters = CertificateParams::new(hosts).map_err(io::Error::other)?;
    parameters.distinguished_name.push(DnType::CommonName, name);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(io::Error::other)?;
    // Make it valid since yesterday, because the clients' clocks may run behind.
    parameters.not_before = date_time_ymd(1970, 1, 1) + (now - DAY);
    parameters.not_after = parameters.not_before + LIFETIME;
    Ok(parameters)
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}
