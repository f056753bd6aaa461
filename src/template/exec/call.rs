//! Calls: arguments converted and checked as Go's reflection does, then the function's body.

use std::rc::Rc;

use smallvec::SmallVec;

use super::super::ast::{Expr, ExprKind, FuncRef};
use super::super::error::ExecError;
use super::super::func::{Func, FuncError, Ty};
use super::super::methods::Method;
use super::super::trace::Tracer;
use super::{Args, At, Exec, Operand, Outcome};
use crate::grammar::gotime::object::duration_value;
use crate::value::{IntKind, ListKind, Map, MapKind, NilPointer, Object, Value};

/// Parameter types of a function of whatever sort.
#[derive(Clone, Copy)]
pub(super) struct Signature {
    pub params: &'static [Ty],
    pub variadic: Option<Ty>,
}

impl Signature {
    pub fn of(f: &'static Func) -> Signature {
        Signature { params: f.params, variadic: f.variadic }
    }

    pub fn param(self, i: usize) -> Ty {
        self.params.get(i).copied().or(self.variadic).unwrap_or(Ty::Any)
    }
}

/// Go's name of a parameter type.
pub(super) fn type_text(ty: Ty) -> &'static str {
    match ty {
        Ty::Any => "interface {}",
        Ty::Str => "string",
        Ty::Bool => "bool",
        Ty::Int => "int",
        Ty::Uint32 => "uint32",
        Ty::Float => "float64",
        Ty::Map => "map[string]interface {}",
        Ty::List => "[]interface {}",
        Ty::Time => "time.Time",
        Ty::Duration => "time.Duration",
        Ty::Certificate => "sprig.certificate",
        Ty::Version => "*semver.Version",
        Ty::Writer => "io.Writer",
        Ty::Reflect => "reflect.Value",
    }
}

/// The zero value that an untyped nil becomes; nothing where the type has no nil.
pub(super) fn nil_of(ty: Ty) -> Option<Value> {
    match ty {
        Ty::Any | Ty::Reflect | Ty::Writer => Some(Value::Nil),
        Ty::Map => Some(Value::Map(Map::nil(MapKind::Any))),
        Ty::List => Some(Value::nil_list(ListKind::Any)),
        Ty::Version => Some(Value::Object(Rc::new(NilPointer("*semver.Version")))),
        _ => None,
    }
}

/// The value as the parameter type has it, if it is assignable.
pub(super) fn assign(value: &Value, ty: Ty) -> Option<Value> {
    let fits = match (ty, value) {
        (Ty::Any | Ty::Reflect, _) => true,
        (Ty::Str, Value::Str(_)) | (Ty::Bool, Value::Bool(_)) | (Ty::Float, Value::Float(_)) => true,
        (Ty::Int, Value::Int(_, IntKind::Int)) => true,
        (Ty::Uint32, Value::Int(_, IntKind::Uint32)) => true,
        (Ty::Map, Value::Map(m)) => match m.kind() {
            MapKind::Any => true,
            MapKind::Values => return Some(Value::Map(m.as_kind(MapKind::Any))),
            _ => false,
        },
        (Ty::List, Value::List(l)) => l.kind == ListKind::Any,
        (Ty::Time | Ty::Duration | Ty::Certificate | Ty::Version, Value::Object(o)) => o.type_name() == type_text(ty),
        _ => false,
    };
    fits.then(|| value.clone())
}

impl<'t, 'w, T: Tracer> Exec<'t, 'w, T> {
    pub(super) fn call(
        &mut self,
        dot: &Operand<T::Tag>,
        f: FuncRef,
        node: At<'t>,
        args: &'t [Expr],
        last: Option<Operand<T::Tag>>,
    ) -> Outcome<Operand<T::Tag>> {
        match f {
            FuncRef::Engine(f) => self.call_engine(dot, f, node, args, last),
            FuncRef::Table(f) => {
                let args = self.arguments(dot, f.name, Signature::of(f), args, last)?;
                match (f.body)(&mut self.cx, &args.values) {
                    Ok(mut value) => {
                        self.made(&value);
                        let tag = self.tracer.call(f.name, &args.values, &args.tags, &mut value, self.cx.helm);
                        Ok(Operand { iface: value.is_nil(), value, tag })
                    }
                    Err(e) => Err(self.call_error(node, f.name, e)),
                }
            }
        }
    }

