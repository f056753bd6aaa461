//! What is known of values at a glance, and what becomes of it in pipelines and functions.

use super::super::usage::{is_guard, stays_empty};
use super::Walk;
use super::paths::{Path, VALUES};
use crate::template::ast::{Command, Expr, ExprKind, Pipe, Tree};
use crate::value::Str;

/// What is known of a value.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Known {
    /// Nothing.
    Nothing,
    /// It is what a file is executed with.
    Root,
    /// It is this part of `.Values`.
    Values(Path),
    /// A literal.
    Text(Str),
    /// What `dict` made.
    Dict(Vec<(Str, Known)>),
    /// It is false as long as no layer sets some key.
    Absent,
}

impl Known {
    /// The key that it is.
    fn path(&self) -> Option<Path> {
        match self {
            Known::Values(path) if *path != VALUES => Some(*path),
            _ => None,
        }
    }
}

impl Walk<'_> {
    pub(super) fn pipe(&mut self, tree: &Tree, pipe: &Pipe, dot: &Known) -> Known {
        let mut value = None;
        for command in &*pipe.commands {
            value = Some(self.command(tree, command, dot, value));
        }
        let value = value.unwrap_or(Known::Nothing);
        for name in &*pipe.decl {
            let known = if pipe.decl.len() == 1 && !pipe.assigns { value.clone() } else { Known::Nothing };
            match self.variables.iter_mut().rev().find(|v| v.0 == *name) {
                Some(variable) if pipe.assigns => variable.1 = known,
                _ => self.variables.push((name.clone(), known)),
            }
        }
        value
    }

    fn command(&mut self, tree: &Tree, command: &Command, dot: &Known, piped: Option<Known>) -> Known {
        let Some((first, rest)) = command.args.split_first() else { return Known::Nothing };
        let ExprKind::Function(function) = &first.kind else {
            let value = self.operand(tree, first, dot);
            let is_plain = rest.is_empty() && piped.is_none();
            return if is_plain { value } else { Known::Nothing };
        };
        let name = function.name();
        let mut args: Vec<(Known, u32)> = Vec::new();
        for arg in rest {
            // The arguments of `and` are there to guard those behind them.
            let guards = self.guards.len();
            if matches!(name, "and" | "or") {
                args.iter().filter_map(|a| a.0.path()).for_each(|path| self.guard(path));
            }
            args.push((self.operand(tree, arg, dot), arg.pos));
            self.guards.truncate(guards);
        }
        args.extend(piped.map(|p| (p, command.pos)));
        self.function(tree, name, args)
    }

    fn function(&mut self, tree: &Tree, name: &str, mut args: Vec<(Known, u32)>) -> Known {
        let plain: Vec<&Known> = args.iter().map(|a| &a.0).collect();
        match (name, &plain[..]) {
            ("include", [Known::Text(template), data]) => {
                let (template, data) = (template.clone(), (*data).clone());
                self.call(&template, data);
                return Known::Nothing;
            }
            ("required", [_, Known::Values(path)]) => self.chart.demanded.push(*path),
            ("set", [Known::Root, Known::Text(_), ..]) => self.chart.demanded.push(VALUES),
            ("set", [Known::Values(path), Known::Text(key), ..]) => {
                let path = self.paths.step(*path, key);
                self.chart.demanded.push(path);
            }
            ("set", [Known::Values(path), _, ..]) => self.chart.demanded.push(*path),
            ("merge" | "mergeOverwrite" | "mustMerge" | "mustMergeOverwrite", [Known::Values(path), ..]) => {
                self.chart.demanded.push(*path);
            }
            ("merge" | "mergeOverwrite" | "mustMerge" | "mustMergeOverwrite", [Known::Root, ..]) => {
                self.chart.demanded.push(VALUES);
            }
            ("dict", pairs) => {
                let pairs = pairs.chunks(2).filter_map(|pair| match pair {
                    [Known::Text(key), value] => Some((key.clone(), (*value).clone())),
                    _ => None,
                });
                return Known::Dict(pairs.collect());
            }
            // What is fallen back to is printed in its place.
            ("default", [_, Known::Values(path)]) if !self.is_there(*path) => return args.swap_remove(0).0,
            ("and", all) if all.iter().any(|a| self.is_absent(a)) => return Known::Absent,
            ("hasKey", [Known::Values(path), Known::Text(key)]) => {
                let path = self.paths.step(*path, key);
                return if self.is_there(path) { Known::Nothing } else { Known::Absent };
            }
            ("eq", [value, Known::Text(text)] | [Known::Text(text), value])
                if !text.is_empty() && self.is_absent(value) =>
            {
                return Known::Absent;
            }
            (name, [Known::Values(path)]) if stays_empty(name) && !self.is_there(*path) => {
                return args.swap_remove(0).0;
            }
            _ => {}
        }
        if !is_guard(name) {
            args.iter().for_each(|(value, at)| self.used(tree, value, *at));
        }
        Known::Nothing
    }

    pub(super) fn operand(&mut self, tree: &Tree, expr: &Expr, dot: &Known) -> Known {
        match &expr.kind {
            ExprKind::Dot => dot.clone(),
            ExprKind::Str(text, _) => Known::Text(text.clone()),
            ExprKind::Field(names) => self.field(tree, dot, names, expr.pos, true),
            ExprKind::Variable(names) => {
                let Some((name, rest)) = names.split_first() else { return Known::Nothing };
                let value = self.variables.iter().rev().find(|v| v.0 == *name).map(|v| v.1.clone());
                self.field(tree, &value.unwrap_or(Known::Nothing), rest, expr.pos, true)
            }
            // In parentheses a missing map is nothing worse than a missing value.
            ExprKind::Chain(inner, names) => {
                let value = self.operand(tree, inner, dot);
                self.field(tree, &value, names, expr.pos, names.len() > 1)
            }
            ExprKind::Pipe(pipe) => self.pipe(tree, pipe, dot),
            ExprKind::Function(function) => self.function(tree, function.name(), Vec::new()),
            ExprKind::Nil | ExprKind::Bool(_) | ExprKind::Number(_) => Known::Nothing,
        }
    }

    /// A field of a value. Where `fails` says so, a map that is missing is an error.
    fn field(&mut self, tree: &Tree, value: &Known, names: &[Str], at: u32, fails: bool) -> Known {
        let Some((name, rest)) = names.split_first() else { return value.clone() };
        let path = match value {
            Known::Root if &**name == b"Values" => self.paths.join(VALUES, rest),
            Known::Values(path) => self.paths.join(*path, names),
            Known::Dict(entries) => {
                let inner = entries.iter().rev().find(|e| e.0 == *name).map_or(Known::Nothing, |e| e.1.clone());
                return self.field(tree, &inner, rest, at, fails);
            }
            _ => return Known::Nothing,
        };
        if let Some(above) = self.paths.above(path)
            && fails
            && above != VALUES
            && !self.is_there(above)
            && !self.is_guarded(above)
        {
            self.report(tree, path, at);
        }
        Known::Values(path)
    }
}
