//! The CEL rules of custom resources, compiled once each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::cel::{Env, Program, Scope, Type, Value};
use crate::kube::schema::{RuleCase, RuleJudge, Verdict};

/// What compiling an expression gave.
type Compiled = Arc<Result<Program, String>>;

/// Evaluates the rules of custom resources with [`crate::cel`]. `self` has no type beforehand, so that what depends on
/// one (dates and durations as such, escaped names) is told to be unchecked rather than judged.
#[derive(Default)]
pub struct CelJudge {
    compiled: Mutex<HashMap<(u32, String), Compiled>>,
}

impl CelJudge {
    fn program(&self, minor: u32, text: &str) -> Compiled {
        let key = (minor, text.to_owned());
        // Nothing panics while it holds the lock; and if, what it holds is still right.
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        let made = compiled.entry(key).or_insert_with(|| {
            let globals = vec![("self".to_owned(), Type::Dyn), ("oldSelf".to_owned(), Type::Dyn)];
            let env = Env { minor, globals, variables: Vec::new(), has_variables: false };
            Arc::new(env.compile(text).map_err(|e| e.message))
        });
        Arc::clone(made)
    }
}

impl RuleJudge for CelJudge {
    fn judge(&self, case: &RuleCase<'_>) -> Verdict {
        let rule = case.rule;
        if rule.rule.contains("oldSelf") && !rule.optional_old_self {
            return Verdict::Holds;
        }
        if rule.rule.contains("__") {
            return Verdict::Unchecked(format!("its rule was not evaluated: {}", rule.rule.trim()));
        }
        let program = self.program(case.minor, &rule.rule);
        let program = match &*program {
            Ok(program) => program,
            Err(e) => return Verdict::Failed(e.clone()),
        };
        // The object is new: there is no old one.
        let scope = || Scope::new(vec![Some(Value::of(case.value)), Some(Value::Optional(None))], &[]);
        match program.eval(&scope()) {
            Ok(Value::Bool(true)) => Verdict::Holds,
            Ok(_) => {
                let made = rule.message_expression.as_ref().map(|text| self.program(case.minor, text));
                let made = made.as_ref().and_then(|p| p.as_ref().as_ref().ok());
                let text = made.and_then(|p| p.eval(&scope()).ok()?.as_str().map(str::to_owned));
                Verdict::Violated(text)
            }
            Err(e) if e.0.contains("overload") => {
                Verdict::Unchecked(format!("its rule was not evaluated: {}: {}", rule.rule.trim(), e.0))
            }
            Err(e) => Verdict::Failed(e.0.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kube::schema::{CrdRule, CrdSchema};
    use crate::yaml::node::Document;

    fn judged(rule: &str, value: &str) -> Verdict {
        let rule = CrdRule {
            rule: rule.into(),
            message: None,
            message_expression: Some("'it is ' + string(self.size)".into()),
            field_path: None,
            reason: None,
            optional_old_self: false,
        };
        let document = Document::parse(value.as_bytes()).expect("it is YAML");
        let schema = CrdSchema::default();
        CelJudge::default().judge(&RuleCase { rule: &rule, value: &document.root, schema: &schema, minor: 36 })
    }

    #[test]
    fn rules_are_evaluated() {
        assert_eq!(judged("self.size > 1", "size: 2"), Verdict::Holds);
        assert_eq!(judged("self.size > 1", "size: 1"), Verdict::Violated(Some("it is 1".into())));
        assert_eq!(judged("self == oldSelf", "size: 1"), Verdict::Holds);
        assert!(matches!(judged("self.size >", "size: 1"), Verdict::Failed(_)));
        assert!(matches!(judged("self.size > timestamp('2026-01-01T00:00:00Z')", "size: x"), Verdict::Unchecked(_)));
    }
}
