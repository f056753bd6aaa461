//! Jinja as a second dialect of templates: files that end in `.j2`, rendered by minijinja with the objects and functions
//! that Go's dialect has.
//!
//! `value` has Go's values as Jinja's, `text` the strings that are no UTF-8, `functions` the functions and filters. Start
//! reading at [`Dialect`]; how the evaluator of Go's dialect comes here is in `template::exec::jinja`.
//!
//! - A template sees the entries of its context as variables (`Values`, `Release`, `Chart`...), and all of it as `ctx`,
//!   which is what `include("name", ctx)` and `tpl(text, ctx)` want.
//! - Whatever is written with `{{ }}` is printed as Go prints it (`true`, `[1 2]`, `1e+06`); nothing is escaped.
//! - What is not there is false in `if` and for `is defined`; to print it, to look inside it, to loop over it and to give
//!   it to most functions is an error with its name (minijinja's `SemiStrict`).
//! - Instructions, output and nesting are limited. What a single operation of minijinja's own makes is not: a text that is
//!   doubled with `~` forty times takes all memory there is.
//! - Blanks are kept as Jinja2 does by default: a line with a tag alone leaves its newline, `{%-` and `-%}` eat it. The
//!   newline at the end of a file stays.

mod functions;
mod number;
mod order;
mod text;
mod value;

pub use functions::{Argument, Evaluator};

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, LazyLock};

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, ErrorKind, Value as Jinja};

use super::ast::{List, Node, Tree, TreeSource};
use super::error::{ExecError, Frame, Link, MissingPath};
use super::parse::ParseError;
use crate::span::line_column;
use crate::stack;
use crate::value::{HelmVersion, Value};

/// Whether a template is written in Jinja, by its path.
pub fn is_jinja(path: &[u8]) -> bool {
    path.ends_with(b".j2")
}

/// Instructions that one template may execute, fewer on a thread with a small stack.
const FUEL: u64 = 5_000_000;
/// Stack per instruction that minijinja may need: it takes eight to put a list into another, and it compares, prints and
/// drops such lists recursively, with less than a kilobyte for each.
const STACK: usize = 107;
/// How deeply macros and includes of Jinja's may be nested: blocks count 1, macros 4, includes 10.
const RECURSION: usize = 400;
/// Longer templates are refused: minijinja takes a long chain of operators in a time that grows with its square.
const MAX_SOURCE: usize = 128 << 10;

