//! Releases as Helm stores them: base64 of gzip of JSON (helm v4.3.1 and v3.22.0 `pkg/storage/driver/util.go`; the JSON
//! is `pkg/release/v1/release.go`). What is stored is untrusted: sizes are bounded.

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::{ClusterError, Fault};

/// A release that Helm stored, one revision.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredRelease {
    /// Its name.
    pub name: String,
    /// The namespace it was installed into.
    pub namespace: String,
    /// Helm's version number, from 1.
    pub revision: u64,
    /// `deployed`, `superseded`, `failed`, `pending-upgrade`, … in Helm's words.
    pub status: String,
    /// Helm's note about what happened last: `Upgrade complete`.
    pub description: String,
    /// When it was last deployed, RFC 3339.
    pub last_deployed: String,
    /// All manifests but hooks and CRDs, as `helm get manifest` prints them, one line break aside.
    pub manifest: String,
    /// Hooks, tests included, in the order that Helm stored.
    pub hooks: Vec<StoredHook>,
    /// The values that the user gave, without the chart's own (`helm get values`).
    pub config: Map<String, Value>,
    /// The chart it was made from.
    pub chart: ChartHead,
    /// The chart's default values.
    pub defaults: Map<String, Value>,
    /// How Helm wrote the objects: `ssa`, `csa`, or empty from Helm 3, which means the latter.
    pub apply_method: String,
}

impl StoredRelease {
    /// The hooks as `helm get hooks` prints them.
    pub fn hooks_text(&self) -> String {
        self.hooks.iter().map(|h| format!("---\n# Source: {}\n{}\n", h.path, h.manifest)).collect()
    }

    /// Whether an install, upgrade or rollback is under way, or ended without saying so.
    pub fn is_pending(&self) -> bool {
        self.status.starts_with("pending-")
    }
}

/// A hook of a stored release.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct StoredHook {
    /// `metadata.name`
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    /// `kind`
    #[serde(deserialize_with = "or_default")]
    pub kind: String,
    /// The template it came from.
    #[serde(deserialize_with = "or_default")]
    pub path: String,
    /// Its text.
    #[serde(deserialize_with = "or_default")]
    pub manifest: String,
    /// `pre-install`, `test`, …
    #[serde(deserialize_with = "or_default")]
    pub events: Vec<String>,
}

/// What a stored release says of its chart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ChartHead {
    /// Its name.
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    /// Its version.
    #[serde(deserialize_with = "or_default")]
    pub version: String,
    /// The version of what it installs.
    #[serde(deserialize_with = "or_default")]
    pub app_version: String,
    /// `v1`, `v2`, `v3`
    #[serde(deserialize_with = "or_default")]
    pub api_version: String,
}

/// How much of a stored release is read.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of JSON. A Secret holds a MiB, which gzip makes at most a GiB of; real releases stay below 20 MiB.
    pub json: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { json: 128 << 20 }
    }
}

