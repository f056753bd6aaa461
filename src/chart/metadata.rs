//! Chart.yaml: reading it with Go's coercions, checking it as Helm does (helm v4.3.1 `pkg/chart/v2/metadata.go`,
//! `dependency.go`; helm v3.22.0 `pkg/chart`).

use crate::grammar::semver::Version;
use crate::span::Pos;
use crate::value::fmt::{go_quote, is_print};
use crate::value::{HelmVersion, Map, Value, is_space};
use crate::yaml::{Field, Struct, Target, YamlError, decode_as};

/// Chart.yaml. Absent strings are empty.
#[derive(Clone, Debug, Default)]
pub struct Metadata {
    /// `name`
    pub name: String,
    /// `home`
    pub home: String,
    /// `sources`
    pub sources: Option<Vec<String>>,
    /// `version`
    pub version: String,
    /// `description`
    pub description: String,
    /// `keywords`
    pub keywords: Option<Vec<String>>,
    /// `maintainers`; `None` for an empty entry
    pub maintainers: Option<Vec<Option<Maintainer>>>,
    /// `icon`
    pub icon: String,
    /// `apiVersion`
    pub api_version: String,
    /// `condition`
    pub condition: String,
    /// `tags`
    pub tags: String,
    /// `appVersion`
    pub app_version: String,
    /// `deprecated`
    pub deprecated: bool,
    /// `annotations`
    pub annotations: Option<Vec<(String, String)>>,
    /// `kubeVersion`
    pub kube_version: String,
    /// `dependencies`; `None` for an empty entry
    pub dependencies: Option<Vec<Option<Dependency>>>,
    /// `type`
    pub chart_type: String,
}

/// A maintainer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Maintainer {
    /// `name`
    pub name: String,
    /// `email`
    pub email: String,
    /// `url`
    pub url: String,
}

/// A declared dependency.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dependency {
    /// `name`
    pub name: String,
    /// `version`, a range
    pub version: String,
    /// `repository`
    pub repository: String,
    /// `condition`
    pub condition: String,
    /// `tags`
    pub tags: Option<Vec<String>>,
    /// `enabled`
    pub enabled: bool,
    /// `import-values`, strings or objects with `child` and `parent`
    pub import_values: Option<Vec<serde_json::Value>>,
    /// `alias`
    pub alias: String,
    /// Whether `import_values` are pairs already imported.
    pub imported: bool,
}

const STRINGS: Target = Target::List(&Target::Str, "[]string");

static MAINTAINER: Struct = Struct {
    name: "Maintainer",
    go_type: "chart.Maintainer",
    fields: &[
        Field { key: "name", target: Target::Str },
        Field { key: "email", target: Target::Str },
        Field { key: "url", target: Target::Str },
    ],
};

static DEPENDENCY: Struct = Struct {
    name: "Dependency",
    go_type: "chart.Dependency",
    fields: &[
        Field { key: "name", target: Target::Str },
        Field { key: "version", target: Target::Str },
        Field { key: "repository", target: Target::Str },
        Field { key: "condition", target: Target::Str },
        Field { key: "tags", target: STRINGS },
        Field { key: "enabled", target: Target::Bool },
        Field { key: "import-values", target: Target::List(&Target::Any, "[]interface {}") },
        Field { key: "alias", target: Target::Str },
    ],
};

/// A list of dependencies, as Chart.yaml and Chart.lock have it.
pub(super) const DEPENDENCIES: Target = Target::List(&Target::Struct(&DEPENDENCY), "[]*chart.Dependency");

/// Chart.yaml, as it is read.
pub static METADATA: Struct = Struct {
    name: "Metadata",
    go_type: "chart.Metadata",
    fields: &[
        Field { key: "name", target: Target::Str },
        Field { key: "home", target: Target::Str },
        Field { key: "sources", target: STRINGS },
        Field { key: "version", target: Target::Str },
        Field { key: "description", target: Target::Str },
        Field { key: "keywords", target: STRINGS },
        Field { key: "maintainers", target: Target::List(&Target::Struct(&MAINTAINER), "[]*chart.Maintainer") },
        Field { key: "icon", target: Target::Str },
        Field { key: "apiVersion", target: Target::Str },
        Field { key: "condition", target: Target::Str },
        Field { key: "tags", target: Target::Str },
        Field { key: "appVersion", target: Target::Str },
        Field { key: "deprecated", target: Target::Bool },
        Field { key: "annotations", target: Target::Map(&Target::Str, "map[string]string") },
        Field { key: "kubeVersion", target: Target::Str },
        Field { key: "dependencies", target: DEPENDENCIES },
        Field { key: "type", target: Target::Str },
    ],
};

