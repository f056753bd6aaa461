//! CEL's grammar, with the macros that Kubernetes knows. Own code because the `cel` crate's parser, measured, takes
//! 110 µs for an expression of 200 bytes (a default set of a hundred policies would cost a lint of one chart more than
//! all the rest), adds 36 CPU seconds to the build, expands macros into a form without two variables, and its
//! evaluator has neither types nor Kubernetes' libraries. Start at [`parse`].

use super::CompileError;
use super::ast::{Expr, Kind, Literal, Loop, LoopKind};
use super::lex::{Lexer, Token, unescape};

/// As cel-go's parser has it.
const MAX_DEPTH: usize = 250;
/// Operators in a row, `a + b + …`: the tree leans to the left and is walked by recursion.
const MAX_CHAIN: usize = 1000;

/// Reads an expression; `minor` is the Kubernetes version, which decides on the macros.
///
/// # Errors
/// What is no expression, with its place.
pub fn parse(text: &str, minor: u32) -> Result<Expr, CompileError> {
    if text.chars().count() > 100_000 {
        return Err(CompileError::new("expression code point size exceeds limit: size: more than 100000", 0));
    }
    let mut lexer = Lexer::new(text);
    let token = lexer.next()?;
    let mut parser = Parser { lexer, token, depth: 0, minor };
    let expr = parser.expr()?;
    match parser.token.0 {
        Token::End => Ok(expr),
        _ => Err(parser.unexpected()),
    }
}

struct Parser<'t> {
    lexer: Lexer<'t>,
    token: (Token<'t>, u32),
    depth: usize,
    minor: u32,
}

