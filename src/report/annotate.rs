//! Rendered YAML with the origin of each line at its right.

use crate::explain::{LineOrigin, Map, Origin, OriginKind};
use crate::manifest::Manifest;
use crate::render::Rendered;

/// Lines that are longer don't push the origins of all others to the right.
const WIDEST: usize = 72;

/// All documents, each line with where it comes from.
pub fn annotated(rendered: &Rendered, map: &Map) -> String {
    let hooks = rendered.hooks.iter().map(|(m, _)| m);
    let documents: Vec<&Manifest> = map.crds().iter().chain(&rendered.manifests).chain(hooks).collect();
    let texts = map.each(&documents, |manifest| {
        let mut out = format!("---\n# Source: {}\n", manifest.path);
        annotate(manifest, map, &mut out);
        out
    });
    texts.concat()
}

/// One document.
pub fn annotate(manifest: &Manifest, map: &Map, out: &mut String) {
    let widths = manifest.content.lines().map(|l| l.chars().count()).filter(|w| *w <= WIDEST);
    let width = widths.max().unwrap_or(0);
    for (line, origin) in map.brief_lines(manifest) {
        let note = note(&origin, &manifest.path);
        let blanks = width.saturating_sub(line.chars().count());
        match note.is_empty() || line.trim().is_empty() {
            true => out.push_str(line),
            false => out.push_str(&format!("{line}{:blanks$}  # {note}", "")),
        }
        out.push('\n');
    }
}

/// `_helpers.tpl:12 < image.tag (values-prod.yaml:2)`
pub fn note(origin: &LineOrigin, document: &str) -> String {
    let mut parts = Vec::new();
    if let Some(place) = &origin.template {
        // The file is said where it isn't the document's own.
        let guess = if origin.guess { "?" } else { "" };
        let name = if *place.file == *document { "" } else { file_name(&place.file) };
        parts.push(format!("{name}:{}{guess}", place.line));
    }
    if let Some(place) = &origin.end {
        parts.push(format!("{}:{}", file_name(&place.file), place.line));
    }
    let values: Vec<String> = origin.values.iter().filter_map(value).collect();
    if !values.is_empty() {
        parts.push(format!("< {}", values.join(", ")));
    }
    parts.join(" ")
}

/// The last part of a path.
pub fn file_name(path: &str) -> &str {
    if path.starts_with("--") { path } else { path.rsplit('/').next().unwrap_or(path) }
}

fn value(origin: &Origin) -> Option<String> {
    let place = origin.place.as_ref().map(|p| format!("{}:{}", file_name(&p.file), p.line));
    let key = if origin.key.is_empty() { "values" } else { &origin.key };
    match origin.kind {
        OriginKind::Value => Some(match place {
            Some(place) => format!("{key} ({place})"),
            None => key.to_owned(),
        }),
        OriginKind::Object | OriginKind::File => Some(key.to_owned()),
        OriginKind::Literal if origin.functions.contains(&"default") => place.map(|p| format!("default ({p})")),
        OriginKind::Literal | OriginKind::Missing => None,
    }
}
