//! What differs where it should be the same: keys and images on the project's list between environments
//! (`helm/differs-between-environments`), and nulls between Helm 3 and Helm 4 (`helm/null-differs`).

use std::collections::{BTreeMap, BTreeSet};

use glob::Pattern;

use super::usage::View;
use crate::explain::layers::at;
use crate::explain::{Step, path_text};
use crate::finding::Spot;
use crate::fleet::{Fault, Placed, Project};
use crate::value::fmt::to_text;
use crate::value::{HelmVersion, Map as Values, Value};

/// What the user wants to be the same everywhere.
#[derive(Clone, Debug, Default)]
pub struct SameEverywhere {
    /// Globs of keys of values, `image.tag`; one that names a map means all that is in it.
    pub values: Vec<Pattern>,
    /// Globs of images without tag and digest, `registry.example.com/*`.
    pub images: Vec<Pattern>,
}

impl SameEverywhere {
    /// What the project file says.
    ///
    /// # Errors
    /// The first glob that is none, with what is wrong.
    pub fn of(project: &Project) -> Result<SameEverywhere, Fault> {
        let read = |all: &[Placed]| {
            let bad = |g: &Placed, e| project.fault(g.at, format!("{:?} is no glob: {e}", g.text));
            all.iter().map(|g| Pattern::new(&g.text).map_err(|e| bad(g, e))).collect::<Result<Vec<_>, Fault>>()
        };
        let said = &project.lint.same_everywhere;
        Ok(SameEverywhere { values: read(&said.values)?, images: read(&said.images)? })
    }

    fn has_key(&self, path: &[Step]) -> bool {
        (1..=path.len()).any(|n| {
            let text = path_text(&path[..n]);
            self.values.iter().any(|p| p.matches(&text))
        })
    }
}

/// Something that should be the same everywhere and isn't: what it is in each environment, and where that is said.
/// Nothing stands for a key that is not set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Differs<P> {
    /// The key, or the image's name.
    pub what: String,
    /// By environment.
    pub values: BTreeMap<String, (Option<String>, Option<P>)>,
}

impl<P> Differs<P> {
    fn is_different(&self) -> bool {
        self.values.values().map(|v| &v.0).collect::<BTreeSet<_>>().len() > 1
    }

    /// What is said of it: `1.4 in dev and staging, 1.3 in prod`, what most have first.
    pub fn words(&self) -> String {
        let said = self.groups().into_iter();
        let said = said.map(|(value, places)| format!("{} in {}", value.unwrap_or("not set"), list(&places)));
        said.collect::<Vec<_>>().join(", ")
    }

    /// The place of what is rarest: that is where somebody most likely forgot something.
    pub fn place(&self) -> Option<&P> {
        let groups = self.groups();
        groups.iter().rev().flat_map(|(_, places)| places).find_map(|place| self.values.get(*place)?.1.as_ref())
    }

    /// The values with the environments that have them, what most have first.
    fn groups(&self) -> Vec<(Option<&str>, Vec<&str>)> {
        let mut by_value: BTreeMap<Option<&str>, Vec<&str>> = BTreeMap::new();
        for (place, (value, _)) in &self.values {
            by_value.entry(value.as_deref()).or_default().push(place);
        }
        let mut groups: Vec<_> = by_value.into_iter().collect();
        groups.sort_by_key(|(_, places)| std::cmp::Reverse(places.len()));
        groups
    }
}

/// `a`, `a and b`, `a, b, c and 4 more`.
fn list(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] if names.len() <= 4 => format!("{} and {last}", most.join(", ")),
        many => format!("{} and {} more", many[..3].join(", "), many.len() - 3),
    }
}

