//! What a render comes to: manifests and hooks in Helm's order, and the text that `helm template` prints of them.

use std::collections::BTreeMap;

use super::RenderError;
use super::evaluate::Evaluated;
use crate::chart::node::Node;
use crate::diag::log::Log;
use crate::manifest::{Manifest, kind_order};
use crate::value::{HelmVersion, is_space};
use crate::yaml::YamlError;

/// A finished render.
#[derive(Clone, Debug, Default)]
pub struct Rendered {
    /// CRD files with their paths, if they were asked for.
    pub crds: Vec<(String, String)>,
    /// Manifests in the order of their installation.
    pub manifests: Vec<Manifest>,
    /// Hooks with their events, in the order of their kinds.
    pub hooks: Vec<(Manifest, Vec<&'static str>)>,
    /// Output of NOTES.txt files, by path.
    pub notes: BTreeMap<String, String>,
    /// What a post-renderer made of CRDs and manifests.
    pub replaced: Option<String>,
}

/// Sorts documents into manifests and hooks by kind.
pub(super) fn collect(evaluated: Vec<Evaluated>, helm: HelmVersion, log: &mut Log) -> Result<Rendered, RenderError> {
    let mut rendered = Rendered::default();
    if let Some(bad) = evaluated.iter().find(|e| e.sorted.is_err()) {
        let error = bad.sorted.as_ref().err().cloned().unwrap_or(YamlError { message: String::new(), offset: None });
        let path = bad.path.clone();
        let files = evaluated.into_iter().map(|e| (e.path, e.text)).collect();
        return Err(RenderError::Yaml { path, error, files });
    }
    for file in evaluated {
        if file.path.ends_with("NOTES.txt") {
            rendered.notes.insert(file.path, file.text);
            continue;
        }
        let Ok(sorted) = file.sorted else { continue };
        for hook in &sorted.unknown_hooks {
            match helm {
                HelmVersion::V3 => {
                    let line = format!("manifest_sorter.go:199: info: skipping unknown hook: {hook:?}");
                    log.bare(line);
                }
                HelmVersion::V4 => log.slog("INFO", "skipping unknown hooks", &[("hookTypes", hook)]),
            }
        }
        rendered.manifests.extend(sorted.manifests);
        rendered.hooks.extend(sorted.hooks);
    }
    rendered.manifests.sort_by(|a, b| kind_order(&a.head.kind, helm).cmp(&kind_order(&b.head.kind, helm)));
    rendered.hooks.sort_by(|a, b| kind_order(&a.0.head.kind, helm).cmp(&kind_order(&b.0.head.kind, helm)));
    Ok(rendered)
}

/// The CRDs of a chart, then those of its subcharts.
pub(super) fn collect_crds(node: &Node<'_>, out: &mut Vec<(String, String)>) {
    for f in node.chart.crds() {
        out.push((format!("{}/{}", node.full_path(), f.name), String::from_utf8_lossy(&f.data).into_owned()));
    }
    for child in node.children.borrow().iter() {
        collect_crds(child, out);
    }
}

/// Helm's text of one document: its source, then its content.
pub fn document(path: &str, content: &str) -> String {
    format!("---\n# Source: {path}\n{content}\n")
}

impl Rendered {
    /// All documents: manifests, then hooks.
    pub fn documents(&self) -> impl Iterator<Item = &Manifest> {
        self.manifests.iter().chain(self.hooks.iter().map(|(m, _)| m))
    }

    /// What `helm template` prints, hooks among it unless they are left out by `keep_hook`.
    pub fn text(&self, keep_hook: impl Fn(&[&'static str]) -> bool) -> String {
        let size = self.manifests.iter().map(|m| m.content.len() + m.path.len() + 16).sum::<usize>();
        let mut body = String::with_capacity(size + 1024);
        let mut put = |path: &str, content: &str| {
            for part in ["---\n# Source: ", path, "\n", content, "\n"] {
                body.push_str(part);
            }
        };
        self.crds.iter().for_each(|(path, content)| put(path, content));
        self.manifests.iter().for_each(|m| put(&m.path, &m.content));
        body.push_str(self.replaced.as_deref().unwrap_or_default());
        let end = body.trim_end_matches(is_space).len();
        body.truncate(end);
        let lead = body.len() - body.trim_start_matches(is_space).len();
        body.drain(..lead);
        body.push('\n');
        for (m, _) in self.hooks.iter().filter(|h| keep_hook(&h.1)) {
            body.push_str(&document(&m.path, &m.content));
        }
        body
    }
}
