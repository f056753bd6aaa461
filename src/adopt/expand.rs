//! Templates of helmfile and of ApplicationSets, executed with the engine that charts are rendered with.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::fleet::charts::plain;
use crate::span::Pos;
use crate::template::ast::TreeSource;
use crate::template::error::Link;
use crate::template::exec::{Exec, Limits, Templates};
use crate::template::func::FuncCx;
use crate::template::parse::{FuncScope, parse};
use crate::template::trace::Untraced;
use crate::value::{HelmVersion, Value};
use crate::world::{MakeWorld, System, World};

/// What a template of a configuration may use up: far beyond any, and little to wait for.
const LIMITS: Limits = Limits { output: 16 << 20, total_output: 64 << 20, steps: 5_000_000 };

/// What is wrong with a template: the line in it, and why.
#[derive(Debug)]
pub(super) struct Trouble {
    /// Line, from 1; 0 where none is known.
    pub line: usize,
    /// Go's text.
    pub message: String,
}

/// Executes templates of one file.
pub(super) struct Expander<'a> {
    /// Whose functions they have.
    pub scope: FuncScope,
    /// The folder that files they read are relative to.
    pub folder: &'a Path,
    /// The folder that they may not leave.
    pub root: &'a Path,
}

impl Expander<'_> {
    /// What a text makes of data.
    ///
    /// # Errors
    /// For what Go refuses, and for values that are missing: helmfile and strict ApplicationSets refuse those, too.
    pub fn expand(&self, text: &str, data: Value) -> Result<String, Trouble> {
        let source = TreeSource { name: "text".into(), text: text.as_bytes().into(), pos: Pos::NONE };
        let trees = parse(Arc::new(source), self.scope)
            .map_err(|e| Trouble { line: e.line as usize, message: e.message.clone() })?;
        let mut templates = Templates::default();
        templates.add(trees);
        let arena = typed_arena::Arena::new();
        let mut regexes = Default::default();
        let world = Outside { system: System::new(None, None, None), folder: self.folder, root: self.root };
        let cx = FuncCx { helm: HelmVersion::V4, world: &world, dns: false, regexes: &mut regexes };
        let mut exec = Exec::new(&templates, &arena, self.scope, cx, Untraced).within(LIMITS);
        let out = exec.execute(b"text", data).map_err(|e| {
            let last = e.frames().last();
            let causes =
                e.links.iter().skip_while(|l| !matches!(l, Link::Frame(f) if last.is_some_and(|l| std::ptr::eq(l, f))));
            let said: String = causes
                .map(|link| match link {
                    Link::Frame(frame) => frame.message.as_str(),
                    Link::Text(text) => text,
                })
                .collect();
            Trouble {
                line: last.map(|f| f.line_column().0).unwrap_or_default(),
                message: e.user_message.clone().unwrap_or(said),
            }
        })?;
        let out = String::from_utf8_lossy(&out).into_owned();
        match out.lines().position(|l| l.contains("<no value>")) {
            None => Ok(out),
            Some(at) => {
                let line = out.lines().nth(at).unwrap_or_default().trim().to_owned();
                Err(Trouble { line: 0, message: format!("a value is missing in {line:?}") })
            }
        }
    }
}

/// The world of these templates: files below the root, no cluster, no network.
struct Outside<'a> {
    system: System,
    folder: &'a Path,
    root: &'a Path,
}

impl World for Outside<'_> {
    fn now(&self) -> Timestamp {
        self.system.now()
    }

    fn time_zone(&self) -> TimeZone {
        self.system.time_zone()
    }

    fn clock_is_real(&self) -> bool {
        self.system.clock_is_real()
    }

    fn fill_random(&self, bytes: &mut [u8]) {
        self.system.fill_random(bytes);
    }

    fn host_by_name(&self, _: &str) -> String {
        String::new()
    }

    fn lookup(&self, api_version: &str, kind: &str, namespace: &str, name: &str) -> Result<Value, String> {
        self.system.lookup(api_version, kind, namespace, name)
    }

    fn file(&self, path: &str) -> Result<Vec<u8>, String> {
        let full = plain(&self.folder.join(path));
        if !full.starts_with(self.root) {
            return Err(format!("open {path}: outside of {}", self.root.display()));
        }
        std::fs::read(&full).map_err(|e| format!("open {path}: {e}"))
    }

    fn elsewhere(&self) -> Option<MakeWorld> {
        None
    }
}