const RESERVED: &[&str] = &[
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// Whether a word can be no identifier: one that the language uses, or keeps for itself.
pub fn is_reserved(word: &str) -> bool {
    matches!(word, "true" | "false" | "null" | "in") || RESERVED.contains(&word)
}

impl<'t> Parser<'t> {
    fn bump(&mut self) -> Result<(Token<'t>, u32), CompileError> {
        let next = self.lexer.next()?;
        Ok(std::mem::replace(&mut self.token, next))
    }

    fn is(&self, symbol: &str) -> bool {
        matches!(self.token.0, Token::Symbol(s) if s == symbol)
    }

    fn eat(&mut self, symbol: &str) -> Result<bool, CompileError> {
        let found = self.is(symbol);
        if found {
            self.bump()?;
        }
        Ok(found)
    }

    fn expect(&mut self, symbol: &str) -> Result<(), CompileError> {
        match self.eat(symbol)? {
            true => Ok(()),
            false => Err(CompileError::new(
                format!("Syntax error: {} where '{symbol}' is expected", self.token.0.describe()),
                self.token.1,
            )),
        }
    }

    fn unexpected(&self) -> CompileError {
        CompileError::new(format!("Syntax error: unexpected {}", self.token.0.describe()), self.token.1)
    }

    fn expr(&mut self) -> Result<Expr, CompileError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let message = format!("expression recursion limit exceeded: {MAX_DEPTH}");
            return Err(CompileError::new(message, self.token.1));
        }
        let expr = self.ternary();
        self.depth -= 1;
        expr
    }

    fn ternary(&mut self) -> Result<Expr, CompileError> {
        let condition = self.or()?;
        let pos = self.token.1;
        if !self.eat("?")? {
            return Ok(condition);
        }
        let then = self.or()?;
        self.expect(":")?;
        let other = self.expr()?;
        Ok(Expr::new(Kind::Ternary(Box::new([condition, then, other])), pos))
    }

    fn or(&mut self) -> Result<Expr, CompileError> {
        self.chain("||", Kind::Or, Self::and)
    }

    fn and(&mut self) -> Result<Expr, CompileError> {
        self.chain("&&", Kind::And, |p| p.binary(0))
    }

    fn chain(
        &mut self,
        symbol: &str,
        make: fn(Vec<Expr>) -> Kind,
        part: fn(&mut Self) -> Result<Expr, CompileError>,
    ) -> Result<Expr, CompileError> {
        let first = part(self)?;
        let pos = self.token.1;
        if !self.is(symbol) {
            return Ok(first);
        }
        let mut all = vec![first];
        while self.eat(symbol)? {
            all.push(part(self)?);
        }
        Ok(Expr::new(make(all), pos))
    }

    /// Relations, sums, products: each level leans to the left.
    fn binary(&mut self, level: usize) -> Result<Expr, CompileError> {
        const LEVELS: [&[(&str, &str)]; 3] = [
            &[
                ("<", "_<_"),
                ("<=", "_<=_"),
                (">=", "_>=_"),
                (">", "_>_"),
                ("==", "_==_"),
                ("!=", "_!=_"),
                ("in", "@in"),
            ],
            &[("+", "_+_"), ("-", "_-_")],
            &[("*", "_*_"), ("/", "_/_"), ("%", "_%_")],
        ];
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        for count in 0.. {
            let Token::Symbol(symbol) = self.token.0 else { break };
            let Some((_, name)) = operators.iter().find(|(s, _)| *s == symbol) else { break };
            let pos = self.token.1;
            if count > MAX_CHAIN {
                return Err(CompileError::new("expression recursion limit exceeded: too many operators", pos));
            }
            self.bump()?;
            let right = self.binary(level + 1)?;
            left = Expr::call(name, None, vec![left, right], pos);
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expr, CompileError> {
        for (symbol, name) in [("!", "!_"), ("-", "-_")] {
            let pos = self.token.1;
            let mut count = 0usize;
            while self.eat(symbol)? {
                count += 1;
                if symbol == "-"
                    && let (Token::Int(_) | Token::Float(_), _) = self.token
                {
                    // The sign belongs to the number: the smallest integer has no positive twin.
                    let number = self.member(true)?;
                    return Ok(match count % 2 {
                        0 => Expr::call(name, None, vec![number], pos),
                        _ => number,
                    });
                }
            }
            if count > 0 {
                let operand = self.member(false)?;
                return Ok(match count % 2 {
                    0 => operand,
                    _ => Expr::call(name, None, vec![operand], pos),
                });
            }
        }
        self.member(false)
    }

    fn member(&mut self, negative: bool) -> Result<Expr, CompileError> {
        let mut expr = self.primary(negative)?;
        for _ in 0..MAX_CHAIN {
            let pos = self.token.1;
            if self.eat(".")? {
                let optional = self.eat("?")?;
                let field = self.selector()?;
                let at = self.token.1;
                expr = match !optional && self.eat("(")? {
                    true => self.call(Some(expr), &field, at)?,
                    false => {
                        self.optional_known(optional, pos)?;
                        Expr::new(Kind::Select { operand: Box::new(expr), field, optional }, pos)
                    }
                };
            } else if self.eat("[")? {
                let optional = self.eat("?")?;
                self.optional_known(optional, pos)?;
                let index = self.expr()?;
                self.expect("]")?;
                expr = Expr::call(if optional { "_[?_]" } else { "_[_]" }, None, vec![expr, index], pos);
            } else if self.is("{") && expr.qualified().is_some() {
                return Err(CompileError::new("message literals are not supported", pos));
            } else {
                return Ok(expr);
            }
        }
        Err(CompileError::new("expression recursion limit exceeded: too many selections", self.token.1))
    }

    fn optional_known(&self, optional: bool, pos: u32) -> Result<(), CompileError> {
        match optional && self.minor < 28 {
            true => Err(CompileError::new("unsupported syntax '?': optionals exist since Kubernetes 1.28", pos)),
            false => Ok(()),
        }
    }

    fn selector(&mut self) -> Result<Box<str>, CompileError> {
        match self.token.0 {
            Token::Ident(name) => {
                self.bump()?;
                Ok(name.into())
            }
            _ => Err(self.unexpected()),
        }
    }

    fn primary(&mut self, negative: bool) -> Result<Expr, CompileError> {
        let (token, pos) = self.bump()?;
        let literal = match token {
            Token::Symbol("(") => {
                let inner = self.expr()?;
                self.expect(")")?;
                return Ok(inner);
            }
            Token::Symbol("[") => return self.list(pos),
            Token::Symbol("{") => return self.map(pos),
            Token::Symbol(".") => {
                let (Token::Ident(name), at) = self.bump()? else { return Err(self.unexpected()) };
                return self.ident(name, at);
            }
            Token::Ident("true") => Literal::Bool(true),
            Token::Ident("false") => Literal::Bool(false),
            Token::Ident("null") => Literal::Null,
            Token::Ident(name) => return self.ident(name, pos),
            Token::Int(text) => integer(text, negative, pos)?,
            Token::Float(text) => {
                let value: f64 = text.parse().map_err(|_| CompileError::new("invalid double literal", pos))?;
                Literal::Double(if negative { -value } else { value })
            }
            Token::Str { text, raw, bytes } => unescape(text, raw, bytes, pos)?,
            other => {
                return Err(CompileError::new(format!("Syntax error: unexpected {}", other.describe()), pos));
            }
        };
        Ok(Expr::new(Kind::Literal(literal), pos))
    }

    fn ident(&mut self, name: &str, pos: u32) -> Result<Expr, CompileError> {
        if RESERVED.contains(&name) {
            return Err(CompileError::new(format!("reserved identifier: {name}"), pos));
        }
        let at = self.token.1;
        match self.eat("(")? {
            true => self.call(None, name, at),
            false => Ok(Expr::new(Kind::Ident(name.into()), pos)),
        }
    }

    /// Up to the closing parenthesis; the opening one is read, and is where cel-go says that a call stands.
    fn call(&mut self, target: Option<Expr>, name: &str, pos: u32) -> Result<Expr, CompileError> {
        let mut args = Vec::new();
        while !self.is(")") {
            args.push(self.expr()?);
            if !self.eat(",")? {
                break;
            }
        }
        self.expect(")")?;
        match target {
            None if name == "has" && args.len() == 1 => has(args.remove(0)),
            Some(range) => match macro_kind(name, args.len(), self.minor) {
                Some(kind) => expand(kind, name, range, args, pos),
                None => Ok(Expr::call(name, Some(range), args, pos)),
            },
            None => Ok(Expr::call(name, None, args, pos)),
        }
    }

    fn list(&mut self, pos: u32) -> Result<Expr, CompileError> {
        let mut items = Vec::new();
        while !self.is("]") {
            let optional = self.eat("?")?;
            self.optional_known(optional, pos)?;
            items.push((optional, self.expr()?));
            if !self.eat(",")? {
                break;
            }
        }
        self.expect("]")?;
        Ok(Expr::new(Kind::List(items), pos))
    }

    fn map(&mut self, pos: u32) -> Result<Expr, CompileError> {
        let mut entries = Vec::new();
        while !self.is("}") {
            let optional = self.eat("?")?;
            self.optional_known(optional, pos)?;
            let key = self.expr()?;
            self.expect(":")?;
            entries.push((optional, key, self.expr()?));
            if !self.eat(",")? {
                break;
            }
        }
        self.expect("}")?;
        Ok(Expr::new(Kind::Map(entries), pos))
    }
}

fn integer(text: &str, negative: bool, pos: u32) -> Result<Literal, CompileError> {
    let (digits, unsigned) = match text.strip_suffix(['u', 'U']) {
        Some(digits) => (digits, true),
        None => (text, false),
    };
    let hex = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"));
    let parsed = match hex {
        Some(hex) => u64::from_str_radix(hex, 16),
        None => digits.parse(),
    };
    let wrong = || CompileError::new(if unsigned { "invalid uint literal" } else { "invalid int literal" }, pos);
    let value = parsed.map_err(|_| wrong())?;
    match (unsigned, negative) {
        (true, false) => Ok(Literal::Uint(value)),
        (true, true) => Err(wrong()),
        (false, true) => match 0i64.checked_sub_unsigned(value) {
            Some(value) => Ok(Literal::Int(value)),
            None => Err(wrong()),
        },
        (false, false) => i64::try_from(value).map(Literal::Int).map_err(|_| wrong()),
    }
}

fn has(arg: Expr) -> Result<Expr, CompileError> {
    match arg.kind {
        Kind::Select { operand, field, optional: false } => Ok(Expr::new(Kind::Has { operand, field }, arg.pos)),
        _ => Err(CompileError::new("invalid argument to has() macro", arg.pos)),
    }
}

/// The macro of a name and a number of arguments, where this version has it, and how many variables it takes.
fn macro_kind(name: &str, args: usize, minor: u32) -> Option<(LoopKind, usize)> {
    let two = minor >= 32;
    Some(match (name, args) {
        ("all", 2) => (LoopKind::All, 1),
        ("exists", 2) => (LoopKind::Exists, 1),
        ("exists_one", 2) => (LoopKind::ExistsOne, 1),
        ("filter", 2) => (LoopKind::Filter, 1),
        ("map", 2 | 3) => (LoopKind::List, 1),
        ("all", 3) if two => (LoopKind::All, 2),
        ("exists", 3) if two => (LoopKind::Exists, 2),
        ("exists_one" | "existsOne", 3) if two => (LoopKind::ExistsOne, 2),
        ("transformList", 3 | 4) if two => (LoopKind::List, 2),
        ("transformMap", 3 | 4) if two => (LoopKind::TransformMap, 2),
        ("transformMapEntry", 3 | 4) if two => (LoopKind::TransformMapEntry, 2),
        ("sortBy", 2) if minor >= 34 => (LoopKind::SortBy, 1),
        ("optMap", 2) if minor >= 28 => (LoopKind::OptMap, 1),
        ("optFlatMap", 2) if minor >= 28 => (LoopKind::OptFlatMap, 1),
        _ => return None,
    })
}

fn expand(
    (kind, count): (LoopKind, usize),
    name: &str,
    range: Expr,
    mut args: Vec<Expr>,
    pos: u32,
) -> Result<Expr, CompileError> {
    let mut vars: Vec<Box<str>> = Vec::with_capacity(count);
    for arg in args.drain(..count) {
        match arg.kind {
            Kind::Ident(var) if vars.contains(&var) => {
                return Err(CompileError::new(format!("duplicate variable name: {var}"), arg.pos));
            }
            Kind::Ident(var) => vars.push(var),
            _ => return Err(CompileError::new(format!("argument must be a simple name in {name}()"), arg.pos)),
        }
    }
    let Some(mut body) = args.pop() else { return Err(CompileError::new("missing argument", pos)) };
    let mut filter = args.pop();
    if kind == LoopKind::Filter {
        let element = Expr::new(Kind::Ident(vars[0].clone()), pos);
        filter = Some(std::mem::replace(&mut body, element));
    }
    Ok(Expr::new(Kind::Loop(Box::new(Loop { kind, range, vars, filter, body })), pos))
}
