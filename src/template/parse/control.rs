//! Control structures: `if`, `with`, `range` and what ends them, `define`, `block`, `template`.

use super::super::ast::{Branch, Call, List, Node};
use super::super::lex::Kind;
use super::{Item, Parsed, Parser};
use crate::value::Str;

impl Parser<'_> {
    /// What stands between two delimiters.
    pub(super) fn action(&mut self) -> Parsed<Item> {
        let token = self.next_non_space();
        let node = match token.kind {
            Kind::Block => self.block()?,
            Kind::Break | Kind::Continue => self.loop_control(token.kind)?,
            Kind::Else => return self.else_control(),
            Kind::End => {
                self.expect(Kind::RightDelim, "end")?;
                return Ok(Item::End);
            }
            Kind::If => Node::If(self.control("if")?),
            Kind::Range => Node::Range(self.control("range")?),
            Kind::Template => self.template()?,
            Kind::With => Node::With(self.control("with")?),
            _ => {
                self.backup();
                self.peek();
                Node::Action(self.pipeline("command", Kind::RightDelim)?)
            }
        };
        Ok(Item::Node(node))
    }

    fn loop_control(&mut self, kind: Kind) -> Parsed<Node> {
        let (node, text) =
            if kind == Kind::Break { (Node::Break, "{{break}}") } else { (Node::Continue, "{{continue}}") };
        let token = self.next_non_space();
        if token.kind != Kind::RightDelim {
            return self.unexpected(token, text);
        }
        if self.state.range_depth == 0 {
            return self.error(format!("{text} outside {{{{range}}}}"));
        }
        Ok(node)
    }

    fn else_control(&mut self) -> Parsed<Item> {
        let peek = self.peek_non_space();
        if matches!(peek.kind, Kind::If | Kind::With) {
            return Ok(Item::Else);
        }
        self.expect(Kind::RightDelim, "else")?;
        Ok(Item::Else)
    }

    fn control(&mut self, context: &'static str) -> Parsed<Box<Branch>> {
        let vars = self.state.vars.len();
        let pipe = self.pipeline(context, Kind::RightDelim)?;
        if context == "range" {
            self.state.range_depth += 1;
        }
        let (list, next) = self.item_list()?;
        if context == "range" {
            self.state.range_depth -= 1;
        }
        let otherwise = match next {
            Item::Else => Some(self.otherwise(context)?),
            _ => None,
        };
        self.state.vars.truncate(vars);
        Ok(Box::new(Branch { pipe, list, otherwise }))
    }

    /// What follows `else`, up to the end.
    fn otherwise(&mut self, context: &'static str) -> Parsed<List> {
        let chained: fn(Box<Branch>) -> Node = match (context, self.peek().kind) {
            ("if", Kind::If) => Node::If,
            ("with", Kind::With) => Node::With,
            _ => {
                let (list, end) = self.item_list()?;
                if !matches!(end, Item::End) {
                    return self.error(format!("expected end; found {}", end.describe()));
                }
                return Ok(list);
            }
        };
        self.next();
        // A branch after `else if` nests as deep as the chain is long.
        self.deeper()?;
        let branch = self.control(context);
        self.nesting -= 1;
        Ok(List { nodes: Box::new([chained(branch?)]) })
    }

    pub(super) fn definition(&mut self) -> Parsed<()> {
        const CONTEXT: &str = "define clause";
        let (_, name) = self.template_name(CONTEXT)?;
        self.expect(Kind::RightDelim, CONTEXT)?;
        self.body(name, CONTEXT)
    }

    fn block(&mut self) -> Parsed<Node> {
        const CONTEXT: &str = "block clause";
        let (pos, name) = self.template_name(CONTEXT)?;
        let pipe = self.pipeline(CONTEXT, Kind::RightDelim)?;
        let outer = std::mem::take(&mut self.state);
        self.body(name.clone(), CONTEXT)?;
        self.state = outer;
        Ok(Node::Template(Box::new(Call { pos, name, pipe: Some(pipe) })))
    }

    fn template(&mut self) -> Parsed<Node> {
        const CONTEXT: &str = "template clause";
        let (pos, name) = self.template_name(CONTEXT)?;
        let mut pipe = None;
        if self.next_non_space().kind != Kind::RightDelim {
            self.backup();
            pipe = Some(self.pipeline(CONTEXT, Kind::RightDelim)?);
        }
        Ok(Node::Template(Box::new(Call { pos, name, pipe })))
    }

    /// A template's name, and where it stands.
    fn template_name(&mut self, context: &str) -> Parsed<(u32, Str)> {
        let token = self.next_non_space();
        if !matches!(token.kind, Kind::String | Kind::RawString) {
            return self.unexpected(token, context);
        }
        Ok((token.start, self.unquoted(token)?))
    }

    /// What a template of this name consists of, up to the end.
    fn body(&mut self, name: Str, context: &str) -> Parsed<()> {
        let (root, end) = self.item_list()?;
        if !matches!(end, Item::End) {
            return self.error(format!("unexpected {} in {context}", end.describe()));
        }
        self.add(name, root)
    }
}