    #[cold]
    pub(super) fn call_error(&mut self, node: At<'t>, name: &str, error: FuncError) -> Box<ExecError> {
        self.at = node;
        ExecError::plain(error.0).wrapped(self.frame(format!("error calling {name}: ")))
    }

    /// The arguments of a call: those written, then the piped one.
    pub(super) fn arguments(
        &mut self,
        dot: &Operand<T::Tag>,
        name: &str,
        signature: Signature,
        args: &'t [Expr],
        last: Option<Operand<T::Tag>>,
    ) -> Outcome<Args<T::Tag>> {
        let written = args.get(1..).unwrap_or_default();
        let count = written.len() + usize::from(last.is_some());
        let fixed = signature.params.len();
        if signature.variadic.is_some() {
            if count < fixed {
                return Err(
                    self.error(format!("wrong number of args for {name}: want at least {fixed} got {}", written.len()))
                );
            }
        } else if count != fixed {
            return Err(self.error(format!("wrong number of args for {name}: want {fixed} got {count}")));
        }
        let mut out = Args { values: SmallVec::new(), tags: SmallVec::new(), first_invalid: false };
        for (i, expr) in written.iter().enumerate() {
            let operand = self.argument(dot, Some(signature.param(i)), expr)?;
            if i == 0 {
                out.first_invalid = !operand.is_valid();
            }
            out.values.push(operand.value);
            out.tags.push(operand.tag);
        }
        if let Some(last) = last {
            let operand = self.validate(last, Some(signature.param(written.len())))?;
            if written.is_empty() {
                out.first_invalid = !operand.is_valid();
            }
            out.values.push(operand.value);
            out.tags.push(operand.tag);
        }
        Ok(out)
    }

    /// Checks an operand against a type, as Go's validateType.
    pub(super) fn validate(&mut self, operand: Operand<T::Tag>, ty: Option<Ty>) -> Outcome<Operand<T::Tag>> {
        let Some(ty) = ty else { return Ok(operand) };
        match (ty, &operand.value) {
            // An interface holds a copy.
            (Ty::Any, Value::Object(o)) => {
                return Ok(match o.in_interface() {
                    Some(value) => Operand { value, ..operand },
                    None => operand,
                });
            }
            (Ty::Any | Ty::Reflect, _) => return Ok(operand),
            _ => {}
        }
        if !operand.is_valid() {
            return match nil_of(ty) {
                Some(value) => Ok(Operand { value, iface: false, tag: operand.tag }),
                None => Err(self.error(format!("invalid value; expected {}", type_text(ty)))),
            };
        }
        if let Some(value) = assign(&operand.value, ty) {
            return Ok(Operand { value, iface: false, tag: operand.tag });
        }
        let got = match operand.value {
            Value::Nil => "interface {}".to_owned(),
            v => v.type_name(self.helm()),
        };
        Err(self.error(format!("wrong type for value; expected {}; got {got}", type_text(ty))))
    }

    /// Evaluates an argument for a parameter type; without a type for what a chain starts at.
    pub(super) fn argument(
        &mut self,
        dot: &Operand<T::Tag>,
        ty: Option<Ty>,
        expr: &'t Expr,
    ) -> Outcome<Operand<T::Tag>> {
        self.at = At::Expr(expr);
        let operand = match &expr.kind {
            ExprKind::Dot => dot.clone(),
            ExprKind::Nil => {
                let ty = ty.unwrap_or(Ty::Any);
                return match nil_of(ty) {
                    // A nil literal for `interface {}` is a nil interface, for a reflect.Value no value.
                    Some(value) => Ok(Operand { value, iface: ty == Ty::Any, ..Operand::default() }),
                    None => Err(self.error(format!("cannot assign nil to {}", type_text(ty)))),
                };
            }
            ExprKind::Field(path) => self.field_chain(dot, dot.clone(), expr, path, path, &[], None)?,
            ExprKind::Variable(path) => self.variable_node(dot, expr, path, &[], None)?,
            ExprKind::Pipe(pipe) => self.pipeline(dot, pipe)?,
            ExprKind::Function(f) => self.call(dot, *f, At::Expr(expr), &[], None)?,
            ExprKind::Chain(..) => self.chain(dot, expr, &[], None)?,
            ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::Str(..) => {
                return self.typed_constant(expr, ty.unwrap_or(Ty::Any));
            }
        };
        self.validate(operand, ty)
    }

