//! Log lines on standard error, in the form of either Helm: Helm 3's `file.go:line: text`, Helm 4's slog
//! `level=LEVEL msg=text key=value`. They are collected and printed by the command line.

use crate::value::HelmVersion;
use crate::value::fmt::{go_quote, is_print};

/// Lines in the order they came up.
#[derive(Clone, Debug, Default)]
pub struct Log {
    helm: HelmVersion,
    /// Whether links that were followed are worth a line.
    links: bool,
    lines: Vec<String>,
}

impl Log {
    /// An empty log in one Helm's form, without its notices of symbolic links: a library chart that is shared by links
    /// would fill the screen with them.
    pub fn new(helm: HelmVersion) -> Log {
        Log { helm, ..Log::default() }
    }

    /// An empty log that says all that Helm says, for the commands that stand for Helm's own.
    pub fn like_helm(helm: HelmVersion) -> Log {
        Log { links: true, ..Log::new(helm) }
    }

    /// An empty one of the same kind.
    pub fn fresh(&self) -> Log {
        Log { lines: Vec::new(), ..self.clone() }
    }

    /// Takes the lines out, without newlines at their ends.
    pub fn take(&mut self) -> Vec<String> {
        std::mem::take(&mut self.lines)
    }

    /// A line of Helm 4's structured log.
    pub fn slog(&mut self, level: &str, message: &str, attributes: &[(&str, &str)]) {
        let mut line = format!("level={level} msg={}", attribute(message));
        for (key, value) in attributes {
            line.push_str(&format!(" {key}={}", attribute(value)));
        }
        self.lines.push(line);
    }

    /// A text as it stands, for what both Helms print bare.
    pub fn bare(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    /// What Helm says with Go's plain log, from line `line` of Helm 3's loader.
    pub fn plain(&mut self, line: u32, message: &str) {
        self.from_file("load.go", line, message);
    }

    /// What Helm says with Go's plain log: Helm 3 names its file and line, Helm 4 wraps it.
    pub fn from_file(&mut self, file: &str, line: u32, message: &str) {
        match self.helm {
            HelmVersion::V3 => self.lines.push(format!("{file}:{line}: {message}")),
            HelmVersion::V4 => self.slog("INFO", message, &[]),
        }
    }

    /// A schema refers to a name that nothing resolves; said once of each.
    pub fn unresolved_urn(&mut self, urn: &str) {
        let text = "unresolved URN reference ignored; using permissive schema";
        let before = self.lines.len();
        match self.helm {
            HelmVersion::V3 => self.from_file("jsonschema.go", 192, &format!("WARNING: {text}: {urn}")),
            HelmVersion::V4 => self.slog("WARN", text, &[("urn", urn)]),
        }
        if self.lines[..before].contains(&self.lines[before]) {
            self.lines.truncate(before);
        }
    }

    /// A symbolic link was followed while loading.
    pub fn symlink(&mut self, path: &str, resolved: &str) {
        if !self.links {
            return;
        }
        match self.helm {
            HelmVersion::V3 => self.lines.push(format!(
                "walk.go:75: found symbolic link in path: {path} resolves to {resolved}. Contents of linked file included and used"
            )),
            HelmVersion::V4 => self.slog(
                "INFO",
                "found symbolic link in path. Contents of linked file included and used",
                &[("path", path), ("resolved", resolved)],
            ),
        }
    }
}

/// A value of slog's text form: quoted where it has to be.
fn attribute(value: &str) -> String {
    let plain = !value.is_empty() && value.chars().all(|c| c != ' ' && c != '"' && c != '=' && is_print(c));
    if plain { value.to_owned() } else { go_quote(value) }
}
