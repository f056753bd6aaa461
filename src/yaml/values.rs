//! Values files: Helm 3 reads the first document (helm v3.22.0 `pkg/chartutil/values.go`), Helm 4 merges all of them
//! (helm v4.3.1 `pkg/chart/loader/load.go`), split by Kubernetes' line reader.

use super::YamlError;
use super::decode::to_map;
use crate::span::Pos;
use crate::value::{HelmVersion, Map, Slot, Value};

/// Reads a values file into a map; `base` is the position of its first byte.
///
/// # Errors
/// With Go's text: the reader's and the splitter's.
pub fn load_values(src: &[u8], base: Pos, helm: HelmVersion) -> Result<Map, YamlError> {
    match helm {
        HelmVersion::V3 => as_map(to_map(src, base)?),
        HelmVersion::V4 => load_documents(src, base),
    }
}

fn as_map(value: Value) -> Result<Map, YamlError> {
    match value {
        Value::Map(m) => Ok(m),
        _ => Ok(Map::default()),
    }
}

fn load_documents(src: &[u8], base: Pos) -> Result<Map, YamlError> {
    let merged = Map::default();
    let mut any = false;
    for document in documents(src)? {
        let text = &src[document.clone()];
        let at = base.offset(document.start);
        // The splitter ends every line with a newline of its own.
        let normal = !text.contains(&b'\r') && text.ends_with(b"\n");
        let map = if normal || text.is_empty() {
            to_map(text, at)
        } else {
            let mut lines = text.to_vec();
            // Line ends change the offsets of what follows in a CRLF file: positions there are of the line's start.
            if text.contains(&b'\r') {
                lines = drop_carriage_returns(text);
            }
            if !lines.ends_with(b"\n") {
                lines.push(b'\n');
            }
            to_map(&lines, at)
        };
        let map = map.map_err(|e| YamlError {
            message: format!("cannot unmarshal yaml document: {}", e.message),
            offset: e.offset.map(|o| o + document.start),
        })?;
        let map = as_map(map)?;
        if any {
            merge_values(&merged, &map);
        } else {
            for (k, s) in map.entries().iter() {
                merged.insert(k.clone(), s.clone());
            }
            any = true;
        }
    }
    Ok(merged)
}

fn drop_carriage_returns(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|c| *c == b'\n') {
        match line.strip_suffix(b"\r\n") {
            Some(l) => {
                out.extend_from_slice(l);
                out.push(b'\n');
            }
            None => out.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line)),
        }
    }
    out
}

/// Helm's MergeTables of layers: maps are merged, everything else is replaced, nulls too.
pub fn merge_values(into: &Map, from: &Map) {
    for (key, slot) in from.entries().iter() {
        let merged = match (&slot.value, into.get(key)) {
            (Value::Map(new), Some(Value::Map(old))) => {
                let old = old.shallow_copy();
                merge_values(&old, new);
                Slot { value: Value::Map(old), pos: slot.pos }
            }
            _ => slot.clone(),
        };
        into.insert(key.clone(), merged);
    }
}

/// The byte ranges of the documents: a line that begins with `---` separates, and may have only blanks or a comment
/// behind that (apimachinery v0.37.1 `pkg/util/yaml/decoder.go`).
///
/// # Errors
/// For a separator with something else behind it.
pub fn documents(src: &[u8]) -> Result<Vec<std::ops::Range<usize>>, YamlError> {
    let mut out = Vec::new();
    let mut start = 0;
    let mut at = 0;
    for line in src.split_inclusive(|c| *c == b'\n') {
        let next = at + line.len();
        if let Some(rest) = line.strip_prefix(b"---") {
            let rest = String::from_utf8_lossy(rest);
            let trimmed = rest.trim_matches(crate::value::is_space);
            if !trimmed.is_empty() && !trimmed.starts_with('#') {
                return Err(YamlError {
                    message: format!("error reading yaml document: invalid Yaml document separator: {trimmed}"),
                    offset: Some(at),
                });
            }
            if at > start {
                out.push(start..at);
            }
            start = next;
        }
        at = next;
    }
    if at > start {
        out.push(start..at);
    }
    Ok(out)
}