fn text(map: &Map, key: &str) -> Option<String> {
    map.get(key.as_bytes()).and_then(|v| v.as_str().map(|s| s.to_text().into_owned()))
}

fn strings(map: &Map, key: &str) -> Option<Vec<String>> {
    let list = map.get(key.as_bytes())?.as_list().cloned()?;
    Some(list.items.iter().map(|s| s.value.as_str().map(|s| s.to_text().into_owned()).unwrap_or_default()).collect())
}

/// The entries of a list of objects; nothing for one that is null.
pub(super) fn objects<T>(map: &Map, key: &str, read: impl Fn(&Map) -> T) -> Option<Vec<Option<T>>> {
    let list = map.get(key.as_bytes())?.as_list().cloned()?;
    Some(list.items.iter().map(|s| s.value.as_map().map(&read)).collect())
}

/// A value as plain JSON.
pub fn to_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Nil => serde_json::Value::Null,
        Value::Bool(b) => (*b).into(),
        Value::Int(n, _) => (*n).into(),
        Value::Float(f) => serde_json::Number::from_f64(*f).map_or(serde_json::Value::Null, Into::into),
        Value::Str(s) => s.to_text().into_owned().into(),
        Value::List(l) => l.items.iter().map(|s| to_json(&s.value)).collect(),
        Value::Map(m) => serde_json::Value::Object(
            m.entries().iter().map(|(k, s)| (k.to_text().into_owned(), to_json(&s.value))).collect(),
        ),
        _ => serde_json::Value::Null,
    }
}

/// A dependency out of its map.
pub(super) fn dependency(map: &Map) -> Dependency {
    let get = |key| text(map, key).unwrap_or_default();
    Dependency {
        name: get("name"),
        version: get("version"),
        repository: get("repository"),
        condition: get("condition"),
        tags: strings(map, "tags"),
        enabled: matches!(map.get(b"enabled"), Some(Value::Bool(true))),
        import_values: map
            .get(b"import-values")
            .and_then(|v| v.as_list().map(|l| l.items.iter().map(|s| to_json(&s.value)).collect())),
        alias: get("alias"),
        imported: false,
    }
}

impl Metadata {
    /// Reads Chart.yaml (or requirements.yaml) over what is there: keys that are absent stay.
    ///
    /// # Errors
    /// With Go's text, without `cannot load Chart.yaml: ` before it.
    pub fn read(&mut self, src: &[u8], helm: HelmVersion) -> Result<(), YamlError> {
        let value = decode_as(src, Pos::NONE, &Target::Struct(&METADATA)).map_err(|mut e| {
            if helm == HelmVersion::V4 {
                e.message = e.message.replace("[]*chart.", "[]*v2.").replace("of type chart.", "of type v2.");
            }
            e
        })?;
        let Value::Map(map) = value else { return Ok(()) };
        let set = |field: &mut String, key: &str| {
            if let Some(t) = text(&map, key) {
                *field = t;
            }
        };
        set(&mut self.name, "name");
        set(&mut self.home, "home");
        set(&mut self.version, "version");
        set(&mut self.description, "description");
        set(&mut self.icon, "icon");
        set(&mut self.api_version, "apiVersion");
        set(&mut self.condition, "condition");
        set(&mut self.tags, "tags");
        set(&mut self.app_version, "appVersion");
        set(&mut self.kube_version, "kubeVersion");
        set(&mut self.chart_type, "type");
        if let Some(Value::Bool(b)) = map.get(b"deprecated") {
            self.deprecated = b;
        }
        self.sources = strings(&map, "sources").or(self.sources.take());
        self.keywords = strings(&map, "keywords").or(self.keywords.take());
        let maintainer = |m: &Map| Maintainer {
            name: text(m, "name").unwrap_or_default(),
            email: text(m, "email").unwrap_or_default(),
            url: text(m, "url").unwrap_or_default(),
        };
        self.maintainers = objects(&map, "maintainers", maintainer).or(self.maintainers.take());
        self.dependencies = objects(&map, "dependencies", dependency).or(self.dependencies.take());
        if let Some(Value::Map(a)) = map.get(b"annotations") {
            let mut pairs = Vec::new();
            for (k, s) in a.entries().iter() {
                let value = s.value.as_str().map(|v| v.to_text().into_owned()).unwrap_or_default();
                pairs.push((k.to_text().into_owned(), value));
            }
            self.annotations = Some(pairs);
        }
        Ok(())
    }

