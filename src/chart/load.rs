//! Loading charts from folders and archives, with the order, limits and words of Helm (helm v4.3.1
//! `pkg/chart/loader`, `pkg/chart/v2/loader`, `internal/sympath`; helm v3.22.0 `pkg/chart/loader`).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::archive::{self, ArchiveError, MAX_CHART, MAX_FILE};
use super::ignore::Rules;
use super::lock::Lock;
use super::{Chart, File};
use crate::blob::Blob;
use crate::diag::log::Log;
use crate::span::Pos;
use crate::value::HelmVersion;
use crate::yaml::{Field, Struct, Target, decode_as};

/// Loads a chart from a folder or an archive, as `template` does: Helm 4 looks at the apiVersion first.
///
/// # Errors
/// With Helm's text.
pub fn load(path: &Path, helm: HelmVersion, log: &mut Log) -> Result<Chart, String> {
    let detect = match helm {
        HelmVersion::V3 => Detect::No,
        HelmVersion::V4 => Detect::Yes,
    };
    load_as(path, detect, helm, log)
}

/// Loads a chart of any apiVersion, as the `dependency` commands do.
///
/// # Errors
/// With Helm's text.
pub fn load_any(path: &Path, helm: HelmVersion, log: &mut Log) -> Result<Chart, String> {
    load_as(path, Detect::No, helm, log)
}

/// Whether the apiVersion picks the loader, as it does in Helm 4's generic one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Detect {
    Yes,
    No,
}

fn load_as(path: &Path, detect: Detect, helm: HelmVersion, log: &mut Log) -> Result<Chart, String> {
    let meta = fs::metadata(path).map_err(|e| format!("stat {}: {}", path.display(), os_error(&e)))?;
    let mut chart =
        if meta.is_dir() { load_dir(path, detect, helm, log)? } else { load_archive(path, detect, helm, log)? };
    chart.path = path.display().to_string();
    Ok(chart)
}

/// Go's words for an error of the operating system.
pub fn os_error(e: &std::io::Error) -> String {
    match e.kind() {
        std::io::ErrorKind::NotFound => "no such file or directory".into(),
        std::io::ErrorKind::PermissionDenied => "permission denied".into(),
        std::io::ErrorKind::IsADirectory => "is a directory".into(),
        std::io::ErrorKind::NotADirectory => "not a directory".into(),
        _ => e.to_string().split(" (os error").next().unwrap_or_default().to_lowercase(),
    }
}

static BASE: Struct = Struct {
    name: "chartBase",
    go_type: "loader.chartBase",
    fields: &[Field { key: "apiVersion", target: Target::Str }],
};

/// Helm 4 looks at the apiVersion before it loads.
fn check_api_version(src: &[u8]) -> Result<(), String> {
    let base = decode_as(src, Pos::NONE, &Target::Struct(&BASE))
        .map_err(|e| format!("cannot load Chart.yaml: {}", e.message))?;
    let version = base.as_map().and_then(|m| m.get(b"apiVersion"));
    match version.as_ref().and_then(|v| v.as_str()).map(|s| s.to_text().into_owned()).as_deref() {
        None | Some("" | "v1" | "v2") => Ok(()),
        Some("v3") => Err("invalid chart apiVersion".into()),
        Some(_) => Err("unsupported chart version".into()),
    }
}

fn load_dir(path: &Path, detect: Detect, helm: HelmVersion, log: &mut Log) -> Result<Chart, String> {
    let top = std::path::absolute(path).map_err(|e| e.to_string())?;
    if detect == Detect::Yes {
        let name = top.join("Chart.yaml");
        let src = fs::read(&name).map_err(|e| {
            let name = name.display();
            format!("unable to detect chart at {name}: open {name}: {}", os_error(&e))
        })?;
        check_api_version(&src)?;
    }
    let rules = match fs::read(top.join(".helmignore")) {
        Ok(src) => Rules::parse(&src)?,
        Err(_) => Rules::parse(b"")?,
    };
    let mut walk = Walk { rules, found: Vec::new(), log, helm, depth: 0 };
    walk.dir(&top, "")?;
    let found = walk.found;
    let files = read_all(found, helm)?;
    from_files(files, helm, log)
}

/// A file found, not yet read.
struct Found {
    name: String,
    path: PathBuf,
    size: u64,
    /// Whether everybody may read it.
    readable: bool,
}

struct Walk<'l> {
    rules: Rules,
    found: Vec<Found>,
    log: &'l mut Log,
    helm: HelmVersion,
    depth: usize,
}

/// Folders below each other; a link to a folder above makes more.
const MAX_DEPTH: usize = 255;

