//! What every page has: one file that holds everything itself and asks no network, its data in a script element of JSON
//! that nothing in the data can end, its look, and its keys. `html/base.html` is the page, `html/list.html` and
//! `html/panes.html` are the two layouts; a page's own template extends one of these.

use minijinja::{Environment, Value, context};

const LAYOUTS: [(&str, &str); 3] = [
    ("base.html", include_str!("html/base.html")),
    ("list.html", include_str!("html/list.html")),
    ("panes.html", include_str!("html/panes.html")),
];

/// The page that `template` describes: `data` is JSON for its script, `words` are what its text names (escaped).
pub(super) fn page(template: &str, data: &str, words: Value) -> String {
    let data = data.replace('<', "\\u003c");
    match written(template, context! { data, ..words }) {
        Ok(text) => text + "\n",
        // Templates of ours, which the tests print: an error is a mistake of ours, and must be seen.
        Err(e) => format!("<!-- the page's own template: {e:#} -->\n"),
    }
}

fn written(template: &str, context: Value) -> Result<String, minijinja::Error> {
    let mut engine = Environment::new();
    for (name, text) in LAYOUTS {
        engine.add_template(name, text)?;
    }
    engine.add_template("page.html", template)?;
    engine.get_template("page.html")?.render(context)
}
