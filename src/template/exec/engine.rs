//! Functions that need the evaluator itself: `include`, `tpl`, `required`, `fail`, `lookup`, and the built-ins that
//! Go's evaluator treats specially. Helm's are from helm v4.3.1 and v3.22.0 `pkg/engine/engine.go`.

use std::sync::Arc;

use super::super::ast::{EngineFunc, Expr, TreeSource};
use super::super::error::{ExecError, Link, USER_END, USER_START};
use super::super::func::Ty;
use super::super::parse::{Trees, parse};
use super::super::trace::Tracer;
use super::call::Signature;
use super::{Args, At, Exec, Operand, Outcome};
use crate::span::Pos;
use crate::value::compare::truth;
use crate::value::fmt::go_quote;
use crate::value::{HelmVersion, Str, Value, kept};

/// `include` of one name nested deeper than this is refused by Helm.
const MAX_INCLUDES: u32 = 1000;

pub(super) fn signature(f: EngineFunc) -> Signature {
    let (params, variadic): (&'static [Ty], Option<Ty>) = match f {
        EngineFunc::Include | EngineFunc::Tpl | EngineFunc::Required => (&[Ty::Str, Ty::Any], None),
        EngineFunc::Fail => (&[Ty::Str], None),
        EngineFunc::Lookup => (&[Ty::Str, Ty::Str, Ty::Str, Ty::Str], None),
        EngineFunc::And | EngineFunc::Or | EngineFunc::Call => (&[Ty::Reflect], Some(Ty::Reflect)),
        EngineFunc::Len => (&[Ty::Reflect], None),
    };
    Signature { params, variadic }
}

impl<'t, 'w, T: Tracer> Exec<'t, 'w, T> {
    pub(super) fn call_engine(
        &mut self,
        dot: &Operand<T::Tag>,
        f: EngineFunc,
        node: At<'t>,
        args: &'t [Expr],
        last: Option<Operand<T::Tag>>,
    ) -> Outcome<Operand<T::Tag>> {
        if matches!(f, EngineFunc::And | EngineFunc::Or) {
            return self.and_or(dot, f, args, last);
        }
        let piped_first = args.len() < 2;
        let values = self.arguments(dot, f.name(), signature(f), args, last)?;
        let called = match f {
            EngineFunc::Include => self.include(&values),
            EngineFunc::Tpl => self.tpl(&values),
            EngineFunc::Required => self.required(&values),
            EngineFunc::Fail => self.fail(&values),
            EngineFunc::Lookup => self.live_object(&values),
            EngineFunc::Call => Err(self.call_value(args, piped_first, &values)),
            _ => length(&values, self.helm()).map_err(ExecError::plain).map(|mut value| {
                let tag = self.tracer.call("len", &values.values, &values.tags, &mut value, self.cx.helm);
                Operand { value, iface: false, tag }
            }),
        };
        called.map_err(|e| {
            self.at = node;
            e.wrapped(self.frame(format!("error calling {}: ", f.name())))
        })
    }

    fn and_or(
        &mut self,
        dot: &Operand<T::Tag>,
        f: EngineFunc,
        args: &'t [Expr],
        last: Option<Operand<T::Tag>>,
    ) -> Outcome<Operand<T::Tag>> {
        let written = args.get(1..).unwrap_or_default();
        if written.is_empty() && last.is_none() {
            return Err(self.error(format!("wrong number of args for {}: want at least 1 got 0", f.name())));
        }
        // The tag of what was evaluated so far: each operand decides whether the next one is.
        let mut decided: Option<Operand<T::Tag>> = None;
        for expr in written {
            let next = self.argument(dot, Some(Ty::Reflect), expr)?;
            let stops = truth(&next.value) == (f == EngineFunc::Or);
            let joined = self.joined(f, decided, next);
            if stops {
                return Ok(joined);
            }
            decided = Some(joined);
        }
        match last {
            Some(last) => Ok(self.joined(f, decided, last)),
            None => Ok(decided.unwrap_or_default()),
        }
    }

    /// The operand `next` of `and` or `or`, with what came before it.
    fn joined(&mut self, f: EngineFunc, before: Option<Operand<T::Tag>>, next: Operand<T::Tag>) -> Operand<T::Tag> {
        let Some(before) = before else { return next };
        if size_of::<T::Tag>() == 0 {
            return next;
        }
        let (args, tags) = ([before.value, next.value.clone()], [before.tag, next.tag]);
        let mut value = next.value;
        let tag = self.tracer.call(f.name(), &args, &tags, &mut value, self.cx.helm);
        Operand { value, iface: next.iface, tag }
    }

    pub(super) fn include(&mut self, args: &Args<T::Tag>) -> Outcome<Operand<T::Tag>> {
        let Value::Str(name) = &args.values[0] else { return Err(ExecError::plain("include takes a name")) };
        let depth = self.include_depth.entry(name.clone()).or_insert(0);
        if *depth > MAX_INCLUDES {
            return Err(ExecError::plain(format!(
                "rendering template has a nested reference name: {}: unable to execute template",
                name.to_text()
            )));
        }
        *depth += 1;
        let data = Operand { value: args.values[1].clone(), iface: false, tag: args.tags[1].clone() };
        let done = self.execute_template(name, data);
        if let Some(depth) = self.include_depth.get_mut(name) {
            *depth -= 1;
        }
        let (out, tag) = done?;
        Ok(Operand { value: Value::Str(out), iface: false, tag })
    }

