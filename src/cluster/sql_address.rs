//! `HELM_DRIVER_SQL_CONNECTION_STRING`, as the PostgreSQL driver that Helm uses reads it (github.com/lib/pq): a URL or
//! `key=value` pairs, encrypted unless it says otherwise, certificates checked as `sslmode` says.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use postgres::config::{Host, SslMode};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_platform_verifier::BuilderVerifierExt;

use super::{ClusterError, Fault};

/// What a connection string says.
pub(super) struct SqlAddress {
    pub config: postgres::Config,
    pub tls: ClientConfig,
    /// For messages: no user, no password.
    pub shown: String,
}

/// How far the server's certificate is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Check {
    Nothing,
    Authority,
    AuthorityAndName,
}

/// The parameters that the crate doesn't know, or not in full.
#[derive(Default)]
struct Ssl {
    mode: String,
    root: Option<PathBuf>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
}

/// Reads a connection string.
///
/// # Errors
/// Without any part of it: it holds a password.
pub(super) fn parse(text: &str) -> Result<SqlAddress, ClusterError> {
    let (rest, ssl) = if text.contains("://") { split_url(text)? } else { split_pairs(text) };
    let mut config: postgres::Config = rest.parse().map_err(|_| wrong("is no connection string for PostgreSQL"))?;
    if config.get_hosts().is_empty() {
        config.host("localhost");
    }
    let check = match (&*ssl.mode, &ssl.root) {
        ("disable", _) => Check::Nothing,
        ("" | "require", None) | ("allow" | "prefer", _) => Check::Nothing,
        ("" | "require" | "verify-ca", _) => Check::Authority,
        ("verify-full", _) => Check::AuthorityAndName,
        _ => return Err(wrong("has an sslmode that isn't known; known are disable, require, verify-ca, verify-full")),
    };
    config.ssl_mode(match &*ssl.mode {
        "disable" => SslMode::Disable,
        "allow" | "prefer" => SslMode::Prefer,
        _ => SslMode::Require,
    });
    let shown = shown(&config);
    Ok(SqlAddress { tls: tls(&ssl, check)?, config, shown })
}

fn wrong(why: &str) -> ClusterError {
    ClusterError::new(Fault::Config, format!("HELM_DRIVER_SQL_CONNECTION_STRING {why}"))
}

fn shown(config: &postgres::Config) -> String {
    let port = config.get_ports().first().copied().unwrap_or(5432);
    match config.get_hosts().first() {
        Some(Host::Tcp(host)) => format!("the database at {host}:{port}"),
        Some(Host::Unix(path)) => format!("the database at {}", path.display()),
        None => "the database".into(),
    }
}

impl Ssl {
    /// Takes a parameter that is about TLS.
    fn take(&mut self, key: &str, value: &str) -> bool {
        match key {
            "sslmode" => self.mode = value.to_owned(),
            "sslrootcert" => self.root = Some(PathBuf::from(value)),
            "sslcert" => self.certificate = Some(PathBuf::from(value)),
            "sslkey" => self.key = Some(PathBuf::from(value)),
            // Of libpq and lib/pq, without a meaning here.
            "sslsni" | "sslinline" | "sslcompression" | "binary_parameters" | "fallback_application_name" => {}
            _ => return false,
        }
        true
    }
}

fn split_url(text: &str) -> Result<(String, Ssl), ClusterError> {
    let mut url = url::Url::parse(text).map_err(|_| wrong("is no URL"))?;
    let mut ssl = Ssl::default();
    let pairs: Vec<(String, String)> = url.query_pairs().map(|(k, v)| (k.into_owned(), v.into_owned())).collect();
    let kept: Vec<_> = pairs.into_iter().filter(|(k, v)| !ssl.take(k, v)).collect();
    url.set_query(None);
    if !kept.is_empty() {
        url.query_pairs_mut().extend_pairs(kept);
    }
    Ok((url.into(), ssl))
}