impl Walk<'_> {
    fn dir(&mut self, dir: &Path, prefix: &str) -> Result<(), String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("error reading {prefix}: folders are nested deeper than {MAX_DEPTH}"));
        }
        let fail = |e: std::io::Error| format!("open {}: {}", dir.display(), os_error(&e));
        let mut names: Vec<(Vec<u8>, fs::DirEntry)> = Vec::new();
        for entry in fs::read_dir(dir).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            names.push((entry.file_name().into_encoded_bytes(), entry));
        }
        names.sort_by(|a, b| a.0.cmp(&b.0));
        for (name, entry) in names {
            let name = String::from_utf8_lossy(&name).into_owned();
            let relative = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
            self.entry(&entry, &relative)?;
        }
        self.depth -= 1;
        Ok(())
    }

    fn entry(&mut self, entry: &fs::DirEntry, name: &str) -> Result<(), String> {
        let path = entry.path();
        let mut kind = entry.file_type().map_err(|e| e.to_string())?;
        let mut meta = None;
        if kind.is_symlink() {
            let resolved = fs::canonicalize(&path).map_err(|e| {
                let target = fs::read_link(&path).unwrap_or_default();
                let target = path.parent().map_or(target.clone(), |p| p.join(&target));
                let missing = first_missing(&target);
                format!("error evaluating symlink {}: lstat {}: {}", path.display(), missing.display(), os_error(&e))
            })?;
            self.log.symlink(&path.display().to_string(), &resolved.display().to_string());
            let m = fs::metadata(&path).map_err(|e| e.to_string())?;
            kind = m.file_type();
            meta = Some(m);
        }
        if kind.is_dir() {
            if self.rules.ignores(name, true) {
                return Ok(());
            }
            return self.dir(&path, name);
        }
        if self.rules.ignores(name, false) {
            return Ok(());
        }
        if !kind.is_file() {
            return Err(format!("cannot load irregular file {} as it has file mode type bits set", path.display()));
        }
        let meta = match meta {
            Some(m) => m,
            None => entry.metadata().map_err(|e| e.to_string())?,
        };
        let size = meta.len();
        if self.helm == HelmVersion::V3 && size > MAX_FILE {
            let base = name.rsplit('/').next().unwrap_or(name);
            return Err(format!("chart file {base:?} is larger than the maximum file size {MAX_FILE}"));
        }
        self.found.push(Found { name: name.to_owned(), path, size, readable: everybody_may_read(&meta) });
        Ok(())
    }
}

#[cfg(unix)]
fn everybody_may_read(meta: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    meta.permissions().mode() & 0o444 == 0o444
}

#[cfg(not(unix))]
fn everybody_may_read(_: &fs::Metadata) -> bool {
    false
}

/// The part of a path that is not there, which Go's EvalSymlinks names.
fn first_missing(path: &Path) -> PathBuf {
    let clean = PathBuf::from(crate::grammar::gopath::clean(&path.to_string_lossy()));
    let parts: Vec<&Path> = clean.ancestors().collect();
    let missing = parts.iter().rev().find(|p| !p.as_os_str().is_empty() && fs::symlink_metadata(p).is_err());
    missing.map_or(clean.clone(), |p| p.to_path_buf())
}

/// The files found, within the limits.
fn read_all(found: Vec<Found>, helm: HelmVersion) -> Result<Vec<File>, String> {
    let total: u64 = found.iter().map(|f| f.size).sum();
    if helm == HelmVersion::V4 && total > MAX_CHART {
        let mut sum = 0;
        let over = found.iter().find(|f| {
            sum += f.size;
            sum > MAX_CHART
        });
        let name = over.map(|f| f.name.as_str()).unwrap_or_default();
        return Err(format!("error reading {name}: chart exceeds maximum decompressed size of {MAX_CHART} bytes"));
    }
    found.into_iter().map(take).collect()
}

/// A file that surely can be read is read when it is needed; others now, to say why they can't.
fn take(found: Found) -> Result<File, String> {
    let Found { name, path, size, readable } = found;
    let data = Blob::later(path, usize::try_from(size).unwrap_or(0));
    if !readable {
        data.read_now().map_err(|e| {
            let path = data.path().unwrap_or(Path::new("")).display().to_string();
            format!("error reading {name}: open {path}: {}", os_error(&e))
        })?;
    }
    Ok(File { name, data })
}

fn load_archive(path: &Path, detect: Detect, helm: HelmVersion, log: &mut Log) -> Result<Chart, String> {
    let name = path.display();
    let src = fs::read(path).map_err(|e| format!("open {name}: {}", os_error(&e)))?;
    if !src.starts_with(b"\x1f\x8b\x08") {
        if name.to_string().ends_with(".yml") || name.to_string().ends_with(".yaml") {
            return Err(format!("file '{name}' seems to be a YAML file, but expected a gzipped archive"));
        }
        let kind = content_type(&src);
        return Err(format!("file '{name}' does not appear to be a gzipped archive; got '{kind}'"));
    }
    let files = archive::read(&src, helm).map_err(|e| match (&e, detect) {
        (ArchiveError::Header, _) => {
            format!("file '{name}' does not appear to be a valid chart file (details: {})", e.text())
        }
        (_, Detect::No) => e.text(),
        (_, Detect::Yes) => "unable to load chart archive".into(),
    })?;
    if detect == Detect::Yes {
        match files.iter().find(|f| f.name == "Chart.yaml") {
            Some(f) => check_api_version(&f.data)?,
            None => return Err("unable to detect chart version, no Chart.yaml found".into()),
        }
    }
    from_files(files, helm, log)
}