    pub(super) fn tpl(&mut self, args: &Args<T::Tag>) -> Outcome<Operand<T::Tag>> {
        let Value::Str(text) = &args.values[0] else { return Err(ExecError::plain("tpl takes a text")) };
        if !memchr::memchr_iter(b'{', text).any(|i| text.get(i + 1) == Some(&b'{')) {
            return Ok(self.plain_tpl(text, args));
        }
        let trees = match self.tpl_cache.get(text) {
            Some(trees) => *trees,
            None => self.parse_tpl(text)?,
        };
        let main = trees.get(&b"gotpl"[..]).expect("a text defines at least itself");
        self.overlays.push(trees);
        let data = Operand { value: args.values[1].clone(), iface: false, tag: args.tags[1].clone() };
        let done = self.execute_tpl(main, data, &args.tags[0]);
        self.overlays.pop();
        let (out, tag) = done.map_err(|e| {
            e.wrapped(Link::Text(format!("error during tpl function execution for {}: ", go_quote(text))))
        })?;
        Ok(Operand { value: Value::Str(out), iface: false, tag })
    }

    /// A text without actions is its own result.
    fn plain_tpl(&mut self, text: &Str, args: &Args<T::Tag>) -> Operand<T::Tag> {
        let mut value = if missing_value(text).is_some() {
            Value::string(without_no_value(text.to_vec()))
        } else {
            args.values[0].clone()
        };
        let tag = self.tracer.call("tpl", &args.values, &args.tags, &mut value, self.cx.helm);
        Operand { value, iface: false, tag }
    }

    fn parse_tpl(&mut self, text: &Str) -> Outcome<&'t Trees> {
        let source = Arc::new(TreeSource { name: Str::from("gotpl"), text: text.as_bytes().into(), pos: Pos::NONE });
        let trees = parse(source, self.scope)
            .map_err(|e| ExecError::plain(format!("cannot parse template {}: {}", go_quote(text), e.text())))?;
        let trees: &'t Trees = self.arena.alloc(trees);
        self.tpl_cache.insert(text.clone(), trees);
        Ok(trees)
    }

    pub(super) fn required(&mut self, args: &Args<T::Tag>) -> Outcome<Operand<T::Tag>> {
        let value = &args.values[1];
        let missing = value.is_nil() || matches!(value, Value::Str(s) if s.is_empty());
        if !missing {
            let mut value = value.clone();
            let tag = self.tracer.call("required", &args.values, &args.tags, &mut value, self.cx.helm);
            return Ok(Operand { value, iface: false, tag });
        }
        self.user_error(&args.values[0])
    }

    pub(super) fn fail(&mut self, args: &Args<T::Tag>) -> Outcome<Operand<T::Tag>> {
        self.user_error(&args.values[0])
    }

    fn user_error(&self, message: &Value) -> Outcome<Operand<T::Tag>> {
        if self.lint {
            return Ok(Operand { value: Value::string(""), ..Operand::default() });
        }
        let text = message.as_str().map(|s| kept::keep(s)).unwrap_or_default();
        let mut e = ExecError::plain(format!("{USER_START}{text}{USER_END}"));
        e.user_message = Some(text);
        Err(e)
    }

    pub(super) fn live_object(&mut self, args: &Args<T::Tag>) -> Outcome<Operand<T::Tag>> {
        let text = |i: usize| args.values[i].as_str().map(|s| s.to_text().into_owned()).unwrap_or_default();
        let mut value = self.cx.world.lookup(&text(0), &text(1), &text(2), &text(3)).map_err(ExecError::plain)?;
        let tag = self.tracer.call("lookup", &args.values, &args.tags, &mut value, self.cx.helm);
        Ok(Operand { value, iface: false, tag })
    }

    /// `call`: no value that a template can reach is a function.
    fn call_value(&self, args: &'t [Expr], piped_first: bool, values: &Args<T::Tag>) -> Box<ExecError> {
        let value = &values.values[0];
        if value.is_nil() {
            return ExecError::plain("call of nil");
        }
        let name = match args.get(1) {
            Some(callee) if !piped_first => self.written(callee),
            _ => match value {
                Value::Str(s) => s.to_text().into_owned(),
                v => format!("<{} Value>", v.type_name(self.helm())),
            },
        };
        ExecError::plain(format!("non-function {name} of type {}", value.type_name(self.helm())))
    }
}

const NO_VALUE: &[u8] = b"<no value>";

/// Where the first missing value was printed.
pub(super) fn missing_value(text: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'<', text).find(|i| text[*i..].starts_with(NO_VALUE))
}

/// Helm deletes what Go prints for a missing value, wherever it stands.
pub fn without_no_value(text: Vec<u8>) -> Vec<u8> {
    let Some(first) = missing_value(&text) else { return text };
    let mut out = text[..first].to_vec();
    let mut rest = &text[first + NO_VALUE.len()..];
    while let Some(n) = missing_value(rest) {
        out.extend_from_slice(&rest[..n]);
        rest = &rest[n + NO_VALUE.len()..];
    }
    out.extend_from_slice(rest);
    out
}

/// Go's `len`.
pub(super) fn length<G>(args: &Args<G>, helm: HelmVersion) -> Result<Value, String> {
    let n = match &args.values[0] {
        Value::Nil if args.first_invalid => {
            return Err("reflect: call of reflect.Value.Type on zero Value".into());
        }
        Value::Nil => return Err("len of nil pointer".into()),
        Value::Str(s) => s.len(),
        Value::Bytes(b) => b.len(),
        Value::List(l) => l.items.len(),
        Value::Map(m) => m.len(),
        Value::Object(o) => match o.as_list() {
            Some(l) => l.items.len(),
            // Pointers are followed.
            None => return Err(format!("len of type {}", o.type_name().trim_start_matches('*'))),
        },
        other => return Err(format!("len of type {}", other.type_name(helm))),
    };
    Ok(Value::int(n as i64))
}
