//! The CEL rules of custom resources (`x-kubernetes-validations`), evaluated as the API server evaluates them for an
//! object that is new (apiextensions-apiserver v0.37 `pkg/apiserver/schema/cel`). How values and types look to CEL is
//! in [`super::cel`]. Start reading at [`apply`].

use super::cel::{declared, value_of};
use super::schema::{CrdRule, CrdSchema};
use crate::cel::{CompileError, Env, Program, Scope, Type, Value};
use crate::finding::Problem;
use crate::kube::schema::path::Path;
use crate::kube::schema::problems::error;
use crate::stack;
use crate::yaml::node::{Data, Node, path_steps, path_text};

/// A rule ready to run.
pub(super) struct Compiled {
    /// Nothing if it is about changes only: it uses `oldSelf`, which a new object hasn't.
    rule: Option<Result<Program, CompileError>>,
    message: Option<Program>,
}

impl Compiled {
    fn new(rule: &CrdRule, schema: &CrdSchema, is_root: bool, minor: u32) -> Compiled {
        let this = declared(schema, is_root, "selfType");
        let old = Type::optional(this.clone());
        let mut globals = vec![("self".to_owned(), this)];
        if rule.optional_old_self {
            globals.push(("oldSelf".to_owned(), old));
        }
        let env = Env { minor, globals, variables: Vec::new(), has_variables: false };
        let compiled = env.compile(&rule.rule);
        let about_changes = compiled.is_err() && !rule.optional_old_self && has_word(&rule.rule, "oldSelf");
        let message = rule.message_expression.as_ref().and_then(|m| env.compile(m).ok());
        Compiled { rule: (!about_changes).then_some(compiled), message }
    }

    /// What it says of a value; nothing if it holds.
    fn violated(&self, rule: &CrdRule, value: &Value<'_>) -> Option<String> {
        let globals = || {
            let old = rule.optional_old_self.then_some(Some(Value::Optional(None)));
            std::iter::once(Some(value.clone())).chain(old).collect()
        };
        let fails = |why: &str| Some(format!("rule {:?} could not be evaluated: {why}", rule.rule));
        let program = match self.rule.as_ref()? {
            Ok(program) => program,
            Err(why) => return fails(&format!("compilation failed: {}", why.message)),
        };
        match program.eval(&Scope::new(globals(), &[])) {
            Ok(Value::Bool(true)) => None,
            Ok(_) => {
                let made = self.message.as_ref().and_then(|m| m.eval(&Scope::new(globals(), &[])).ok());
                // A message of several lines or of nothing is passed over.
                let made = made.and_then(|m| m.as_str().map(|m| m.trim().to_owned()));
                let made = made.filter(|m| !m.is_empty() && !m.contains('\n'));
                let given = || rule.message.clone().filter(|m| !m.is_empty());
                Some(made.or_else(given).unwrap_or_else(|| format!("failed rule: {}", rule.rule)))
            }
            Err(why) => fails(&why.0),
        }
    }
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|w| w == word)
}

/// Judges all rules for a value and what is below it.
pub(super) fn apply(minor: u32, value: &Node, schema: &CrdSchema, path: &Path<'_>, found: &mut Vec<Problem>) {
    if !schema.has_rules || stack::is_low() {
        return;
    }
    let is_root = schema.embedded || matches!(path, Path::Root);
    if !value.is_null() && !schema.rules.is_empty() {
        let compile = || schema.rules.iter().map(|r| Compiled::new(r, schema, is_root, minor)).collect();
        let compiled: &Vec<Compiled> = schema.compiled.get_or_init(compile);
        let this = value_of(value, schema, is_root);
        for (rule, compiled) in schema.rules.iter().zip(compiled) {
            found.extend(compiled.violated(rule, &this).map(|text| violation(rule, &text, path)));
        }
    }
    match &value.data {
        Data::Map(entries) => {
            for entry in entries {
                if let Some(inner) = schema.field(&entry.key) {
                    apply(minor, &entry.value, inner, &path.key(&entry.key), found);
                }
            }
        }
        Data::List(items) => {
            for (i, item) in items.iter().enumerate() {
                if let Some(inner) = &schema.items {
                    apply(minor, item, inner, &path.index(i), found);
                }
            }
        }
        _ => {}
    }
}

/// The server's words for a rule that doesn't hold.
fn violation(rule: &CrdRule, text: &str, path: &Path<'_>) -> Problem {
    let mut problem = error("schema/cel-rule", path, String::new());
    if let Some(below) = &rule.field_path {
        // `.ages['max-age']` is meant as it would be in a path of the server.
        problem.path = path_text(&path_steps(&format!("{}{}", problem.path, below.replace('\'', ""))));
    }
    let what = match rule.reason.as_deref() {
        Some("FieldValueForbidden") => "Forbidden",
        Some("FieldValueRequired") => "Required value",
        Some("FieldValueDuplicate") => "Duplicate value",
        _ => "Invalid value",
    };
    problem.message = format!("{}: {what}: {text}", problem.path);
    problem
}
