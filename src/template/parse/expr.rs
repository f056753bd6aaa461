//! Pipelines, down to their operands.

use smallvec::SmallVec;

use super::super::ast::{Command, Expr, ExprKind, FuncRef, Pipe};
use super::super::lex::{Kind, Token};
use super::number::number;
use super::scope::find_function;
use super::{MAX_PARENS, Parsed, Parser};
use crate::value::Str;
use crate::value::fmt::go_quote;

impl Parser<'_> {
    pub(super) fn pipeline(&mut self, context: &str, end: Kind) -> Parsed<Pipe> {
        let pos = self.peek_non_space().start;
        let (decl, assigns) = self.declarations(context)?;
        let first = self.commands.len();
        loop {
            let token = self.next_non_space();
            match token.kind {
                kind if kind == end => {
                    self.check_pipeline(&self.commands[first..], context)?;
                    let commands = self.commands.split_off(first).into_boxed_slice();
                    return Ok(Pipe { pos, assigns, decl: decl.into_boxed_slice(), commands });
                }
                Kind::Bool
                | Kind::CharConstant
                | Kind::Complex
                | Kind::Dot
                | Kind::Field
                | Kind::Identifier
                | Kind::Number
                | Kind::Nil
                | Kind::RawString
                | Kind::String
                | Kind::Variable
                | Kind::LeftParen => {
                    self.backup();
                    let command = self.command()?;
                    self.commands.push(command);
                }
                _ => return self.unexpected(token, context),
            }
        }
    }

    /// The variables that a pipeline declares, or assigns.
    fn declarations(&mut self, context: &str) -> Parsed<(SmallVec<[Str; 2]>, bool)> {
        let mut decl = SmallVec::new();
        let mut assigns = false;
        loop {
            let v = self.peek_non_space();
            if v.kind != Kind::Variable {
                return Ok((decl, assigns));
            }
            self.next();
            // A space must be seen before what follows: `$x = 1` and `$x` alone part here.
            let after = self.peek();
            let next = self.peek_non_space();
            let name = self.interned(self.value(v));
            if matches!(next.kind, Kind::Assign | Kind::Declare) {
                assigns = next.kind == Kind::Assign;
                self.next_non_space();
                decl.push(name.clone());
                self.state.vars.push(name);
            } else if next.kind == Kind::Char && self.value(next) == b"," {
                self.next_non_space();
                decl.push(name.clone());
                self.state.vars.push(name);
                if context == "range" && decl.len() < 2 {
                    match self.peek_non_space().kind {
                        Kind::Variable | Kind::RightDelim | Kind::RightParen => continue,
                        _ => return self.error("range can only initialize variables"),
                    }
                }
                return self.error(format!("too many declarations in {context}"));
            } else if after.kind == Kind::Space {
                self.state.tokens[1] = after;
                self.state.tokens[2] = v;
                self.state.peeked = 3;
            } else {
                self.state.tokens[1] = v;
                self.state.peeked = 2;
            }
            return Ok((decl, assigns));
        }
    }

    fn check_pipeline(&self, commands: &[Command], context: &str) -> Parsed<()> {
        if commands.is_empty() {
            return self.error(format!("missing value for {context}"));
        }
        for (i, command) in commands.iter().enumerate().skip(1) {
            if matches!(
                command.args[0].kind,
                ExprKind::Bool(_) | ExprKind::Dot | ExprKind::Nil | ExprKind::Number(_) | ExprKind::Str(..)
            ) {
                return self.error(format!("non executable command in pipeline stage {}", i + 1));
            }
        }
        Ok(())
    }

    fn command(&mut self) -> Parsed<Command> {
        let pos = self.peek_non_space().start;
        let first = self.words.len();
        loop {
            self.peek_non_space();
            if let Some(operand) = self.operand()? {
                self.words.push(operand);
            }
            let token = self.next();
            match token.kind {
                Kind::Space => continue,
                Kind::RightDelim | Kind::RightParen => self.backup(),
                Kind::Pipe => {}
                _ => return self.unexpected(token, "operand"),
            }
            break;
        }
        if self.words.len() == first {
            return self.error("empty command");
        }
        Ok(Command { pos, args: self.words.split_off(first).into_boxed_slice() })
    }

    fn operand(&mut self) -> Parsed<Option<Expr>> {
        let Some(node) = self.term()? else { return Ok(None) };
        if self.peek().kind != Kind::Field {
            return Ok(Some(node));
        }
        let pos = self.peek().start;
        let mut path: SmallVec<[Str; 8]> = SmallVec::new();
        if let ExprKind::Field(head) | ExprKind::Variable(head) = &node.kind {
            path.extend(head.iter().cloned());
        }
        while self.peek().kind == Kind::Field {
            let token = self.next();
            path.push(self.interned(&self.value(token)[1..]));
        }
        let kind = match node.kind {
            ExprKind::Field(_) => ExprKind::Field(path.into_boxed_slice()),
            ExprKind::Variable(_) => ExprKind::Variable(path.into_boxed_slice()),
            ExprKind::Bool(_) | ExprKind::Str(..) | ExprKind::Number(_) | ExprKind::Nil | ExprKind::Dot => {
                let mut term = String::new();
                node.write(self.text, &mut term);
                let quoted = go_quote(term);
                return self.error(format!("unexpected . after term {quoted}"));
            }
            _ => ExprKind::Chain(Box::new(node), path.into_boxed_slice()),
        };
        Ok(Some(Expr { pos, kind }))
    }

    fn term(&mut self) -> Parsed<Option<Expr>> {
        let token = self.next_non_space();
        let kind = match token.kind {
            Kind::Identifier => ExprKind::Function(self.function(token)?),
            Kind::Dot => ExprKind::Dot,
            Kind::Nil => ExprKind::Nil,
            Kind::Variable => {
                let name = self.interned(self.value(token));
                if !self.state.vars.contains(&name) {
                    let quoted = go_quote(&name);
                    return self.error(format!("undefined variable {quoted}"));
                }
                ExprKind::Variable(Box::new([name]))
            }
            Kind::Field => ExprKind::Field(Box::new([self.interned(&self.value(token)[1..])])),
            Kind::Bool => ExprKind::Bool(self.value(token) == b"true"),
            Kind::CharConstant | Kind::Complex | Kind::Number => {
                match number(&String::from_utf8_lossy(self.value(token)), token.kind) {
                    Ok(n) => ExprKind::Number(Box::new(n)),
                    Err(message) => return self.error(message),
                }
            }
            Kind::LeftParen => {
                if self.state.paren_depth >= MAX_PARENS {
                    return self.error("max expression depth exceeded");
                }
                self.state.paren_depth += 1;
                let pipe = self.pipeline("parenthesized pipeline", Kind::RightParen)?;
                self.state.paren_depth -= 1;
                let pos = pipe.pos;
                return Ok(Some(Expr { pos, kind: ExprKind::Pipe(Box::new(pipe)) }));
            }
            Kind::String | Kind::RawString => {
                let text = self.unquoted(token)?;
                ExprKind::Str(text, token.end - token.start)
            }
            _ => {
                self.backup();
                return Ok(None);
            }
        };
        Ok(Some(Expr { pos: token.start, kind }))
    }

    fn function(&mut self, token: Token) -> Parsed<FuncRef> {
        let written = self.value(token);
        if let Some(f) = self.functions.get(written) {
            return Ok(*f);
        }
        let name = String::from_utf8_lossy(written);
        match find_function(&name, self.scope) {
            Some(f) => {
                self.functions.insert(written, f);
                Ok(f)
            }
            None => {
                let quoted = go_quote(&*name);
                self.error(format!("function {quoted} not defined"))
            }
        }
    }
}
