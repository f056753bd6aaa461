//! What a definition's schema says beside the structure: defaults that its own values would refuse, and CEL rules that
//! don't compile (apiextensions-apiserver v0.36 `pkg/apis/apiextensions/validation`). Costs aren't estimated.

use super::cel::declared;
use super::schema::CrdSchema;
use super::validate::Validator;
use crate::cel::{Env, Type};
use crate::kube::schema::path::Path;
use crate::yaml::node::Node;

/// The minor version of Kubernetes that judges.
const MINOR: u32 = 36;

/// What a schema has against its own default.
pub fn default_problem(schema: &Node, default: &Node) -> Option<String> {
    // What stands in for an object within an object is judged as a whole object.
    let schema = CrdSchema::read(schema).filter(|s| !s.embedded)?;
    let mut validator = Validator { minor: MINOR, found: Vec::new() };
    validator.value(default, &schema, &Path::Root);
    let said = validator.found.into_iter().next()?.message;
    // The server has no name for what it looks at here.
    Some(said.trim_start_matches(": ").trim_start_matches("Invalid value: ").to_owned())
}

/// Why a rule of a schema can't be used; `is_root` where the schema is that of a whole object.
pub fn rule_problem(schema: &Node, rule: &str, optional_old_self: bool, is_root: bool) -> Option<String> {
    let schema = CrdSchema::read(schema)?;
    let this = declared(&schema, is_root || schema.embedded, "selfType");
    let old = if optional_old_self { Type::optional(this.clone()) } else { this.clone() };
    let globals = vec![("self".to_owned(), this), ("oldSelf".to_owned(), old)];
    let env = Env { minor: MINOR, globals, variables: Vec::new(), has_variables: false };
    match env.compile(rule) {
        Err(error) => Some(format!("compilation failed: {}", error.message)),
        Ok(program) if program.output == Type::Bool || program.output == Type::Dyn => None,
        Ok(_) => Some("cel expression must evaluate to a bool".into()),
    }
}
