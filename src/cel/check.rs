//! Types before anything runs, as cel-go's checker has them, so that a policy the server would refuse is refused here.
//! Resolves names in place: variables become places, calls become functions.

use super::ast::{Call, Expr, Kind, Literal, Loop, LoopKind};
use super::functions::{Function, Overload, find};
use super::types::{Bindings, Type, most_general};
use super::{CompileError, Env};
use crate::stack;

type Checked = Result<Type, CompileError>;

/// Checks an expression and returns its type.
///
/// # Errors
/// The first thing that is wrong.
pub fn check(env: &Env, expr: &mut Expr) -> Checked {
    let mut checker = Checker { env, locals: Vec::new(), bindings: Bindings::default(), mixed: false };
    let found = checker.expr(expr)?;
    Ok(checker.bindings.resolve(&found, true))
}

struct Checker<'e> {
    env: &'e Env,
    locals: Vec<(Box<str>, Type)>,
    bindings: Bindings,
    /// Whether literals may mix types: the arguments of `format` may.
    mixed: bool,
}

impl Checker<'_> {
    fn expr(&mut self, e: &mut Expr) -> Checked {
        if stack::is_low() {
            return Err(CompileError::new("expression recursion limit exceeded", e.pos));
        }
        let pos = e.pos;
        match &mut e.kind {
            Kind::Literal(literal) => Ok(literal_type(literal)),
            Kind::Local(n) => Ok(self.locals[*n].1.clone()),
            Kind::Global(n, _) => Ok(self.env.globals[*n].1.clone()),
            Kind::Variable(n) => Ok(self.env.variables[*n].1.clone()),
            Kind::TypeName(_) => Ok(Type::Type),
            Kind::Ident(_) => self.ident(e),
            Kind::Select { .. } => self.select(e),
            Kind::Has { operand, field } => {
                let of = self.expr(operand)?;
                self.field(&of, field, pos)?;
                Ok(Type::Bool)
            }
            Kind::Call(call) => self.call(call, pos),
            Kind::And(all) => self.logic(all, "_&&_", pos),
            Kind::Or(all) => self.logic(all, "_||_", pos),
            Kind::Ternary(parts) => self.ternary(parts, pos),
            Kind::List(items) => self.list(items),
            Kind::Map(entries) => self.map(entries),
            Kind::Loop(l) => self.looped(l, pos),
        }
    }

    fn ident(&mut self, e: &mut Expr) -> Checked {
        let Kind::Ident(name) = &e.kind else { return Ok(Type::Dyn) };
        if let Some(n) = self.locals.iter().rposition(|l| l.0 == *name) {
            e.kind = Kind::Local(n);
            return Ok(self.locals[n].1.clone());
        }
        if let Some(n) = self.env.globals.iter().position(|g| *g.0 == **name) {
            e.kind = Kind::Global(n, name.clone());
            return Ok(self.env.globals[n].1.clone());
        }
        if TYPE_NAMES.contains(&&**name) {
            e.kind = Kind::TypeName(name.clone());
            return Ok(Type::Type);
        }
        Err(CompileError::new(format!("undeclared reference to '{name}' (in container '')"), e.pos))
    }

    fn select(&mut self, e: &mut Expr) -> Checked {
        if let Some(name) = e.qualified()
            && QUALIFIED_TYPES.contains(&&*name)
        {
            e.kind = Kind::TypeName(name.into());
            return Ok(Type::Type);
        }
        let Kind::Select { operand, field, optional } = &mut e.kind else { return Ok(Type::Dyn) };
        if self.env.has_variables && matches!(&operand.kind, Kind::Ident(n) if &**n == "variables") && !*optional {
            let known = self.env.variables.iter().position(|v| *v.0 == **field);
            let Some(n) = known else {
                return Err(CompileError::new(format!("undefined field '{field}'"), e.pos));
            };
            e.kind = Kind::Variable(n);
            return Ok(self.env.variables[n].1.clone());
        }
        let of = self.expr(operand)?;
        let found = self.field(&of, field, e.pos)?;
        Ok(match (*optional, found) {
            (true, Type::Optional(t)) => Type::Optional(t),
            (true, t) => Type::optional(t),
            (false, t) => t,
        })
    }

    /// The type of a field.
    fn field(&mut self, of: &Type, field: &str, pos: u32) -> Checked {
        match self.bindings.resolve(of, false) {
            Type::Map(_, value) => Ok((*value).clone()),
            Type::Object(object) => match object.field(field) {
                Some(t) => Ok(t.clone()),
                None => Err(CompileError::new(format!("undefined field '{field}'"), pos)),
            },
            Type::Optional(inner) => Ok(match self.field(&inner, field, pos)? {
                Type::Optional(t) => Type::Optional(t),
                t => Type::optional(t),
            }),
            Type::Dyn | Type::Param(_) => {
                self.bindings.assign(of, &Type::Dyn);
                Ok(Type::Dyn)
            }
            other => Err(CompileError::new(format!("type '{other}' does not support field selection"), pos)),
        }
    }

    fn logic(&mut self, all: &mut [Expr], name: &str, pos: u32) -> Checked {
        for part in all {
            let t = self.expr(part)?;
            if !self.bindings.assign(&Type::Bool, &t) {
                return Err(no_overload(name, &[self.bindings.resolve(&t, true)], false, pos));
            }
        }
        Ok(Type::Bool)
    }

    fn ternary(&mut self, parts: &mut [Expr; 3], pos: u32) -> Checked {
        let [condition, a, b] = parts;
        let (c, a, b) = (self.expr(condition)?, self.expr(a)?, self.expr(b)?);
        if !self.bindings.assign(&Type::Bool, &c) || !self.bindings.assign(&a, &b) {
            let types: Vec<Type> = [c, a, b].iter().map(|t| self.bindings.resolve(t, true)).collect();
            return Err(no_overload("_?_:_", &types, false, pos));
        }
        let (a, b) = (self.bindings.resolve(&a, false), self.bindings.resolve(&b, false));
        Ok(most_general(a, b))
    }

    fn list(&mut self, items: &mut [(bool, Expr)]) -> Checked {
        let mut element = None;
        for (optional, item) in items {
            let mut t = self.expr(item)?;
            if *optional {
                t = self.unwrap_optional(t, item.pos)?;
            }
            element = Some(self.join(element, t, item.pos)?);
        }
        let element = element.unwrap_or_else(|| Type::Param(self.bindings.fresh()));
        Ok(Type::list(element))
    }

    fn map(&mut self, entries: &mut [(bool, Expr, Expr)]) -> Checked {
        let (mut key_type, mut value_type) = (None, None);
        for (optional, key, value) in entries {
            let k = self.expr(key)?;
            key_type = Some(self.join(key_type, k, key.pos)?);
            let mut v = self.expr(value)?;
            if *optional {
                v = self.unwrap_optional(v, value.pos)?;
            }
            value_type = Some(self.join(value_type, v, value.pos)?);
        }
        let mut open = || Type::Param(self.bindings.fresh());
        let key = key_type.unwrap_or_else(&mut open);
        Ok(Type::map(key, value_type.unwrap_or_else(open)))
    }

    fn unwrap_optional(&mut self, t: Type, pos: u32) -> Checked {
        match self.bindings.resolve(&t, false) {
            Type::Optional(inner) => Ok((*inner).clone()),
            Type::Dyn | Type::Param(_) => Ok(Type::Dyn),
            other => {
                let message = format!("expected type 'optional_type({other})' but found '{other}'");
                Err(CompileError::new(message, pos))
            }
        }
    }

    /// Kubernetes wants literals of one type, and dyn is another.
    fn join(&mut self, before: Option<Type>, now: Type, pos: u32) -> Checked {
        let Some(before) = before else { return Ok(now) };
        let mut trial = self.bindings.clone();
        if trial.assign(&before, &now) && trial.resolve(&before, false) == trial.resolve(&now, false) {
            self.bindings = trial;
            return Ok(before);
        }
        if self.mixed {
            return Ok(Type::Dyn);
        }
        let (a, b) = (self.bindings.resolve(&before, true), self.bindings.resolve(&now, true));
        Err(CompileError::new(format!("expected type '{a}' but found '{b}'"), pos))
    }

    fn call(&mut self, call: &mut Call, pos: u32) -> Checked {
        if let Some(target) = &call.target
            && let Some(space) = target.qualified()
            && let Some(function) = find(&format!("{space}.{}", call.name))
            && function.overloads.iter().any(|o| o.exists_in(self.env.minor))
        {
            call.name = format!("{space}.{}", call.name).into();
            call.target = None;
            return self.resolve(call, function, pos);
        }
        let minor = self.env.minor;
        let known = find(&call.name).filter(|f| f.overloads.iter().any(|o| o.exists_in(minor)));
        let Some(function) = known.filter(|f| !f.name.contains('.')) else {
            if let Some(target) = &mut call.target {
                self.expr(target)?;
            }
            let mut message = format!("undeclared reference to '{}' (in container '')", call.name);
            if let Some(since) = find(&call.name).and_then(|f| f.overloads.iter().map(|o| o.since).min()) {
                message.push_str(&format!(": it exists since Kubernetes 1.{since}, not in 1.{minor}"));
            }
            return Err(CompileError::new(message, pos));
        };
        self.resolve(call, function, pos)
    }

    fn resolve(&mut self, call: &mut Call, function: &'static Function, pos: u32) -> Checked {
        let mut types = Vec::with_capacity(call.args.len() + 1);
        let outer = std::mem::replace(&mut self.mixed, &*call.name == "format");
        for part in call.target.iter_mut().chain(&mut call.args) {
            types.push(self.expr(part)?);
        }
        self.mixed = outer;
        let member = call.target.is_some();
        let mut result: Option<Type> = None;
        let minor = self.env.minor;
        let fits = |o: &&Overload| o.member == member && o.args.len() == types.len() && o.exists_in(minor);
        for overload in function.overloads.iter().filter(fits) {
            let mut trial = self.bindings.clone();
            let base = trial.count();
            trial.grow(2);
            let fit = overload.args.iter().zip(&types).all(|(want, have)| trial.assign(&shift(want, base), have));
            if !fit {
                continue;
            }
            let found = trial.resolve(&shift(&overload.result, base), false);
            self.bindings = trial;
            result = Some(match result {
                None => found,
                Some(before) if before == found => before,
                Some(_) => Type::Dyn,
            });
        }
        let Some(result) = result else {
            let types: Vec<Type> = types.iter().map(|t| self.bindings.resolve(t, true)).collect();
            return Err(no_overload(&call.name, &types, member, pos));
        };
        call.native = Some(function.native);
        super::literals::check(call, function.native, pos)?;
        Ok(result)
    }

    fn looped(&mut self, l: &mut Loop, pos: u32) -> Checked {
        let range = self.expr(&mut l.range)?;
        let range = self.bindings.resolve(&range, false);
        let two = l.vars.len() == 2;
        let (key, value) = match (&range, l.kind) {
            (Type::Optional(t), LoopKind::OptMap | LoopKind::OptFlatMap) => ((**t).clone(), Type::Dyn),
            (Type::Dyn | Type::Param(_), _) => (Type::Dyn, Type::Dyn),
            (other, LoopKind::OptMap | LoopKind::OptFlatMap) => {
                return Err(no_overload("hasValue", std::slice::from_ref(other), true, pos));
            }
            (Type::List(t), _) if two => (Type::Int, (**t).clone()),
            (Type::List(t), _) => ((**t).clone(), Type::Dyn),
            (Type::Map(k, v), _) => ((**k).clone(), (**v).clone()),
            (other, _) => {
                let rest = "cannot be range of a comprehension (must be list, map, or dynamic)";
                return Err(CompileError::new(format!("expression of type '{other}' {rest}"), l.range.pos));
            }
        };
        let depth = self.locals.len();
        for (name, t) in l.vars.iter().zip([key.clone(), value]) {
            self.locals.push((name.clone(), t));
        }
        let filter = l.filter.as_mut().map(|f| self.expr(f)).transpose();
        let body = filter.and_then(|f| Ok((f, self.expr(&mut l.body)?)));
        self.locals.truncate(depth);
        let (filter, body) = body?;
        if filter.is_some_and(|f| !self.bindings.assign(&Type::Bool, &f)) {
            return Err(no_overload("_?_:_", &[Type::Dyn, Type::Dyn, Type::Dyn], false, pos));
        }
        let body = self.bindings.resolve(&body, false);
        self.loop_type(l, key, body, pos)
    }

    fn loop_type(&mut self, l: &Loop, key: Type, body: Type, pos: u32) -> Checked {
        match l.kind {
            LoopKind::All | LoopKind::Exists | LoopKind::ExistsOne => match self.bindings.assign(&Type::Bool, &body) {
                true => Ok(Type::Bool),
                false => Err(no_overload("_&&_", &[Type::Bool, body], false, l.body.pos)),
            },
            LoopKind::Filter | LoopKind::List => Ok(Type::list(body)),
            LoopKind::SortBy => Ok(Type::list(key)),
            LoopKind::TransformMap => Ok(Type::map(key, body)),
            LoopKind::TransformMapEntry => match body {
                Type::Map(..) | Type::Dyn => Ok(body),
                other => Err(no_overload("cel.@mapInsert", &[Type::Dyn, other], false, pos)),
            },
            LoopKind::OptMap => Ok(Type::optional(body)),
            LoopKind::OptFlatMap => match body {
                Type::Optional(_) | Type::Dyn | Type::Param(_) => Ok(body),
                other => Err(no_overload("_?_:_", &[Type::Bool, other, Type::optional(Type::Dyn)], false, pos)),
            },
        }
    }
}

