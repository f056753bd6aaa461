//! APIs that are deprecated, as `helm lint` knows them: those of client-go v0.37.1, with the API server's words.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::render::KubeVersion;

/// Written by `.ci/recorder`: what it is, since when, and what is said of it.
const TABLE: &str = include_str!("deprecated.tsv");

struct Api {
    since: (u64, u64),
    message: &'static str,
}

static APIS: LazyLock<HashMap<&'static str, Api>> = LazyLock::new(|| TABLE.lines().filter_map(read).collect());

fn read(line: &'static str) -> Option<(&'static str, Api)> {
    let mut columns = line.split('\t');
    let (name, since, message) = (columns.next()?, columns.next()?, columns.next()?);
    let (major, minor) = since.split_once('.')?;
    Some((name, Api { since: (major.parse().ok()?, minor.parse().ok()?), message }))
}

/// What is said of an API with a version of Kubernetes, if it is deprecated there.
pub(super) fn warning(api_version: &str, kind: &str, version: &KubeVersion) -> Option<&'static str> {
    let api = APIS.get(format!("{api_version} {kind}").as_str())?;
    let now = (version.major.parse().ok()?, version.minor.parse().ok()?);
    (api.since <= now || now == (0, 0)).then_some(api.message)
}
