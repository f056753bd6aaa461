//! Parsing a chart's templates, on several threads where that pays.

use std::sync::Arc;

use super::RenderError;
use super::context::TemplateFile;
use super::threads::{Threads, text_bytes};
use crate::parallel;
use crate::span::SourceMap;
use crate::template::ast::TreeSource;
use crate::template::exec::Templates;
use crate::template::jinja;
use crate::template::parse::{FuncScope, ParseError, Trees};
use crate::template::parsed::Parsed;
use crate::value::HelmVersion;

/// Parses all templates, on all cores, into one namespace in Helm's order.
pub(super) fn parse_all(
    files: &[TemplateFile],
    parsed: &Parsed,
    helm: HelmVersion,
    threads: Threads,
    sources: &mut SourceMap,
) -> Result<Templates, RenderError> {
    let many = threads.count(text_bytes(files)) > 1;
    if many {
        // One that can't be read says so later.
        let texts: Vec<_> = files.iter().map(|f| f.text.clone()).collect();
        parallel::map(&texts, |text| text.read_now().is_ok());
    }
    let with_positions: Vec<Arc<TreeSource>> = files
        .iter()
        .map(|f| {
            let pos = sources.add(&f.path, "", f.text.clone());
            Arc::new(TreeSource { name: f.path.as_str().into(), text: f.text.clone(), pos })
        })
        .collect();
    let scope = FuncScope::Chart(helm);
    let (jinja, with_positions): (Vec<_>, Vec<_>) =
        with_positions.into_iter().partition(|source| jinja::is_jinja(&source.name));
    let parse = |source: &Arc<TreeSource>| parsed.parse(source.clone(), scope);
    let parsed: Vec<Result<Trees, ParseError>> =
        if many { parallel::map(&with_positions, parse) } else { with_positions.iter().map(parse).collect() };
    let mut templates = Templates::default();
    for trees in parsed {
        templates.add(trees.map_err(RenderError::Parse)?);
    }
    if !jinja.is_empty() {
        templates.add_jinja(jinja::Dialect::compile(jinja, helm).map_err(RenderError::Parse)?);
    }
    Ok(templates)
}