/// JSON's null means what an absent field means, as for Go.
pub(super) fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Raw {
    #[serde(deserialize_with = "or_default")]
    name: String,
    #[serde(deserialize_with = "or_default")]
    namespace: String,
    #[serde(deserialize_with = "or_default")]
    version: u64,
    #[serde(deserialize_with = "or_default")]
    info: RawInfo,
    #[serde(deserialize_with = "or_default")]
    chart: RawChart,
    #[serde(deserialize_with = "or_default")]
    config: Map<String, Value>,
    #[serde(deserialize_with = "or_default")]
    manifest: String,
    #[serde(deserialize_with = "or_default")]
    hooks: Vec<StoredHook>,
    #[serde(deserialize_with = "or_default")]
    apply_method: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawInfo {
    #[serde(deserialize_with = "or_default")]
    status: String,
    #[serde(deserialize_with = "or_default")]
    description: String,
    #[serde(deserialize_with = "or_default")]
    last_deployed: String,
}

/// Templates and files are the bulk of a release and are skipped.
#[derive(Default, Deserialize)]
#[serde(default)]
struct RawChart {
    #[serde(deserialize_with = "or_default")]
    metadata: ChartHead,
    #[serde(deserialize_with = "or_default")]
    values: Map<String, Value>,
}

/// Reads what a driver stored. `key` names it in errors: `sh.helm.release.v1.web.v3`.
///
/// # Errors
/// For what is no base64, no gzip where it says so, no JSON, no release, or larger than `limits`. The content is never
/// part of the text.
pub fn decode_release(key: &str, stored: &[u8], limits: Limits) -> Result<StoredRelease, ClusterError> {
    let bad = |why: String| ClusterError::new(Fault::NotARelease, format!("{key} is no release of Helm's: {why}"));
    if stored.is_empty() {
        return Err(bad("it has no data under the key \"release\"".into()));
    }
    let packed = STANDARD.decode(stored).map_err(|_| bad("the data is not base64".into()))?;
    let json = match packed.get(..3) {
        Some([0x1f, 0x8b, 0x08]) => unpack(key, &packed, limits)?,
        // Releases from before compression came.
        _ => packed,
    };
    let raw: Raw = serde_json::from_slice(&json).map_err(|e| bad(json_fault(&json, &e)))?;
    if raw.name.is_empty() || raw.version == 0 {
        return Err(bad("the JSON has no name and version of a release".into()));
    }
    Ok(StoredRelease {
        name: raw.name,
        namespace: raw.namespace,
        revision: raw.version,
        status: raw.info.status,
        description: raw.info.description,
        last_deployed: raw.info.last_deployed,
        manifest: raw.manifest,
        hooks: raw.hooks,
        config: raw.config,
        chart: raw.chart.metadata,
        defaults: raw.chart.values,
        apply_method: raw.apply_method,
    })
}

fn unpack(key: &str, packed: &[u8], limits: Limits) -> Result<Vec<u8>, ClusterError> {
    let mut json = Vec::with_capacity(packed.len().saturating_mul(6).min(16 << 20));
    let read = flate2::read::MultiGzDecoder::new(packed).take(limits.json + 1).read_to_end(&mut json);
    if let Err(e) = read {
        let text = format!("{key} is no release of Helm's: its gzip data is damaged ({e})");
        return Err(ClusterError::new(Fault::NotARelease, text));
    }
    if json.len() as u64 > limits.json {
        let text =
            format!("{key} unpacks to more than {} MiB, which is all that is read of a release", limits.json >> 20);
        return Err(ClusterError::new(Fault::TooLarge, text));
    }
    Ok(json)
}

/// What is wrong with the JSON, without any of it: serde's own text may quote values.
fn json_fault(json: &[u8], e: &serde_json::Error) -> String {
    let place = format!("line {} column {}", e.line(), e.column());
    if json.first() != Some(&b'{') {
        return "the data is neither gzip nor JSON".into();
    }
    match e.classify() {
        serde_json::error::Category::Eof => format!("its JSON ends at {place}"),
        serde_json::error::Category::Data => format!("its JSON has another shape at {place}"),
        _ => format!("its JSON is damaged at {place}"),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn packed(json: &[u8]) -> Vec<u8> {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(json).unwrap();
        STANDARD.encode(gzip.finish().unwrap()).into_bytes()
    }

    fn said(stored: &[u8]) -> String {
        decode_release("KEY", stored, Limits::default()).unwrap_err().text
    }

    #[test]
    fn a_release_is_read_with_and_without_compression() {
        let json = br#"{"name":"web","version":3,"namespace":"shop","info":{"status":"deployed","notes":null},
            "chart":{"metadata":{"name":"c","version":"1.2.3","appVersion":"9"},"values":{"a":1},"templates":[{"data":"e30="}]},
            "config":null,"manifest":"---\nx: 1\n","hooks":[{"path":"c/templates/h.yaml","manifest":"y: 1","events":["test"]}]}"#;
        let release = decode_release("KEY", &packed(json), Limits::default()).unwrap();
        assert_eq!((release.revision, &*release.status, &*release.chart.app_version), (3, "deployed", "9"));
        assert_eq!(release.hooks_text(), "---\n# Source: c/templates/h.yaml\ny: 1\n");
        let plain = STANDARD.encode(json).into_bytes();
        assert_eq!(decode_release("KEY", &plain, Limits::default()).unwrap(), release);
    }

    #[test]
    fn what_is_no_release_is_said_without_its_content() {
        let plain = |text: &str| STANDARD.encode(text).into_bytes();
        assert_eq!(said(b""), "KEY is no release of Helm's: it has no data under the key \"release\"");
        assert_eq!(said(b"#"), "KEY is no release of Helm's: the data is not base64");
        assert_eq!(said(&plain("hunter2")), "KEY is no release of Helm's: the data is neither gzip nor JSON");
        assert_eq!(said(&plain("{}")), "KEY is no release of Helm's: the JSON has no name and version of a release");
        assert_eq!(said(&plain("{\"name\":")), "KEY is no release of Helm's: its JSON ends at line 1 column 8");
        let typed = said(&packed(b"{\"name\":\"w\",\"manifest\":{\"hunter2\":1}}"));
        assert!(typed.contains("another shape at line 1") && !typed.contains("hunter2"), "{typed}");
        let mut cut = STANDARD.decode(packed(b"{\"name\":\"w\",\"version\":1}")).unwrap();
        cut.truncate(cut.len() - 12);
        assert!(said(STANDARD.encode(cut).as_bytes()).contains("gzip data is damaged"));
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let error = decode_release("KEY", &packed(&vec![b' '; 3 << 20]), Limits { json: 1 << 20 }).unwrap_err();
        assert_eq!(error.fault, Fault::TooLarge);
        assert_eq!(error.text, "KEY unpacks to more than 1 MiB, which is all that is read of a release");
    }

    #[test]
    fn deep_nesting_is_refused() {
        let deep = format!("{{\"name\":\"w\",\"version\":1,\"config\":{}", "{\"a\":".repeat(100_000));
        assert!(said(&packed(deep.as_bytes())).contains("JSON"));
    }
}
