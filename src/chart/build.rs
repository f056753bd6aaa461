//! `dependency build` and `dependency update` without a network: dependencies from `file://` repositories are packed
//! into charts/, those without a repository are checked there, those of a remote one must already be there (helm v4.3.1
//! `pkg/downloader/manager.go`, `internal/resolver/resolver.go`).

use std::fs;
use std::path::Path;

use jiff::Zoned;

use super::load::{load_any, os_error};
use super::lock::{Lock, digest, digest_v2};
use super::pack::pack;
use super::{Chart, Dependency};
use crate::diag::log::Log;
use crate::grammar::gopath::clean;
use crate::grammar::semver::{Constraints, Version};
use crate::value::HelmVersion;
use crate::value::fmt::go_quote;

/// A run of `dependency build` or `update`.
#[derive(Debug)]
pub struct Manager<'l> {
    /// The chart, as the user named it.
    pub path: String,
    /// Whose behaviour is reproduced.
    pub helm: HelmVersion,
    /// The time that Chart.lock and the archives get.
    pub now: Zoned,
    /// Where warnings go.
    pub log: &'l mut Log,
    /// What the command prints on standard output.
    pub out: String,
}

impl<'l> Manager<'l> {
    /// A run for the chart at `path`.
    pub fn new(path: &str, helm: HelmVersion, now: Zoned, log: &'l mut Log) -> Manager<'l> {
        Manager { path: clean(path), helm, now, log, out: String::new() }
    }

    /// Fills charts/ with what Chart.lock says; without one, as [`Manager::update`].
    ///
    /// # Errors
    /// With Helm's text.
    pub fn build(&mut self) -> Result<(), String> {
        let chart = self.chart()?;
        let Some(lock) = chart.lock.clone() else { return self.update() };
        let declared = declared(&chart);
        self.check_repositories(&declared)?;
        let given = chart.metadata.dependencies.as_ref().map(|_| &declared[..]);
        if digest(given, lock.dependencies.as_deref()) != lock.digest {
            self.check_old_digest(&chart, &lock, given)?;
        }
        let mut locked = lock.dependencies.unwrap_or_default();
        self.save(&mut locked)
    }

    /// Finds versions for what Chart.yaml declares, fills charts/ with them and writes Chart.lock if it has changed.
    ///
    /// # Errors
    /// With Helm's text.
    pub fn update(&mut self) -> Result<(), String> {
        let chart = self.chart()?;
        if chart.metadata.dependencies.is_none() {
            return Ok(());
        }
        let declared = declared(&chart);
        self.check_repositories(&declared)?;
        let mut locked = self.resolve(&declared)?;
        self.save(&mut locked)?;
        let digest = digest(Some(&declared), Some(&locked));
        if chart.lock.as_ref().is_some_and(|old| old.digest == digest) {
            return Ok(());
        }
        let generated = self.now.strftime("%Y-%m-%dT%H:%M:%S%.f%:z").to_string();
        let generated = generated.strip_suffix("+00:00").map_or(generated.clone(), |t| format!("{t}Z"));
        self.write_lock(&Lock { generated, digest, dependencies: Some(locked) }, chart.metadata.api_version == "v1")
    }

    fn chart(&mut self) -> Result<Chart, String> {
        let meta = fs::metadata(&self.path)
            .map_err(|e| format!("could not find {0}: stat {0}: {1}", self.path, os_error(&e)))?;
        if !meta.is_dir() {
            return Err("only unpacked charts can be updated".into());
        }
        load_any(Path::new(&self.path), self.helm, self.log)
    }

    fn check_old_digest(&mut self, chart: &Chart, lock: &Lock, declared: Option<&[Dependency]>) -> Result<(), String> {
        if chart.metadata.api_version != "v1" {
            let how = match self.helm {
                HelmVersion::V3 => "",
                HelmVersion::V4 => " with 'helm dependency update'",
            };
            return Err(format!(
                "the lock file (Chart.lock) is out of sync with the dependencies file (Chart.yaml). Please update the dependencies{how}"
            ));
        }
        let warning = "warning: a valid Helm v3 hash was not found. Checking against Helm v2 hash...";
        self.log.from_file("manager.go", 122, warning);
        if digest_v2(declared) == lock.digest {
            return Ok(());
        }
        Err("the lock file (requirements.lock) is out of sync with the dependencies file (requirements.yaml). Please update the dependencies".into())
    }

    /// resolveRepoNames, with no repositories configured: local ones must be there, others must be URLs.
    fn check_repositories(&self, declared: &[Dependency]) -> Result<(), String> {
        let mut missing = Vec::new();
        for d in declared.iter().filter(|d| !d.repository.is_empty()) {
            if d.repository.starts_with("file://") {
                self.local_path(&d.repository)?;
            } else if !is_url(&d.repository) {
                missing.push(d.repository.as_str());
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        let mut text =
            format!("no repository definition for {}. Please add them via 'helm repo add'", missing.join(", "));
        if missing.iter().any(|r| !r.contains("//") && !r.starts_with('@') && !r.starts_with("alias:")) {
            text.push_str(
                "\nNote that repositories must be URLs or aliases. For example, to refer to the \"example\"\nrepository, use \"https://charts.example.com/\" or \"@example\" instead of\n\"example\". Don't forget to add the repo, too ('helm repo add').",
            );
        }
        Err(text)
    }

    /// GetLocalPath: relative to the chart, unless it starts with a slash.
    fn local_path(&self, repository: &str) -> Result<String, String> {
        let path = repository.strip_prefix("file://").unwrap_or(repository);
        let path = if path.starts_with('/') { clean(path) } else { clean(&format!("{}/{path}", self.path)) };
        match fs::metadata(&path) {
            Ok(_) => Ok(path),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(format!("directory {path} not found")),
            Err(e) => Err(format!("stat {path}: {}", os_error(&e))),
        }
    }

    /// The version of each dependency.
    fn resolve(&mut self, declared: &[Dependency]) -> Result<Vec<Dependency>, String> {
        let mut locked = Vec::new();
        let mut missing = Vec::new();
        for d in declared {
            let range = Constraints::parse(&d.version).map_err(|e| {
                format!("dependency {} has an invalid version/constraint format: {e}", go_quote(&d.name))
            })?;
            let mut version = d.version.clone();
            if d.repository.is_empty() {
                self.local_path(&format!("charts/{}", d.name))?;
            } else {
                let found = if d.repository.starts_with("file://") {
                    let path = self.local_path(&d.repository)?;
                    load_any(Path::new(&path), self.helm, self.log)?
                } else {
                    self.in_charts(d)?
                };
                version = found.metadata.version;
                if !Version::parse(&version).is_ok_and(|v| range.check(&v)) {
                    missing.push(format!(
                        "{} (repository {}, version {})",
                        go_quote(&d.name),
                        go_quote(&d.repository),
                        go_quote(&d.version)
                    ));
                    continue;
                }
            }
            locked.push(Dependency {
                name: d.name.clone(),
                repository: d.repository.clone(),
                version,
                ..Dependency::default()
            });
        }
        if missing.is_empty() {
            return Ok(locked);
        }
        Err(format!(
            "can't get a valid version for {} subchart(s): {}. Make sure a matching chart version exists in the repo, or change the version constraint in Chart.yaml",
            missing.len(),
            missing.join(", ")
        ))
    }

    /// A dependency of a remote repository, which has to be in charts/ already.
    fn in_charts(&mut self, d: &Dependency) -> Result<Chart, String> {
        let chart = self.chart()?;
        let found = chart.children.into_iter().map(|(_, c)| c).find(|c| {
            let range = Constraints::parse(&d.version);
            let version = Version::parse(&c.metadata.version);
            c.metadata.name == d.name && matches!((range, version), (Ok(r), Ok(v)) if r.check(&v))
        });
        found.ok_or_else(|| {
            format!(
                "could not download {}: charts are not fetched from the network ({}), and charts/ has none of version {}",
                d.name, d.repository, d.version
            )
        })
    }

    /// downloadAll: packs into a folder of its own first, so that a failure leaves charts/ alone.
    fn save(&mut self, locked: &mut [Dependency]) -> Result<(), String> {
        let charts = clean(&format!("{}/charts", self.path));
        match fs::metadata(&charts) {
            Ok(m) if m.is_dir() => {}
            Ok(_) => return Err(format!("{} is not a directory", go_quote(&charts))),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                fs::create_dir_all(&charts).map_err(|e| format!("mkdir {charts}: {}", os_error(&e)))?;
            }
            Err(e) => {
                let why = os_error(&e);
                return Err(format!("unable to retrieve file info for '{charts}': stat {charts}: {why}"));
            }
        }
        let temporary = clean(&format!("{}/tmpcharts-{}", self.path, std::process::id()));
        fs::create_dir_all(&temporary).map_err(|e| format!("mkdir {temporary}: {}", os_error(&e)))?;
        let done = self.save_to(locked, &charts, &temporary);
        // What is left behind there is of no use to anyone.
        let _ = fs::remove_dir_all(&temporary);
        done
    }

    fn save_to(&mut self, locked: &mut [Dependency], charts: &str, temporary: &str) -> Result<(), String> {
        self.out.push_str(&format!("Saving {} charts\n", locked.len()));
        let mut kept = Vec::new();
        for d in locked.iter_mut() {
            let saved = if d.repository.is_empty() {
                self.out.push_str(&format!(
                    "Dependency {} did not declare a repository. Assuming it exists in the charts directory\n",
                    d.name
                ));
                let chart = self.unpacked(d, charts)?;
                check_unpacked(d, &chart)
            } else if d.repository.starts_with("file://") {
                self.pack_local(d, temporary)
            } else {
                self.in_charts(d).map(|_| kept.push(d.name.clone()))
            };
            if let Err(e) = saved {
                self.out.push_str(&format!("Save error occurred:  {e}\n"));
                return Err(e);
            }
        }
        kept.extend(locked.iter().filter(|d| d.repository.is_empty()).map(|d| d.name.clone()));
        self.move_all(&kept, temporary, charts)
    }

    fn unpacked(&mut self, d: &Dependency, charts: &str) -> Result<Chart, String> {
        let path = clean(&format!("{charts}/{}", d.name));
        let chart = load_any(Path::new(&path), self.helm, self.log)
            .map_err(|e| format!("unable to load chart '{path}': {e}"))?;
        let invalid = |e| format!("dependency {} has an invalid version/constraint format: {e}", d.name);
        Constraints::parse(&d.version).map_err(invalid)?;
        Ok(chart)
    }

    /// tarFromLocalDir: the locked version becomes the chart's own.
    fn pack_local(&mut self, d: &mut Dependency, temporary: &str) -> Result<(), String> {
        let path = self.local_path(&d.repository)?;
        let mut chart = load_any(Path::new(&path), self.helm, self.log)?;
        let invalid = |e| format!("dependency {} has an invalid version/constraint format: {e}", d.name);
        let range = Constraints::parse(&d.version).map_err(invalid)?;
        let version = Version::parse(&chart.metadata.version)?;
        if !range.check(&version) {
            return Err(format!("can't get a valid version for dependency {}", d.name));
        }
        chart.metadata.validate().map_err(|e| format!("chart validation: {e}"))?;
        let seconds = u64::try_from(self.now.timestamp().as_second()).unwrap_or_default();
        let archive = pack(&chart, self.helm, seconds)?;
        let name = format!("{temporary}/{}-{}.tgz", chart.metadata.name, chart.metadata.version);
        fs::write(&name, archive).map_err(|e| format!("open {name}: {}", os_error(&e)))?;
        d.version = chart.metadata.version;
        Ok(())
    }

    /// safeMoveDeps: the new archives in, archives of what is no longer needed out.
    fn move_all(&mut self, kept: &[String], from: &str, to: &str) -> Result<(), String> {
        let new = files_in(from)?;
        let old = files_in(to)?;
        for name in &new {
            let (source, target) = (format!("{from}/{name}"), format!("{to}/{name}"));
            let moved = match load_any(Path::new(&source), self.helm, self.log) {
                Ok(_) => fs::rename(&source, target)
                    .map_err(|e| format!("Unable to move {source} to charts dir {} (Skipping)", os_error(&e))),
                Err(e) => Err(format!("Could not verify {source} for moving: {e} (Skipping)")),
            };
            if let Err(e) = moved {
                self.out.push_str(&e);
            }
        }
        self.out.push_str("Deleting outdated charts\n");
        for name in old.iter().filter(|n| !new.contains(n)) {
            let path = clean(&format!("{to}/{name}"));
            match load_any(Path::new(&path), self.helm, self.log) {
                Err(e) => {
                    self.out.push_str(&format!("Could not verify {path} for deletion: {e} (Skipping)\n"));
                }
                Ok(chart) if kept.contains(&chart.metadata.name) => {}
                Ok(_) => {
                    if let Err(e) = fs::remove_file(&path) {
                        let why = os_error(&e);
                        self.out.push_str(&format!("Could not delete {path}: remove {path}: {why} (Skipping)"));
                    }
                }
            }
        }
        Ok(())
    }

    fn write_lock(&self, lock: &Lock, legacy: bool) -> Result<(), String> {
        let name = if legacy { "requirements.lock" } else { "Chart.lock" };
        let path = clean(&format!("{}/{name}", self.path));
        match fs::symlink_metadata(&path) {
            Ok(m) if m.is_symlink() => {
                let link = fs::read_link(&path).map_err(|e| {
                    format!("error reading symlink for {}: readlink {path}: {}", go_quote(&path), os_error(&e))
                })?;
                return Err(format!("the {name} file is a symlink to {}", go_quote(&*link.to_string_lossy())));
            }
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                return Err(format!("error getting info for {}: lstat {path}: {}", go_quote(&path), os_error(&e)));
            }
            _ => {}
        }
        fs::write(&path, lock.to_yaml()?).map_err(|e| format!("open {path}: {}", os_error(&e)))
    }
}

fn declared(chart: &Chart) -> Vec<Dependency> {
    chart.metadata.dependencies.iter().flatten().flatten().cloned().collect()
}

fn is_url(repository: &str) -> bool {
    repository.starts_with('/')
        || crate::grammar::gourl::Url::parse(repository.as_bytes()).is_ok_and(|u| !u.scheme.is_empty())
}

fn check_unpacked(d: &Dependency, chart: &Chart) -> Result<(), String> {
    let version = &chart.metadata.version;
    let parsed =
        Version::parse(version).map_err(|e| format!("invalid version {} for dependency {}: {e}", d.version, d.name))?;
    if Constraints::parse(&d.version).is_ok_and(|range| range.check(&parsed)) {
        return Ok(());
    }
    Err(format!("dependency {} at version {version} does not satisfy the constraint {}", d.name, d.version))
}

/// Names of what is no folder, sorted.
fn files_in(dir: &str) -> Result<Vec<String>, String> {
    let fail = |e: std::io::Error| format!("open {dir}: {}", os_error(&e));
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        if entry.file_type().is_ok_and(|t| !t.is_dir()) {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}
