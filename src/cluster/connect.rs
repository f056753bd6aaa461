//! The API server as the `kube` crate reaches it: kubeconfig with its contexts, exec credentials, client certificates,
//! tokens and proxies, or a pod's own account. The only file that knows `kube` and its runtime.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper_timeout::TimeoutConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use kube::client::{Body, Client, ClientBuilder, ConfigExt};
use kube::config::{AuthInfo, KubeConfigOptions, Kubeconfig};
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tower::{BoxError, ServiceBuilder};
use tower_http::decompression::DecompressionLayer;

use super::transport::{Answer, Form, Request, Server, Verb};
use super::{ClusterError, ConnectOptions, Fault, proxy, trouble};

/// What an answer may hold, decompressed: some hundred releases of the largest size.
const LARGEST_ANSWER: usize = 256 << 20;

/// How often a request is sent at most, when the server is busy or the connection broke.
const ATTEMPTS: u32 = 4;

/// What is waited before a second attempt when the server names no time.
const PAUSE: Duration = Duration::from_millis(250);

/// The API server, its connections, and the runtime that serves them while somebody waits.
pub(super) struct Live {
    runtime: Runtime,
    client: Client,
    address: String,
    timeout: Duration,
    concurrency: usize,
}

/// Makes the client.
pub(super) fn connect(options: &ConnectOptions) -> Result<Live, ClusterError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| ClusterError::new(Fault::Config, format!("no runtime for the network: {e}")))?;
    let config = configuration(options, &runtime)?;
    let address = shown(&config.cluster_url);
    let client = {
        let _inside = runtime.enter();
        client(config).map_err(|e| trouble::of_client(&address, &e))?
    };
    let (timeout, concurrency) = (options.timeout, options.concurrency.max(1));
    Ok(Live { runtime, client, address, timeout, concurrency })
}

/// kube's client on connections that send at once: kube's own wait for the server's acknowledgement of the handshake before
/// they send the first request, which servers put off by 40 ms. Through proxies kube's own is taken.
fn client(config: kube::Config) -> Result<Client, kube::Error> {
    if config.proxy_url.is_some() {
        return Client::try_from(config);
    }
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    let mut connector = TimeoutConnector::new(config.rustls_https_connector_with_connector(tcp)?);
    connector.set_connect_timeout(config.connect_timeout);
    connector.set_read_timeout(config.read_timeout);
    connector.set_write_timeout(config.write_timeout);
    let http = hyper_util::client::legacy::Builder::new(TokioExecutor::new()).build::<_, Body>(connector);
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .layer(DecompressionLayer::new().gzip(!config.disable_compression))
        .option_layer(config.auth_layer()?)
        .layer(config.extra_headers_layer()?)
        .map_err(BoxError::from)
        .service(http);
    Ok(ClientBuilder::new(service, config.default_namespace).build())
}

/// The address without credentials, which nobody should write there.
fn shown(url: &http::Uri) -> String {
    let authority = url.authority().map_or("", |a| a.as_str());
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{}://{host}{}", url.scheme_str().unwrap_or("https"), url.path().trim_end_matches('/'))
}

fn configuration(options: &ConnectOptions, runtime: &Runtime) -> Result<kube::Config, ClusterError> {
    let wrong = |text: String| ClusterError::new(Fault::Config, text);
    let kubeconfig = read_kubeconfig(options)?;
    let mut config = match kubeconfig {
        Some(kubeconfig) => in_context(kubeconfig, options, runtime)?,
        None if options.server.is_some() => kube::Config::new(http::Uri::from_static("https://localhost")),
        None => kube::Config::incluster_env().map_err(|_| {
            wrong("no kubeconfig: KUBECONFIG and ~/.kube/config name no file, and this is no pod of a cluster".into())
                .hint("name one with --kubeconfig")
        })?,
    };
    if let Some(server) = &options.server {
        let url = if server.contains("://") { server.clone() } else { format!("https://{server}") };
        config.cluster_url =
            url.parse().map_err(|e| wrong(format!("HELM_KUBEAPISERVER {server:?} is no address: {e}")))?;
    }
    if let Some(path) = &options.ca_file {
        config.root_cert = Some(certificates(path)?);
        config.accept_invalid_certs = false;
    }
    config.accept_invalid_certs |= options.insecure;
    config.tls_server_name = options.tls_server_name.clone().or(config.tls_server_name);
    as_whom(&mut config.auth_info, options);
    if config.proxy_url.is_some() {
        config.proxy_url = proxy::for_cluster(&config).map_err(wrong)?;
    }
    config.connect_timeout = Some(options.timeout);
    // Retries are ours: these would wait for a quarter of an hour.
    config.default_retry = false;
    Ok(config)
}

