//! Which functions there are where.

use super::super::ast::{EngineFunc, FuncRef};
use super::super::func::Since;
use super::super::funcs;
use crate::value::HelmVersion;

/// Which functions a template may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FuncScope {
    /// All that a chart's templates have.
    Chart(HelmVersion),
    /// Sprig's, with `env` and `expandenv`, without Helm's own: `--name-template`.
    NameTemplate,
    /// Those of helmfile's templates.
    Helmfile,
    /// Those of Argo CD's ApplicationSets.
    Argo,
}

/// The function that a name stands for in a scope.
pub fn find_function(name: &str, scope: FuncScope) -> Option<FuncRef> {
    let own = match scope {
        FuncScope::Helmfile => funcs::tools::HELMFILE,
        FuncScope::Argo => funcs::tools::ARGO,
        FuncScope::NameTemplate => funcs::environment::NAME_TEMPLATE,
        FuncScope::Chart(_) => &[],
    };
    if let Some(f) = own.iter().find(|f| f.name == name) {
        return Some(FuncRef::Table(f));
    }
    if let Some(f) = EngineFunc::ALL.into_iter().find(|f| f.name() == name) {
        let of_helm = matches!(f, EngineFunc::Include | EngineFunc::Tpl | EngineFunc::Required | EngineFunc::Lookup);
        return (scope != FuncScope::NameTemplate || !of_helm).then_some(FuncRef::Engine(f));
    }
    let f = funcs::find(name)?;
    let known = match (f.since, scope) {
        (Since::Both, _) => true,
        (Since::V4, scope) => scope == FuncScope::Chart(HelmVersion::V4),
    };
    known.then_some(FuncRef::Table(f))
}
