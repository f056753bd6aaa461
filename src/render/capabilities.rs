//! `.Capabilities`: what the cluster is said to be (helm v4.3.1 `pkg/chart/common/capabilities.go`, helm v3.22.0
//! `pkg/chartutil/capabilities.go`).

use std::any::Any;
use std::rc::Rc;

use crate::value::{Encoded, Field, HelmVersion, List, ListKind, Object, Room, Slot, Value};

/// A Kubernetes version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubeVersion {
    /// As templates see it, with a `v`.
    pub version: String,
    /// Only the numbers, with a `v`.
    pub normalized: String,
    /// First number.
    pub major: String,
    /// Second number.
    pub minor: String,
}

/// The version that both Helms assume.
pub const DEFAULT_KUBE_VERSION: &str = "v1.37.0";

impl KubeVersion {
    /// Reads `--kube-version`.
    ///
    /// # Errors
    /// With Helm's text behind `invalid kube version 'x': `.
    pub fn parse(text: &str, helm: HelmVersion) -> Result<KubeVersion, String> {
        let trimmed = text.trim_matches(crate::value::is_space);
        let body = trimmed.strip_prefix('v').unwrap_or(trimmed);
        let numeric: String = body.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        let numeric = numeric.trim_end_matches('.');
        if numeric.is_empty() || !numeric.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(format!("could not parse {text:?} as version"));
        }
        let parts: Vec<&str> = numeric.split('.').collect();
        if parts.len() < 2 {
            return Err(format!("illegal version string {text:?}"));
        }
        for p in &parts {
            if p.len() > 1 && p.starts_with('0') {
                return Err(format!("illegal zero-prefixed version component {p:?} in {numeric:?}"));
            }
            if p.is_empty() || p.parse::<u64>().is_err() {
                return Err(format!(
                    "illegal non-numeric version component {p:?} in {numeric:?}: strconv.ParseUint: parsing {p:?}: invalid syntax"
                ));
            }
        }
        let mut all: Vec<String> = parts.iter().map(|p| (*p).to_owned()).collect();
        while all.len() < 3 {
            all.push("0".into());
        }
        let normalized = format!("v{}", parts.join("."));
        let version = match helm {
            HelmVersion::V3 => normalized.clone(),
            HelmVersion::V4 if text.starts_with('v') => text.to_owned(),
            HelmVersion::V4 => format!("v{text}"),
        };
        Ok(KubeVersion { version, normalized, major: all[0].clone(), minor: all[1].clone() })
    }
}

impl KubeVersion {
    /// What Helm 4 compares with ranges.
    pub fn comparable(&self) -> &str {
        if self.normalized.is_empty() { &self.version } else { &self.normalized }
    }

    /// What a live server says of itself: nothing is read out of it.
    pub fn reported(version: &str, major: &str, minor: &str) -> KubeVersion {
        KubeVersion {
            version: version.to_owned(),
            normalized: String::new(),
            major: major.to_owned(),
            minor: minor.to_owned(),
        }
    }
}

/// API versions that both Helms assume.
const DEFAULT_API_VERSIONS: &str = "v1 admissionregistration.k8s.io/v1 admissionregistration.k8s.io/v1alpha1 \
admissionregistration.k8s.io/v1beta1 internal.apiserver.k8s.io/v1alpha1 apps/v1 apps/v1beta1 apps/v1beta2 \
authentication.k8s.io/v1 authentication.k8s.io/v1alpha1 authentication.k8s.io/v1beta1 authorization.k8s.io/v1 \
authorization.k8s.io/v1beta1 autoscaling/v1 autoscaling/v2 batch/v1 batch/v1beta1 certificates.k8s.io/v1 \
certificates.k8s.io/v1beta1 certificates.k8s.io/v1alpha1 coordination.k8s.io/v1alpha2 coordination.k8s.io/v1beta1 \
coordination.k8s.io/v1 discovery.k8s.io/v1 discovery.k8s.io/v1beta1 events.k8s.io/v1 events.k8s.io/v1beta1 \
extensions/v1beta1 flowcontrol.apiserver.k8s.io/v1 flowcontrol.apiserver.k8s.io/v1beta1 \
flowcontrol.apiserver.k8s.io/v1beta2 flowcontrol.apiserver.k8s.io/v1beta3 networking.k8s.io/v1 \
networking.k8s.io/v1beta1 node.k8s.io/v1 node.k8s.io/v1alpha1 node.k8s.io/v1beta1 policy/v1 policy/v1beta1 \
rbac.authorization.k8s.io/v1 rbac.authorization.k8s.io/v1beta1 rbac.authorization.k8s.io/v1alpha1 \
resource.k8s.io/v1 resource.k8s.io/v1beta2 resource.k8s.io/v1beta1 resource.k8s.io/v1alpha3 \
scheduling.k8s.io/v1alpha3 scheduling.k8s.io/v1beta1 scheduling.k8s.io/v1 storage.k8s.io/v1beta1 storage.k8s.io/v1 \
storage.k8s.io/v1alpha1 storagemigration.k8s.io/v1 storagemigration.k8s.io/v1beta1 apiextensions.k8s.io/v1beta1 \
apiextensions.k8s.io/v1";

