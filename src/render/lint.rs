//! The render that `helm lint` looks at: another release, values merged twice, `required` and `fail` without effect, and
//! files as they were printed instead of sorted documents (helm v4.3.1 `pkg/chart/v2/lint/rules/template.go`, helm
//! v3.22.0 `pkg/lint/rules/template.go`).

use std::collections::BTreeMap;

use typed_arena::Arena;

use super::evaluate::execute;
use super::parse::parse_all;
use super::{Options, RenderError, context};
use crate::chart::Chart;
use crate::chart::node::{Node, Process};
use crate::chart::validate::check;
use crate::diag::log::Log;
use crate::span::{Pos, SourceMap};
use crate::template::ast::TreeSource;
use crate::template::exec::Exec;
use crate::template::func::FuncCx;
use crate::template::jinja::is_jinja;
use crate::template::parse::FuncScope;
use crate::template::trace::Untraced;
use crate::value::Map;
use crate::world::World;

/// What came of a render for lint.
#[derive(Debug)]
pub enum Linted {
    /// What each template printed, by its path with the chart's name before it.
    Files(BTreeMap<String, String>),
    /// The values could not be merged, which `helm lint` doesn't speak of.
    Silent,
}

/// Renders a chart as `helm lint` does.
///
/// # Errors
/// [`RenderError::Early`] for values that a schema refuses, [`RenderError::Parse`] and [`RenderError::Exec`].
pub fn render_for_lint(
    chart: &Chart,
    values: &Map,
    options: &Options,
    world: &dyn World,
    sources: &mut SourceMap,
    log: &mut Log,
) -> Result<Linted, RenderError> {
    let helm = options.helm;
    let root = Node::build(chart, helm, sources).map_err(RenderError::Early)?;
    let mut process = Process { helm, log };
    if process.dependencies(&root, values).is_err() {
        return Ok(Linted::Silent);
    }
    let Ok(once) = process.coalesce(&root, values) else { return Ok(Linted::Silent) };
    // Nulls are gone by then, so that the second time brings back the defaults that they had deleted.
    let merged = process.coalesce(&root, &once).map_err(RenderError::Early)?;
    if options.check_schema {
        check(&root, &merged, helm, process.log).map_err(RenderError::Early)?;
    }
    let release = context::release(options, false, false, 0);
    let context = context::build_for(&root, merged, options, release);
    // Backwards, so as to meet a render of the same chart half way that goes forwards on another thread.
    for file in context.files.iter().rev().filter(|f| !is_jinja(f.path.as_bytes())) {
        let source = TreeSource { name: file.path.as_str().into(), text: file.text.clone(), pos: Pos::NONE };
        // What is wrong with one is said in Helm's order.
        let _ = chart.parsed.parse(source.into(), FuncScope::Chart(helm));
    }
    let templates = parse_all(&context.files, &chart.parsed, helm, options.threads, sources)?;
    let arena = Arena::new();
    let mut regexes = Default::default();
    let cx = FuncCx { helm, world, dns: false, regexes: &mut regexes };
    let mut exec = Exec::new(&templates, &arena, FuncScope::Chart(helm), cx, Untraced).lenient();
    let mut files = BTreeMap::new();
    for file in context.files.iter().filter(|f| !f.is_partial()) {
        files.insert(file.path.clone(), execute(&mut exec, file)?);
    }
    Ok(Linted::Files(files))
}