/// Compares the keys on the list between environments. `short` writes a value.
pub fn differing_keys(
    views: &[View<'_>],
    same: &SameEverywhere,
    short: &dyn Fn(&Value) -> String,
) -> Vec<Differs<Spot>> {
    let mut paths: BTreeMap<String, Vec<Step>> = BTreeMap::new();
    for view in views.iter().filter(|_| !same.values.is_empty()) {
        let listed = view.map.keys().leaves().into_iter().map(|leaf| leaf.path()).filter(|path| same.has_key(path));
        paths.extend(listed.map(|path| (path_text(&path), path)));
    }
    let all = paths.into_iter().map(|(what, path)| {
        let here = views.iter().filter(|v| !v.is_elsewhere(&path));
        let values = here.map(|v| (v.env.unwrap_or_default().to_owned(), said(v, &path, short))).collect();
        Differs { what, values }
    });
    all.filter(Differs::is_different).collect()
}

/// What a key is in one environment, and the line that says so.
fn said(view: &View<'_>, path: &[Step], short: &dyn Fn(&Value) -> String) -> (Option<String>, Option<Spot>) {
    let Some(strongest) = view.layers.of(path).pop() else { return (None, None) };
    let is_set = !strongest.value.is_nil();
    (is_set.then(|| short(&strongest.value)), view.spot(strongest.pos))
}

/// An image that an environment runs.
#[derive(Clone, Debug)]
pub struct ImageUse<P> {
    /// The environment.
    pub env: String,
    /// The whole reference.
    pub image: String,
    /// Where it is said.
    pub place: P,
}

/// Compares the images on the list between the environments that run them.
pub fn differing_images<P: Clone>(uses: &[ImageUse<P>], same: &SameEverywhere) -> Vec<Differs<P>> {
    let mut by_name: BTreeMap<&str, BTreeMap<String, (BTreeSet<&str>, &P)>> = BTreeMap::new();
    for used in uses {
        let (name, version) = name_and_version(&used.image);
        if same.images.iter().any(|p| p.matches(name)) {
            let places = by_name.entry(name).or_default();
            places.entry(used.env.clone()).or_insert_with(|| (BTreeSet::new(), &used.place)).0.insert(version);
        }
    }
    let all = by_name.into_iter().map(|(name, places)| {
        let joined = |versions: BTreeSet<&str>| versions.into_iter().collect::<Vec<_>>().join(" and ");
        let values = places.into_iter().map(|(env, (v, place))| (env, (Some(joined(v)), Some(place.clone()))));
        Differs { what: name.to_owned(), values: values.collect() }
    });
    all.filter(Differs::is_different).collect()
}

/// `registry:5000/name` and `1.0@sha256:…`.
fn name_and_version(image: &str) -> (&str, &str) {
    let path = image.rfind('/').map_or(0, |slash| slash + 1);
    match image[path..].find([':', '@']) {
        Some(at) => (&image[..path + at], &image[path + at + 1..]),
        None => (image, ""),
    }
}

/// A key that a layer sets to null and that one Helm keeps and the other doesn't.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NullDiffers {
    /// The key.
    pub key: String,
    /// Where the null stands.
    pub place: Option<Spot>,
    /// What it is for Helm 3; nothing where the key is gone.
    pub three: Option<String>,
    /// What it is for Helm 4.
    pub four: Option<String>,
}

/// Whether a layer sets anything to null at all.
pub fn has_nulls(view: &View<'_>) -> bool {
    view.layers.have_nulls()
}

/// The nulls of a view's layers that mean something else to Helm 3 than to Helm 4, given what both merge its values to.
pub fn null_differs(view: &View<'_>, three: &Values, four: &Values) -> Vec<NullDiffers> {
    let (three, four) = (Value::Map(three.clone()), Value::Map(four.clone()));
    let mut found: BTreeMap<String, NullDiffers> = BTreeMap::new();
    for (path, slot) in view.layers.keys().flatten().filter(|(_, slot)| slot.value.is_nil()) {
        let text =
            |root: &Value| at(root, &path).map(|s| if s.value.is_nil() { "null".into() } else { shown(&s.value) });
        let (three, four) = (text(&three), text(&four));
        if three != four {
            let key = path_text(&path);
            found.insert(key.clone(), NullDiffers { key, place: view.spot(slot.pos), three, four });
        }
    }
    found.into_values().collect()
}

fn shown(value: &Value) -> String {
    to_text(value, HelmVersion::V4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registries_have_ports_and_versions_digests() {
        assert_eq!(name_and_version("reg:5000/a/b:1.0@sha256:0"), ("reg:5000/a/b", "1.0@sha256:0"));
        assert_eq!(name_and_version("reg:5000/a"), ("reg:5000/a", ""));
        assert_eq!(name_and_version("a@sha256:0"), ("a", "sha256:0"));
    }

    #[test]
    fn images_are_compared_where_they_run() {
        let same = SameEverywhere { values: Vec::new(), images: vec![Pattern::new("reg/*").unwrap()] };
        let used = |env: &str, image: &str| ImageUse { env: env.into(), image: image.into(), place: env.to_owned() };
        let uses = [
            used("dev", "reg/a:1"),
            used("staging", "reg/a:1"),
            used("prod", "reg/a:2"),
            used("dev", "reg/only-here:1"),
            used("dev", "other/b:1"),
            used("prod", "other/b:2"),
        ];
        let found = differing_images(&uses, &same);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].words(), "1 in dev and staging, 2 in prod");
        assert_eq!(found[0].place().map(String::as_str), Some("prod"));
    }
}
