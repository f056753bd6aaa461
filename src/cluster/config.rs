//! How to reach a cluster, as flags and Helm's environment variables say it (helm v4.3.1 `pkg/cli/environment.go`).

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::{ClusterError, Fault};

/// A bearer token; never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Hides a token.
    pub fn new(token: impl Into<String>) -> Token {
        Token(token.into())
    }

    /// The token itself, for the request that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}

/// Where Helm keeps its releases: `HELM_DRIVER`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Driver {
    /// In Secrets of the release's namespace.
    #[default]
    Secrets,
    /// In ConfigMaps of the release's namespace.
    ConfigMaps,
    /// In a PostgreSQL database; the connection string is as secret as a token.
    Sql(Token),
}

impl Driver {
    /// Reads `HELM_DRIVER` (helm v4.3.1 `pkg/action/action.go`, `Configuration.Init`).
    ///
    /// # Errors
    /// For `memory`, which keeps nothing, names that Helm doesn't know, and SQL without a connection string.
    pub fn parse(name: &str, connection: Option<String>) -> Result<Driver, ClusterError> {
        let wrong = |text: String| Err(ClusterError::new(Fault::Config, text));
        match name {
            "" | "secret" | "secrets" => Ok(Driver::Secrets),
            "configmap" | "configmaps" => Ok(Driver::ConfigMaps),
            "sql" => match connection {
                Some(connection) => Ok(Driver::Sql(Token::new(connection))),
                None => wrong("HELM_DRIVER=sql needs HELM_DRIVER_SQL_CONNECTION_STRING".into()),
            },
            "memory" => wrong("HELM_DRIVER=memory: releases in memory end with the Helm that made them".into()),
            other => {
                let known = ["secret", "configmap", "sql"];
                let close = known
                    .iter()
                    .max_by(|a, b| strsim::jaro_winkler(a, other).total_cmp(&strsim::jaro_winkler(b, other)));
                let close = close.map(|c| format!("; did you mean {c:?}?")).unwrap_or_default();
                wrong(format!("unknown HELM_DRIVER {other:?}, known are {}{close}", known.join(", ")))
            }
        }
    }
}

/// All that decides which cluster is asked, and as whom.
#[derive(Clone, Debug)]
pub struct ConnectOptions {
    /// `--kubeconfig`; otherwise the files of `KUBECONFIG`, `~/.kube/config`, or a pod's own account.
    pub kubeconfig: Option<PathBuf>,
    /// `--kube-context`, `HELM_KUBECONTEXT`; otherwise the current one.
    pub context: Option<String>,
    /// `HELM_KUBEAPISERVER`
    pub server: Option<String>,
    /// `HELM_KUBETOKEN`
    pub token: Option<Token>,
    /// `HELM_KUBECAFILE`
    pub ca_file: Option<PathBuf>,
    /// `HELM_KUBEINSECURE_SKIP_TLS_VERIFY`
    pub insecure: bool,
    /// `HELM_KUBETLS_SERVER_NAME`
    pub tls_server_name: Option<String>,
    /// `HELM_KUBEASUSER`
    pub as_user: Option<String>,
    /// `HELM_KUBEASGROUPS`
    pub as_groups: Vec<String>,
    /// `HELM_DRIVER`
    pub driver: Driver,
    /// `--request-timeout`: how long one request may take, waiting included.
    pub timeout: Duration,
    /// `--concurrency`: how many requests may be under way at once.
    pub concurrency: usize,
}

/// How long one request may take unless `--request-timeout` says otherwise.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How many requests are under way at once unless `--concurrency` says otherwise; kubectl's own limit is 50 a second.
const CONCURRENCY: usize = 16;

impl Default for ConnectOptions {
    fn default() -> ConnectOptions {
        ConnectOptions {
            kubeconfig: None,
            context: None,
            server: None,
            token: None,
            ca_file: None,
            insecure: false,
            tls_server_name: None,
            as_user: None,
            as_groups: Vec::new(),
            driver: Driver::default(),
            timeout: TIMEOUT,
            concurrency: CONCURRENCY,
        }
    }
}

impl ConnectOptions {
    /// What Helm's environment variables say; `variable` looks one up.
    ///
    /// # Errors
    /// For a `HELM_DRIVER` that can't be read from.
    pub fn from_env(variable: impl Fn(&str) -> Option<String>) -> Result<ConnectOptions, ClusterError> {
        let text = |name: &str| variable(name).filter(|v| !v.is_empty());
        let groups = text("HELM_KUBEASGROUPS").unwrap_or_default();
        let groups = groups.trim_matches([',', ' ']);
        Ok(ConnectOptions {
            kubeconfig: None,
            context: text("HELM_KUBECONTEXT"),
            server: text("HELM_KUBEAPISERVER"),
            token: text("HELM_KUBETOKEN").map(Token::new),
            ca_file: text("HELM_KUBECAFILE").map(PathBuf::from),
            insecure: text("HELM_KUBEINSECURE_SKIP_TLS_VERIFY").is_some_and(|v| go_bool(&v)),
            tls_server_name: text("HELM_KUBETLS_SERVER_NAME"),
            as_user: text("HELM_KUBEASUSER"),
            as_groups: groups.split(',').filter(|g| !g.is_empty()).map(str::to_owned).collect(),
            driver: Driver::parse(&text("HELM_DRIVER").unwrap_or_default(), text("HELM_DRIVER_SQL_CONNECTION_STRING"))?,
            ..ConnectOptions::default()
        })
    }
}

/// What Go's `strconv.ParseBool` takes for true.
fn go_bool(text: &str) -> bool {
    matches!(text, "1" | "t" | "T" | "true" | "TRUE" | "True")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<ConnectOptions, ClusterError> {
        ConnectOptions::from_env(|name| pairs.iter().find(|p| p.0 == name).map(|p| p.1.to_owned()))
    }

    #[test]
    fn the_environment_is_read_as_helm_reads_it() {
        let options = read(&[
            ("HELM_KUBECONTEXT", "prod"),
            ("HELM_KUBEASGROUPS", ",dev,ops, "),
            ("HELM_KUBEINSECURE_SKIP_TLS_VERIFY", "True"),
            ("HELM_KUBETOKEN", "s3cret"),
            ("HELM_DRIVER", "configmaps"),
        ])
        .unwrap();
        assert_eq!(options.context.as_deref(), Some("prod"));
        assert_eq!(options.as_groups, ["dev", "ops"]);
        assert!(options.insecure);
        assert_eq!(options.driver, Driver::ConfigMaps);
        assert!(!format!("{options:?}").contains("s3cret"));
        assert!(!read(&[("HELM_KUBEINSECURE_SKIP_TLS_VERIFY", "yes")]).unwrap().insecure);
    }

    #[test]
    fn drivers_that_keep_nothing_are_refused_with_words() {
        let said = |name: &str| read(&[("HELM_DRIVER", name)]).unwrap_err().text;
        assert_eq!(said("memory"), "HELM_DRIVER=memory: releases in memory end with the Helm that made them");
        assert_eq!(said("sql"), "HELM_DRIVER=sql needs HELM_DRIVER_SQL_CONNECTION_STRING");
        assert!(said("secrit").ends_with("did you mean \"secret\"?"));
    }
}