/// The default API versions, then the user's.
pub fn api_versions(more: &[String]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for v in DEFAULT_API_VERSIONS.split_whitespace() {
        all.push(v.to_owned());
        if v == "flowcontrol.apiserver.k8s.io/v1beta3" {
            all.push("lifecycle.k8s.io/v1alpha1".into());
        }
    }
    all.extend(more.iter().cloned());
    all
}

/// `.Capabilities`
pub fn capabilities(version: &KubeVersion, api_versions: Vec<String>, helm: HelmVersion) -> Value {
    let items = api_versions.into_iter().map(|v| Slot::from(Value::string(v))).collect();
    let list = Rc::new(List { kind: ListKind::Strings, nil: false, items, room: Room::Exact });
    capabilities_of(version, list, helm)
}

fn capabilities_of(version: &KubeVersion, api_versions: Rc<List>, helm: HelmVersion) -> Value {
    Value::Object(Rc::new(Capabilities { kube: version.clone(), api_versions, helm }))
}

#[derive(Debug)]
struct Capabilities {
    kube: KubeVersion,
    api_versions: Rc<List>,
    helm: HelmVersion,
}

impl Capabilities {
    fn package(&self) -> &'static str {
        match self.helm {
            HelmVersion::V3 => "chartutil",
            HelmVersion::V4 => "common",
        }
    }
}

impl Object for Capabilities {
    fn type_name(&self) -> String {
        format!("*{}.Capabilities", self.package())
    }

