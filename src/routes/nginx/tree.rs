//! Directives with their blocks, includes resolved in place.

use super::lex::{End, Lexer, Words};
use super::{Fault, Files};

/// How deep blocks may be nested; nginx itself has no use for more than a few.
const MAX_DEPTH: usize = 64;
/// How deep includes may be nested.
const MAX_INCLUDES: usize = 16;
/// How many directives a configuration may have, over all of its files.
const MAX_DIRECTIVES: usize = 1_000_000;

/// One directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// Its name.
    pub name: String,
    /// What follows the name.
    pub args: Vec<String>,
    /// What is between its braces, where it has them.
    pub block: Option<Vec<Directive>>,
    /// The file, as an index into the list of [`read`].
    pub file: usize,
    /// The line, from 1.
    pub line: usize,
}

impl Directive {
    /// An argument, empty where there is none.
    pub fn arg(&self, n: usize) -> &str {
        self.args.get(n).map_or("", String::as_str)
    }

    /// The directives of its block.
    pub fn inner(&self) -> &[Directive] {
        self.block.as_deref().unwrap_or_default()
    }
}

/// A configuration: its directives and the files they are from.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// Names of the files, in the order they were first read.
    pub files: Vec<String>,
    /// The directives outside any block.
    pub directives: Vec<Directive>,
}

/// Reads a configuration with its includes.
///
/// # Errors
/// When a file cannot be read, is malformed, or includes itself.
pub fn read(path: &str, files: &dyn Files) -> Result<Tree, Fault> {
    let mut reader =
        Reader { source: files, root: folder(path).to_owned(), files: Vec::new(), count: 0, open: Vec::new() };
    let text = files.read(path).map_err(|message| Fault { file: path.to_owned(), line: 0, message })?;
    let directives = reader.file(path, &text, 0)?;
    Ok(Tree { files: reader.files, directives })
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(dir, _)| dir)
}

struct Reader<'a> {
    source: &'a dyn Files,
    /// Relative includes start at the main file's folder, in whichever file they stand.
    root: String,
    files: Vec<String>,
    count: usize,
    /// The files that are being read, outermost first.
    open: Vec<String>,
}

impl Reader<'_> {
    /// The directives of one file; `depth` is that of the block it is included in.
    fn file(&mut self, path: &str, text: &str, depth: usize) -> Result<Vec<Directive>, Fault> {
        let number = self.files.iter().position(|f| f == path).unwrap_or(self.files.len());
        if number == self.files.len() {
            self.files.push(path.to_owned());
        }
        self.open.push(path.to_owned());
        let mut lexer = Lexer::new(path, text);
        // Blocks that are open, each with the directive that opened it.
        let mut blocks: Vec<(Directive, Vec<Directive>)> = Vec::new();
        let mut current = Vec::new();
        loop {
            let words = lexer.next_words()?;
            match words.end {
                End::File if blocks.is_empty() => break,
                End::File => return Err(lexer.fault("unexpected end of file, expecting \"}\"")),
                End::Close => {
                    let (opener, outer) = blocks.pop().ok_or_else(|| lexer.fault("unexpected \"}\""))?;
                    let block = Some(std::mem::replace(&mut current, outer));
                    current.push(Directive { block, ..opener });
                }
                End::Open => {
                    let directive = self.directive(words, number, &lexer)?;
                    if depth + blocks.len() >= MAX_DEPTH {
                        return Err(lexer.fault("blocks are nested too deeply"));
                    }
                    if directive.name.ends_with("_by_lua_block") {
                        lexer.skip_foreign_block()?;
                        current.push(Directive { block: Some(Vec::new()), ..directive });
                    } else {
                        blocks.push((directive, std::mem::take(&mut current)));
                    }
                }
                End::Semicolon => {
                    let directive = self.directive(words, number, &lexer)?;
                    match directive.name.as_str() {
                        "include" => current.extend(self.include(&directive, path, depth + blocks.len())?),
                        _ => current.push(directive),
                    }
                }
            }
        }
        self.open.pop();
        Ok(current)
    }

    fn directive(&mut self, words: Words, file: usize, lexer: &Lexer<'_>) -> Result<Directive, Fault> {
        self.count += 1;
        if self.count > MAX_DIRECTIVES {
            return Err(lexer.fault("the configuration has too many directives"));
        }
        let mut args = words.words;
        let name = args.remove(0);
        Ok(Directive { name, args, block: None, file, line: words.line })
    }

    fn include(&mut self, directive: &Directive, path: &str, depth: usize) -> Result<Vec<Directive>, Fault> {
        let fault = |message: String| Fault { file: path.to_owned(), line: directive.line, message };
        let asked = directive.arg(0);
        let pattern = match asked.starts_with('/') || self.root.is_empty() {
            true => asked.to_owned(),
            false => format!("{}/{asked}", self.root),
        };
        if self.open.len() >= MAX_INCLUDES {
            return Err(fault("includes are nested too deeply".into()));
        }
        let mut all = Vec::new();
        for found in self.source.find(&pattern).map_err(fault)? {
            if self.open.contains(&found) {
                return Err(fault(format!("{found} includes itself: {} → {found}", self.open.join(" → "))));
            }
            let text = self.source.read(&found).map_err(fault)?;
            all.extend(self.file(&found, &text, depth)?);
        }
        Ok(all)
    }
}
