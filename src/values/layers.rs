//! The values a user gives: files, then the --set family, in Helm's order (helm v4.3.1 `pkg/cli/values/options.go`).

use super::strvals::{Kind, parse_into, parse_json_object};
use crate::span::{Pos, Source, SourceMap};
use crate::value::{HelmVersion, Map};
use crate::yaml;

/// One values file, read.
#[derive(Clone, Debug)]
pub struct ValuesFile {
    /// Its path as the user gave it.
    pub path: String,
    /// Which layer it is of: an environment's name, or `-f`.
    pub layer: String,
    /// What it holds.
    pub text: Vec<u8>,
}

/// Everything a user says about values.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    /// Files, weakest first.
    pub files: Vec<ValuesFile>,
    /// `--set-json`
    pub json: Vec<String>,
    /// `--set`
    pub set: Vec<String>,
    /// `--set-string`
    pub string: Vec<String>,
    /// `--set-file`
    pub file: Vec<String>,
    /// `--set-literal`
    pub literal: Vec<String>,
}

/// Merges all layers into one map.
///
/// # Errors
/// With Helm's text.
pub fn merge_layers(
    layers: &Layers,
    helm: HelmVersion,
    sources: &mut SourceMap,
    read_file: &dyn Fn(&str) -> Result<Vec<u8>, String>,
) -> Result<Map, String> {
    let merged = Map::default();
    for file in &layers.files {
        let base = sources.add(&file.path, &file.layer, &file.text[..]);
        let values = yaml::load_values(&file.text, base, helm)
            .map_err(|e| format!("failed to parse {}: {}", file.path, e.message))?;
        yaml::merge_values(&merged, &values);
    }
    for text in &layers.json {
        let base = sources.add(format!("--set-json {text}"), "--set", text.as_bytes());
        let trimmed = text.trim_matches(crate::value::is_space);
        if helm == HelmVersion::V4 && trimmed.starts_with('{') {
            let object =
                parse_json_object(trimmed, base).map_err(|_| format!("failed parsing --set-json data JSON: {text}"))?;
            yaml::merge_values(&merged, &object);
            continue;
        }
        parse_into(text, Kind::Json, &merged, base, helm, read_file)
            .map_err(|_| format!("failed parsing --set-json data {text}"))?;
    }
    let rest = [
        (&layers.set, Kind::Typed, "--set"),
        (&layers.string, Kind::String, "--set-string"),
        (&layers.file, Kind::File, "--set-file"),
        (&layers.literal, Kind::Literal, "--set-literal"),
    ];
    for (texts, kind, flag) in rest {
        for text in texts {
            let base = sources.add(format!("{flag} {text}"), "--set", text.as_bytes());
            parse_into(text, kind, &merged, base, helm, read_file)
                .map_err(|e| format!("failed parsing {flag} data: {e}"))?;
        }
    }
    Ok(merged)
}

/// What one input that [`merge_layers`] added to a source map says by itself, at the same positions; nothing where it
/// can't be told without reading a file again.
pub fn read_source(source: &Source, base: Pos, helm: HelmVersion) -> Option<Map> {
    let text = source.text.to_vec();
    let flag = source.name.split(' ').next().unwrap_or_default();
    if source.layer != "--set" {
        return yaml::load_values(&text, base, helm).ok();
    }
    let text = String::from_utf8(text).ok()?;
    let kind = match flag {
        "--set" => Kind::Typed,
        "--set-string" => Kind::String,
        "--set-literal" => Kind::Literal,
        "--set-file" => Kind::File,
        _ if text.trim_start().starts_with('{') => return parse_json_object(&text, base).ok(),
        _ => Kind::Json,
    };
    let map = Map::default();
    parse_into(&text, kind, &map, base, helm, &|path| Ok(path.as_bytes().to_vec())).ok()?;
    Some(map)
}
