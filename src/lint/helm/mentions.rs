//! Keys that templates name in their text, in code that no environment ran: of them nobody can say that nothing reads
//! them. [`super::usage`] asks for keys that no render has read.

use std::collections::BTreeSet;

/// Keys by the paths that templates write: `.Values.image.tag`, `index .Values "image" "tag"`.
#[derive(Default)]
pub(super) struct Mentions {
    paths: BTreeSet<String>,
    /// Keys that some render has read.
    read: BTreeSet<String>,
}

impl Mentions {
    /// Adds what a template of a chart names, given the path of the chart's values.
    pub fn add(&mut self, text: &str, scope: &str) {
        for (at, word) in text.match_indices("Values") {
            let path = path(&text[at + word.len()..]);
            if path.is_empty() {
                continue;
            }
            // Globals are everybody's.
            let is_own = !scope.is_empty() && path.first().is_some_and(|key| *key != "global");
            let path = path.join(".");
            self.paths.insert(if is_own { format!("{scope}.{path}") } else { path });
        }
    }

    /// Adds a key that was read.
    pub fn read(&mut self, key: String) {
        self.read.insert(key);
    }

    /// Whether a template that no environment ran names the key, or a map it is in: one of which nothing was read.
    pub fn has(&self, key: &str) -> bool {
        let ends = key.match_indices(['.', '[']).map(|(at, _)| at);
        self.paths.contains(key) || ends.map(|at| &key[..at]).any(|map| self.paths.contains(map) && !self.is_run(map))
    }

    /// Whether anything in a map was read.
    fn is_run(&self, map: &str) -> bool {
        let below = |key: &&String| key.starts_with(map);
        let mut near = self.read.range(map.to_owned()..).take_while(below);
        near.any(|key| key[map.len()..].is_empty() || key[map.len()..].starts_with(['.', '[']))
    }
}

/// The keys behind `Values`: names with dots between, then names in quotes.
fn path(mut rest: &str) -> Vec<&str> {
    let mut path = Vec::new();
    while let Some(name) = rest.strip_prefix('.') {
        let end = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
        if end == 0 {
            break;
        }
        path.push(&name[..end]);
        rest = &name[end..];
    }
    while let Some((name, more)) = rest.trim_start().strip_prefix('"').and_then(|quoted| quoted.split_once('"')) {
        path.push(name);
        rest = more;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::Mentions;

    #[test]
    fn a_key_in_code_that_never_ran_is_mentioned() {
        let mut mentions = Mentions::default();
        mentions.add("{{ if .Values.a.on }}{{ .Values.a.image.tag }}{{ toYaml .Values.a.labels }}{{ end }}", "");
        mentions
            .add("{{ with .Values.b }}{{ .c }}{{ end }}{{ index $.Values.global \"x-y\" }}{{ .Values.own }}", "sub");
        for read in ["a.on", "sub.b.c"] {
            mentions.read(read.into());
        }
        for key in ["a.image.tag", "a.labels.app", "a.labels[0]", "global.x-y", "sub.own"] {
            assert!(mentions.has(key), "{key}");
        }
        for key in ["a.image.tagg", "a.image", "sub.b.d", "own", "other"] {
            assert!(!mentions.has(key), "{key}");
        }
    }
}