const TYPE_NAMES: &[&str] = &[
    "bool",
    "bytes",
    "double",
    "duration",
    "int",
    "list",
    "map",
    "null_type",
    "string",
    "type",
    "uint",
    "optional_type",
];
const QUALIFIED_TYPES: &[&str] = &[
    "google.protobuf.Timestamp",
    "google.protobuf.Duration",
    "kubernetes.Quantity",
    "kubernetes.URL",
    "kubernetes.Semver",
    "kubernetes.NamedFormat",
    "net.IP",
    "net.CIDR",
];

/// A function's parameters are numbered from zero in its declaration.
fn shift(t: &Type, base: usize) -> Type {
    match t {
        Type::Param(n) => Type::Param(n + base),
        Type::List(e) => Type::list(shift(e, base)),
        Type::Map(k, v) => Type::map(shift(k, base), shift(v, base)),
        Type::Optional(e) => Type::optional(shift(e, base)),
        _ => t.clone(),
    }
}

fn literal_type(literal: &Literal) -> Type {
    match literal {
        Literal::Null => Type::Null,
        Literal::Bool(_) => Type::Bool,
        Literal::Int(_) => Type::Int,
        Literal::Uint(_) => Type::Uint,
        Literal::Double(_) => Type::Double,
        Literal::Str(_) => Type::String,
        Literal::Bytes(_) => Type::Bytes,
    }
}

fn no_overload(name: &str, types: &[Type], member: bool, pos: u32) -> CompileError {
    let text: Vec<String> = types.iter().map(Type::to_string).collect();
    let applied = match (member, text.split_first()) {
        (true, Some((target, args))) => format!("{target}.({})", args.join(", ")),
        _ => format!("({})", text.join(", ")),
    };
    CompileError::new(format!("found no matching overload for '{name}' applied to '{applied}'"), pos)
}