static ENVIRONMENTS: LazyLock<[Environment<'static>; 2]> =
    LazyLock::new(|| [HelmVersion::V3, HelmVersion::V4].map(functions::environment));

/// The Jinja templates of all charts.
#[derive(Debug)]
pub struct Dialect {
    env: Environment<'static>,
    sources: BTreeMap<String, Arc<TreeSource>>,
    helm: HelmVersion,
    /// How many instructions one template may execute.
    fuel: u64,
}

impl Dialect {
    /// Compiles templates.
    ///
    /// # Errors
    /// With the place of the first syntax error.
    pub fn compile(sources: Vec<Arc<TreeSource>>, helm: HelmVersion) -> Result<Dialect, ParseError> {
        let mut env = ENVIRONMENTS[usize::from(helm == HelmVersion::V4)].clone();
        let syntax = SyntaxConfig::builder().keep_trailing_newline(true).build();
        env.set_syntax(syntax.unwrap_or_default());
        let fuel = FUEL.min((stack::left() / 2 / STACK) as u64);
        env.set_fuel(Some(fuel));
        env.set_recursion_limit(RECURSION);
        let mut by_name = BTreeMap::new();
        for source in sources {
            let name = source.name.to_text().into_owned();
            let text = text::encode(&source.text).into_owned();
            if text.len() > MAX_SOURCE {
                return Err(parse_error(&source, 0, format!("the template is larger than {MAX_SOURCE} bytes")));
            }
            env.add_template_owned(name.clone(), text).map_err(|e| syntax_error(&source, &e))?;
            by_name.insert(name, source);
        }
        let names: Vec<String> = by_name.keys().cloned().collect();
        env.set_path_join_callback(move |name, parent| resolve(&names, name, parent).into());
        Ok(Dialect { env, sources: by_name, helm, fuel })
    }

    /// The templates, as trees whose only node says that they are Jinja.
    pub fn trees(&self) -> impl Iterator<Item = Tree> {
        self.sources.values().map(|source| Tree {
            name: source.name.clone(),
            source: source.clone(),
            root: List { nodes: Box::new([Node::Jinja]) }.into(),
        })
    }

    /// Renders a template with a context. Gives what it printed and how many instructions that took.
    ///
    /// # Errors
    /// With the chain of frames that led to what was refused, and when more than `limit` bytes were printed.
    pub fn render(
        &self,
        tree: &Tree,
        context: &Value,
        limit: usize,
        evaluator: &mut dyn Evaluator,
    ) -> Result<(Vec<u8>, u64), Box<ExecError>> {
        if stack::left() < self.fuel as usize * STACK {
            return Err(ExecError::plain("templates are nested too deeply: the stack is used up"));
        }
        let mut out = Output { text: Vec::new(), limit };
        let before = value::set_helm(self.helm);
        let root = Jinja::from_object(value::Root::new(context));
        let done = functions::with_evaluator(evaluator, || {
            let template = self.env.get_template(&tree.name.to_text())?;
            let captured = template.render_captured_to(root, &mut out)?;
            Ok(captured.state().fuel_levels().map_or(0, |(used, _)| used))
        });
        let done = done.map_err(|e: Error| self.failure(&e, tree, context));
        value::set_helm(before);
        let used = done?;
        Ok(match String::from_utf8(out.text) {
            Ok(text) => (text::decode(&text).into_owned(), used),
            Err(e) => (e.into_bytes(), used),
        })
    }

    /// minijinja's error with its causes as a chain of frames.
    fn failure(&self, error: &Error, tree: &Tree, context: &Value) -> Box<ExecError> {
        let mut failed = Box::new(ExecError { links: Vec::new(), user_message: None, missing: None });
        let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
        while let Some(cause) = next {
            next = cause.source();
            if let Some(functions::Carried(inner)) = cause.downcast_ref() {
                failed.links.extend(inner.links.iter().cloned());
                failed.user_message.clone_from(&inner.user_message);
                failed.missing.clone_from(&inner.missing);
            } else if let Some(e) = cause.downcast_ref::<Error>() {
                failed.links.push(Link::Frame(self.frame(e, tree, next.is_some())));
                if e.kind() == ErrorKind::UndefinedError {
                    failed.missing = e.detail().and_then(|d| missing(d, context));
                }
            } else {
                failed.links.push(Link::Text(cause.to_string()));
            }
        }
        failed
    }

    fn message(&self, error: &Error) -> String {
        match error.kind() {
            // The cause says which limit it was.
            ErrorKind::WriteFailure => String::new(),
            ErrorKind::OutOfFuel => format!("more than {} instructions were executed", self.fuel),
            kind => error.detail().map_or_else(|| kind.to_string(), str::to_owned),
        }
    }

    fn frame(&self, error: &Error, tree: &Tree, goes_on: bool) -> Frame {
        let source = error.name().and_then(|n| self.sources.get(n)).unwrap_or(&tree.source);
        let text = text::encode(&source.text);
        let range = error.range().unwrap_or_else(|| line_start(&text, error.line().unwrap_or(1)));
        let range = whole_path(&text, range.start)..range.end;
        let mut message = self.message(error);
        if goes_on && !message.is_empty() {
            message.push_str(": ");
        }
        Frame {
            source: source.clone(),
            offset: text::decode(text.get(..range.start).unwrap_or_default()).len() as u32,
            template: source.name.clone(),
            node: node(text.get(range).unwrap_or_default()),
            message,
        }
    }
}

fn line_start(text: &str, line: usize) -> std::ops::Range<usize> {
    let start = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    start..start
}

/// Where the expression begins whose `.name` or `[index]` failed.
fn whole_path(text: &str, start: usize) -> usize {
    let before = text.get(..start).unwrap_or_default();
    match text.as_bytes().get(start) {
        Some(b'.' | b'[') => before.trim_end_matches(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.')).len(),
        _ => start,
    }
}

/// What failed, on one line and not too long.
fn node(text: &str) -> String {
    const LONGEST: usize = 80;
    let line = text.lines().next().unwrap_or_default().trim();
    line.chars().take(LONGEST).collect()
}

/// The path in minijinja's text for an undefined value, with the keys that were there instead of the last.
fn missing(detail: &str, context: &Value) -> Option<MissingPath> {
    let (path, _) = detail.strip_prefix('`')?.split_once("` is undefined")?;
    let path: Vec<String> = path.split('.').map(str::to_owned).collect();
    let absent = path.len().checked_sub(1)?;
    let mut parent = context.clone();
    for key in &path[..absent] {
        parent = parent.as_map().and_then(|m| m.get(key.as_bytes())).unwrap_or_default();
    }
    let siblings = match &parent {
        Value::Map(m) => m.entries().keys().map(|k| k.to_text().into_owned()).collect(),
        _ => Vec::new(),
    };
    Some(MissingPath { path, absent, siblings })
}

fn parse_error(source: &Arc<TreeSource>, offset: usize, message: String) -> ParseError {
    let line = line_column(&source.text, offset).0;
    ParseError { source: source.clone(), line: line as u32, offset: offset as u32, message }
}

fn syntax_error(source: &Arc<TreeSource>, error: &Error) -> ParseError {
    let text = text::encode(&source.text);
    let range = error.range().unwrap_or_else(|| line_start(&text, error.line().unwrap_or(1)));
    let offset = text::decode(text.get(..range.start).unwrap_or_default()).len();
    // Helm takes its parse errors apart at colons.
    let message = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    parse_error(source, offset, message.replace(": ", ", "))
}

/// The template that `{% include %}` or `{% import %}` means: relative to the file it stands in, else below the chart's
/// templates, else below the chart, else by its full path.
fn resolve(names: &[String], name: &str, parent: &str) -> String {
    let folder = parent.rsplit_once('/').map_or("", |p| p.0);
    let chart = parent.rfind("/templates/").map_or("", |at| &parent[..at]);
    [join(folder, name), join(&format!("{chart}/templates"), name), join(chart, name), name.to_owned()]
        .into_iter()
        .find(|candidate| names.binary_search(candidate).is_ok())
        .unwrap_or_else(|| name.to_owned())
}

fn join(folder: &str, name: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').collect();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

/// What a template prints, up to a limit.
struct Output {
    text: Vec<u8>,
    limit: usize,
}

impl io::Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.text.len() + bytes.len() > self.limit {
            return Err(io::Error::other(format!("the output is larger than the limit of {} bytes", self.limit)));
        }
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
