//! The parser of Go's template language: tokens to [`Tree`]s. Grammar, error texts and the line an error is put at
//! follow Go 1.26 `text/template/parse/parse.go`. Start reading at [`parse`]: here are texts and lists of nodes, `control`
//! has what stands in braces by keyword, `expr` the pipelines, `scope` which functions there are.

mod control;
mod expr;
mod number;
mod scope;
mod tokens;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::ast::{Command, Expr, FuncRef, List, Node, Tree, TreeSource};
use super::lex::{Kind, Lexer, Token};
use super::quote::unquote;
use crate::value::Str;
use crate::value::fmt::go_quote;

pub use scope::{FuncScope, find_function};

/// Why a text is no template. `message` is Go's text without the leading `template: NAME:LINE: `.
#[derive(Clone, Debug)]
pub struct ParseError {
    /// The text with its name.
    pub source: Arc<TreeSource>,
    /// Line, from 1, as Go counts it.
    pub line: u32,
    /// Byte offset of the token at fault.
    pub offset: u32,
    /// What is wrong.
    pub message: String,
}

impl ParseError {
    /// Go's full text.
    pub fn text(&self) -> String {
        format!("template: {}:{}: {}", self.source.name.to_text(), self.line, self.message)
    }
}

/// The templates in one text: its own under its name, and its defines.
pub type Trees = BTreeMap<Str, Arc<Tree>>;

/// Nesting of parentheses that Go allows.
const MAX_PARENS: u32 = 10_000;
/// Nesting of `if`, `with`, `range` and `block` that we allow: far beyond any chart, within our stack.
const MAX_NESTING: u32 = 10_000;

/// Parses a text into its template and those it defines.
///
/// # Errors
/// With Go's text and line for whatever Go refuses, and for control structures nested deeper than 10,000.
pub fn parse(source: Arc<TreeSource>, scope: FuncScope) -> Result<Trees, ParseError> {
    let text = source.text.clone();
    let mut parser = Parser {
        lexer: Lexer::new(&text),
        text: &text,
        scope,
        source: source.clone(),
        trees: Trees::new(),
        state: TreeState::default(),
        nesting: 0,
        nodes: Vec::new(),
        commands: Vec::new(),
        words: Vec::new(),
        names: HashMap::default(),
        functions: HashMap::default(),
    };
    let name = source.name.clone();
    let root = parser.parse_text()?;
    parser.add(name, root)?;
    Ok(parser.trees)
}

/// What Go keeps per tree while parsing: `define` and `block` bodies start with their own.
struct TreeState {
    tokens: [Token; 3],
    peeked: usize,
    vars: Vec<Str>,
    action_line: u32,
    range_depth: u32,
    paren_depth: u32,
}

impl Default for TreeState {
    fn default() -> TreeState {
        let none = Token { kind: Kind::Eof, start: 0, end: 0, line: 0 };
        TreeState {
            tokens: [none; 3],
            peeked: 0,
            vars: vec![Str::from("$")],
            action_line: 0,
            range_depth: 0,
            paren_depth: 0,
        }
    }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    text: &'a [u8],
    scope: FuncScope,
    source: Arc<TreeSource>,
    trees: Trees,
    state: TreeState,
    nesting: u32,
    /// Nodes of the lists that are being parsed, the innermost list's at the end.
    nodes: Vec<Node>,
    /// Likewise the commands of pipelines and the words of commands.
    commands: Vec<Command>,
    words: Vec<Expr>,
    /// Names and short texts seen, so that each is kept once.
    names: HashMap<&'a [u8], Str, RandomState>,
    /// Functions seen.
    functions: HashMap<&'a [u8], FuncRef, RandomState>,
}

type Parsed<T> = Result<T, ParseError>;

/// A statement, or what ends a list of them.
enum Item {
    Node(Node),
    End,
    Else,
}

impl Item {
    fn describe(&self) -> &'static str {
        match self {
            Item::Else => "{{else}}",
            _ => "{{end}}",
        }
    }
}

impl<'a> Parser<'a> {
    fn add(&mut self, name: Str, root: List) -> Parsed<()> {
        let replaces = match self.trees.get(&name) {
            None => true,
            Some(old) if old.root.is_empty(self.text) => true,
            Some(_) if root.is_empty(self.text) => false,
            Some(_) => {
                let quoted = go_quote(&name);
                return self.error(format!("template: multiple definition of template {quoted}"));
            }
        };
        if replaces {
            let tree = Tree { name: name.clone(), source: self.source.clone(), root: root.into() };
            self.trees.insert(name, Arc::new(tree));
        }
        Ok(())
    }

    fn parse_text(&mut self) -> Parsed<List> {
        let first = self.nodes.len();
        while self.peek().kind != Kind::Eof {
            if self.peek().kind == Kind::LeftDelim {
                let delim = self.next();
                if self.next_non_space().kind == Kind::Define {
                    let outer = std::mem::take(&mut self.state);
                    self.definition()?;
                    self.state = outer;
                    continue;
                }
                self.state.tokens[1] = delim;
                self.state.peeked = 2;
            }
            match self.text_or_action()? {
                Item::Node(n) => self.nodes.push(n),
                end => return self.error(format!("unexpected {}", end.describe())),
            }
        }
        Ok(self.list_from(first))
    }

    /// The nodes from the `first` on, as a list.
    fn list_from(&mut self, first: usize) -> List {
        List { nodes: self.nodes.split_off(first).into_boxed_slice() }
    }

    fn interned(&mut self, name: &'a [u8]) -> Str {
        self.names.entry(name).or_insert_with(|| Str::from(name)).clone()
    }

    fn unquoted(&mut self, token: Token) -> Parsed<Str> {
        let quoted = self.value(token);
        if let [b'"', text @ .., b'"'] = quoted
            && text.len() < 64
            && memchr::memchr2(b'\\', b'"', text).is_none()
            && text.is_ascii()
        {
            return Ok(self.interned(text));
        }
        match unquote(self.value(token)) {
            Some(bytes) => Ok(bytes.into()),
            None => self.error("invalid syntax"),
        }
    }

    /// One control structure further in.
    fn deeper(&mut self) -> Parsed<()> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return self.error(format!("control structures are nested deeper than {MAX_NESTING}"));
        }
        Ok(())
    }

    fn item_list(&mut self) -> Parsed<(List, Item)> {
        self.deeper()?;
        let first = self.nodes.len();
        while self.peek_non_space().kind != Kind::Eof {
            match self.text_or_action()? {
                Item::Node(n) => self.nodes.push(n),
                end => {
                    self.nesting -= 1;
                    return Ok((self.list_from(first), end));
                }
            }
        }
        self.error("unexpected EOF")
    }

    fn text_or_action(&mut self) -> Parsed<Item> {
        let token = self.next_non_space();
        match token.kind {
            Kind::Text => Ok(Item::Node(Node::Text { start: token.start, end: token.end })),
            Kind::LeftDelim => {
                self.state.action_line = token.line;
                let item = self.action();
                self.state.action_line = 0;
                item
            }
            _ => self.unexpected(token, "input"),
        }
    }
}
