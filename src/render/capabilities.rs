//! `.Capabilities`: what the cluster is said to be (helm v4.3.1 `pkg/chart/common/capabilities.go`, helm v3.22.0
//! `pkg/chartutil/capabilities.go`).

use std::any::Any;
use std::rc::Rc;

use crate::value::{HelmVersion, List, ListKind, Object, Slot, Value};

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
    let list = Rc::new(List { kind: ListKind::Strings, nil: false, items });
    let kube = Value::Object(Rc::new(KubeVersionObject { version: version.clone(), helm }));
    Value::Object(Rc::new(Capabilities { kube, api_versions: list, helm }))
}

#[derive(Debug)]
struct Capabilities {
    kube: Value,
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

    fn field(&self, name: &str) -> Option<Slot> {
        match name {
            "KubeVersion" => Some(self.kube.clone().into()),
            "APIVersions" => {
                let set = VersionSet { versions: self.api_versions.clone(), helm: self.helm };
                Some(Value::Object(Rc::new(set)).into())
            }
            "HelmVersion" => Some(Value::Object(Rc::new(BuildInfo { helm: self.helm })).into()),
            _ => None,
        }
    }

    fn display(&self) -> Vec<u8> {
        let set = VersionSet { versions: self.api_versions.clone(), helm: self.helm };
        let kube = match &self.kube {
            Value::Object(o) => o.verb_v(),
            _ => Vec::new(),
        };
        [b"&{", &kube[..], b" ", &set.display(), b" ", &BuildInfo { helm: self.helm }.display(), b"}"].concat()
    }

    fn json(&self) -> Result<Value, String> {
        let kube = match &self.kube {
            Value::Object(o) => o.json()?,
            _ => Value::Nil,
        };
        let entries = [
            ("KubeVersion".into(), kube.into()),
            ("APIVersions".into(), Value::List(self.api_versions.clone()).into()),
            ("HelmVersion".into(), BuildInfo { helm: self.helm }.json()?.into()),
        ];
        Ok(Value::Map(entries.into_iter().collect()))
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
}

impl Object for KubeVersionObject {
    fn type_name(&self) -> String {
        match self.helm {
            HelmVersion::V3 => "chartutil.KubeVersion".into(),
            HelmVersion::V4 => "common.KubeVersion".into(),
        }
    }

    fn field(&self, name: &str) -> Option<Slot> {
        let v = &self.version;
        match name {
            "Version" => Some(Value::string(v.version.as_str()).into()),
            "Major" => Some(Value::string(v.major.as_str()).into()),
            "Minor" => Some(Value::string(v.minor.as_str()).into()),
            _ => None,
        }
    }

    fn has_method(&self, name: &str) -> bool {
        matches!(name, "String" | "GitVersion")
    }

    fn call(&self, _: &str, _: &[Value]) -> Result<Value, String> {
        Ok(Value::string(self.display()))
    }

    fn display(&self) -> Vec<u8> {
        match self.helm {
            HelmVersion::V3 => self.version.version.clone().into_bytes(),
            HelmVersion::V4 => self.version.normalized.clone().into_bytes(),
        }
    }

    /// Inside an interface String, which has a pointer receiver, is out of reach.
    fn verb_v(&self) -> Vec<u8> {
        let v = &self.version;
        match self.helm {
            HelmVersion::V3 => format!("{{{} {} {}}}", v.version, v.major, v.minor).into_bytes(),
            HelmVersion::V4 => format!("{{{} {} {} {}}}", v.version, v.normalized, v.major, v.minor).into_bytes(),
        }
    }

    fn json(&self) -> Result<Value, String> {
        let v = &self.version;
        let entries = [("Version", &v.version), ("Major", &v.major), ("Minor", &v.minor)];
        Ok(Value::Map(entries.into_iter().map(|(k, v)| (k.into(), Value::string(v.as_str()).into())).collect()))
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

    fn display(&self) -> Vec<u8> {
        crate::value::fmt::to_bytes(&Value::List(self.versions.clone()), self.helm)
    }

    fn json(&self) -> Result<Value, String> {
        Ok(Value::List(self.versions.clone()))
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<VersionSet>().is_some_and(|o| Rc::ptr_eq(&o.versions, &self.versions))
    }

    fn truth(&self) -> bool {
        !self.versions.items.is_empty()
    }

    fn is_empty(&self) -> bool {
        self.versions.items.is_empty()
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
    fn fields(&self) -> Vec<(&'static str, &'static str, &'static str)> {
        let version = match self.helm {
            HelmVersion::V3 => "v3.22",
            HelmVersion::V4 => "v4.3",
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

    fn field(&self, name: &str) -> Option<Slot> {
        self.fields().into_iter().find(|f| f.0 == name).map(|f| Value::string(f.2).into())
    }

    fn display(&self) -> Vec<u8> {
        let values: Vec<&str> = self.fields().iter().map(|f| f.2).collect();
        format!("{{{}}}", values.join(" ")).into_bytes()
    }

    fn json(&self) -> Result<Value, String> {
        let set = self.fields().into_iter().filter(|f| !f.2.is_empty());
        Ok(Value::Map(set.map(|f| (f.1.into(), Value::string(f.2).into())).collect()))
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<BuildInfo>().is_some()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
