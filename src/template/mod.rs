//! Go's template language: lexer, parser, evaluator and every function Helm offers. Knows no charts.

pub mod func;
pub mod funcs;
