//! Policies as Kubernetes has them: ValidatingAdmissionPolicy files, read, compiled once and run over rendered objects,
//! so that the file that gates a pull request gates admission too. Rules that need more than one object are Rust, in
//! [`cross`]. Leaves waivers, environments and reports to others. Start at [`Set::load`], then [`Set::check`].

pub mod builtin;
pub mod cross;
mod defaults;
mod kinds;
mod load;
mod matching;
mod run;

use std::collections::HashMap;

use crate::cel::Program;
use crate::finding::{KubeObject, Problem, Severity, Text};
use crate::yaml::node::Node;
pub use kinds::is_namespaced;
use matching::Rules;
pub use matching::Selector;

pub use defaults::complete;

/// A file of policies that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    /// The file.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

impl std::fmt::Display for PolicyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)
    }
}

impl std::error::Error for PolicyError {}

/// What a policy's page says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// `set/name`, the rule of its findings.
    pub id: String,
    /// One line: what it demands.
    pub title: String,
    /// Why.
    pub why: String,
    /// How to mend a finding.
    pub remedy: String,
    /// Requirements it answers, `PCI DSS 4.0 2.2.1`.
    pub references: Vec<String>,
    /// Where to read more.
    pub url: String,
    /// A manifest that it refuses.
    pub bad: String,
    /// A manifest that it accepts.
    pub good: String,
}

/// The pages of a set's policies and of the rules over several objects, each with its severity.
pub fn pages(set: &Set) -> Vec<(Page, Severity)> {
    let policies = set.policies().iter().map(|p| (p.page.clone(), p.severity));
    policies.chain(cross::RULES.iter().map(|r| (r.page(), r.severity))).collect()
}

/// One policy, compiled.
#[derive(Debug)]
pub struct Policy {
    /// What `policy explain` shows.
    pub page: Page,
    /// How bad its findings are, unless a binding says otherwise.
    pub severity: Severity,
    name: String,
    fails_closed: bool,
    param_kind: Option<(String, String)>,
    constraints: Rules,
    conditions: Vec<(String, Program)>,
    variables: Vec<Program>,
    validations: Vec<Validation>,
}

#[derive(Debug)]
struct Validation {
    text: String,
    program: Program,
    message: String,
    message_expression: Option<Program>,
    path: Option<Program>,
}

/// A ValidatingAdmissionPolicyBinding.
#[derive(Debug)]
struct Binding {
    policy: String,
    resources: Option<Rules>,
    severity: Option<Severity>,
    param: Option<ParamRef>,
}

#[derive(Debug)]
struct ParamRef {
    name: Option<String>,
    namespace: Option<String>,
    selector: Option<Selector>,
    missing_denies: bool,
}

/// An object that policies take parameters from.
#[derive(Debug)]
struct Param {
    api_version: String,
    kind: String,
    name: String,
    namespace: String,
    root: Node,
}

/// Policies with their bindings and parameters. Can be shared between threads.
#[derive(Debug, Default)]
pub struct Set {
    policies: Vec<Policy>,
    bindings: Vec<Binding>,
    params: Vec<Param>,
}

/// What is known beside the object.
#[derive(Clone, Debug, Default)]
pub struct Context<'a> {
    /// The namespace of objects that name none.
    pub namespace: &'a str,
    /// Namespace objects of the same manifests, by name.
    pub namespaces: HashMap<&'a str, &'a KubeObject>,
}

impl<'a> Context<'a> {
    /// With the Namespaces among `objects`.
    pub fn new(namespace: &'a str, objects: &'a [KubeObject]) -> Context<'a> {
        let found = objects.iter().filter(|o| o.kind == "Namespace" && o.api_version == "v1");
        Context { namespace, namespaces: found.map(|o| (&*o.name, o)).collect() }
    }
}

impl Set {
    /// Reads and compiles policies. `texts` are single documents (see [`builtin::read`]); a parameter of a later text
    /// replaces one of the same kind and name. `minor` is the oldest Kubernetes version in question.
    ///
    /// # Errors
    /// All that is wrong, with its places, before anything runs.
    pub fn load(texts: &[Text], minor: u32) -> Result<Set, Vec<PolicyError>> {
        load::load(texts, minor)
    }

    /// The policies, in order of their ids.
    pub fn policies(&self) -> &[Policy] {
        &self.policies
    }

    /// What the policies say of an object.
    pub fn check(&self, object: &KubeObject, context: &Context<'_>) -> Vec<Problem> {
        run::check(self, object, context)
    }
}

#[cfg(test)]
mod tests {
    fn shared<T: Send + Sync>() {}

    #[test]
    fn sets_cross_threads() {
        shared::<super::Set>();
    }
}
