//! Evaluation of pipelines, commands and operands.

use super::super::ast::{Command, Expr, ExprKind, Number, Pipe};
use super::super::error::{ExecError, MissingPath};
use super::super::methods;
use super::super::trace::Tracer;
use super::{At, Exec, Operand, Outcome, Variable};
use crate::blob::Blob;
use crate::value::{Map, MapKind, Slot, Str, Value};

/// Whether Go's element type of the map is `interface {}`.
pub(super) fn holds_interfaces(kind: MapKind) -> bool {
    matches!(kind, MapKind::Any | MapKind::Values)
}

/// What a missing key gives: nil, or the zero value of the element type.
fn zero_element(kind: MapKind) -> Value {
    match kind {
        MapKind::Any | MapKind::Values => Value::Nil,
        MapKind::Strings => Value::string(""),
        MapKind::Files => Value::Bytes(Blob::nil()),
    }
}

impl<'t, 'w, T: Tracer> Exec<'t, 'w, T> {
    pub(super) fn pipeline(&mut self, dot: &Operand<T::Tag>, pipe: &'t Pipe) -> Outcome<Operand<T::Tag>> {
        self.at = At::Pipe(pipe);
        let mut commands = pipe.commands.iter();
        let first = commands.next().expect("the parser gives at least one command");
        let mut operand = self.command(dot, first, None)?;
        operand.iface = false;
        for command in commands {
            operand = self.command(dot, command, Some(operand))?;
            // Go digs what is inside an interface out between the stages.
            operand.iface = false;
        }
        for name in &*pipe.decl {
            if pipe.assigns {
                self.set_variable(name, operand.clone())?;
            } else {
                self.vars.push(Variable { name: name.clone(), operand: operand.clone() });
            }
        }
        Ok(operand)
    }

    fn not_a_function(&self, args: &'t [Expr], last: Option<&Operand<T::Tag>>) -> Outcome<()> {
        if args.len() > 1 || last.is_some() {
            let node = args.first().map(|first| self.written(first)).unwrap_or_default();
            return Err(self.error(format!("can't give argument to non-function {node}")));
        }
        Ok(())
    }

    fn command(
        &mut self,
        dot: &Operand<T::Tag>,
        command: &'t Command,
        last: Option<Operand<T::Tag>>,
    ) -> Outcome<Operand<T::Tag>> {
        let first = &command.args[0];
        let args = &command.args[..];
        match &first.kind {
            ExprKind::Field(path) => {
                self.at = At::Expr(first);
                self.field_chain(dot, dot.clone(), first, path, path, args, last)
            }
            ExprKind::Chain(..) => self.chain(dot, first, args, last),
            ExprKind::Function(f) => {
                self.at = At::Expr(first);
                self.call(dot, *f, At::Command(command), args, last)
            }
            ExprKind::Pipe(pipe) => {
                self.not_a_function(args, last.as_ref())?;
                self.pipeline(dot, pipe)
            }
            ExprKind::Variable(path) => self.variable_node(dot, first, path, args, last),
            kind => {
                self.at = At::Expr(first);
                self.not_a_function(args, last.as_ref())?;
                match kind {
                    ExprKind::Dot => Ok(dot.clone()),
                    ExprKind::Nil => Err(self.error("nil is not a command")),
                    _ => self.constant(first),
                }
            }
        }
    }

    /// A literal with the type it has by itself.
    pub(super) fn constant(&mut self, expr: &'t Expr) -> Outcome<Operand<T::Tag>> {
        let value = match &expr.kind {
            ExprKind::Bool(b) => Value::Bool(*b),
            ExprKind::Str(s, _) => Value::Str(s.clone()),
            ExprKind::Number(n) => {
                self.at = At::Expr(expr);
                match ideal(n) {
                    Some(v) => v,
                    None => return Err(self.error(format!("{} overflows int", n.text))),
                }
            }
            _ => unreachable!("only literals come here"),
        };
        let tag = match self.tree {
            Some(tree) => self.tracer.literal(tree, expr),
            None => T::Tag::default(),
        };
        Ok(Operand { value, iface: false, tag })
    }

    pub(super) fn chain(
        &mut self,
        dot: &Operand<T::Tag>,
        expr: &'t Expr,
        args: &'t [Expr],
        last: Option<Operand<T::Tag>>,
    ) -> Outcome<Operand<T::Tag>> {
        self.at = At::Expr(expr);
        let ExprKind::Chain(node, path) = &expr.kind else { unreachable!("only chains come here") };
        if matches!(node.kind, ExprKind::Nil) {
            let text = self.written(expr);
            return Err(self.error(format!("indirection through explicit nil in {text}")));
        }
        let receiver = self.argument(dot, None, node)?;
        self.field_chain(dot, receiver, expr, path, path, args, last)
    }

