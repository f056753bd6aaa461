//! Objects recorded in files, which `lookup` is served from.

use std::fs;
use std::path::Path;

use crate::span::Pos;
use crate::value::{Map, Slot, Value};
use crate::world::LiveObjects;
use crate::yaml;

/// Manifests of a file, or of all YAML files in a folder.
pub struct Recorded {
    objects: Vec<Map>,
}

impl Recorded {
    /// Reads the manifests; lists (`kind: List` and the like) are taken apart.
    ///
    /// # Errors
    /// For what can't be read, or is no YAML.
    pub fn read(path: &Path) -> Result<Recorded, String> {
        let mut files = Vec::new();
        if path.is_dir() {
            let entries = fs::read_dir(path).map_err(|e| format!("{}: {e}", path.display()))?;
            files.extend(entries.flatten().map(|e| e.path()).filter(|p| {
                p.extension().is_some_and(|e| ["yaml", "yml", "json"].iter().any(|x| e.eq_ignore_ascii_case(x)))
            }));
            files.sort();
        } else {
            files.push(path.to_owned());
        }
        let mut objects = Vec::new();
        for file in files {
            let text = fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
            for document in text.split("\n---") {
                let value = yaml::to_value(document.trim_start_matches("---").as_bytes(), Pos::NONE)
                    .map_err(|e| format!("{}: {}", file.display(), e.message))?;
                add(value, &mut objects);
            }
        }
        Ok(Recorded { objects })
    }
}

fn add(value: Value, objects: &mut Vec<Map>) {
    let Value::Map(map) = value else { return };
    match map.get(b"items") {
        Some(Value::List(items)) => items.items.iter().for_each(|s| add(s.value.clone(), objects)),
        _ => objects.push(map),
    }
}

fn text(map: &Map, key: &[u8]) -> String {
    map.get(key).and_then(|v| v.as_str().map(|s| s.to_text().into_owned())).unwrap_or_default()
}

impl LiveObjects for Recorded {
    fn lookup(&self, api_version: &str, kind: &str, namespace: &str, name: &str) -> Result<Value, String> {
        let metadata = |o: &Map| o.get(b"metadata").and_then(|m| m.as_map().cloned()).unwrap_or_default();
        let found: Vec<&Map> = self
            .objects
            .iter()
            .filter(|o| text(o, b"apiVersion") == api_version && text(o, b"kind") == kind)
            .filter(|o| namespace.is_empty() || text(&metadata(o), b"namespace") == namespace)
            .collect();
        if !name.is_empty() {
            let one = found.into_iter().find(|o| text(&metadata(o), b"name") == name);
            return Ok(Value::Map(one.map(Map::deep_copy).unwrap_or_default()));
        }
        let list = Map::default();
        list.insert("apiVersion", Slot::from(Value::string(api_version)));
        list.insert("kind", Slot::from(Value::string(format!("{kind}List"))));
        list.insert(
            "items",
            Slot::from(Value::list(found.into_iter().map(|o| Value::Map(o.deep_copy()).into()).collect())),
        );
        Ok(Value::Map(list))
    }
}
