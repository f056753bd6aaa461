//! Where charts keep the values files of their environments without being told to.

use std::path::{Path, PathBuf};

/// Where an environment's files may be in a chart, weakest first.
const CONVENTIONS: [&str; 7] = [
    "values-ENV.yaml",
    "values.ENV.yaml",
    "values/ENV.yaml",
    "env/ENV.yaml",
    "envs/ENV.yaml",
    "environments/ENV.yaml",
    "environments/ENV/values.yaml",
];

/// Names of the environments that a chart has files for, by convention.
pub fn environments_of(chart: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for convention in CONVENTIONS {
        let (before, after) = convention.split_once("ENV").unwrap_or((convention, ""));
        let (dir, lead) = before.rsplit_once('/').unwrap_or(("", before));
        let Ok(entries) = std::fs::read_dir(chart.join(dir)) else { continue };
        for entry in entries.flatten() {
            let file = entry.file_name().to_string_lossy().into_owned();
            let Some(rest) = file.strip_prefix(lead) else { continue };
            let name = match after.strip_prefix('/') {
                Some(inner) => entry.path().join(inner).is_file().then_some(rest),
                None => rest.strip_suffix(after),
            };
            if let Some(name) = name.filter(|n| !n.is_empty() && !n.contains('.')) {
                names.push(name.to_owned());
            }
        }
    }
    names.sort();
    names.dedup();
    names
}

/// The values files that a chart has for an environment, weakest first.
pub fn files_of(chart: &Path, env: &str) -> Vec<PathBuf> {
    CONVENTIONS.iter().map(|c| chart.join(c.replace("ENV", env))).filter(|p| p.is_file()).collect()
}
