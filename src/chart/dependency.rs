//! `dependency list`: what is declared, and whether it is there (helm v4.3.1 `pkg/action/dependency.go`, gosuri/uitable
//! `table.go`). Fetching into charts/ is in `build`.

use std::fs;
use std::path::Path;

use super::load::{load_any, os_error};
use super::{Chart, Dependency};
use crate::diag::log::Log;
use crate::grammar::glob::filepath_match;
use crate::grammar::gopath::clean;
use crate::grammar::semver::{Constraints, Version};
use crate::value::HelmVersion;
use crate::value::fmt::go_quote;

/// The text of `dependency list`. `path` is the chart as the user named it, `width` the most that a column may take (80
/// unless the user says otherwise, 0 for no limit).
///
/// # Errors
/// Where the chart can't be loaded.
pub fn list(path: &str, width: usize, helm: HelmVersion, log: &mut Log) -> Result<String, String> {
    let path = clean(path);
    let chart = load_any(Path::new(&path), helm, log)?;
    let Some(declared) = &chart.metadata.dependencies else {
        return Ok(format!("WARNING: no dependencies at {}\n", clean(&format!("{path}/charts"))));
    };
    let mut rows = vec![["NAME", "VERSION", "REPOSITORY", "STATUS"].map(str::to_owned)];
    for d in declared.iter().flatten() {
        let status = status(&path, d, &chart, helm, log);
        rows.push([d.name.clone(), d.version.clone(), d.repository.clone(), status.into()]);
    }
    let mut out = table(&rows, width);
    out.push_str("\n\n");
    undeclared(&path, declared, helm, log, &mut out)?;
    Ok(out)
}

/// Columns padded to their widest cell, with a tab between.
fn table(rows: &[[String; 4]], limit: usize) -> String {
    let mut widths = [0; 4];
    for (i, width) in widths.iter_mut().enumerate() {
        *width = rows.iter().map(|r| r[i].chars().count()).max().unwrap_or_default();
        if limit != 0 {
            *width = (*width).min(limit);
        }
    }
    let line = |row: &[String; 4]| {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| resize(cell, width)).collect();
        cells.join("\t")
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn resize(cell: &str, width: usize) -> String {
    let length = cell.chars().count();
    if width == 0 || length <= width {
        return format!("{cell}{}", " ".repeat(width.saturating_sub(length)));
    }
    // At least one character stays before the dots.
    let kept: String = cell.chars().take(width.saturating_sub(3).max(1)).collect();
    format!("{kept}...")
}

fn status(path: &str, d: &Dependency, chart: &Chart, helm: HelmVersion, log: &mut Log) -> &'static str {
    let archives = match archives(path, &d.name) {
        Ok(found) => found,
        Err(()) => return "bad pattern",
    };
    let strict = |path: &String| {
        let name = path.rsplit('/').next().unwrap_or(path);
        let name = name.strip_suffix(".tgz").unwrap_or(name);
        Version::is_strict(name.strip_prefix(&format!("{}-", d.name)).unwrap_or(name))
    };
    let candidates: Vec<String> =
        if archives.len() > 1 { archives.into_iter().filter(strict).collect() } else { archives };
    match candidates.as_slice() {
        [] => {}
        [one] => {
            if let Some(status) = archive_status(one, d, helm, log) {
                return status;
            }
        }
        _ => return "too many matches",
    }
    match chart.children.iter().rev().find(|(_, c)| c.metadata.name == d.name) {
        None => "missing",
        Some((_, child)) => version_status(d, child).unwrap_or("unpacked"),
    }
}

/// `charts/<name>-*.tgz`, as `filepath.Glob` finds them; an error for a name that is no pattern.
fn archives(path: &str, name: &str) -> Result<Vec<String>, ()> {
    let whole = clean(&format!("{path}/charts/{name}-*.tgz"));
    let (dir, pattern) = whole.rsplit_once('/').unwrap_or((".", &whole));
    filepath_match(pattern, "").map_err(|_| ())?;
    let names = names_of(dir);
    Ok(names
        .into_iter()
        .filter(|n| filepath_match(pattern, n).unwrap_or(false))
        .map(|n| clean(&format!("{dir}/{n}")))
        .collect())
}

/// Names in a folder, sorted; none for a folder that isn't there.
fn names_of(dir: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let mut names: Vec<String> = entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn archive_status(archive: &str, d: &Dependency, helm: HelmVersion, log: &mut Log) -> Option<&'static str> {
    fs::metadata(archive).ok()?;
    let Ok(found) = load_any(Path::new(archive), helm, log) else { return Some("corrupt") };
    if found.metadata.name != d.name {
        return Some("misnamed");
    }
    Some(version_status(d, &found).unwrap_or("ok"))
}

/// What is wrong with a chart's version.
fn version_status(d: &Dependency, found: &Chart) -> Option<&'static str> {
    let version = &found.metadata.version;
    if *version == d.version {
        return None;
    }
    match (Constraints::parse(&d.version), Version::parse(version)) {
        (Ok(c), Ok(v)) => (!c.check(&v)).then_some("wrong version"),
        _ => Some("invalid version"),
    }
}

