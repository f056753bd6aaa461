//! Runs checked expressions. Nothing here trusts the input: every step costs, as in cel-go, and the budget is
//! Kubernetes'; depth is bounded by the stack that is left.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};

use smallvec::SmallVec;

use super::Program;
use super::ast::{Call, Expr, Kind, Literal, Loop, LoopKind};
use super::value::{List, Map, Table, Text, Value};
use crate::stack;

/// What runs a function: the values of target and arguments go in.
pub type Native = for<'a> fn(&[Value<'a>]) -> Result<Value<'a>, Fail>;

/// Why a run failed, in cel-go's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fail(pub Cow<'static, str>);

impl Fail {
    /// With a text.
    pub fn new(text: impl Into<Cow<'static, str>>) -> Fail {
        Fail(text.into())
    }

    /// What a function says of arguments that it doesn't take.
    pub fn overload() -> Fail {
        Fail::new("no such overload")
    }
}

/// k8s.io/apiserver/pkg/apis/cel: what one expression may cost.
const PER_CALL: u64 = 1_000_000;
/// Likewise, all expressions of one policy.
const BUDGET: u64 = 10_000_000;

type Memo<'a> = Option<Result<Value<'a>, Fail>>;

/// What the expressions of one policy see of one object; variables are evaluated when first asked for, and kept.
pub struct Scope<'a> {
    globals: Vec<Option<Value<'a>>>,
    programs: &'a [Program],
    memo: RefCell<Vec<Memo<'a>>>,
    spent: Cell<u64>,
}

impl<'a> Scope<'a> {
    /// Values in the order of [`super::Env::globals`]; `programs` are those of its variables.
    pub fn new(globals: Vec<Option<Value<'a>>>, programs: &'a [Program]) -> Scope<'a> {
        Scope { globals, programs, memo: RefCell::new(vec![None; programs.len()]), spent: Cell::new(0) }
    }

    fn variable(&self, n: usize) -> Result<Value<'a>, Fail> {
        if let Some(Some(known)) = self.memo.borrow().get(n) {
            return known.clone();
        }
        let Some(program) = self.programs.get(n) else { return Err(Fail::new("no such variable")) };
        let result = program.eval(self);
        if let Some(slot) = self.memo.borrow_mut().get_mut(n) {
            *slot = Some(result.clone());
        }
        result
    }
}

/// Runs an expression.
///
/// # Errors
/// In cel-go's words.
pub fn run<'a>(root: &'a Expr, scope: &Scope<'a>) -> Result<Value<'a>, Fail> {
    let mut machine = Machine { scope, locals: Vec::new(), cost: 0 };
    let result = machine.eval(root);
    let spent = scope.spent.get().saturating_add(machine.cost);
    scope.spent.set(spent);
    if spent > BUDGET {
        return Err(Fail::new(
            "validation failed due to running out of cost budget, no further validation rules will be run",
        ));
    }
    result
}

struct Machine<'a, 's> {
    scope: &'s Scope<'a>,
    locals: Vec<Value<'a>>,
    cost: u64,
}

type Outcome<'a> = Result<Value<'a>, Fail>;

