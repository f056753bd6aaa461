//! Errors of templates at run time, as the chain of frames that led to them, and Helm's two ways of writing them.

use std::sync::Arc;

use super::ast::TreeSource;
use crate::span::line_column;
use crate::value::fmt::go_quote;
use crate::value::{HelmVersion, Str, Value};

/// One link of the chain of an error, outermost first in [`ExecError::links`].
#[derive(Clone, Debug)]
pub enum Link {
    /// A template was executing: Go's `ExecError`.
    Frame(Frame),
    /// A function (or Helm around it) wrapped the error in words of its own.
    Text(String),
}

/// Where a template was when it failed.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The text the template was parsed from.
    pub source: Arc<TreeSource>,
    /// Byte offset of the node that failed.
    pub offset: u32,
    /// Name of the template that was executing.
    pub template: Str,
    /// The node as source, blanks normalised.
    pub node: String,
    /// What Go says of it; ends in `: ` when the next link goes on.
    pub message: String,
}

/// A failed execution.
#[derive(Clone, Debug)]
pub struct ExecError {
    /// The chain, outermost first. The last one holds the cause.
    pub links: Vec<Link>,
    /// Set by `required` and `fail`: the message for the user.
    pub user_message: Option<String>,
    /// For a nil in a chain of fields: the path as written, for instance `.Values.image.tag`, and how many of its parts
    /// were there.
    pub missing: Option<MissingPath>,
}

/// A chain of fields that met nil.
#[derive(Clone, Debug)]
pub struct MissingPath {
    /// The parts of the chain.
    pub path: Vec<String>,
    /// Index of the first part that is nil or absent.
    pub absent: usize,
    /// Keys of the map that should have had it.
    pub siblings: Vec<String>,
}

impl MissingPath {
    /// The part number `absent` of a chain is not in `parent`.
    pub fn new(path: &[Str], absent: usize, parent: &Value) -> MissingPath {
        let siblings = match parent {
            Value::Map(m) => m.entries().keys().map(|k| k.to_text().into_owned()).collect(),
            _ => Vec::new(),
        };
        MissingPath { path: path.iter().map(|p| p.to_text().into_owned()).collect(), absent, siblings }
    }
}

impl Frame {
    /// Line (from 1) and column (from 0), as Go counts.
    pub fn line_column(&self) -> (usize, usize) {
        let (line, column) = line_column(&self.source.text, self.offset as usize);
        (line, column - 1)
    }

    fn text(&self) -> String {
        let (line, column) = self.line_column();
        format!(
            "template: {}:{line}:{column}: executing {} at <{}>: {}",
            self.source.name.to_text(),
            go_quote(&self.template),
            self.node,
            self.message
        )
    }
}

impl Link {
    fn text(&self) -> String {
        match self {
            Link::Frame(f) => f.text(),
            Link::Text(t) => t.clone(),
        }
    }
}

/// One multi-line frame of Helm 4, see `TraceableError` in helm v4.3.1 `pkg/engine/engine.go`.
#[derive(PartialEq)]
struct Traceable {
    location: String,
    message: String,
    executed: String,
}

impl ExecError {
    /// An error without a template around it.
    pub fn plain(text: impl Into<String>) -> Box<ExecError> {
        Box::new(ExecError { links: vec![Link::Text(text.into())], user_message: None, missing: None })
    }

    /// Adds an outer link.
    #[must_use]
    pub fn wrapped(mut self: Box<Self>, link: Link) -> Box<ExecError> {
        // Outermost first: errors pass a handful of links, so moving them is nothing.
        self.links.insert(0, link);
        self
    }

    /// The frames of templates, outermost first.
    pub fn frames(&self) -> impl Iterator<Item = &Frame> {
        self.links.iter().filter_map(|l| match l {
            Link::Frame(f) => Some(f),
            Link::Text(_) => None,
        })
    }

    /// Go's text, on one line.
    pub fn go_text(&self) -> String {
        self.links.iter().map(Link::text).collect()
    }

    /// The text that Helm prints after `Error: ` for a failed template.
    pub fn helm_text(&self, helm: HelmVersion) -> String {
        if !matches!(self.links.first(), Some(Link::Frame(_))) {
            // Not an error of text/template at the outermost: Helm 3 names the file itself, which its caller does.
            return self.go_text();
        }
        let text = self.go_text();
        if let Some(message) = between_markers(&text)
            && let Some(location) = text.split(": ").nth(1)
        {
            return format!("execution error at ({location}): {message}");
        }
        match helm {
            HelmVersion::V3 => text,
            HelmVersion::V4 => self.traced().unwrap_or(text),
        }
    }

    /// Helm 4's frames, if every link of the chain reads as one of text/template's errors.
    fn traced(&self) -> Option<String> {
        let texts: Vec<String> = self.links.iter().map(Link::text).collect();
        let mut frames: Vec<Traceable> = Vec::new();
        for i in 0..texts.len() {
            let frame = traceable(&texts[i..].concat())?;
            if frames.last() != Some(&frame) {
                frames.push(frame);
            }
        }
        let mut out = String::new();
        for f in frames {
            if !f.location.is_empty() {
                out.push_str(&f.location);
                out.push_str("\n  ");
            }
            if !f.executed.is_empty() {
                out.push_str(&f.executed);
                out.push_str("\n    ");
            }
            if !f.message.is_empty() {
                out.push_str(&f.message);
                out.push('\n');
            }
        }
        Some(out.trim_matches(crate::value::is_space).to_owned())
    }
}

/// Marks around the message of `required` and `fail` in Helm's own error text.
pub const USER_START: &str = "HELM_ERR_START";
/// See [`USER_START`].
pub const USER_END: &str = "HELM_ERR_END";

fn between_markers(text: &str) -> Option<&str> {
    let start = text.find(USER_START)? + USER_START.len();
    let end = text.rfind(USER_END)?;
    text.get(start..end)
}

fn cut_next(message: &str) -> String {
    message.split_once(" template:").map_or(message, |(m, _)| m).to_owned()
}

fn traceable(text: &str) -> Option<Traceable> {
    let rest = text.strip_prefix("template: ")?;
    if rest.starts_with("no template ") {
        return Some(Traceable { location: String::new(), message: text.into(), executed: String::new() });
    }
    if let Some((location, after)) = rest.split_once(": executing ")
        && let Some(f) = executing(location, after)
    {
        return Some(f);
    }
    let (location, message) = rest.rsplit_once(": ")?;
    Some(Traceable { location: location.into(), message: cut_next(message), executed: String::new() })
}

fn executing(location: &str, after: &str) -> Option<Traceable> {
    let (name, rest) = after.strip_prefix('"')?.split_once('"')?;
    let (node, message) = rest.strip_prefix(" at <")?.split_once(">: ")?;
    Some(Traceable {
        location: location.into(),
        message: cut_next(message),
        executed: format!("executing \"{name}\" at <{node}>:"),
    })
}
