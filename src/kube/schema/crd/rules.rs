//! The CEL rules of custom resources (`x-kubernetes-validations`): finds the values that they hold for and says what
//! became of them; evaluating is left to a [`RuleJudge`]. Start reading at [`apply`].

use super::schema::{CrdRule, CrdSchema};
use crate::finding::{Problem, Severity};
use crate::kube::schema::path::Path;
use crate::kube::schema::problems::error;
use crate::stack;
use crate::yaml::node::{Data, Node};

/// Evaluates the rules of custom resources.
pub trait RuleJudge: Send + Sync {
    /// What a rule says of a value of an object that is new: a rule that needs `oldSelf` holds, unless that is optional.
    fn judge(&self, case: &RuleCase<'_>) -> Verdict;
}

/// A rule and a value that it is for.
pub struct RuleCase<'a> {
    /// The rule.
    pub rule: &'a CrdRule,
    /// `self`, with the defaults of its schema.
    pub value: &'a Node,
    /// The schema of `self`.
    pub schema: &'a CrdSchema,
    /// Minor version of Kubernetes.
    pub minor: u32,
}

/// What became of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The value satisfies it.
    Holds,
    /// It doesn't; with the message that `messageExpression` made, if it did.
    Violated(Option<String>),
    /// It does not compile or ends in an error, told here; the server refuses the object.
    Failed(String),
    /// It could not be evaluated here, told why.
    Unchecked(String),
}

/// Judges all rules for a value and what is below it.
pub(super) fn apply(
    judge: &dyn RuleJudge,
    minor: u32,
    value: &Node,
    schema: &CrdSchema,
    path: &Path<'_>,
    found: &mut Vec<Problem>,
) {
    if !schema.has_rules || stack::is_low() {
        return;
    }
    if !value.is_null() {
        for rule in &schema.rules {
            let verdict = judge.judge(&RuleCase { rule, value, schema, minor });
            found.extend(violation(rule, verdict, path));
        }
    }
    match &value.data {
        Data::Map(entries) => {
            for entry in entries {
                if let Some(inner) = schema.field(&entry.key) {
                    apply(judge, minor, &entry.value, inner, &path.key(&entry.key), found);
                }
            }
        }
        Data::List(items) => {
            for (i, item) in items.iter().enumerate() {
                if let Some(inner) = &schema.items {
                    apply(judge, minor, item, inner, &path.index(i), found);
                }
            }
        }
        _ => {}
    }
}

/// The server's words for a rule that doesn't hold.
fn violation(rule: &CrdRule, verdict: Verdict, path: &Path<'_>) -> Option<Problem> {
    let text = match verdict {
        Verdict::Holds => return None,
        Verdict::Violated(message) => {
            let given = || rule.message.clone().filter(|m| !m.is_empty());
            message.or_else(given).unwrap_or_else(|| format!("failed rule: {}", rule.rule))
        }
        Verdict::Unchecked(why) => {
            return Some(Problem::new("schema/unchecked-rules", Severity::Info, path.text(), why));
        }
        Verdict::Failed(why) => format!("rule {:?} could not be evaluated: {why}", rule.rule),
    };
    let mut problem = error("schema/cel-rule", path, String::new());
    if let Some(below) = &rule.field_path {
        problem.path.push_str(if problem.path.is_empty() { below.trim_start_matches('.') } else { below });
    }
    let what = match rule.reason.as_deref() {
        Some("FieldValueForbidden") => "Forbidden",
        Some("FieldValueRequired") => "Required value",
        Some("FieldValueDuplicate") => "Duplicate value",
        _ => "Invalid value",
    };
    problem.message = format!("{}: {what}: {text}", problem.path);
    Some(problem)
}
