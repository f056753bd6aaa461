//! The parser of Go's template language: tokens to [`Tree`]s. Grammar, error texts and the line an error is put at
//! follow Go 1.26 `text/template/parse/parse.go`. Start reading at [`parse`].

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use foldhash::fast::RandomState;
use smallvec::SmallVec;

use super::ast::*;
use super::func::Since;
use super::funcs;
use super::lex::{Kind, Lexer, Token};
use super::quote::{unquote, unquote_char};
use crate::grammar::gonum;
use crate::value::fmt::go_quote;
use crate::value::{HelmVersion, Str};

/// Which functions a template may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FuncScope {
    /// All that a chart's templates have.
    Chart(HelmVersion),
    /// Sprig's, with `env` and `expandenv`, without Helm's own: `--name-template`.
    NameTemplate,
    /// Those of helmfile's templates.
    Helmfile,
    /// Those of Argo CD's ApplicationSets.
    Argo,
}

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
    fn next(&mut self) -> Token {
        let s = &mut self.state;
        if s.peeked > 0 {
            s.peeked -= 1;
        } else {
            s.tokens[0] = self.lexer.next_token();
        }
        s.tokens[s.peeked]
    }

    fn backup(&mut self) {
        self.state.peeked += 1;
    }

    fn peek(&mut self) -> Token {
        let s = &mut self.state;
        if s.peeked > 0 {
            return s.tokens[s.peeked - 1];
        }
        s.peeked = 1;
        s.tokens[0] = self.lexer.next_token();
        s.tokens[0]
    }

    fn next_non_space(&mut self) -> Token {
        loop {
            let token = self.next();
            if token.kind != Kind::Space {
                return token;
            }
        }
    }

    fn peek_non_space(&mut self) -> Token {
        let token = self.next_non_space();
        self.backup();
        token
    }

    fn value(&self, token: Token) -> &'a [u8] {
        &self.text[token.start as usize..token.end as usize]
    }

    fn error<T>(&self, message: impl Into<String>) -> Parsed<T> {
        let at = self.state.tokens[0];
        Err(ParseError { source: self.source.clone(), line: at.line, offset: at.start, message: message.into() })
    }

    /// How Go's item prints: keywords in angle brackets, long texts cut.
    fn describe(&self, token: Token) -> String {
        if token.kind == Kind::Eof {
            return "EOF".into();
        }
        if token.kind == Kind::Error {
            return self.lexer.message.clone();
        }
        let value = self.value(token);
        if token.kind.is_keyword() {
            return format!("<{}>", String::from_utf8_lossy(value));
        }
        if value.len() > 10 {
            let text = String::from_utf8_lossy(value);
            let head: String = text.chars().take(10).collect();
            return format!("{}...", String::from_utf8_lossy(&go_quote(head.as_bytes())));
        }
        String::from_utf8_lossy(&go_quote(value)).into_owned()
    }

    fn unexpected<T>(&self, token: Token, context: &str) -> Parsed<T> {
        if token.kind == Kind::Error {
            let mut message = self.lexer.message.clone();
            if self.state.action_line != 0 && self.state.action_line != token.line {
                let place = format!("{}:{}", self.source.name.to_text(), self.state.action_line);
                let lead = if message.ends_with(" action") { " started at " } else { " in action started at " };
                message.push_str(lead);
                message.push_str(&place);
            }
            return self.error(message);
        }
        let what = self.describe(token);
        self.error(format!("unexpected {what} in {context}"))
    }

    fn expect(&mut self, kind: Kind, context: &str) -> Parsed<Token> {
        let token = self.next_non_space();
        if token.kind != kind {
            return self.unexpected(token, context);
        }
        Ok(token)
    }

    fn add(&mut self, name: Str, root: List) -> Parsed<()> {
        let replaces = match self.trees.get(&name) {
            None => true,
            Some(old) if old.root.is_empty(self.text) => true,
            Some(_) if root.is_empty(self.text) => false,
            Some(_) => {
                let quoted = go_quote(&name);
                return self
                    .error(format!("template: multiple definition of template {}", String::from_utf8_lossy(&quoted)));
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

    fn definition(&mut self) -> Parsed<()> {
        const CONTEXT: &str = "define clause";
        let token = self.next_non_space();
        if !matches!(token.kind, Kind::String | Kind::RawString) {
            return self.unexpected(token, CONTEXT);
        }
        let name = self.unquoted(token)?;
        self.expect(Kind::RightDelim, CONTEXT)?;
        let (root, end) = self.item_list()?;
        if !matches!(end, Item::End) {
            return self.error(format!("unexpected {} in {CONTEXT}", end.describe()));
        }
        self.add(name, root)
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

    fn item_list(&mut self) -> Parsed<(List, Item)> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return self.error(format!("control structures are nested deeper than {MAX_NESTING}"));
        }
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

    fn action(&mut self) -> Parsed<Item> {
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
        let mut otherwise = None;
        if let Item::Else = next {
            let following = self.peek().kind;
            let chained = match (context, following) {
                ("if", Kind::If) => {
                    self.next();
                    Some(Node::If(self.nested_control("if")?))
                }
                ("with", Kind::With) => {
                    self.next();
                    Some(Node::With(self.nested_control("with")?))
                }
                _ => None,
            };
            otherwise = Some(match chained {
                Some(node) => List { nodes: Box::new([node]) },
                None => {
                    let (list, end) = self.item_list()?;
                    if !matches!(end, Item::End) {
                        return self.error(format!("expected end; found {}", end.describe()));
                    }
                    list
                }
            });
        }
        self.state.vars.truncate(vars);
        Ok(Box::new(Branch { pipe, list, otherwise }))
    }

    /// The branch after `else if`, which nests as deep as the chain is long.
    fn nested_control(&mut self, context: &'static str) -> Parsed<Box<Branch>> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return self.error(format!("control structures are nested deeper than {MAX_NESTING}"));
        }
        let branch = self.control(context);
        self.nesting -= 1;
        branch
    }

    fn block(&mut self) -> Parsed<Node> {
        const CONTEXT: &str = "block clause";
        let token = self.next_non_space();
        let name = self.template_name(token, CONTEXT)?;
        let pipe = self.pipeline(CONTEXT, Kind::RightDelim)?;
        let outer = std::mem::take(&mut self.state);
        let (root, end) = self.item_list()?;
        if !matches!(end, Item::End) {
            return self.error(format!("unexpected {} in {CONTEXT}", end.describe()));
        }
        self.add(name.clone(), root)?;
        self.state = outer;
        Ok(Node::Template(Box::new(Call { pos: token.start, name, pipe: Some(pipe) })))
    }

    fn template(&mut self) -> Parsed<Node> {
        const CONTEXT: &str = "template clause";
        let token = self.next_non_space();
        let name = self.template_name(token, CONTEXT)?;
        let mut pipe = None;
        if self.next_non_space().kind != Kind::RightDelim {
            self.backup();
            pipe = Some(self.pipeline(CONTEXT, Kind::RightDelim)?);
        }
        Ok(Node::Template(Box::new(Call { pos: token.start, name, pipe })))
    }

    fn template_name(&mut self, token: Token, context: &str) -> Parsed<Str> {
        if !matches!(token.kind, Kind::String | Kind::RawString) {
            return self.unexpected(token, context);
        }
        self.unquoted(token)
    }

    fn pipeline(&mut self, context: &str, end: Kind) -> Parsed<Pipe> {
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
                let quoted = go_quote(term.as_bytes());
                return self.error(format!("unexpected . after term {}", String::from_utf8_lossy(&quoted)));
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
                    return self.error(format!("undefined variable {}", String::from_utf8_lossy(&quoted)));
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
                let quoted = go_quote(name.as_bytes());
                self.error(format!("function {} not defined", String::from_utf8_lossy(&quoted)))
            }
        }
    }
}

