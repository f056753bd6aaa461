//! A page to explore a chart in a browser: rendered lines on one side, the lines of templates and values that they come
//! from on the other, for all environments. It holds everything itself and asks no network.

use std::collections::BTreeMap;

use minijinja::{Environment, context};
use serde_json::{Value, json};

use crate::explain::Map;

/// One environment: its source map as data, and the map itself.
pub struct Part<'m> {
    /// What `source_map::value` made.
    pub data: Value,
    /// Where the texts of the inputs are.
    pub map: &'m Map,
}

/// Writes the page.
///
/// # Errors
/// When the page's own template is broken.
pub fn write(chart: &str, parts: Vec<Part<'_>>) -> Result<String, String> {
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    let mut environments = Vec::new();
    for part in parts {
        for (_, source) in part.map.sources().all() {
            texts.entry(source.name.clone()).or_insert_with(|| String::from_utf8_lossy(&source.text).into_owned());
        }
        environments.push(part.data);
    }
    // Nothing in the data may end the script element that holds it.
    let data = json!({ "environments": environments, "texts": texts }).to_string().replace('<', "\\u003c");
    let mut engine = Environment::new();
    engine.add_template("page", include_str!("page.html")).map_err(|e| e.to_string())?;
    let page = engine.get_template("page").map_err(|e| e.to_string())?;
    page.render(context! { chart, data }).map_err(|e| e.to_string())
}
