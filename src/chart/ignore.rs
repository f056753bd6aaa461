//! .helmignore (helm v4.3.1 `pkg/ignore/rules.go`).

use crate::grammar::glob::filepath_match;

/// The rules of one file, with Helm's own at the end.
#[derive(Debug, Default)]
pub struct Rules {
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    pattern: String,
    negated: bool,
    must_be_dir: bool,
    /// How the pattern is compared: with the base name, or with the path.
    whole_path: bool,
}

impl Rules {
    /// Reads the rules; `templates/.?*` is always among them.
    ///
    /// # Errors
    /// With Helm's text.
    pub fn parse(src: &[u8]) -> Result<Rules, String> {
        let text = String::from_utf8_lossy(src.strip_prefix(b"\xef\xbb\xbf").unwrap_or(src)).into_owned();
        let mut rules = Rules::default();
        for line in text.lines() {
            rules.add(line)?;
        }
        rules.add("templates/.?*")?;
        Ok(rules)
    }

    fn add(&mut self, line: &str) -> Result<(), String> {
        let mut pattern = line.trim_matches(crate::value::is_space);
        if pattern.is_empty() || pattern.starts_with('#') {
            return Ok(());
        }
        if pattern.contains("**") {
            return Err("double-star (**) syntax is not supported".into());
        }
        if filepath_match(pattern, "abc").is_err() {
            return Err("syntax error in pattern".into());
        }
        let negated = pattern.starts_with('!');
        pattern = pattern.strip_prefix('!').unwrap_or(pattern);
        let must_be_dir = pattern.ends_with('/');
        pattern = pattern.strip_suffix('/').unwrap_or(pattern);
        let rooted = pattern.strip_prefix('/');
        let whole_path = rooted.is_some() || pattern.contains('/');
        let pattern = rooted.unwrap_or(pattern).to_owned();
        self.rules.push(Rule { pattern, negated, must_be_dir, whole_path });
        Ok(())
    }

    /// Whether a file or folder is to be left out. `path` is relative and slash-separated.
    pub fn ignores(&self, path: &str, is_dir: bool) -> bool {
        if path.is_empty() || path == "." || path == "./" {
            return false;
        }
        for rule in &self.rules {
            let name = if rule.whole_path { path } else { path.rsplit('/').next().unwrap_or(path) };
            let matches = || filepath_match(&rule.pattern, name).unwrap_or(false);
            if rule.negated {
                // What a negated rule does not match is left out at once.
                if rule.must_be_dir && !is_dir || !matches() {
                    return true;
                }
                continue;
            }
            if rule.must_be_dir && !is_dir {
                continue;
            }
            if matches() {
                return true;
            }
        }
        false
    }
}