    pub(super) fn variable_node(
        &mut self,
        dot: &Operand<T::Tag>,
        expr: &'t Expr,
        path: &'t [Str],
        args: &'t [Expr],
        last: Option<Operand<T::Tag>>,
    ) -> Outcome<Operand<T::Tag>> {
        self.at = At::Expr(expr);
        let value = self.variable(&path[0])?;
        if path.len() == 1 {
            self.not_a_function(args, last.as_ref())?;
            return Ok(value);
        }
        self.field_chain(dot, value, expr, &path[1..], path, args, last)
    }

    #[allow(clippy::too_many_arguments, reason = "mirrors Go's evalFieldChain; a struct would only rename it")]
    pub(super) fn field_chain(
        &mut self,
        dot: &Operand<T::Tag>,
        mut receiver: Operand<T::Tag>,
        expr: &'t Expr,
        path: &'t [Str],
        written: &'t [Str],
        args: &'t [Expr],
        last: Option<Operand<T::Tag>>,
    ) -> Outcome<Operand<T::Tag>> {
        let skipped = written.len() - path.len();
        let mut parent = Value::Nil;
        for (i, name) in path.iter().enumerate() {
            if receiver.iface && receiver.value.is_nil() {
                let mut e = self.error(format!("nil pointer evaluating interface {{}}.{}", name.to_text()));
                e.missing = Some(MissingPath::new(written, (skipped + i).saturating_sub(1), &parent));
                return Err(e);
            }
            let is_last = i + 1 == path.len();
            let (a, l) = if is_last { (args, last.clone()) } else { (&[][..], None) };
            let next = self.field(dot, name, expr, a, l, &receiver)?;
            if !is_last {
                parent = receiver.value;
            }
            receiver = next;
        }
        Ok(receiver)
    }

    fn field(
        &mut self,
        dot: &Operand<T::Tag>,
        name: &'t Str,
        expr: &'t Expr,
        args: &'t [Expr],
        last: Option<Operand<T::Tag>>,
        receiver: &Operand<T::Tag>,
    ) -> Outcome<Operand<T::Tag>> {
        let has_args = args.len() > 1 || last.is_some();
        match &receiver.value {
            // No value at all: whatever is asked of it is no value either.
            Value::Nil => Ok(Operand::default()),
            Value::Map(map) => {
                if !matches!(map.kind(), MapKind::Any | MapKind::Strings)
                    && let Some(method) = methods::find(map.kind(), name)
                {
                    let map = map.clone();
                    return self.call_method(dot, &map, method, expr, args, last);
                }
                if has_args {
                    return Err(self.error(format!("{} is not a method but has arguments", name.to_text())));
                }
                Ok(self.entry(map, name, &receiver.tag))
            }
            Value::Object(object) => {
                let text = name.to_text();
                if object.has_method(&text) {
                    let object = object.clone();
                    return self.call_object(dot, &*object, &text, expr, args, last);
                }
                match object.field(&text) {
                    Some(_) if has_args => {
                        Err(self.error(format!("{text} has arguments but cannot be invoked as function")))
                    }
                    Some(slot) => {
                        let tag = self.tracer.read(&receiver.tag, name, slot.pos, &slot.value);
                        Ok(Operand { value: slot.value, iface: false, tag })
                    }
                    None => Err(self.no_field(name, receiver)),
                }
            }
            _ => Err(self.no_field(name, receiver)),
        }
    }

    #[cold]
    fn no_field(&self, name: &Str, receiver: &Operand<T::Tag>) -> Box<ExecError> {
        let ty = if receiver.iface { "interface {}".to_owned() } else { receiver.value.type_name(self.helm()) };
        self.error(format!("can't evaluate field {} in type {ty}", name.to_text()))
    }

    /// The entry of a map, as an operand of the map's element type.
    pub(super) fn entry(&mut self, map: &Map, key: &[u8], from: &T::Tag) -> Operand<T::Tag> {
        let slot = map.slot(key).unwrap_or_else(|| Slot::from(zero_element(map.kind())));
        let tag = self.tracer.read(from, key, slot.pos, &slot.value);
        Operand { value: slot.value, iface: holds_interfaces(map.kind()), tag }
    }
}

/// The value of a number where nothing asks for a type; nothing if it overflows an int.
fn ideal(n: &Number) -> Option<Value> {
    if let Some((re, im)) = n.complex {
        return Some(Value::Complex(re, im));
    }
    let hex =
        n.text.len() > 2 && (n.text.starts_with("0x") || n.text.starts_with("0X")) && !n.text.contains(['p', 'P']);
    let rune = n.text.starts_with('\'');
    if let Some(f) = n.float
        && !hex
        && !rune
        && n.text.contains(['.', 'e', 'E', 'p', 'P'])
    {
        return Some(Value::Float(f));
    }
    n.int.map(Value::int)
}