impl<'a> Machine<'a, '_> {
    fn charge(&mut self, cost: u64) -> Result<(), Fail> {
        self.cost = self.cost.saturating_add(cost);
        match self.cost > PER_CALL {
            true => Err(Fail::new("operation cancelled: actual cost limit exceeded")),
            false => Ok(()),
        }
    }

    fn eval(&mut self, e: &'a Expr) -> Outcome<'a> {
        if stack::is_low() {
            return Err(Fail::new("expression recursion limit exceeded"));
        }
        match &e.kind {
            Kind::Literal(literal) => Ok(constant(literal)),
            Kind::Local(n) => {
                self.charge(1)?;
                self.locals.get(*n).cloned().ok_or(Fail::new("no such attribute"))
            }
            Kind::Global(n, name) => {
                self.charge(1)?;
                let value = self.scope.globals.get(*n).cloned().flatten();
                value.ok_or_else(|| Fail::new(format!("no such attribute(s): {name}")))
            }
            Kind::Variable(n) => {
                self.charge(2)?;
                self.scope.variable(*n)
            }
            // The checker leaves no bare name behind.
            Kind::Ident(name) => Err(Fail::new(format!("no such attribute(s): {name}"))),
            Kind::TypeName(name) => Ok(Value::Type(Text::Borrowed(full_type_name(name)))),
            Kind::Select { operand, field, optional } => {
                let of = self.eval(operand)?;
                self.charge(1)?;
                select(of, field, *optional)
            }
            Kind::Has { operand, field } => {
                let of = self.eval(operand)?;
                has(&of, field).map(Value::Bool)
            }
            Kind::Call(call) => self.call(call),
            Kind::And(all) => self.logic(all, false),
            Kind::Or(all) => self.logic(all, true),
            Kind::Ternary(parts) => {
                let [condition, a, b] = &**parts;
                match self.eval(condition)? {
                    Value::Bool(true) => self.eval(a),
                    Value::Bool(false) => self.eval(b),
                    _ => Err(Fail::overload()),
                }
            }
            Kind::List(items) => self.list(items),
            Kind::Map(entries) => self.map(entries),
            Kind::Loop(l) => self.looped(l),
        }
    }

    /// `&&` and `||`: one side that decides forgives the other's error.
    fn logic(&mut self, all: &'a [Expr], decides: bool) -> Outcome<'a> {
        let mut error = None;
        for part in all {
            match self.eval(part) {
                Ok(Value::Bool(b)) if b == decides => return Ok(Value::Bool(decides)),
                Ok(Value::Bool(_)) => {}
                Ok(_) => error = error.or(Some(Fail::overload())),
                Err(e) => error = error.or(Some(e)),
            }
        }
        error.map_or(Ok(Value::Bool(!decides)), Err)
    }

    fn call(&mut self, call: &'a Call) -> Outcome<'a> {
        let Some(native) = call.native else { return Err(Fail::overload()) };
        let mut values: SmallVec<[Value<'a>; 3]> = SmallVec::new();
        for part in call.target.iter().chain(&call.args) {
            values.push(self.eval(part)?);
        }
        let result = native(&values);
        self.charge(super::functions::cost(&call.name, &values, result.as_ref().ok()))?;
        result
    }

    fn list(&mut self, items: &'a [(bool, Expr)]) -> Outcome<'a> {
        let mut values = Vec::with_capacity(items.len());
        for (optional, item) in items {
            match (optional, self.eval(item)?) {
                (false, value) => values.push(value),
                (true, Value::Optional(inner)) => values.extend(inner.map(|v| (*v).clone())),
                (true, other) => return Err(no_optional(&other)),
            }
        }
        self.charge(10)?;
        Ok(Value::list(values))
    }

    fn map(&mut self, entries: &'a [(bool, Expr, Expr)]) -> Outcome<'a> {
        let mut table = Table::default();
        for (optional, key, value) in entries {
            let (key, mut value) = (self.eval(key)?, self.eval(value)?);
            if *optional {
                match value {
                    Value::Optional(Some(inner)) => value = (*inner).clone(),
                    Value::Optional(None) => continue,
                    other => return Err(no_optional(&other)),
                }
            }
            table.insert(key, value)?;
        }
        self.charge(30)?;
        Ok(Value::table(table))
    }

    fn looped(&mut self, l: &'a Loop) -> Outcome<'a> {
        let range = self.eval(&l.range)?;
        if matches!(l.kind, LoopKind::OptMap | LoopKind::OptFlatMap) {
            return self.optional(l, range);
        }
        let depth = self.locals.len();
        let result = self.iterate(l, &range);
        self.locals.truncate(depth);
        result
    }

    fn optional(&mut self, l: &'a Loop, range: Value<'a>) -> Outcome<'a> {
        let Value::Optional(inner) = range else { return Err(Fail::overload()) };
        let Some(inner) = inner else { return Ok(Value::Optional(None)) };
        self.locals.push((*inner).clone());
        let body = self.eval(&l.body);
        self.locals.pop();
        match (l.kind, body?) {
            (LoopKind::OptMap, value) => Ok(Value::some(value)),
            (_, value) => Ok(value),
        }
    }

    fn iterate(&mut self, l: &'a Loop, range: &Value<'a>) -> Outcome<'a> {
        let depth = self.locals.len();
        let mut state = State::new(l.kind);
        let length = match range {
            Value::List(list) => list.len(),
            Value::Map(map) => map.len(),
            other => return Err(Fail::new(format!("got '{}', expected iterable type", go_type(other)))),
        };
        for i in 0..length {
            self.locals.truncate(depth);
            let (key, value) = element(range, i, l.vars.len() == 2)?;
            self.locals.push(key.clone());
            if l.vars.len() == 2 {
                self.locals.push(value);
            }
            self.charge(1)?;
            if let Some(filter) = &l.filter {
                match self.eval(filter)? {
                    Value::Bool(true) => {}
                    Value::Bool(false) => continue,
                    _ => return Err(Fail::overload()),
                }
            }
            let body = self.eval(&l.body);
            if self.cost > PER_CALL {
                return body;
            }
            if let Some(done) = state.take(key, body)? {
                return Ok(done);
            }
        }
        state.finish()
    }
}

/// What a macro has gathered.
struct State<'a> {
    kind: LoopKind,
    error: Option<Fail>,
    count: usize,
    values: Vec<Value<'a>>,
    keys: Vec<Value<'a>>,
    table: Table<'a>,
}

impl<'a> State<'a> {
    fn new(kind: LoopKind) -> State<'a> {
        State { kind, error: None, count: 0, values: Vec::new(), keys: Vec::new(), table: Table::default() }
    }

    /// Takes one body; the result if that decides.
    fn take(&mut self, key: Value<'a>, body: Outcome<'a>) -> Result<Option<Value<'a>>, Fail> {
        match self.kind {
            LoopKind::All | LoopKind::Exists => {
                let decides = self.kind == LoopKind::Exists;
                match body {
                    Ok(Value::Bool(b)) if b == decides => return Ok(Some(Value::Bool(decides))),
                    Ok(Value::Bool(_)) => {}
                    Ok(_) => self.error = self.error.take().or(Some(Fail::overload())),
                    Err(e) => self.error = self.error.take().or(Some(e)),
                }
            }
            LoopKind::ExistsOne => match body? {
                Value::Bool(b) => self.count += usize::from(b),
                _ => return Err(Fail::overload()),
            },
            LoopKind::SortBy => {
                self.values.push(key);
                self.keys.push(body?);
            }
            LoopKind::TransformMap => self.insert(key, body?)?,
            LoopKind::TransformMapEntry => match body? {
                Value::Map(entries) => {
                    for (key, value) in entries.iter() {
                        self.insert(key, value)?;
                    }
                }
                _ => return Err(Fail::overload()),
            },
            _ => self.values.push(body?),
        }
        Ok(None)
    }

    fn insert(&mut self, key: Value<'a>, value: Value<'a>) -> Result<(), Fail> {
        let shown = super::lib::strings::shown(&key);
        match self.table.insert(key, value)? {
            true => Ok(()),
            false => Err(Fail::new(format!("insert failed: key {shown} already exists"))),
        }
    }

    fn finish(self) -> Outcome<'a> {
        if let Some(error) = self.error {
            return Err(error);
        }
        Ok(match self.kind {
            LoopKind::All => Value::Bool(true),
            LoopKind::Exists => Value::Bool(false),
            LoopKind::ExistsOne => Value::Bool(self.count == 1),
            LoopKind::SortBy => return super::lib::lists::sort_by(self.values, &self.keys),
            LoopKind::TransformMap | LoopKind::TransformMapEntry => Value::table(self.table),
            _ => Value::list(self.values),
        })
    }
}

