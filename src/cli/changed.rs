//! `--changed-since REF`: the files that differ from where a branch left another, those not yet committed among them.

use std::path::PathBuf;

use super::diff::git::{changed, said};

/// The changed files, absolute: between the common ancestor of `revision` and HEAD and the working tree.
///
/// # Errors
/// With git's text.
pub(super) fn changed_since(revision: &str) -> Result<Vec<PathBuf>, String> {
    let current = std::env::current_dir().unwrap_or_default();
    let top = PathBuf::from(said(&current, &["rev-parse", "--show-toplevel"])?);
    let verified =
        said(&top, &["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{revision}^{{commit}}")])
            .map_err(|_| format!("git knows no revision {revision}"))?;
    // Without a common ancestor (a shallow clone) the revision itself is what there is to compare with.
    let base = said(&top, &["merge-base", &verified, "HEAD"]).unwrap_or(verified);
    changed(&top, &base)
}
