//! Whether the expressions of webhooks and admission policies compile (k8s.io/apiserver v0.36,
//! pkg/admission/plugin/cel). What the server knows of requests and namespaces is left open here, so that nothing is
//! refused that it takes; expressions that ask the authorizer aren't looked at.

use super::field::Field;
use crate::cel::{Env, Type};

/// The minor version of Kubernetes whose functions there are.
const MINOR: u32 = 36;

/// The variables of expressions.
pub(super) struct Expressions {
    env: Env,
}

impl Expressions {
    /// What an object's expressions may name.
    pub fn new(has_params: bool) -> Expressions {
        let mut names = vec!["object", "oldObject", "request", "namespaceObject"];
        if has_params {
            names.push("params");
        }
        let globals = names.into_iter().map(|n| (n.to_owned(), Type::Dyn)).collect();
        Expressions { env: Env { minor: MINOR, globals, variables: Vec::new(), has_variables: false } }
    }

    /// What a selector of devices may name.
    pub fn of_device() -> Expressions {
        let by_domain = Type::map(Type::String, Type::map(Type::String, Type::Dyn));
        let fields = [
            ("driver", Type::String),
            ("attributes", by_domain.clone()),
            ("capacity", by_domain),
            ("allowMultipleAllocations", Type::Bool),
        ];
        let globals = vec![("device".to_owned(), Type::object("DRADevice", &fields))];
        Expressions { env: Env { minor: MINOR, globals, variables: Vec::new(), has_variables: false } }
    }

    /// Adds the variable that an expression defines.
    pub fn define(&mut self, name: &str, expression: Field<'_>) {
        self.check(expression, &[]);
        let output = self.env.compile(expression.text()).map_or(Type::Dyn, |program| program.output);
        self.env.variables.push((name.to_owned(), output));
        self.env.has_variables = true;
    }

    /// Says so if an expression does not compile or yields none of these types; any will do if there are none.
    pub fn check(&self, expression: Field<'_>, wanted: &[Type]) {
        let text = expression.text().trim();
        if text.is_empty() || text.contains("authorizer") {
            return;
        }
        match self.env.compile(text) {
            Err(error) => expression.invalid(&format!("compilation failed: {}", error.message)),
            Ok(program) if wanted.is_empty() || program.output == Type::Dyn || wanted.contains(&program.output) => {}
            Ok(_) => {
                let names: Vec<String> = wanted.iter().map(|w| format!("{w:?}").to_lowercase()).collect();
                expression.invalid(&format!("must evaluate to {}", names.join(" or ")));
            }
        }
    }
}