/// The function that a name stands for in a scope.
pub fn find_function(name: &str, scope: FuncScope) -> Option<FuncRef> {
    let own = match scope {
        FuncScope::Helmfile => funcs::tools::HELMFILE,
        FuncScope::Argo => funcs::tools::ARGO,
        FuncScope::Chart(_) | FuncScope::NameTemplate => &[],
    };
    if let Some(f) = own.iter().find(|f| f.name == name) {
        return Some(FuncRef::Table(f));
    }
    if let Some(f) = EngineFunc::ALL.into_iter().find(|f| f.name() == name) {
        let of_helm = matches!(f, EngineFunc::Include | EngineFunc::Tpl | EngineFunc::Required | EngineFunc::Lookup);
        return (scope != FuncScope::NameTemplate || !of_helm).then_some(FuncRef::Engine(f));
    }
    let f = funcs::find(name)?;
    let known = match (f.since, scope) {
        (Since::Both, _) => true,
        (Since::V4, scope) => scope == FuncScope::Chart(HelmVersion::V4),
        (Since::NameTemplate, scope) => scope == FuncScope::NameTemplate,
    };
    known.then_some(FuncRef::Table(f))
}

/// A number or character literal under every type that holds it, as `parse.newNumber` of Go's `node.go`.
fn number(text: &str, kind: Kind) -> Result<Number, String> {
    let mut n = Number { text: text.into(), ..Number::default() };
    if kind == Kind::CharConstant {
        let mut bytes = Vec::new();
        let (rune, tail) = unquote_char(&text.as_bytes()[1..], b'\'', &mut bytes).ok_or("invalid syntax")?;
        if tail != b"'" {
            return Err(format!("malformed character constant: {text}"));
        }
        n.int = Some(i64::from(rune));
        n.uint = Some(u64::from(rune));
        n.float = Some(f64::from(rune));
        return Ok(n);
    }
    if kind == Kind::Complex {
        let at = text.rfind(['+', '-']).ok_or("syntax error scanning complex number")?;
        let real = gonum::parse_float(&text.as_bytes()[..at]).map_err(|_| "syntax error scanning complex number")?;
        let imaginary = gonum::parse_float(text[at..].trim_end_matches('i').as_bytes())
            .map_err(|_| "syntax error scanning complex number")?;
        simplify(&mut n, real, imaginary);
        return Ok(n);
    }
    if let Some(imaginary) = text.strip_suffix('i')
        && let Ok(f) = gonum::parse_float(imaginary.as_bytes())
    {
        simplify(&mut n, 0.0, f);
        return Ok(n);
    }
    n.uint = gonum::parse_uint(text.as_bytes(), 0).ok();
    n.int = gonum::parse_int(text.as_bytes(), 0).ok();
    if n.int == Some(0) && n.uint.is_none() {
        n.uint = Some(0);
    }
    if let Some(i) = n.int {
        n.float = Some(i as f64);
    } else if let Some(u) = n.uint {
        n.float = Some(u as f64);
    } else if let Ok(f) = gonum::parse_float(text.as_bytes()) {
        if !text.contains(['.', 'e', 'E', 'p', 'P']) {
            return Err(format!("integer overflow: {text:?}"));
        }
        n.float = Some(f);
        integral_parts(&mut n, f);
    }
    if n.int.is_none() && n.uint.is_none() && n.float.is_none() {
        return Err(format!("illegal number syntax: {text:?}"));
    }
    Ok(n)
}

fn integral_parts(n: &mut Number, f: f64) {
    // The bounds are those where Go's conversion round-trips on amd64.
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&f) && f.trunc() == f {
        n.int = Some(f as i64);
    }
    if (0.0..18_446_744_073_709_551_616.0).contains(&f) && f.trunc() == f {
        n.uint = Some(f as u64);
    }
}

fn simplify(n: &mut Number, real: f64, imaginary: f64) {
    n.complex = Some((real, imaginary));
    if imaginary == 0.0 {
        n.float = Some(real);
        integral_parts(n, real);
    }
}