/// `host=db password='it''s \'quoted\''`: words, with quotes and backslashes.
fn split_pairs(text: &str) -> (String, Ssl) {
    let mut ssl = Ssl::default();
    let mut rest = String::new();
    let mut words = Vec::new();
    let (mut word, mut quoted, mut chars) = (String::new(), false, text.chars());
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                word.push(c);
                word.extend(chars.next());
            }
            '\'' => {
                quoted = !quoted;
                word.push(c);
            }
            c if c.is_whitespace() && !quoted => words.push(std::mem::take(&mut word)),
            c => word.push(c),
        }
    }
    words.push(word);
    for word in words.iter().filter(|w| !w.is_empty()) {
        let taken = word.split_once('=').is_some_and(|(k, v)| ssl.take(k, v.trim_matches('\'')));
        if !taken {
            rest.push_str(word);
            rest.push(' ');
        }
    }
    (rest, ssl)
}

fn tls(ssl: &Ssl, check: Check) -> Result<ClientConfig, ClusterError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
    let builder = builder.map_err(|e| wrong(&format!("can't be encrypted: {e}")))?;
    let builder = match (check, &ssl.root) {
        (Check::AuthorityAndName, Some(root)) => builder.with_root_certificates(roots(root)?),
        (Check::AuthorityAndName, None) => {
            builder.with_platform_verifier().map_err(|e| wrong(&format!("needs the system's certificates: {e}")))?
        }
        (check, root) => {
            let roots = match (check, root) {
                (Check::Authority, Some(root)) => Some(roots(root)?),
                (Check::Authority, None) => return Err(wrong("has sslmode=verify-ca but no sslrootcert")),
                _ => None,
            };
            builder.dangerous().with_custom_certificate_verifier(Arc::new(Lenient { roots, provider }))
        }
    };
    match (&ssl.certificate, &ssl.key) {
        (Some(certificate), Some(key)) => {
            let fail = |path: &Path| wrong(&format!("names {}, which is no PEM that can be read", path.display()));
            let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect);
            let key_read = PrivateKeyDer::from_pem_file(key).map_err(|_| fail(key))?;
            builder
                .with_client_auth_cert(chain.map_err(|_| fail(certificate))?, key_read)
                .map_err(|_| fail(certificate))
        }
        _ => Ok(builder.with_no_client_auth()),
    }
}

fn roots(path: &Path) -> Result<RootCertStore, ClusterError> {
    let fail = || wrong(&format!("names sslrootcert {}, which holds no certificate in PEM", path.display()));
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|_| fail())? {
        store.add(certificate.map_err(|_| fail())?).map_err(|_| fail())?;
    }
    if store.is_empty() { Err(fail()) } else { Ok(store) }
}

/// What `sslmode=require` and `verify-ca` ask for: encryption, and with roots an authority, but no name.
#[derive(Debug)]
struct Lenient {
    roots: Option<RootCertStore>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if let Some(roots) = &self.roots {
            let parsed = rustls::server::ParsedCertificate::try_from(certificate)?;
            let algorithms = self.provider.signature_verification_algorithms.all;
            rustls::client::verify_server_cert_signed_by_trust_anchor(&parsed, roots, between, now, algorithms)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read_and_encryption_is_the_default() {
        let url = parse("postgres://helm:s3cret@db.example.com:5433/helm?connect_timeout=3")
            .unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(url.shown, "the database at db.example.com:5433");
        assert_eq!(url.config.get_ssl_mode(), SslMode::Require);
        assert_eq!(url.config.get_password(), Some(&b"s3cret"[..]));
        let pairs =
            parse("user=helm password='it\\'s s3cret' dbname=helm sslmode='disable'").unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(pairs.config.get_password(), Some(&b"it's s3cret"[..]));
        assert_eq!((pairs.config.get_ssl_mode(), &*pairs.shown), (SslMode::Disable, "the database at localhost:5432"));
    }

    #[test]
    fn what_is_wrong_is_said_without_the_password() {
        for (text, why) in [
            ("postgres://helm:s3cret@db/helm?sslmode=maybe", "has an sslmode that isn't known"),
            ("postgres://helm:s3cret@db/helm?sslmode=verify-ca", "no sslrootcert"),
            ("postgres://helm:s3cret@db/helm?sslmode=verify-full&sslrootcert=/nowhere", "/nowhere"),
            ("host=db password=s3cret nonsense", "is no connection string"),
        ] {
            let error = parse(text).err().map(|e| e.text).unwrap_or_default();
            assert!(error.contains(why) && !error.contains("s3cret"), "{text}: {error}");
        }
    }
}