/// Warnings about what is in charts/ without being declared.
fn undeclared(
    path: &str,
    declared: &[Option<Dependency>],
    helm: HelmVersion,
    log: &mut Log,
    out: &mut String,
) -> Result<(), String> {
    let dir = clean(&format!("{path}/charts"));
    for name in names_of(&dir) {
        let file = clean(&format!("{dir}/{name}"));
        let meta = fs::metadata(&file).map_err(|e| format!("stat {file}: {}", os_error(&e)))?;
        if !meta.is_dir() && !name.ends_with(".tgz") {
            continue;
        }
        match load_any(Path::new(&file), helm, log) {
            Err(_) => out.push_str(&format!("WARNING: {} is not a chart.\n", go_quote(&file))),
            Ok(c) if !declared.iter().flatten().any(|d| d.name == c.metadata.name) => {
                out.push_str(&format!("WARNING: {} is not in Chart.yaml.\n", go_quote(&file)));
            }
            Ok(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Read;

    use flate2::{Compression, read::GzDecoder, write::GzEncoder};
    use serde_json::{Value, json};

    use super::*;
    use crate::chart::build::Manager;

    fn write(path: &Path, content: &Value) {
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("temporary folders can be made");
        let Some(files) = content.as_object() else {
            fs::write(path, content.as_str().unwrap_or_default()).expect("temporary files can be written");
            return;
        };
        let file = fs::File::create(path).expect("temporary files can be written");
        let mut tar = tar::Builder::new(GzEncoder::new(file, Compression::fast()));
        for (name, text) in files {
            let text = text.as_str().unwrap_or_default();
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            tar.append_data(&mut header, name, text.as_bytes()).expect("in order");
        }
        tar.into_inner().and_then(GzEncoder::finish).expect("in order");
    }

    fn unpack(path: &Path) -> Value {
        let mut tar = tar::Archive::new(GzDecoder::new(fs::File::open(path).expect("just listed")));
        let mut files = BTreeMap::new();
        for entry in tar.entries().expect("an archive") {
            let mut entry = entry.expect("an entry");
            let name = entry.path().expect("a path").display().to_string();
            let mut text = String::new();
            entry.read_to_string(&mut text).expect("text");
            files.insert(name, text);
        }
        json!(files)
    }

    /// What the command left behind, as the recorder looks at it.
    fn after(dir: &Path, given: &Value) -> BTreeMap<String, Value> {
        let mut found = BTreeMap::new();
        for entry in walkdir::WalkDir::new(dir.join("c")).into_iter().flatten().filter(|e| !e.file_type().is_dir()) {
            let name = entry.path().strip_prefix(dir).expect("below").display().to_string();
            if name.ends_with(".lock") && !entry.file_type().is_symlink() {
                let text = fs::read_to_string(entry.path()).expect("text");
                let lines = text.split_inclusive('\n').map(|l| match l.starts_with("generated: \"") {
                    true => "generated: NOW\n",
                    false => l,
                });
                found.insert(name, json!(lines.collect::<String>()));
            } else if name.ends_with(".tgz") && given.get(&name).is_none() {
                found.insert(name, unpack(entry.path()));
            } else if name.starts_with("c/charts") {
                found.insert(name, Value::Null);
            }
        }
        found
    }

    fn run(case: &Value, helm: HelmVersion) -> Value {
        let temporary = tempfile::tempdir().expect("temporary folders can be made");
        let dir = temporary.path();
        for (name, content) in case["files"].as_object().expect("files") {
            write(&dir.join(name), content);
        }
        for (name, target) in case["links"].as_object().expect("links") {
            std::os::unix::fs::symlink(target.as_str().expect("text"), dir.join(name)).expect("links can be made");
        }
        let path = dir.join("c").display().to_string();
        let mut log = Log::like_helm(helm);
        let now = "2026-01-02T03:04:05Z[UTC]".parse().expect("a time");
        let (out, done) = match case["command"].as_str() {
            Some("list") => match list(&path, 80, helm, &mut log) {
                Ok(out) => (out, Ok(())),
                Err(e) => (String::new(), Err(e)),
            },
            command => {
                let mut manager = Manager::new(&path, helm, now, &mut log);
                let done = if command == Some("build") { manager.build() } else { manager.update() };
                (manager.out, done)
            }
        };
        let mut err: String = log.take().into_iter().map(|l| l + "\n").collect();
        if let Err(e) = done {
            err.push_str(&format!("Error: {e}\n"));
        }
        let hide = |text: String| text.replace(&dir.display().to_string(), "$DIR");
        let after = match case["command"].as_str() {
            Some("list") => BTreeMap::new(),
            _ => after(dir, &case["files"]),
        };
        json!({ "out": hide(out), "err": hide(err), "after": after })
    }

    #[test]
    fn dependency_commands_do_what_helm_does() {
        let mut wrong = Vec::new();
        for line in include_str!("../../testdata/chart/dependency.jsonl").lines() {
            let case: Value = serde_json::from_str(line).expect("one JSON object per line");
            let want = &case["want"];
            let want_v3 = case.get("want_v3").unwrap_or(want);
            for (helm, want) in [(HelmVersion::V4, want), (HelmVersion::V3, want_v3)] {
                let got = run(&case, helm);
                if got != *want {
                    let (command, name) = (&case["command"], &case["name"]);
                    wrong.push(format!("{helm:?} {command} {name}\n  want {want}\n  got  {got}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    }
}
