//! A value of a ConfigMap or of the environment that looks like a key.

use super::{Found, Rule, Scene};
use crate::finding::Severity;
use crate::yaml::node::Node;

pub const RULE: Rule = Rule {
    id: "cross/config-entropy",
    severity: Severity::Warning,
    title: "No random key stands in plain configuration",
    why: "A long random text under any name is a key, a token or a password.",
    remedy: "Move it into a Secret that Vault or External Secrets fills.",
    references: &["PCI DSS 4.0 3.6.1", "PCI DSS 4.0 8.6.2"],
    bad: r#"apiVersion: v1
kind: ConfigMap
metadata: {name: ledger}
data: {partner: q7Xv2LmP9sKdW4rTzB8nYc3FhJ6gUeA1}
"#,
    good: r#"apiVersion: v1
kind: ConfigMap
metadata: {name: ledger}
data: {partner: https://partner.example.com/payments/v2, checksum: d41d8cd98f00b204e9800998ecf8427e}
"#,
    check,
};

fn check(scene: &Scene<'_>, found: &mut Found<'_>) {
    for (index, map) in scene.of("ConfigMap") {
        for entry in map.root().get("data").map(Node::entries).unwrap_or_default() {
            if entry.value.as_str().is_some_and(is_random) {
                let path = if entry.key.contains('.') {
                    format!("data[{}]", entry.key)
                } else {
                    format!("data.{}", entry.key)
                };
                found.add(index, path, format!("the value of {} looks like a key", entry.key));
            }
        }
    }
    for w in &scene.workloads {
        for (i, c) in w.spec.items_at(&["containers"]).iter().enumerate() {
            for (e, env) in c.items_at(&["env"]).iter().enumerate() {
                if env.str_at(&["value"]).is_some_and(is_random) {
                    let name = env.str_at(&["name"]).unwrap_or_default();
                    let path = format!("{}spec.containers[{i}].env[{e}].value", w.at);
                    found.add(w.index, path, format!("the value of {name} looks like a key"));
                }
            }
        }
    }
}

/// One word of 20 to 200 characters with capitals, small letters and digits, and more than four bits in each. Hashes in
/// hexadecimal have less; addresses and paths have other characters.
fn is_random(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '_' | '-');
    let has = |kind: fn(&char) -> bool| text.chars().any(|c| kind(&c));
    (20..=200).contains(&text.len())
        && text.chars().all(fits)
        && has(char::is_ascii_uppercase)
        && has(char::is_ascii_lowercase)
        && text.chars().filter(char::is_ascii_digit).count() >= 2
        && entropy(text) > 4.0
}

/// Bits per character.
fn entropy(text: &str) -> f64 {
    let mut counts = [0u32; 128];
    text.bytes().for_each(|b| counts[usize::from(b & 127)] += 1);
    let length = text.len() as f64;
    let part = |n: &u32| f64::from(*n) / length;
    counts.iter().filter(|n| **n > 0).map(|n| -part(n) * part(n).log2()).sum()
}
