//! From flags and the environment to a cluster, and what commands that render do with one.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::args::{AcceptedArgs, ConnectArgs, EngineArgs};
use super::exit;
use super::session::Failed;
use crate::cluster::{Cluster, ClusterError, ConnectOptions, Current, Fault, Lookup, Token};
use crate::grammar::duration;
use crate::render::{KubeVersion, Options};
use crate::value::HelmVersion;
use crate::world::System;

/// An error of a cluster: of configuration where nothing was sent.
pub(super) fn failed(e: &ClusterError) -> Failed {
    let status = if e.fault == Fault::Config { exit::USAGE } else { exit::CLUSTER };
    (status, format!("Error: {e}\n"))
}

/// How a cluster is reached, by the environment and then by flags.
pub(super) fn options(args: &ConnectArgs) -> Result<ConnectOptions, Failed> {
    let from_env = ConnectOptions::from_env(|name| std::env::var(name).ok()).map_err(|e| failed(&e))?;
    let timeout = duration::parse(args.request_timeout.as_bytes()).ok().filter(|t| *t > 0);
    let timeout = timeout.ok_or_else(|| {
        let text = format!("invalid --request-timeout {:?}: expected for instance 10s or 1m30s", args.request_timeout);
        super::session::usage(text)
    })?;
    Ok(ConnectOptions {
        kubeconfig: args.kubeconfig.as_ref().map(PathBuf::from),
        context: args.kube_context.clone().or(from_env.context),
        timeout: Duration::from_nanos(timeout.unsigned_abs()),
        concurrency: args.concurrency.get(),
        ..from_env
    })
}

/// The cluster that flags and the environment mean.
pub(super) fn connect(args: &ConnectArgs) -> Result<Arc<Cluster>, Failed> {
    Cluster::connect(&options(args)?).map(Arc::new).map_err(|e| failed(&e))
}

/// The cluster that Helm's own flags mean.
pub(super) fn connect_as_helm(args: &AcceptedArgs) -> Result<Cluster, ClusterError> {
    let env = ConnectOptions::from_env(|name| std::env::var(name).ok())?;
    let groups = if args.kube_as_group.is_empty() { env.as_groups.clone() } else { args.kube_as_group.clone() };
    Cluster::connect(&ConnectOptions {
        kubeconfig: args.kubeconfig.as_ref().map(PathBuf::from),
        context: args.kube_context.clone().or(env.context),
        server: args.kube_apiserver.clone().or(env.server),
        token: args.kube_token.clone().map(Token::new).or(env.token),
        ca_file: args.kube_ca_file.as_ref().map(PathBuf::from).or(env.ca_file),
        insecure: args.kube_insecure_skip_tls_verify || env.insecure,
        tls_server_name: args.kube_tls_server_name.clone().or(env.tls_server_name),
        as_user: args.kube_as_user.clone().or(env.as_user),
        as_groups: groups,
        ..ConnectOptions::default()
    })
}

/// What of a cluster templates see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// `lookup`
    pub lookup: bool,
    /// `.Capabilities`
    pub capabilities: bool,
}

impl Seen {
    /// All of it.
    pub(super) const ALL: Seen = Seen { lookup: true, capabilities: true };

    /// What Helm's flags ask for: since Helm 4 both at once (`pkg/cmd/template.go`; helm v3.22.0
    /// `cmd/helm/template.go`, `pkg/action/install.go`).
    pub(super) fn by_helms_flags(args: &AcceptedArgs, helm: HelmVersion) -> Seen {
        let server = args.dry_run.as_deref() == Some("server");
        match helm {
            HelmVersion::V3 => Seen { lookup: server, capabilities: args.validate },
            HelmVersion::V4 => Seen { lookup: server || args.validate, capabilities: server || args.validate },
        }
    }
}

/// Lets templates see the cluster: in the options of their render, and in their world.
pub(super) fn show(
    cluster: &Arc<Cluster>,
    seen: Seen,
    engine: &EngineArgs,
    options: &mut Options,
) -> Result<Option<System>, ClusterError> {
    if seen.capabilities {
        let version = cluster.server_version()?;
        options.kube_version = KubeVersion::reported(&version.git_version, &version.major, &version.minor);
        options.served = Some(Arc::new(cluster.discovery()?.version_set()));
    }
    if !seen.lookup {
        return Ok(None);
    }
    let world = super::world::system(engine).map_err(|e| ClusterError::new(Fault::Config, e))?;
    Ok(Some(world.with_objects(Box::new(Lookup::new(cluster.clone())))))
}

/// How a stored release is named where manifests are: `release:NAMESPACE/NAME`, behind it `@REVISION`.
pub(super) const RELEASE: &str = "release:";

/// The manifests and hooks of a release that is named so.
pub(super) fn stored_texts(cluster: &Cluster, what: &str) -> Result<Vec<(String, String)>, Failed> {
    let wrong = || super::session::usage(format!("{RELEASE}{what}: expected {RELEASE}NAMESPACE/NAME[@REVISION]"));
    let (place, revision) = match what.split_once('@') {
        Some((place, revision)) => (place, Some(revision.parse::<u64>().map_err(|_| wrong())?)),
        None => (what, None),
    };
    let (namespace, name) = place.split_once('/').ok_or_else(wrong)?;
    let found = match revision {
        Some(revision) => cluster.revision(namespace, name, revision).map_err(|e| failed(&e))?,
        None => match cluster.current_release(namespace, name).map_err(|e| failed(&e))? {
            Current::Release(release, _) => Some(*release),
            Current::Absent(_) => None,
        },
    };
    let Some(release) = found else {
        let revision = revision.map(|r| format!(" of revision {r}")).unwrap_or_default();
        return Err((exit::CLUSTER, format!("Error: {namespace} has no release {name}{revision}\n")));
    };
    let label = format!("{name} revision {}", release.revision);
    Ok(vec![(format!("{label}, hooks"), release.hooks_text()), (label, release.manifest)])
}