/// What Go's content sniffing would call the first 512 bytes, as far as charts get mistaken for.
fn content_type(src: &[u8]) -> &'static str {
    let head = &src[..src.len().min(512)];
    let text = String::from_utf8_lossy(head).trim_start().to_ascii_lowercase();
    if ["<html>", "<html ", "<!doctype html>", "<!doctype html "].iter().any(|t| text.starts_with(t)) {
        "text/html; charset=utf-8"
    } else if head.starts_with(b"PK\x03\x04") {
        "application/zip"
    } else if head.starts_with(b"%PDF-") {
        "application/pdf"
    } else if head.len() == 512 && !head.iter().any(|c| matches!(c, 0..=8 | 0xb | 0xe..=0x1a | 0x1c..=0x1f)) {
        "text/plain; charset=utf-8"
    } else {
        // Helm hands over a buffer of 512 bytes, zeros behind a shorter file.
        "application/octet-stream"
    }
}

/// Makes a chart of its files: sorts them into their roles and loads subcharts.
///
/// # Errors
/// With Helm's text.
pub fn from_files(files: Vec<File>, helm: HelmVersion, log: &mut Log) -> Result<Chart, String> {
    let mut chart = Chart::default();
    let mut has_metadata = false;
    for f in files.iter().filter(|f| f.name == "Chart.yaml") {
        has_metadata = true;
        chart.metadata.read(&f.data, helm).map_err(|e| format!("cannot load Chart.yaml: {}", e.message))?;
        if chart.metadata.api_version.is_empty() {
            chart.metadata.api_version = "v1".into();
        }
    }
    let mut subcharts: BTreeMap<String, Vec<File>> = BTreeMap::new();
    for f in files {
        let is_v1 = chart.metadata.api_version == "v1";
        match f.name.as_str() {
            "Chart.yaml" => {}
            "Chart.lock" => {
                let lock = Lock::read(&f.data, helm).map_err(|e| format!("cannot load Chart.lock: {e}"))?;
                chart.lock = Some(lock);
            }
            "values.yaml" => chart.values = Some(f.data),
            "values.schema.json" => chart.schema = Some(f.data),
            "requirements.yaml" => {
                if !is_v1 {
                    log.plain(120, "Warning: Dependencies are handled in Chart.yaml since apiVersion \"v2\". We recommend migrating dependencies to Chart.yaml.");
                }
                has_metadata = true;
                chart
                    .metadata
                    .read(&f.data, helm)
                    .map_err(|e| format!("cannot load requirements.yaml: {}", e.message))?;
                if is_v1 {
                    chart.files.push(f);
                }
            }
            "requirements.lock" => {
                let lock = Lock::read(&f.data, helm).map_err(|e| format!("cannot load requirements.lock: {e}"))?;
                chart.lock = Some(lock);
                if !is_v1 {
                    log.plain(138, "Warning: Dependency locking is handled in Chart.lock since apiVersion \"v2\". We recommend migrating to Chart.lock.");
                } else {
                    chart.files.push(f);
                }
            }
            name if name.starts_with("templates/") => chart.templates.push(f),
            name if name.starts_with("charts/") => {
                if name.ends_with(".prov") {
                    chart.files.push(f);
                    continue;
                }
                let inner = name["charts/".len()..].to_owned();
                let top = inner.split('/').next().unwrap_or_default().to_owned();
                subcharts.entry(top).or_default().push(File { name: inner, data: f.data });
            }
            _ => chart.files.push(f),
        }
    }
    if !has_metadata {
        return Err("Chart.yaml file is missing".into());
    }
    chart.metadata.validate()?;
    for (name, files) in subcharts {
        if name.starts_with(['_', '.']) {
            continue;
        }
        let parent = chart.metadata.name.clone();
        let child = load_child(&name, files, &parent, helm, log)?;
        chart.children.push((name, child));
    }
    Ok(chart)
}

fn load_child(name: &str, files: Vec<File>, parent: &str, helm: HelmVersion, log: &mut Log) -> Result<Chart, String> {
    let loaded = if name.ends_with(".tgz") {
        let file = &files[0];
        if file.name != name {
            return Err(format!("error unpacking subchart tar in {parent}: expected {name}, got {}", file.name));
        }
        archive::read(&file.data, helm).map_err(|e| e.text()).and_then(|files| from_files(files, helm, log))
    } else {
        let inner = files
            .into_iter()
            .filter_map(|f| f.name.split_once('/').map(|(_, rest)| (rest.to_owned(), f.data.clone())))
            .map(|(name, data)| File { name, data })
            .collect();
        from_files(inner, helm, log)
    };
    loaded.map_err(|e| format!("error unpacking subchart {name} in {parent}: {e}"))
}