    /// A literal for a parameter type: Go's constants adapt to it.
    fn typed_constant(&mut self, expr: &'t Expr, ty: Ty) -> Outcome<Operand<T::Tag>> {
        let value = match (ty, &expr.kind) {
            (Ty::Any | Ty::Reflect, _) => return self.constant(expr),
            (Ty::Str, ExprKind::Str(s, _)) => Some(Value::Str(s.clone())),
            (Ty::Bool, ExprKind::Bool(b)) => Some(Value::Bool(*b)),
            (Ty::Int, ExprKind::Number(n)) => n.int.map(Value::int),
            (Ty::Duration, ExprKind::Number(n)) => n.int.map(duration_value),
            // Go's SetUint keeps the low bits.
            (Ty::Uint32, ExprKind::Number(n)) => n.uint.map(|u| Value::Int(i64::from(u as u32), IntKind::Uint32)),
            (Ty::Float, ExprKind::Number(n)) => n.float.map(Value::Float),
            _ => None,
        };
        if let Some(value) = value {
            let tag = match self.tree {
                Some(tree) => self.tracer.literal(tree, expr),
                None => T::Tag::default(),
            };
            return Ok(Operand { value, iface: false, tag });
        }
        let node = self.written(expr);
        Err(self.error(match ty {
            Ty::Str => format!("expected string; found {node}"),
            Ty::Bool => format!("expected bool; found {node}"),
            Ty::Int | Ty::Duration => format!("expected integer; found {node}"),
            Ty::Uint32 => format!("expected unsigned integer; found {node}"),
            Ty::Float => format!("expected float; found {node}"),
            ty => format!("can't handle {node} for arg of type {}", type_text(ty)),
        }))
    }

    pub(super) fn call_method(
        &mut self,
        dot: &Operand<T::Tag>,
        map: &Map,
        method: &'static Method,
        expr: &'t Expr,
        args: &'t [Expr],
        last: Option<Operand<T::Tag>>,
    ) -> Outcome<Operand<T::Tag>> {
        let signature = Signature { params: method.params, variadic: None };
        let args = self.arguments(dot, method.name, signature, args, last)?;
        match (method.body)(&mut self.cx, map, &args.values) {
            Ok(mut value) => {
                let tag = self.tracer.call(method.name, &args.values, &args.tags, &mut value, self.cx.helm);
                Ok(Operand { value, iface: false, tag })
            }
            Err(e) => Err(self.call_error(At::Expr(expr), method.name, e)),
        }
    }

    pub(super) fn call_object(
        &mut self,
        dot: &Operand<T::Tag>,
        object: &dyn Object,
        name: &str,
        expr: &'t Expr,
        args: &'t [Expr],
        last: Option<Operand<T::Tag>>,
    ) -> Outcome<Operand<T::Tag>> {
        let signature = match object.method_params(name) {
            Some(params) => Signature { params: types_of(params), variadic: None },
            None => Signature { params: &[], variadic: Some(Ty::Any) },
        };
        let args = self.arguments(dot, name, signature, args, last)?;
        match object.call(name, &args.values) {
            Ok(mut value) => {
                let tag = self.tracer.call("method", &args.values, &args.tags, &mut value, self.cx.helm);
                Ok(Operand { value, iface: false, tag })
            }
            Err(e) => Err(self.call_error(At::Expr(expr), name, FuncError(e))),
        }
    }
}

/// Parameter types of an object's method, which knows only its own layer's letters: `s` string, `i` int, `a` any,
/// `t` time.Time, `d` time.Duration, `v` *semver.Version.
pub(super) fn types_of(letters: &str) -> &'static [Ty] {
    match letters {
        "s" => &[Ty::Str],
        "i" => &[Ty::Int],
        "a" => &[Ty::Any],
        "t" => &[Ty::Time],
        "d" => &[Ty::Duration],
        "v" => &[Ty::Version],
        "iii" => &[Ty::Int, Ty::Int, Ty::Int],
        _ => &[],
    }
}
