//! Values files beside the charts, by environment: `environments/prod/api.yaml`, `values/prod.yaml`, `envs/api-prod.yaml`.

use std::collections::BTreeSet;

use super::data::{has, read};
use super::{Config, DraftLayer, environment_in};
use crate::value::Value;

/// Folders whose folders are environments, whatever they are called.
const FOLDERS: [&str; 5] = ["environments", "envs", "env", "environment", "stages"];

/// Names of files that are for all charts of an environment.
const FOR_ALL: [&str; 10] =
    ["common", "values", "default", "defaults", "global", "all", "base", "company", "environment", "shared"];

/// The layers that files give, weakest first, and the environments that they are of.
pub(super) fn layers(configs: &[Config], charts: &BTreeSet<&str>) -> (Vec<DraftLayer>, BTreeSet<String>) {
    let found: Vec<(String, String)> = configs.iter().filter_map(|c| layer(c, charts)).collect();
    let environments = found.iter().map(|(_, env)| env.clone()).collect();
    let files: BTreeSet<&String> = found.iter().map(|(file, _)| file).collect();
    let mut layers: Vec<DraftLayer> =
        files.into_iter().map(|file| DraftLayer { file: file.clone(), optional: true }).collect();
    // What is for one chart wins over what is for all.
    layers.sort_by_key(|l| (l.file.contains("{chart}"), l.file.matches('/').count(), l.file.clone()));
    (layers, environments)
}

/// A file as a layer with placeholders, and its environment.
fn layer(config: &Config, charts: &BTreeSet<&str>) -> Option<(String, String)> {
    let (path, extension) = config.name.rsplit_once('.')?;
    let mut parts: Vec<String> = path.split('/').map(str::to_owned).collect();
    let stem = parts.pop()?;
    let is_environment =
        |i: usize| i > 0 && FOLDERS.contains(&&*parts[i - 1]) || environment_in(&parts[i]).as_ref() == Some(&parts[i]);
    let folder = (0..parts.len()).rev().find(|i| is_environment(*i));
    let (env, stem) = match folder {
        Some(i) => (std::mem::replace(&mut parts[i], "{env}".into()), stem),
        None => {
            let env = environment_in(&stem)?;
            let stem = match stem.strip_suffix(&env)? {
                "" => "{env}".to_owned(),
                before => format!("{}{{env}}", before.strip_suffix(['-', '.']).map(|_| before)?),
            };
            (env, stem)
        }
    };
    // The file, or a folder, is named after a chart; or it is for all.
    let chart = |text: &str| charts.iter().find(|c| **c == text.trim_end_matches("-{env}").trim_end_matches(".{env}"));
    let of_folder = parts.iter_mut().rev().find(|p| charts.contains(&&***p)).map(|p| *p = "{chart}".into());
    let stem = match chart(&stem) {
        Some(name) => stem.replacen(*name, "{chart}", 1),
        None if of_folder.is_some() || stem.trim_end_matches("-{env}").is_empty() || stem == "{env}" => stem,
        None if FOR_ALL.contains(&stem.trim_end_matches("-{env}").trim_end_matches(".{env}")) => stem,
        None => return None,
    };
    is_values(&config.text).then(|| {
        parts.push(stem);
        (format!("{}.{extension}", parts.join("/")), env)
    })
}

/// Whether a text is values, and no object of Kubernetes and no list.
fn is_values(text: &str) -> bool {
    let is_object = |v: &Value| has(v, &["kind"]) || has(v, &["apiVersion"]) || has(v, &["resources"]);
    read(text).is_ok_and(|v| matches!(v, Value::Map(_)) && !is_object(&v))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_by_environment_are_layers() {
        let config = |name: &str| Config { path: name.into(), name: name.into(), text: "a: 1\n".into() };
        let names = [
            "environments/eu-live/api.yaml",
            "environments/eu-live/common.yaml",
            "values/prod.yaml",
            "deploy/api/values-dev.yaml",
            "deploy/web-prod.yaml",
            ".github/dev/x.yaml",
            "docs/prod/readme.yaml",
        ];
        let configs: Vec<Config> = names.map(config).into();
        let (layers, environments) = layers(&configs, &BTreeSet::from(["api", "web"]));
        let files: Vec<&str> = layers.iter().map(|l| &*l.file).collect();
        let expected = [
            "values/{env}.yaml",
            "environments/{env}/common.yaml",
            "deploy/{chart}-{env}.yaml",
            "deploy/{chart}/values-{env}.yaml",
            "environments/{env}/{chart}.yaml",
        ];
        assert_eq!(files, expected);
        assert_eq!(environments.into_iter().collect::<Vec<_>>(), ["dev", "eu-live", "prod"]);
    }
}
