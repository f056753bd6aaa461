//! Rendering a chart held in memory, file by file as the templates print it: tests, the fuzzer and the library's users.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use typed_arena::Arena;

use super::parse::parse_all;
use super::{KubeVersion, Options, RenderError, Threads, context};
use crate::chart::File;
use crate::chart::load::from_files;
use crate::chart::node::{Node, Process};
use crate::diag::log::Log;
use crate::span::SourceMap;
use crate::template::exec::{Exec, Limits, without_no_value};
use crate::template::func::FuncCx;
use crate::template::parse::FuncScope;
use crate::template::trace::Untraced;
use crate::value::{HelmVersion, Value};
use crate::world::System;

/// Renders the chart of these files with a user's values, as release `rel` in namespace `ns` on Kubernetes 1.33.0, in UTC. Gives
/// what each template printed, under its full path.
///
/// # Errors
/// With Helm's text.
pub fn render_files(
    files: &[(String, Vec<u8>)],
    values: &[u8],
    helm: HelmVersion,
) -> Result<BTreeMap<String, Vec<u8>>, String> {
    render_files_within(files, values, helm, Limits::default())
}

/// As [`render_files`], within other limits than the usual ones.
///
/// # Errors
/// With Helm's text, and when a limit is reached.
pub fn render_files_within(
    files: &[(String, Vec<u8>)],
    values: &[u8],
    helm: HelmVersion,
    limits: Limits,
) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let mut sources = SourceMap::default();
    let mut log = Log::new(helm);
    let files = files.iter().map(|(n, t)| File { name: n.clone(), data: t[..].into() }).collect();
    let chart = from_files(files, helm, &mut log)?;
    let base = sources.add("values", "-f", values);
    let values = crate::yaml::load_values(values, base, helm).map_err(|e| e.message)?;
    let options = Options::of("rel", "ns", KubeVersion::parse("1.33.0", helm)?, helm);
    let root = Node::build(&chart, helm, &mut sources)?;
    let mut process = Process { helm, log: &mut log };
    process.dependencies(&root, &values)?;
    let merged = process.coalesce(&root, &values)?;
    let context = context::build(&root, merged, &options);
    let text = |e: RenderError| e.helm_text(helm);
    let templates = parse_all(&context.files, &chart.parsed, helm, Threads::Exactly(1), &mut sources).map_err(text)?;
    let (arena, mut regexes) = (Arena::new(), Default::default());
    let world = System::new(None, None, None).in_zone(TimeZone::UTC);
    let cx = FuncCx { helm, world: &world, dns: false, regexes: &mut regexes };
    let mut exec = Exec::new(&templates, &arena, FuncScope::Chart(helm), cx, Untraced).within(limits);
    let mut rendered = BTreeMap::new();
    for file in context.files.iter().filter(|f| !f.is_partial()) {
        context::set_template(file);
        let out = exec.execute(file.path.as_bytes(), Value::Map(file.context.clone()));
        let out = out.map_err(|e| text(RenderError::Exec(e)))?;
        rendered.insert(file.path.clone(), without_no_value(out));
    }
    Ok(rendered)
}