/// The merged files, or nothing where there are none.
fn read_kubeconfig(options: &ConnectOptions) -> Result<Option<Kubeconfig>, ClusterError> {
    let wrong = |text: String| ClusterError::new(Fault::Config, text);
    if let Some(path) = &options.kubeconfig {
        return read_file(path).map(Some);
    }
    let list = std::env::var_os("KUBECONFIG").filter(|l| !l.is_empty());
    let paths: Vec<_> = match &list {
        Some(list) => std::env::split_paths(list).filter(|p| !p.as_os_str().is_empty()).collect(),
        None => std::env::var_os("HOME").map(|home| Path::new(&home).join(".kube/config")).into_iter().collect(),
    };
    let mut merged: Option<Kubeconfig> = None;
    for path in paths.iter().filter(|p| p.is_file()) {
        let read = read_file(path)?;
        merged = Some(match merged {
            None => read,
            Some(earlier) => earlier.merge(read).map_err(|e| wrong(format!("kubeconfig {}: {e}", path.display())))?,
        });
    }
    Ok(merged)
}

fn read_file(path: &Path) -> Result<Kubeconfig, ClusterError> {
    Kubeconfig::read_from(path).map_err(|e| {
        ClusterError::new(Fault::Config, format!("kubeconfig {}: {}", path.display(), trouble::of_kubeconfig(&e)))
    })
}

/// The cluster and user of a context.
fn in_context(
    kubeconfig: Kubeconfig,
    options: &ConnectOptions,
    runtime: &Runtime,
) -> Result<kube::Config, ClusterError> {
    let wrong = |text: String| ClusterError::new(Fault::Config, text);
    let known: Vec<String> = kubeconfig.contexts.iter().map(|c| c.name.clone()).collect();
    let name = options.context.clone().or_else(|| kubeconfig.current_context.clone()).filter(|n| !n.is_empty());
    let Some(name) = name else {
        let error = wrong("kubeconfig has no current context".into());
        return Err(match known.is_empty() {
            true => error,
            false => error.hint(format!("name one with --kube-context: {}", known.join(", "))),
        });
    };
    if !known.contains(&name) {
        return Err(no_context(&name, &known));
    }
    let ask = KubeConfigOptions { context: Some(name.clone()), cluster: None, user: None };
    let made = runtime.block_on(kube::Config::from_custom_kubeconfig(kubeconfig, &ask));
    made.map_err(|e| wrong(format!("context {name:?} of kubeconfig: {}", trouble::of_kubeconfig(&e))))
}

