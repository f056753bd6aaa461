//! The draft as a commented project file.

use super::{Draft, DraftChart, DraftLayer};

/// Writes a draft down.
pub fn write(draft: &Draft) -> String {
    let mut out = String::from("# What plimsoll renders, lints and compares: charts × environments × clusters.\n");
    out.push_str("# `plimsoll matrix` shows it; `plimsoll schema` is this file's JSON Schema for editors.\n");
    for (place, names) in &draft.sources {
        let names = if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
        out.push_str(&format!("# Taken over from {place}{names}\n"));
    }
    out.push_str("\ncharts:\n");
    draft.charts.iter().for_each(|chart| entry(&mut out, chart));
    match draft.layers.is_empty() {
        true => out.push_str(LAYERS),
        false => {
            out.push_str("\n# Values files for many charts, weakest first, over the charts' own values.yaml and values-ENV.yaml:\nlayers:\n");
            draft.layers.iter().for_each(|l| layer(&mut out, "  ", l));
        }
    }
    environments(&mut out, draft);
    out.push_str(LINT);
    if !draft.left.is_empty() {
        out.push_str("\n# Not taken over:\n");
        draft.left.iter().for_each(|l| out.push_str(&format!("#   {}\n", l.replace('\n', " "))));
    }
    out
}

const LAYERS: &str = "
# Values files for many charts, weakest first, over the charts' own values.yaml and values-ENV.yaml:
# layers:
#   - environments/company.yaml                                     # must exist
#   - {file: \"environments/countries/{country}.yaml\", optional: true}
#   - {file: \"environments/{env}/{chart}.yaml\", optional: true}
";

const LINT: &str = "
# lint:
#   policies: [fintech, pss-baseline]                               # or folders of your own
#   rules: {fintech/digest-pinned: error, \"cross/*\": info}
";

fn entry(out: &mut String, chart: &DraftChart) {
    let plain = DraftChart { path: chart.path.clone(), ..DraftChart::default() };
    if *chart == plain {
        out.push_str(&format!("  - {}\n", quoted(&chart.path)));
        return;
    }
    out.push_str(&format!("  - path: {}\n", quoted(&chart.path)));
    for (key, value) in [("releaseName", &chart.release_name), ("namespace", &chart.namespace)] {
        if let Some(value) = value {
            out.push_str(&format!("    {key}: {}\n", quoted(value)));
        }
    }
    for (key, names) in [("environments", &chart.environments), ("clusters", &chart.clusters)] {
        if !names.is_empty() {
            let names: Vec<String> = names.iter().map(|e| quoted(e)).collect();
            out.push_str(&format!("    {key}: [{}]\n", names.join(", ")));
        }
    }
    if chart.without_own {
        out.push_str("    ownEnvironmentFiles: false\n");
    }
    if !chart.layers.is_empty() {
        out.push_str("    layers:\n");
        chart.layers.iter().for_each(|l| layer(out, "      ", l));
    }
}

fn layer(out: &mut String, indent: &str, layer: &DraftLayer) {
    let file = quoted(&layer.file);
    match layer.optional {
        true => out.push_str(&format!("{indent}- {{file: {file}, optional: true}}\n")),
        false => out.push_str(&format!("{indent}- {file}\n")),
    }
}

fn environments(out: &mut String, draft: &Draft) {
    if draft.environments.is_empty() {
        out.push_str("\n# environments:\n#   prod:\n#     namespace: payments\n#     kubeVersion: \"1.36\"\n");
        out.push_str("#     clusters:\n#       np-aws: {country: np, region: ap-south-1}                 # placeholders {cluster} {country} {region}\n");
        return;
    }
    out.push_str("\nenvironments:\n");
    for (name, clusters) in &draft.environments {
        out.push_str(&format!("  {}:\n", quoted(name)));
        if !clusters.is_empty() {
            out.push_str("    clusters:\n");
            clusters.iter().for_each(|c| out.push_str(&format!("      {}: {{}}\n", quoted(c))));
        }
    }
    out.push_str("    # kubeVersion: \"1.36\"\n    # clusters:\n    #   np-aws: {country: np, region: ap-south-1, context: prod-np}\n");
}

/// A text as YAML: plain where that is safe.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    let words = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let is_safe = text.chars().all(is_plain)
        && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '.' && text.len() > 1)
        && !words.contains(&text.to_lowercase().as_str());
    if is_safe
        || text.ends_with("/*")
            && text[..text.len() - 1].chars().all(is_plain)
            && text.starts_with(|c: char| c.is_ascii_alphabetic())
    {
        return text.to_owned();
    }
    serde_json::Value::from(text).to_string()
}
