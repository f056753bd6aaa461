//! Chart.lock (helm v4.3.1 `pkg/chart/v2/dependency.go`, `internal/resolver/resolver.go`).

use sha2::Digest;

use super::metadata::{DEPENDENCIES, Dependency, dependency, objects};
use crate::grammar::gojson::{Html, marshal};
use crate::span::Pos;
use crate::value::{HelmVersion, Value};
use crate::yaml::{Field, Struct, Target, decode_as};

/// Chart.lock.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lock {
    /// `generated`, as written.
    pub generated: String,
    /// `digest`
    pub digest: String,
    /// `dependencies`
    pub dependencies: Vec<Dependency>,
}

static LOCK: Struct = Struct {
    name: "Lock",
    go_type: "chart.Lock",
    fields: &[
        Field { key: "generated", target: Target::Str },
        Field { key: "digest", target: Target::Str },
        Field { key: "dependencies", target: DEPENDENCIES },
    ],
};

impl Lock {
    /// Reads Chart.lock.
    ///
    /// # Errors
    /// With Go's text.
    pub fn read(src: &[u8], helm: HelmVersion) -> Result<Lock, String> {
        let value = decode_as(src, Pos::NONE, &Target::Struct(&LOCK)).map_err(|e| match helm {
            HelmVersion::V3 => e.message,
            HelmVersion::V4 => e.message.replace("of type chart.", "of type v2.").replace("[]*chart.", "[]*v2."),
        })?;
        let Value::Map(map) = value else { return Ok(Lock::default()) };
        let text =
            |key: &[u8]| map.get(key).and_then(|v| v.as_str().map(|s| s.to_text().into_owned())).unwrap_or_default();
        Ok(Lock {
            generated: text(b"generated"),
            digest: text(b"digest"),
            dependencies: objects(&map, "dependencies", dependency).unwrap_or_default().into_iter().flatten().collect(),
        })
    }
}

/// The digest over what is declared and what is locked.
pub fn digest(declared: &[Dependency], locked: &[Dependency]) -> String {
    let mut text = b"[[".to_vec();
    for (i, list) in [declared, locked].into_iter().enumerate() {
        if i > 0 {
            text.extend_from_slice(b"],[");
        }
        for (j, d) in list.iter().enumerate() {
            if j > 0 {
                text.push(b',');
            }
            write_dependency(&mut text, d);
        }
    }
    text.extend_from_slice(b"]]");
    format!("sha256:{}", data_encoding::HEXLOWER.encode(&sha2::Sha256::digest(&text)))
}

/// A dependency as encoding/json writes it: keys in the order of the struct, empty ones left out.
fn write_dependency(out: &mut Vec<u8>, d: &Dependency) {
    let string = |s: &str| marshal(&Value::string(s), Html::Escaped).unwrap_or_default();
    out.extend_from_slice(b"{\"name\":");
    out.extend_from_slice(&string(&d.name));
    let mut put = |key: &str, value: Vec<u8>| {
        out.extend_from_slice(format!(",\"{key}\":").as_bytes());
        out.extend_from_slice(&value);
    };
    if !d.version.is_empty() {
        put("version", string(&d.version));
    }
    put("repository", string(&d.repository));
    if !d.condition.is_empty() {
        put("condition", string(&d.condition));
    }
    if let Some(tags) = d.tags.as_ref().filter(|t| !t.is_empty()) {
        let tags = Value::strings(tags.iter().map(String::as_str));
        put("tags", marshal(&tags, Html::Escaped).unwrap_or_default());
    }
    if d.enabled {
        put("enabled", b"true".to_vec());
    }
    if let Some(imports) = d.import_values.as_ref().filter(|i| !i.is_empty()) {
        let json = serde_json::to_string(imports).unwrap_or_default();
        let value = crate::grammar::gojson::parse(json.as_bytes(), Pos::NONE).unwrap_or_default();
        put("import-values", marshal(&value, Html::Escaped).unwrap_or_default());
    }
    if !d.alias.is_empty() {
        put("alias", string(&d.alias));
    }
    out.push(b'}');
}
