//! Kinds that a version of Kubernetes does not serve, serves only if asked to, or will stop to serve, with what to use
//! instead (`APILifecycle…` of k8s.io/api). Start reading at [`unknown`].

use super::bundle::{self, Builtin, Kind};
use super::path::Path;
use super::problems::{closest, error};
use crate::finding::{Problem, Severity};

/// Where removals are listed.
const GUIDE: &str = "https://kubernetes.io/docs/reference/using-api/deprecation-guide/";

/// What the server says of a kind that it serves: that it is deprecated, or that it must be asked to serve it.
pub(super) fn deprecation(builtin: &Builtin, kind: &Kind, path: &Path<'_>) -> Option<Problem> {
    let (api_version, name) = (kind.api_version, kind.name);
    if builtin.is_in(kind.off) {
        let message = format!("{}: the server serves it only if asked to", no_matches(api_version, name));
        let mut problem = error("schema/disabled-api", &path.key("apiVersion"), message);
        let stable = other_version(builtin, api_version, name);
        problem.remedy = Some(match stable {
            Some(new) => format!("use {new} {name}").into(),
            None => format!("start the server with --runtime-config={api_version}=true").into(),
        });
        return Some(problem);
    }
    let life = bundle::life(api_version, name).filter(|l| l.deprecated != 0 && l.deprecated <= builtin.minor())?;
    let mut message = format!("{api_version} {name} is deprecated in v1.{}+", life.deprecated);
    if life.removed != 0 {
        message.push_str(&format!(", unavailable in v1.{}+", life.removed));
    }
    let mut problem = Problem::new("schema/deprecated-api", Severity::Warning, path.key("apiVersion").text(), message);
    problem.remedy = replacement(builtin, api_version, name).map(Into::into);
    problem.url = Some(GUIDE.into());
    Some(problem)
}

/// What the server says of a kind that it doesn't serve; `unchecked` is for kinds that may be custom resources.
pub(super) fn unknown(
    builtin: &Builtin,
    api_version: &str,
    name: &str,
    unchecked: Option<Severity>,
    path: &Path<'_>,
) -> Option<Problem> {
    let removed = bundle::life(api_version, name).map(|l| l.removed).filter(|r| (1..=builtin.minor()).contains(r));
    let span = bundle::kind(api_version, name).and_then(|k| bundle::span(k.served));
    let removed = removed.or_else(|| span.map(|s| s.1 + 1).filter(|r| *r <= builtin.minor()));
    let no_matches = no_matches(api_version, name);
    if let Some(removed) = removed {
        let message = format!("{no_matches}: removed in Kubernetes 1.{removed}");
        let mut problem = error("schema/removed-api", &path.key("apiVersion"), message);
        problem.remedy = replacement(builtin, api_version, name).map(Into::into);
        problem.url = Some(GUIDE.into());
        return Some(problem);
    }
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    if let Some((first, _)) = span {
        let message = format!("{no_matches}: Kubernetes has it from 1.{first} on");
        return Some(error("schema/unknown-kind", &path.key("apiVersion"), message));
    }
    if bundle::owns_group(group) {
        return Some(misspelt(builtin, api_version, name, no_matches, path));
    }
    let message = format!("no schema is known for {api_version} {name}: it was not checked");
    let mut problem = Problem::new("schema/unchecked", unchecked?, path.text(), message);
    problem.remedy = Some("give its CustomResourceDefinition in crds/ or with --crds".into());
    Some(problem)
}

/// What the server says of a custom resource whose definition lacks the version.
pub(super) fn other_versions(api_version: &str, name: &str, versions: &[String], path: &Path<'_>) -> Problem {
    let mut problem = error("schema/unknown-kind", &path.key("apiVersion"), no_matches(api_version, name));
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let known: Vec<String> = versions.iter().map(|v| format!("{group}/{v}")).collect();
    problem.remedy = Some(format!("its definition serves {}", known.join(", ")).into());
    problem
}

fn no_matches(api_version: &str, name: &str) -> String {
    format!("no matches for kind {name:?} in version {api_version:?}")
}

/// A kind that no version of Kubernetes has ever had in its own API version.
fn misspelt(builtin: &Builtin, api_version: &str, name: &str, message: String, path: &Path<'_>) -> Problem {
    let served = || bundle::kinds().filter(|k| builtin.is_in(k.served));
    let mut homes: Vec<&str> = served().filter(|k| k.name == name).map(|k| k.api_version).collect();
    homes.sort_unstable();
    let here = served().filter(|k| k.api_version == api_version).map(|k| k.name);
    let (field, remedy) = match (other_version(builtin, api_version, name), homes.first().copied(), closest(name, here))
    {
        (Some(home), ..) | (None, Some(home), _) => ("apiVersion", Some(format!("{name} is in {home}"))),
        (None, None, Some(meant)) => ("kind", Some(format!("did you mean {meant:?}?"))),
        _ => ("kind", None),
    };
    let mut problem = error("schema/unknown-kind", &path.key(field), message);
    problem.remedy = remedy.map(Into::into);
    problem
}

/// The API version of the same group that serves a kind without being asked to, the most stable one first.
fn other_version(builtin: &Builtin, api_version: &str, name: &str) -> Option<&'static str> {
    let group = |v: &str| v.rsplit_once('/').map_or("", |(group, _)| group).len();
    let same_group = |v: &str| group(v) == group(api_version) && v[..group(v)] == api_version[..group(api_version)];
    bundle::kinds()
        .filter(|k| k.name == name && k.api_version != api_version && same_group(k.api_version))
        .filter(|k| builtin.is_in(k.served) && !builtin.is_in(k.off))
        .map(|k| k.api_version)
        .min_by_key(|v| (v.contains("alpha"), v.contains("beta"), *v))
}

/// What to use in place of an API: what its sources name, followed as long as that is gone as well.
fn replacement(builtin: &Builtin, api_version: &str, name: &str) -> Option<String> {
    let (mut api_version, mut name) = (api_version.to_owned(), name.to_owned());
    for _ in 0..4 {
        let named = bundle::life(&api_version, &name).and_then(|l| l.replacement);
        // The sources name a list for IngressClass.
        let named = named.map(|(v, k)| (v, k.strip_suffix("List").unwrap_or(k)));
        let (next, kind) = match named {
            Some((next, kind)) => (next.to_owned(), kind.to_owned()),
            None => (other_version(builtin, &api_version, &name)?.to_owned(), name.clone()),
        };
        if bundle::kind(&next, &kind).is_some_and(|k| builtin.is_in(k.served)) {
            return Some(format!("use {next} {kind}"));
        }
        (api_version, name) = (next, kind);
    }
    None
}