/// What is known, and which of it was meant.
fn no_context(name: &str, known: &[String]) -> ClusterError {
    let close = known
        .iter()
        .map(|k| (strsim::jaro_winkler(k, name), k))
        .filter(|(score, _)| *score > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let meant = close.map(|(_, k)| format!("; did you mean {k:?}?")).unwrap_or_default();
    let list = if known.is_empty() { "it has none".to_owned() } else { format!("known are {}", known.join(", ")) };
    ClusterError::new(Fault::Config, format!("kubeconfig has no context {name:?}: {list}{meant}"))
}

fn certificates(path: &Path) -> Result<Vec<Vec<u8>>, ClusterError> {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;
    let fail = |why: String| ClusterError::new(Fault::Config, format!("HELM_KUBECAFILE {}: {why}", path.display()));
    let found = CertificateDer::pem_file_iter(path).map_err(|e| fail(e.to_string()))?;
    let found: Result<Vec<Vec<u8>>, _> = found.map(|c| c.map(|c| c.to_vec())).collect();
    match found {
        Ok(found) if found.is_empty() => Err(fail("it holds no certificate in PEM".into())),
        Ok(found) => Ok(found),
        Err(e) => Err(fail(e.to_string())),
    }
}

/// A token replaces what else the user of the context has to show, certificates aside, as client-go does it.
fn as_whom(auth: &mut AuthInfo, options: &ConnectOptions) {
    if let Some(token) = &options.token {
        auth.token = Some(token.reveal().to_owned().into());
        auth.token_file = None;
        auth.username = None;
        auth.password = None;
        auth.exec = None;
        auth.auth_provider = None;
    }
    if let Some(user) = &options.as_user {
        auth.impersonate = Some(user.clone());
    }
    if !options.as_groups.is_empty() {
        auth.impersonate_groups = Some(options.as_groups.clone());
    }
}

impl Server for Live {
    fn ask(&self, requests: &[Request]) -> Vec<Result<Answer, ClusterError>> {
        let room = Arc::new(Semaphore::new(self.concurrency));
        let mut found: Vec<Option<Result<Answer, ClusterError>>> = requests.iter().map(|_| None).collect();
        self.runtime.block_on(async {
            let mut under_way = JoinSet::new();
            for (place, request) in requests.iter().enumerate() {
                let asker = Asker { client: self.client.clone(), address: self.address.clone(), timeout: self.timeout };
                let (room, request) = (room.clone(), request.clone());
                under_way.spawn(async move {
                    // The semaphore is never closed, so that it always lets in.
                    let _seat = room.acquire_owned().await;
                    (place, asker.ask(&request).await)
                });
            }
            while let Some(done) = under_way.join_next().await {
                if let Ok((place, answer)) = done {
                    found[place] = Some(answer);
                }
            }
        });
        let lost = |r: &Request| Err(ClusterError::new(Fault::Dropped, format!("the request for {} was lost", r.what)));
        found.into_iter().zip(requests).map(|(answer, r)| answer.unwrap_or_else(|| lost(r))).collect()
    }

    fn address(&self) -> &str {
        &self.address
    }
}

/// What one request needs on its way.
struct Asker {
    client: Client,
    address: String,
    timeout: Duration,
}

/// What an attempt came to.
enum Outcome {
    Done(Answer),
    /// Worth another attempt, after this long if the server says so.
    Again(Option<Duration>, Result<Answer, ClusterError>),
    Failed(ClusterError),
}

impl Asker {
    /// Sends a request within its time, again where the server is busy or the connection broke.
    async fn ask(&self, request: &Request) -> Result<Answer, ClusterError> {
        let deadline = tokio::time::Instant::now() + self.timeout;
        let mut pause = PAUSE;
        for attempt in 1.. {
            let outcome = match tokio::time::timeout_at(deadline, self.attempt(request)).await {
                Ok(outcome) => outcome,
                Err(_) => return Err(trouble::timeout(&self.address, &request.what, self.timeout)),
            };
            let (wait, last) = match outcome {
                Outcome::Done(answer) => return Ok(answer),
                Outcome::Failed(e) => return Err(e),
                Outcome::Again(wait, last) => (wait.unwrap_or(pause), last),
            };
            let next = tokio::time::Instant::now() + wait;
            if attempt == ATTEMPTS || next >= deadline {
                return last;
            }
            tokio::time::sleep_until(next).await;
            pause *= 2;
        }
        Err(trouble::timeout(&self.address, &request.what, self.timeout))
    }

    async fn attempt(&self, request: &Request) -> Outcome {
        let sent = match wire(request) {
            Ok(sent) => sent,
            Err(e) => return Outcome::Failed(ClusterError::new(Fault::Config, format!("{}: {e}", request.what))),
        };
        let response = match self.client.send(sent).await {
            Ok(response) => response,
            Err(e) => {
                let error = trouble::of_request(&self.address, &request.what, &e);
                return if error.fault == Fault::Dropped {
                    Outcome::Again(None, Err(error))
                } else {
                    Outcome::Failed(error)
                };
            }
        };
        let status = response.status().as_u16();
        let wait =
            response.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok()?.parse().ok()).map(Duration::from_secs);
        match Limited::new(response.into_body(), LARGEST_ANSWER).collect().await {
            Ok(body) => {
                let answer = Answer { status, body: body.to_bytes().to_vec() };
                if matches!(status, 429 | 503 | 504) { Outcome::Again(wait, Ok(answer)) } else { Outcome::Done(answer) }
            }
            Err(e) if e.is::<LengthLimitError>() => Outcome::Failed(ClusterError::new(
                Fault::TooLarge,
                format!(
                    "the answer of {} about {} is larger than {} MiB",
                    self.address,
                    request.what,
                    LARGEST_ANSWER >> 20
                ),
            )),
            Err(_) => Outcome::Again(None, Err(trouble::dropped(&self.address, &request.what))),
        }
    }
}

/// A request as HTTP.
fn wire(request: &Request) -> Result<http::Request<Body>, http::Error> {
    let accept = match request.form {
        Form::Json => "application/json",
        Form::Metadata => "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json",
        Form::Discovery => {
            "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"
        }
    };
    let sent = http::Request::builder().uri(&request.path).header(ACCEPT, accept);
    match &request.verb {
        Verb::Get => sent.method("GET").body(Body::empty()),
        Verb::DryRunApply(object) => {
            sent.method("PATCH").header(CONTENT_TYPE, "application/apply-patch+yaml").body(Body::from(object.clone()))
        }
    }
}
