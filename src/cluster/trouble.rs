//! The `kube` crate's errors in our words. Its own texts quote kubeconfig and the output of credential plugins, where
//! tokens stand, so that none of them is passed on.

use std::error::Error;
use std::io;
use std::time::Duration;

use kube::client::AuthError;
use kube::config::KubeconfigError;
use rustls::CertificateError;

use super::{ClusterError, Fault};

/// No answer in time.
pub(super) fn timeout(address: &str, what: &str, after: Duration) -> ClusterError {
    let text = format!("{address} did not answer about {what} within {} s", after.as_secs_f64());
    ClusterError::new(Fault::Timeout, text).hint("--request-timeout allows more")
}

/// The connection broke.
pub(super) fn dropped(address: &str, what: &str) -> ClusterError {
    ClusterError::new(Fault::Dropped, format!("{address} ended the connection before its answer about {what} did"))
}

/// A client could not be made.
pub(super) fn of_client(address: &str, e: &kube::Error) -> ClusterError {
    match e {
        kube::Error::Auth(e) => of_auth(e),
        kube::Error::ProxyProtocolUnsupported { .. } | kube::Error::ProxyProtocolDisabled { .. } => ClusterError::new(
            Fault::Config,
            format!("the proxy for {address} is of a kind that isn't spoken; http and https are"),
        ),
        kube::Error::InferKubeconfig(e) => ClusterError::new(Fault::Config, of_kubeconfig(e)),
        kube::Error::RustlsTls(e) => ClusterError::new(Fault::Config, format!("certificates for {address}: {e}")),
        _ => ClusterError::new(Fault::Config, format!("no client for {address} can be made of kubeconfig")),
    }
}

/// Kubeconfig's own problems.
pub(super) fn of_kubeconfig(e: &KubeconfigError) -> String {
    match e {
        KubeconfigError::Parse(e) => match e.location() {
            Some(at) => format!("not valid at line {} column {}", at.line(), at.column()),
            None => "not valid YAML of kind Config".into(),
        },
        KubeconfigError::ReadConfig(e, _) => e.to_string(),
        KubeconfigError::LoadClusterOfContext(name) => format!("there is no cluster {name:?}"),
        KubeconfigError::MissingClusterUrl => "its cluster has no server".into(),
        KubeconfigError::LoadCertificateAuthority(e) => format!("certificate-authority: {e}"),
        KubeconfigError::LoadClientCertificate(e) => format!("client-certificate: {e}"),
        KubeconfigError::LoadClientKey(_) => "client-key can't be read".into(),
        KubeconfigError::ParseClusterUrl(e) => format!("the cluster's server is no address: {e}"),
        KubeconfigError::ParseProxyUrl(_) => "the proxy is no address".into(),
        KubeconfigError::ParseCertificates(_) => "certificate-authority is no PEM".into(),
        _ => "it does not say how to reach a cluster".into(),
    }
}

/// Credentials could not be had.
fn of_auth(e: &AuthError) -> ClusterError {
    let text = match e {
        AuthError::AuthExecRun { out, .. } => {
            format!("the credential plugin of this context failed ({}){}", out.status, last_line(&out.stderr))
        }
        AuthError::AuthExecStart(e) => format!("the credential plugin of this context can't be run: {e}"),
        AuthError::AuthExecParse(_) => "the credential plugin printed something else than an ExecCredential".into(),
        AuthError::ExecPluginFailed => "the credential plugin printed an ExecCredential without a status".into(),
        AuthError::MissingCommand => "the user of this context has exec without a command".into(),
        AuthError::ReadTokenFile(e, path) => format!("token file {}: {e}", path.display()),
        AuthError::MalformedTokenExpirationDate(_) => "the credential plugin's expirationTimestamp is no time".into(),
        _ => "the credentials of this context can't be used".into(),
    };
    ClusterError::new(Fault::Unauthorized, text).hint("check the user of this context in kubeconfig")
}

/// What a plugin said last, without words that are long enough to be secrets.
fn last_line(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let Some(line) = text.lines().rev().find(|l| !l.trim().is_empty()) else { return String::new() };
    let word = |w: &str| if w.len() > 32 && !w.contains('/') { "…".to_owned() } else { w.chars().take(80).collect() };
    let words: Vec<String> = line.split_whitespace().take(40).map(word).collect();
    format!(": {}", words.join(" "))
}

/// A request that got no answer.
pub(super) fn of_request(address: &str, what: &str, e: &kube::Error) -> ClusterError {
    if let kube::Error::Auth(e) = e {
        return of_auth(e);
    }
    for cause in causes(e) {
        if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
            return of_tls(address, tls);
        }
        if let Some(auth) = cause.downcast_ref::<AuthError>() {
            return of_auth(auth);
        }
        if let Some(found) = cause.downcast_ref::<io::Error>().and_then(|io| of_io(address, what, io)) {
            return found;
        }
    }
    if is_connect(e) {
        return ClusterError::new(Fault::Unreachable, format!("{address} can't be reached"));
    }
    dropped(address, what)
}

/// Whether no connection came about, as hyper's error says.
fn is_connect(e: &kube::Error) -> bool {
    causes(e).iter().any(|cause| cause.to_string().contains("client error (Connect)"))
}

/// An error and what is below it. I/O errors are opened: what they wrap is no source of theirs.
fn causes(e: &kube::Error) -> Vec<&(dyn Error + 'static)> {
    let mut all: Vec<&(dyn Error + 'static)> = Vec::new();
    let mut next: Option<&(dyn Error + 'static)> = Some(e);
    while let Some(error) = next {
        all.push(error);
        next = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    all
}

fn of_io(address: &str, what: &str, e: &io::Error) -> Option<ClusterError> {
    use io::ErrorKind as Kind;
    match e.kind() {
        Kind::ConnectionRefused | Kind::HostUnreachable | Kind::NetworkUnreachable | Kind::AddrNotAvailable => {
            let why = e.kind().to_string();
            Some(ClusterError::new(Fault::Unreachable, format!("{address} can't be reached: {why}")))
        }
        Kind::TimedOut => {
            let text = format!("{address} did not answer about {what} in time");
            Some(ClusterError::new(Fault::Timeout, text).hint("--request-timeout allows more"))
        }
        Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe | Kind::UnexpectedEof => {
            Some(dropped(address, what))
        }
        _ if e.to_string().contains("lookup address") => {
            Some(ClusterError::new(Fault::Unreachable, format!("{address} can't be reached: its name is not known")))
        }
        _ => None,
    }
}

fn of_tls(address: &str, e: &rustls::Error) -> ClusterError {
    let text = match e {
        rustls::Error::InvalidCertificate(e) => match e {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                format!("the certificate of {address} has expired")
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                format!("the certificate of {address} is not valid yet")
            }
            CertificateError::UnknownIssuer => {
                format!("the certificate of {address} is signed by nobody that kubeconfig or this system trusts")
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                format!("the certificate of {address} is for other names")
            }
            _ => format!("the certificate of {address} is not accepted"),
        },
        rustls::Error::AlertReceived(alert) => format!("{address} ended the TLS handshake: {alert:?}"),
        _ => format!("{address} does not speak TLS as it should"),
    };
    ClusterError::new(Fault::Certificate, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_plugin_says_is_shown_without_secrets() {
        let long = "k8s-aws-v1.aHR0cHM6Ly9zdHMuZXUtd2VzdC0xLmFtYXpvbmF3cy5jb20";
        let said = last_line(format!("first\nUnable to locate credentials {long}\n\n").as_bytes());
        assert_eq!(said, ": Unable to locate credentials …");
    }
}