/// What the variables of a macro are for one element: a list's element, or its index with it; a map's key and value.
fn element<'a>(range: &Value<'a>, i: usize, two: bool) -> Result<(Value<'a>, Value<'a>), Fail> {
    let found = match range {
        Value::List(list) if two => list.get(i).map(|v| (Value::Int(i as i64), v)),
        Value::List(list) => list.get(i).map(|v| (v, Value::Null)),
        Value::Map(map) => map.entry(i),
        _ => None,
    };
    found.ok_or_else(Fail::overload)
}

/// The type of a value as cel-go's sources name it.
fn go_type(value: &Value<'_>) -> &'static str {
    match value {
        Value::Null => "types.Null",
        Value::Bool(_) => "types.Bool",
        Value::Int(_) => "types.Int",
        Value::Uint(_) => "types.Uint",
        Value::Double(_) => "types.Double",
        Value::Str(_) => "types.String",
        Value::Bytes(_) => "types.Bytes",
        Value::Duration(_) => "types.Duration",
        Value::Timestamp(_) => "types.Timestamp",
        Value::Optional(_) => "*types.Optional",
        Value::Type(_) => "*types.Type",
        other => other.type_name(),
    }
}

/// The value of a literal.
pub(super) fn constant(literal: &Literal) -> Value<'_> {
    match literal {
        Literal::Null => Value::Null,
        Literal::Bool(b) => Value::Bool(*b),
        Literal::Int(i) => Value::Int(*i),
        Literal::Uint(u) => Value::Uint(*u),
        Literal::Double(d) => Value::Double(*d),
        Literal::Str(s) => Value::Str(Text::Borrowed(s)),
        Literal::Bytes(b) => Value::Bytes((**b).into()),
    }
}

