//! A chart with its values, before and while its templates run.

use std::rc::Rc;

use typed_arena::Arena;

use super::context::{self, Context};
use super::evaluate::{Evaluated, evaluate};
use super::parse::parse_all;
use super::{Options, RenderError, Threads};
use crate::chart::Chart;
use crate::chart::node::{Node, Process};
use crate::chart::validate;
use crate::diag::log::Log;
use crate::grammar::semver::{Constraints, Version};
use crate::span::SourceMap;
use crate::template::exec::{Exec, Templates};
use crate::template::func::FuncCx;
use crate::template::parse::FuncScope;
use crate::template::trace::Tracer;
use crate::value::{HelmVersion, Map};
use crate::world::World;

/// A chart with its values, ready to be parsed and evaluated: the stages of a render, one by one.
pub struct Prepared<'c> {
    pub(super) root: Rc<Node<'c>>,
    pub(super) context: Context,
    pub(super) values: Map,
    helm: HelmVersion,
    threads: Threads,
}

impl<'c> Prepared<'c> {
    /// Merges the values, enables the dependencies, checks the schemas and builds what templates see.
    ///
    /// # Errors
    /// [`RenderError::Early`] and [`RenderError::Release`].
    pub fn new(
        chart: &'c Chart,
        values: &Map,
        options: &Options,
        sources: &mut SourceMap,
        log: &mut Log,
    ) -> Result<Self, RenderError> {
        let helm = options.helm;
        let root = Node::build(chart, helm, sources).map_err(RenderError::Early)?;
        let mut process = Process { helm, log };
        process.dependencies(&root, values).map_err(|e| {
            RenderError::Early(match helm {
                HelmVersion::V3 => e,
                HelmVersion::V4 => format!("chart dependencies processing failed: {e}"),
            })
        })?;
        let merged = process.coalesce(&root, values).map_err(RenderError::Early)?;
        if options.check_schema {
            validate::check(&root, &merged, helm, process.log).map_err(RenderError::Early)?;
        }
        check_kube_version(chart, options)?;
        let context = context::build(&root, merged.clone(), options);
        Ok(Prepared { root, context, values: merged, helm, threads: options.threads })
    }

    /// The merged values of the root chart.
    pub fn values(&self) -> &Map {
        &self.values
    }

    /// Parses all templates into one namespace.
    ///
    /// # Errors
    /// [`RenderError::Parse`]
    pub fn parse(&self, sources: &mut SourceMap) -> Result<Templates, RenderError> {
        parse_all(&self.context.files, &self.root.chart.parsed, self.helm, self.threads, sources)
    }

    /// Executes the templates and splits what they print into documents.
    ///
    /// # Errors
    /// [`RenderError::Exec`]
    pub fn evaluate<T: Tracer>(
        &self,
        templates: &Templates,
        options: &Options,
        world: &dyn World,
        mut tracer: T,
    ) -> Result<(Vec<Evaluated>, T), RenderError> {
        tracer.begin(&self.values);
        let arena = Arena::new();
        let mut regexes = Default::default();
        let cx = FuncCx { helm: self.helm, world, dns: options.dns, regexes: &mut regexes };
        let mut exec = Exec::new(templates, &arena, FuncScope::Chart(self.helm), cx, tracer);
        let evaluated = evaluate(&mut exec, &self.context.files, self.helm, self.threads)?;
        let tracer = exec.into_tracer();
        if options.last {
            std::mem::forget((arena, regexes));
        }
        Ok((evaluated, tracer))
    }
}

fn check_kube_version(chart: &Chart, options: &Options) -> Result<(), RenderError> {
    let range = &chart.metadata.kube_version;
    let version = match options.helm {
        HelmVersion::V3 => &options.kube_version.version,
        HelmVersion::V4 => options.kube_version.comparable(),
    };
    if range.is_empty() {
        return Ok(());
    }
    let fits = match (Constraints::parse(range), Version::parse(version)) {
        (Ok(c), Ok(v)) => c.check(&v),
        _ => false,
    };
    if fits {
        return Ok(());
    }
    Err(RenderError::Release(format!(
        "chart requires kubeVersion: {range} which is incompatible with Kubernetes {version}"
    )))
}