    /// Helm's Validate: cleans the texts, then checks.
    ///
    /// # Errors
    /// With Helm's text, `validation: ...`.
    pub fn validate(&mut self) -> Result<(), String> {
        self.sanitize();
        self.check().map_err(|e| format!("validation: {e}"))
    }

    fn sanitize(&mut self) {
        let texts = [
            &mut self.name,
            &mut self.home,
            &mut self.description,
            &mut self.icon,
            &mut self.condition,
            &mut self.tags,
            &mut self.app_version,
            &mut self.kube_version,
        ];
        for t in texts {
            clean(t);
        }
        let lists = [&mut self.sources, &mut self.keywords];
        lists.into_iter().flatten().flatten().for_each(clean);
        for m in self.maintainers.iter_mut().flatten().flatten() {
            [&mut m.name, &mut m.email, &mut m.url].into_iter().for_each(clean);
        }
    }

    fn check(&mut self) -> Result<(), String> {
        if self.api_version.is_empty() {
            return Err("chart.metadata.apiVersion is required".into());
        }
        if self.name.is_empty() {
            return Err("chart.metadata.name is required".into());
        }
        if self.name == "." || self.name == ".." {
            return Err(format!("chart.metadata.name {} is not allowed", go_quote(&self.name)));
        }
        if self.name.contains('/') {
            return Err(format!("chart.metadata.name {} is invalid", go_quote(&self.name)));
        }
        if self.version.is_empty() {
            return Err("chart.metadata.version is required".into());
        }
        if Version::parse(&self.version).is_err() {
            return Err(format!("chart.metadata.version {} is invalid", go_quote(&self.version)));
        }
        if !matches!(self.chart_type.as_str(), "" | "application" | "library") {
            return Err("chart.metadata.type must be application or library".into());
        }
        if self.maintainers.iter().flatten().any(Option::is_none) {
            return Err("maintainers must not contain empty or null nodes".into());
        }
        let mut seen: Vec<String> = Vec::new();
        for d in self.dependencies.iter_mut().flatten() {
            let Some(d) = d else { return Err("dependencies must not contain empty or null nodes".into()) };
            d.validate()?;
            let key = if d.alias.is_empty() { d.name.clone() } else { d.alias.clone() };
            if seen.contains(&key) {
                return Err(format!("more than one dependency with name or alias {}", go_quote(&key)));
            }
            seen.push(key);
        }
        Ok(())
    }
}

impl Dependency {
    fn validate(&mut self) -> Result<(), String> {
        [&mut self.name, &mut self.version, &mut self.repository, &mut self.condition].into_iter().for_each(clean);
        self.tags.iter_mut().flatten().for_each(clean);
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if !self.alias.chars().all(allowed) {
            return Err(format!("dependency {} has disallowed characters in the alias", go_quote(&self.name)));
        }
        Ok(())
    }
}

/// Every Unicode space becomes a plain one, what can't be printed goes.
fn clean(text: &mut String) {
    if text.bytes().all(|c| (b' '..=b'~').contains(&c)) {
        return;
    }
    *text = text.chars().filter_map(|c| if is_space(c) { Some(' ') } else { is_print(c).then_some(c) }).collect();
}
