//! Where the two dialects meet: Jinja templates run with this evaluator's functions, named templates of both kinds include
//! each other.

use smallvec::SmallVec;

use super::super::ast::{EngineFunc, FuncRef};
use super::super::error::ExecError;
use super::super::func::Ty;
use super::super::jinja::{Argument, Evaluator};
use super::super::methods;
use super::super::trace::Tracer;
use super::call::{Signature, assign, nil_of, type_text, types_of};
use super::{Args, Exec, Outcome, engine};
use crate::stack;
use crate::value::compare::truth;
use crate::value::{IntKind, Value};

impl<'t, 'w, T: Tracer> Exec<'t, 'w, T> {
    /// Renders the current tree, which is written in Jinja, to the current buffer.
    pub(super) fn jinja(&mut self, context: &Value) -> Outcome<()> {
        let (Some(tree), Some(dialect)) = (self.tree, self.templates.jinja()) else { return Ok(()) };
        let (text, used) = dialect.render(tree, context, self.limits.output, self)?;
        self.steps = self.steps.saturating_add(used);
        self.tracer.jinja(tree, &text);
        self.out.extend_from_slice(&text);
        Ok(())
    }

    fn checked(&self, name: &str, signature: Signature, args: Vec<Argument>) -> Outcome<Args<T::Tag>> {
        let (fixed, count) = (signature.params.len(), args.len());
        if count < fixed || (signature.variadic.is_none() && count > fixed) {
            let least = if signature.variadic.is_some() { "at least " } else { "" };
            return Err(ExecError::plain(format!("wrong number of args for {name}: want {least}{fixed} got {count}")));
        }
        let mut out = Args { values: SmallVec::new(), tags: SmallVec::new(), first_invalid: false };
        for (i, arg) in args.into_iter().enumerate() {
            out.values.push(self.checked_argument(arg, signature.param(i))?);
            out.tags.push(T::Tag::default());
        }
        Ok(out)
    }

    fn checked_argument(&self, arg: Argument, ty: Ty) -> Outcome<Value> {
        let value = match (arg.value, ty) {
            (Value::Int(n, IntKind::Int), Ty::Uint32) if arg.adapts => Value::Int(i64::from(n as u32), IntKind::Uint32),
            (Value::Int(n, IntKind::Int), Ty::Float) if arg.adapts => Value::Float(n as f64),
            (value, _) => value,
        };
        if value.is_nil() {
            return nil_of(ty).ok_or_else(|| ExecError::plain(format!("invalid value; expected {}", type_text(ty))));
        }
        assign(&value, ty).ok_or_else(|| {
            let got = value.type_name(self.helm());
            ExecError::plain(format!("wrong type for value; expected {}; got {got}", type_text(ty)))
        })
    }

    fn engine_function(&mut self, f: EngineFunc, args: &Args<T::Tag>) -> Outcome<Value> {
        let decides = |value: &&Value| truth(value) == (f == EngineFunc::Or);
        let called = match f {
            EngineFunc::Include => self.include(args),
            EngineFunc::Tpl => self.tpl(args),
            EngineFunc::Required => self.required(args),
            EngineFunc::Fail => self.fail(args),
            EngineFunc::Lookup => self.live_object(args),
            EngineFunc::And | EngineFunc::Or => {
                let values = &args.values;
                return Ok(values.iter().find(decides).or(values.last()).cloned().unwrap_or_default());
            }
            EngineFunc::Len => return engine::length(args, self.helm()).map_err(ExecError::plain),
            EngineFunc::Call => return Err(ExecError::plain("no value is a function")),
        };
        called.map(|operand| operand.value)
    }
}

impl<T: Tracer> Evaluator for Exec<'_, '_, T> {
    fn call_function(&mut self, f: FuncRef, args: Vec<Argument>) -> Result<Value, Box<ExecError>> {
        if stack::is_low() {
            return Err(ExecError::plain("templates are nested too deeply: the stack is used up"));
        }
        match f {
            FuncRef::Engine(f) => {
                let args = self.checked(f.name(), engine::signature(f), args)?;
                self.engine_function(f, &args)
            }
            FuncRef::Table(f) => {
                let args = self.checked(f.name, Signature::of(f), args)?;
                let mut value = (f.body)(&mut self.cx, &args.values).map_err(|e| ExecError::plain(e.0))?;
                self.made(&value);
                self.check_limits()?;
                self.tracer.call(f.name, &args.values, &args.tags, &mut value, self.cx.helm);
                Ok(value)
            }
        }
    }

    fn call_method(&mut self, receiver: &Value, name: &str, args: Vec<Argument>) -> Result<Value, Box<ExecError>> {
        match receiver {
            Value::Map(map) => {
                let method = methods::find(map.kind(), name.as_bytes()).ok_or_else(|| ExecError::plain("no method"))?;
                let args = self.checked(name, Signature { params: method.params, variadic: None }, args)?;
                (method.body)(&mut self.cx, map, &args.values).map_err(|e| ExecError::plain(e.0))
            }
            Value::Object(object) => {
                let signature = match object.method_params(name) {
                    Some(params) => Signature { params: types_of(params), variadic: None },
                    None => Signature { params: &[], variadic: Some(Ty::Any) },
                };
                let args = self.checked(name, signature, args)?;
                object.call(name, &args.values).map_err(ExecError::plain)
            }
            _ => Err(ExecError::plain("no method")),
        }
    }
}
