//! A page to explore a chart in a browser: rendered lines on one side, the lines of templates and values that they come
//! from on the other, for all environments. It holds everything itself and asks no network.

use std::collections::BTreeMap;

use minijinja::context;

use super::html;
use crate::explain::Map;

/// One environment: its source map as data, and the map itself.
pub struct Part<'m> {
    /// What `source_map::write` made.
    pub data: String,
    /// Where the texts of the inputs are.
    pub map: &'m Map,
    /// How the path of an input is written, as in the data.
    pub shown: &'m dyn Fn(&str) -> String,
}

/// Writes the page.
///
/// # Errors
/// When the texts can't be written as JSON.
pub fn write(chart: &str, parts: Vec<Part<'_>>) -> Result<String, String> {
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    let mut environments = Vec::new();
    for part in parts {
        for (_, source) in part.map.sources().all() {
            texts
                .entry((part.shown)(&source.name))
                .or_insert_with(|| String::from_utf8_lossy(&source.text).into_owned());
        }
        environments.push(part.data);
    }
    let texts = serde_json::to_string(&texts).map_err(|e| e.to_string())?;
    let data = format!("{{\"environments\":[{}],\"texts\":{texts}}}", environments.join(","));
    Ok(html::page(include_str!("explain_page.html"), &data, context! { chart }))
}
