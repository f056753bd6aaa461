//! Releases by name, wherever Helm keeps them (helm v4.3.1 `pkg/storage/storage.go`): which revision counts is decided
//! here, how a driver is read in [`super::objects`] and [`super::sql`].

use std::cmp::Reverse;

use super::release::StoredRelease;
use super::transport::{Request, path_segment};
use super::{Cluster, ClusterError};

/// A revision, without what it installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseHead {
    /// The release's name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Its revision.
    pub revision: u64,
    /// Its status in Helm's words.
    pub status: String,
    /// When Helm last wrote it, in seconds since 1970.
    pub written: Option<i64>,
}

/// What a name stands for now.
#[derive(Clone, Debug, PartialEq)]
pub enum Current {
    /// The revision that an upgrade would start from, and the later ones that failed or are under way.
    Release(Box<StoredRelease>, Vec<ReleaseHead>),
    /// Nothing to start from: an upgrade would be an installation.
    Absent(Absent),
}

/// Why there is nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// The namespace doesn't exist.
    Namespace,
    /// The namespace has no release of this name.
    Release,
    /// It was uninstalled with `--keep-history`, or is being uninstalled.
    Uninstalled,
}

/// Where releases are kept. Namespaces and names come as they were typed.
pub(super) trait Storage: Send + Sync {
    /// For each `(namespace, name)` all its revisions that no later one superseded.
    fn standing(&self, wanted: &[(&str, &str)]) -> Vec<Result<Vec<StoredRelease>, ClusterError>>;

    /// One revision.
    fn one(&self, namespace: &str, name: &str, revision: u64) -> Result<Option<StoredRelease>, ClusterError>;

    /// The heads of all revisions of a release, of a namespace, or of all, in any order.
    fn heads(&self, namespace: Option<&str>, name: Option<&str>) -> Result<Vec<ReleaseHead>, ClusterError>;
}

impl Cluster {
    /// The revision of a release that an upgrade would start from: one request, a few more where there is none.
    ///
    /// # Errors
    /// For what the server refuses, and for stored releases that can't be read.
    pub fn current_release(&self, namespace: &str, name: &str) -> Result<Current, ClusterError> {
        let mut found = self.current_releases(&[(namespace, name)]);
        found.pop().unwrap_or(Ok(Current::Absent(Absent::Release)))
    }

    /// The same of many, each `(namespace, name)`, in their order: few requests, some at once.
    pub fn current_releases(&self, wanted: &[(&str, &str)]) -> Vec<Result<Current, ClusterError>> {
        let standing = self.storage.standing(wanted);
        let found = wanted.iter().zip(standing);
        found.map(|((namespace, name), revisions)| self.pick(namespace, name, revisions?)).collect()
    }

    /// What Helm's upgrade takes for the current release (helm v4.3.1 `pkg/action/upgrade.go`, `prepareUpgrade`).
    fn pick(&self, namespace: &str, name: &str, mut found: Vec<StoredRelease>) -> Result<Current, ClusterError> {
        found.sort_by_key(|r| Reverse(r.revision));
        let deployed = found.iter().position(|r| r.status == "deployed");
        let Some(at) = deployed.or((!found.is_empty()).then_some(0)) else {
            return self.why_nothing(namespace, name);
        };
        if matches!(&*found[at].status, "uninstalled" | "uninstalling") {
            return Ok(Current::Absent(Absent::Uninstalled));
        }
        let later = found[..at].iter().map(ReleaseHead::of).collect();
        Ok(Current::Release(Box::new(found.swap_remove(at)), later))
    }

    /// Nothing stands: the name is unknown, the namespace is, or every revision was superseded, which a rollback that
    /// broke off leaves behind; Helm then starts from the last one.
    fn why_nothing(&self, namespace: &str, name: &str) -> Result<Current, ClusterError> {
        let last = self.history(namespace, name)?.pop();
        if let Some(last) = last
            && let Some(release) = self.revision(namespace, name, last.revision)?
        {
            return Ok(Current::Release(Box::new(release), Vec::new()));
        }
        let request =
            Request::get(format!("/api/v1/namespaces/{}", path_segment(namespace)), format!("namespace {namespace}"));
        // Who may not read namespaces learns less.
        let missing = self.server.ask_one(&request).is_ok_and(|a| a.status == 404);
        Ok(Current::Absent(if missing { Absent::Namespace } else { Absent::Release }))
    }

    /// One revision of a release; none where there is no such.
    ///
    /// # Errors
    /// As [`Cluster::current_release`].
    pub fn revision(&self, namespace: &str, name: &str, revision: u64) -> Result<Option<StoredRelease>, ClusterError> {
        self.storage.one(namespace, name, revision)
    }

    /// All revisions of a release, the oldest first, without what they installed.
    ///
    /// # Errors
    /// For what the server refuses.
    pub fn history(&self, namespace: &str, name: &str) -> Result<Vec<ReleaseHead>, ClusterError> {
        let mut heads = self.storage.heads(Some(namespace), Some(name))?;
        heads.sort_by_key(|h| h.revision);
        Ok(heads)
    }

    /// The last revision of every release of a namespace, or of all namespaces.
    ///
    /// # Errors
    /// For what the server refuses.
    pub fn list_releases(&self, namespace: Option<&str>) -> Result<Vec<ReleaseHead>, ClusterError> {
        let mut heads = self.storage.heads(namespace, None)?;
        heads.sort_by(|a, b| (&a.namespace, &a.name, b.revision).cmp(&(&b.namespace, &b.name, a.revision)));
        heads.dedup_by(|next, kept| (&next.namespace, &next.name) == (&kept.namespace, &kept.name));
        Ok(heads)
    }
}

impl ReleaseHead {
    fn of(release: &StoredRelease) -> ReleaseHead {
        ReleaseHead {
            name: release.name.clone(),
            namespace: release.namespace.clone(),
            revision: release.revision,
            status: release.status.clone(),
            written: None,
        }
    }
}

/// A release as messages name it.
pub(super) fn named(namespace: &str, name: &str) -> String {
    format!("release {name} in namespace {namespace}")
}

/// Name of the object that holds a revision; its `v1` is the version of the format.
pub(super) const KEY_PREFIX: &str = "sh.helm.release.v1.";

/// Name of the object, or key of the row, that holds a revision.
pub(super) fn key(name: &str, revision: u64) -> String {
    format!("{KEY_PREFIX}{name}.v{revision}")
}

/// The type of Secrets and rows that hold releases of a format that is read here.
pub(super) const TYPE: &str = "helm.sh/release.v1";