    fn kind(&self) -> &'static str {
        "ptr"
    }

    fn fields(&self) -> Vec<Field> {
        let kube = KubeVersionObject { version: self.kube.clone(), helm: self.helm, in_place: true };
        let set = VersionSet { versions: self.api_versions.clone(), helm: self.helm };
        vec![
            Field::new("KubeVersion", Value::Object(Rc::new(kube))),
            Field::new("APIVersions", Value::Object(Rc::new(set))),
            Field::new("HelmVersion", Value::Object(Rc::new(BuildInfo { helm: self.helm }))),
        ]
    }

    fn has_method(&self, name: &str) -> bool {
        name == "Copy"
    }

    fn call(&self, _: &str, _: &[Value]) -> Result<Value, String> {
        Ok(capabilities_of(&self.kube, self.api_versions.clone(), self.helm))
    }

    fn json(&self) -> Result<Encoded, String> {
        Ok(Encoded::Record(self.fields().into_iter().map(|f| (f.name.to_owned(), f.value)).collect()))
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<Capabilities>().is_some_and(|o| std::ptr::eq(o, self))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[derive(Debug)]
struct KubeVersionObject {
    version: KubeVersion,
    helm: HelmVersion,
    /// Whether this is the field itself, not a copy of it in an interface.
    in_place: bool,
}

impl KubeVersionObject {
    fn string(&self) -> &str {
        match self.helm {
            HelmVersion::V3 => &self.version.version,
            HelmVersion::V4 => self.version.comparable(),
        }
    }

    fn copied(&self, version: KubeVersion) -> Value {
        Value::Object(Rc::new(KubeVersionObject { version, helm: self.helm, in_place: false }))
    }
}

impl Object for KubeVersionObject {
    fn type_name(&self) -> String {
        match self.helm {
            HelmVersion::V3 => "chartutil.KubeVersion".into(),
            HelmVersion::V4 => "common.KubeVersion".into(),
        }
    }

    fn fields(&self) -> Vec<Field> {
        let v = &self.version;
        let mut all = vec![
            Field::new("Version", Value::string(v.version.as_str())),
            Field::private("normalizedVersion", Value::string(v.normalized.as_str())),
            Field::new("Major", Value::string(v.major.as_str())),
            Field::new("Minor", Value::string(v.minor.as_str())),
        ];
        if self.helm == HelmVersion::V3 {
            all.remove(1);
        }
        all
    }

    // String and GitVersion have a pointer receiver.
    fn has_method(&self, name: &str) -> bool {
        self.in_place && matches!(name, "String" | "GitVersion")
    }

    fn call(&self, name: &str, _: &[Value]) -> Result<Value, String> {
        let text = if name == "GitVersion" { self.version.version.as_str() } else { self.string() };
        Ok(Value::string(text))
    }

    fn text_in_place(&self) -> Option<Vec<u8>> {
        self.in_place.then(|| self.string().as_bytes().to_vec())
    }

    fn in_interface(&self) -> Option<Value> {
        Some(self.copied(self.version.clone()))
    }

    fn deep_copy(&self) -> Option<Value> {
        Some(self.copied(KubeVersion { normalized: String::new(), ..self.version.clone() }))
    }

    fn json(&self) -> Result<Encoded, String> {
        let exported = self.fields().into_iter().filter(|f| f.exported);
        Ok(Encoded::Record(exported.map(|f| (f.name.to_owned(), f.value)).collect()))
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<KubeVersionObject>().is_some_and(|o| o.version == self.version)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[derive(Debug)]
struct VersionSet {
    versions: Rc<List>,
    helm: HelmVersion,
}

impl Object for VersionSet {
    fn type_name(&self) -> String {
        match self.helm {
            HelmVersion::V3 => "chartutil.VersionSet".into(),
            HelmVersion::V4 => "common.VersionSet".into(),
        }
    }

    fn kind(&self) -> &'static str {
        "slice"
    }

    fn as_list(&self) -> Option<&Rc<List>> {
        Some(&self.versions)
    }

    fn has_method(&self, name: &str) -> bool {
        name == "Has"
    }

    fn method_params(&self, _: &str) -> Option<&'static str> {
        Some("s")
    }

    fn call(&self, _: &str, args: &[Value]) -> Result<Value, String> {
        let wanted = args.first().and_then(|v| v.as_str().cloned());
        let has = self.versions.items.iter().any(|s| s.value.as_str() == wanted.as_ref());
        Ok(Value::Bool(has))
    }

    fn json(&self) -> Result<Encoded, String> {
        Ok(Encoded::Value(Value::List(self.versions.clone())))
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<VersionSet>().is_some_and(|o| Rc::ptr_eq(&o.versions, &self.versions))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// `.Capabilities.HelmVersion`: the release that is reproduced.
#[derive(Debug)]
struct BuildInfo {
    helm: HelmVersion,
}

impl BuildInfo {
    /// Go's names, JSON's names and values of the fields.
    fn rows(&self) -> Vec<(&'static str, &'static str, &'static str)> {
        let version = match self.helm {
            HelmVersion::V3 => "v3.22.0",
            HelmVersion::V4 => "v4.3.1",
        };
        let mut all = vec![
            ("Version", "version", version),
            ("GitCommit", "git_commit", ""),
            ("GitTreeState", "git_tree_state", ""),
            ("GoVersion", "go_version", "go1.26.8"),
        ];
        if self.helm == HelmVersion::V4 {
            all.push(("KubeClientVersion", "kube_client_version", "v1.37"));
        }
        all
    }
}

impl Object for BuildInfo {
    fn type_name(&self) -> String {
        "version.BuildInfo".into()
    }

    fn fields(&self) -> Vec<Field> {
        self.rows().into_iter().map(|(name, _, value)| Field::new(name, Value::string(value))).collect()
    }

    fn json(&self) -> Result<Encoded, String> {
        let set = self.rows().into_iter().filter(|f| !f.2.is_empty());
        Ok(Encoded::Record(set.map(|f| (f.1.to_owned(), Value::string(f.2))).collect()))
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<BuildInfo>().is_some()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