fn full_type_name(name: &str) -> &str {
    match name {
        "duration" => "google.protobuf.Duration",
        "timestamp" => "google.protobuf.Timestamp",
        other => other,
    }
}

fn no_optional(value: &Value<'_>) -> Fail {
    Fail::new(format!("cannot initialize optional entry from non-optional value {}", super::lib::strings::shown(value)))
}

/// `of.field`, `of.?field`.
pub fn select<'a>(of: Value<'a>, field: &str, optional: bool) -> Outcome<'a> {
    match of {
        Value::Map(map) => match (map.field(field), optional) {
            (Some(value), false) => Ok(value),
            (Some(value), true) => Ok(Value::some(value)),
            (None, true) => Ok(Value::Optional(None)),
            (None, false) => Err(Fail::new(format!("no such key: {field}"))),
        },
        Value::Optional(None) => Ok(Value::Optional(None)),
        Value::Optional(Some(inner)) => match select((*inner).clone(), field, true)? {
            Value::Optional(found) => Ok(Value::Optional(found)),
            other => Ok(Value::some(other)),
        },
        _ => Err(Fail::overload()),
    }
}

fn has(of: &Value<'_>, field: &str) -> Result<bool, Fail> {
    match of {
        Value::Map(map) => Ok(map.field(field).is_some()),
        Value::Optional(inner) => inner.as_ref().map_or(Ok(false), |v| has(v, field)),
        _ => Err(Fail::overload()),
    }
}

/// `of[index]`; nothing where there is no such element.
pub fn index<'a>(of: &Value<'a>, key: &Value<'a>) -> Result<Option<Value<'a>>, Fail> {
    match of {
        Value::List(list) => Ok(usize::try_from(list_index(key)?).ok().and_then(|i| list.get(i))),
        Value::Map(map) => match key {
            Value::Bool(_) | Value::Int(_) | Value::Uint(_) | Value::Double(_) | Value::Str(_) => Ok(map.get(key)),
            _ => Err(Fail::overload()),
        },
        Value::Optional(None) => Ok(None),
        Value::Optional(Some(inner)) => index(inner, key),
        _ => Err(Fail::overload()),
    }
}

fn list_index(key: &Value<'_>) -> Result<i64, Fail> {
    match key {
        Value::Int(i) => Ok(*i),
        Value::Uint(u) => i64::try_from(*u).map_err(|_| Fail::overload()),
        Value::Double(d) if d.fract() == 0.0 && d.abs() < 9e18 => Ok(*d as i64),
        Value::Double(_) => Err(Fail::new("unsupported index value")),
        _ => Err(Fail::new(format!("unsupported index type '{}' in list", key.type_name()))),
    }
}

/// A map or list as error messages show a missing element.
pub fn missing(of: &Value<'_>, key: &Value<'_>) -> Fail {
    let shown = super::lib::strings::shown(key);
    match of {
        Value::List(List::Nodes(_) | List::Values(_)) => Fail::new(format!("index out of bounds: {shown}")),
        Value::Map(Map::Nodes(_) | Map::Values(_)) => Fail::new(format!("no such key: {shown}")),
        _ => Fail::overload(),
    }
}
