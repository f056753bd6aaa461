//! Go's template language: lexer, parser, evaluator and every function Helm offers; Jinja as a second dialect. Knows no
//! charts.

pub mod ast;
pub mod error;
pub mod exec;
pub mod func;
pub mod funcs;
pub mod jinja;
pub mod lex;
pub mod methods;
pub mod parse;
pub mod parsed;
pub mod quote;
pub mod trace;
