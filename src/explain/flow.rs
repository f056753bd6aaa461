//! How functions pass on what is known of their arguments: which bytes of a result are which bytes of which argument.
//!
//! A function that isn't named here has its whole result put down to all of its arguments and what is in them. Functions
//! that make or change maps and lists are in `slots`, those that write them as texts in `written`.

use super::record::{Kind, MOST, Node, Range, Recorder, Ref, Seg};
use crate::value::compare::{is_empty, truth};
use crate::value::fmt::{go_quote, sprintf, to_bytes};
use crate::value::{HelmVersion, IntKind, Value};

/// A segment with this shift goes back to all of its text.
pub(super) const ALL: u32 = u32::MAX;

/// A segment with this shift is what stands before a map or list, a dash or a key: it is there because of all of it, but
/// made of none of what is in it.
pub(super) const HEAD: u32 = u32::MAX - 1;

/// A segment with this shift is a key, of which something is known only if it isn't that of its value.
pub(super) const KEY: u32 = u32::MAX - 2;

/// What a function does with what it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// Something that depends on what its arguments are, but not on what is in maps and lists.
    Whole,
    /// Something that depends on all that is in its arguments.
    Deep,
    Has,
    HasKey,
    /// Returns this argument.
    Same(u8),
    Default,
    Coalesce,
    Ternary,
    /// Changes the letters of this argument, not their order.
    Like(u8),
    /// Returns a part of this argument.
    Cut(u8),
    Indent,
    Quote,
    Replace,
    Printf,
    Print,
    Cat,
    Join,
    Yaml,
    YamlPretty,
    Json,
    OneLineJson,
    /// Parses a text into maps and lists.
    Parse,
    /// Takes this argument apart into a list, or into a map of `_0`, `_1`, ….
    Split(u8),
    Dict,
    List,
    Set,
    Append,
    Prepend,
    /// A list or map made of the slots of others.
    Container,
    Get,
    Index,
    Dig,
    First,
    Last,
    File,
    /// The keys of a map.
    Keys,
    /// Sorts texts.
    Sorted,
}

/// What the function of this name does.
pub(super) fn flow_of(name: &str) -> Flow {
    match name {
        "default" => Flow::Default,
        "coalesce" => Flow::Coalesce,
        "ternary" => Flow::Ternary,
        "required" | "and" | "or" => Flow::Same(1),
        "tpl" => Flow::Same(0),
        "toString" | "upper" | "lower" | "title" | "untitle" | "swapcase" | "kebabcase" | "snakecase" | "camelcase"
        | "nospace" | "html" | "js" | "urlquery" | "clean" => Flow::Like(0),
        "wrap" | "regexQuoteMeta" => Flow::Like(1),
        "trim" | "base" | "dir" => Flow::Cut(0),
        "trimAll" | "trimall" | "trimPrefix" | "trimSuffix" | "trunc" | "regexFind" | "mustRegexFind" => Flow::Cut(1),
        "substr" => Flow::Cut(2),
        "indent" | "nindent" => Flow::Indent,
        "quote" | "squote" => Flow::Quote,
        "replace" => Flow::Replace,
        "printf" => Flow::Printf,
        "print" => Flow::Print,
        "cat" => Flow::Cat,
        "join" => Flow::Join,
        "toYaml" | "mustToYaml" => Flow::Yaml,
        "toYamlPretty" => Flow::YamlPretty,
        "toPrettyJson" | "mustToPrettyJson" => Flow::Json,
        "toJson" | "mustToJson" | "toRawJson" | "mustToRawJson" => Flow::OneLineJson,
        "fromYaml" | "fromYamlArray" | "fromJson" | "fromJsonArray" => Flow::Parse,
        "split" | "splitList" | "regexSplit" | "mustRegexSplit" | "regexFindAll" | "mustRegexFindAll" => Flow::Split(1),
        "splitn" => Flow::Split(2),
        "dict" => Flow::Dict,
        "list" | "tuple" => Flow::List,
        "set" => Flow::Set,
        "append" | "push" | "mustAppend" | "mustPush" => Flow::Append,
        "prepend" | "mustPrepend" => Flow::Prepend,
        "unset" | "merge" | "mustMerge" | "mergeOverwrite" | "mustMergeOverwrite" | "pluck" | "pick" | "omit"
        | "values" | "deepCopy" | "mustDeepCopy" | "rest" | "mustRest" | "initial" | "mustInitial" | "reverse"
        | "mustReverse" | "compact" | "mustCompact" | "uniq" | "mustUniq" | "without" | "mustWithout" | "slice"
        | "mustSlice" | "concat" | "AsMap" | "Table" => Flow::Container,
        "keys" => Flow::Keys,
        "sortAlpha" => Flow::Sorted,
        "get" => Flow::Get,
        "index" => Flow::Index,
        "dig" => Flow::Dig,
        "first" | "mustFirst" => Flow::First,
        "last" | "mustLast" => Flow::Last,
        "Get" | "GetBytes" | "Lines" => Flow::File,
        "has" | "mustHas" => Flow::Has,
        "hasKey" => Flow::HasKey,
        "len" | "empty" | "not" | "kindIs" | "kindOf" | "typeIs" | "typeOf" | "typeIsLike" => Flow::Whole,
        _ => Flow::Deep,
    }
}

fn string(args: &[Value], i: usize) -> &[u8] {
    args.get(i).and_then(Value::as_str).map_or(&[], |s| s)
}

fn tag(tags: &[Ref], i: usize) -> Ref {
    tags.get(i).copied().unwrap_or_default()
}

impl Recorder {
    /// The number of a function's name, and what it does.
    pub(super) fn flow(&mut self, name: &'static str) -> (u16, Flow) {
        let key = name.as_ptr() as usize;
        if let Some(found) = self.flows.get(&key) {
            return *found;
        }
        let number = match self.names.iter().position(|n| *n == name) {
            Some(n) => n,
            None => {
                self.names.push(name);
                self.names.len() - 1
            }
        };
        let flow = (number as u16, flow_of(name));
        self.flows.insert(key, flow);
        flow
    }

    /// What a call made; slots of a map or list that it made are given what is known of them.
    pub(super) fn called(
        &mut self,
        name: &'static str,
        args: &[Value],
        tags: &[Ref],
        result: &mut Value,
        helm: HelmVersion,
    ) -> Ref {
        let (name, flow) = self.flow(name);
        let text_of = |i: usize| Kind::Same(i as u8);
        let kind = match flow {
            Flow::Whole => Kind::Whole,
            Flow::Same(i) => Kind::Same(i),
            Flow::Default => text_of(usize::from(args.get(1).is_some_and(|v| !is_empty(v)))),
            Flow::Coalesce => match args.iter().position(|v| !is_empty(v)) {
                Some(i) => text_of(i),
                None => Kind::Whole,
            },
            Flow::Ternary => text_of(usize::from(!args.get(2).is_some_and(truth))),
            Flow::Deep if args.iter().any(Value::has_slots) => return self.deep(name, args, tags),
            Flow::Deep => Kind::Whole,
            Flow::Has => return self.has(name, args, tags, result),
            Flow::Parse
            | Flow::Split(_)
            | Flow::Dict
            | Flow::List
            | Flow::Set
            | Flow::Append
            | Flow::Prepend
            | Flow::Container
            | Flow::Keys
            | Flow::Sorted => {
                return self.container(name, flow, tags, args, result);
            }
            Flow::Get | Flow::Index | Flow::HasKey | Flow::Dig | Flow::First | Flow::Last => {
                return self.looked_up(name, flow, args, tags, result);
            }
            Flow::File => {
                let name = self.word(string(args, 0));
                return self.push(Node::File { name });
            }
            flow => {
                let first = self.segs.len();
                let skip = match result {
                    Value::Str(text) if first < MOST => self.parts(flow, args, tags, text, helm),
                    _ => None,
                };
                match skip {
                    Some(skip) => {
                        Kind::Parts(Range { start: first as u32, len: (self.segs.len() - first) as u32 }, skip)
                    }
                    None => {
                        self.segs.truncate(first);
                        Kind::Whole
                    }
                }
            }
        };
        self.call_node(name, kind, tags)
    }

    /// The node of a call; nothing where nothing is known of its arguments.
    pub(super) fn call_node(&mut self, name: u16, kind: Kind, tags: &[Ref]) -> Ref {
        // A map that began empty is known by what was put into it.
        let is_known = |segs: Range| segs.of(&self.segs).iter().any(|s| s.of.is_known());
        if tags.iter().all(|t| !t.is_known()) && !matches!(kind, Kind::Parts(segs, _) if is_known(segs)) {
            return Ref::NONE;
        }
        let args = Range { start: self.args.len() as u32, len: tags.len() as u32 };
        self.args.extend_from_slice(tags);
        self.push(Node::Call { name, kind, args })
    }

    pub(super) fn seg(&mut self, end: usize, of: Ref, shift: u32) {
        self.segs.push(Seg { end: end as u32, of, shift });
    }

    /// The stretches of a text that a function made, and how many bytes each begins with that are the function's own.
    /// Nothing where they can't be told apart.
    fn parts(&mut self, flow: Flow, args: &[Value], tags: &[Ref], result: &[u8], helm: HelmVersion) -> Option<u16> {
        match flow {
            Flow::Like(i) => self.seg(result.len(), tag(tags, usize::from(i)), 0),
            Flow::Cut(i) => {
                let text = string(args, usize::from(i));
                let shift = memchr::memmem::find(text, result)?;
                self.seg(result.len(), tag(tags, usize::from(i)), shift as u32);
            }
            Flow::Indent => return Some(self.indented(args, tags, result)),
            Flow::Quote => return self.quoted(args, tags, result, helm),
            Flow::Replace => self.replaced(args, tags, result),
            Flow::Printf => self.formatted(args, tags, result, helm)?,
            Flow::Print if args.iter().all(|a| matches!(a, Value::Str(_))) => {
                let pieces: Vec<_> = (0..args.len()).map(|i| (string(args, i).len(), tag(tags, i))).collect();
                self.one_by_one(&pieces, 0, result)?;
            }
            Flow::Print if args.len() == 1 => self.seg(result.len(), tag(tags, 0), 0),
            Flow::Cat => {
                let pieces: Vec<_> = args
                    .iter()
                    .enumerate()
                    .filter(|(_, v)| !v.is_nil())
                    .map(|(i, v)| (printed_length(v, helm), tag(tags, i)))
                    .collect();
                self.one_by_one(&pieces, 1, result)?;
            }
            Flow::Join => {
                let Value::List(list) = args.get(1)? else { return None };
                let whole = tag(tags, 1);
                let pieces: Vec<_> = list
                    .items
                    .iter()
                    .filter(|s| !s.value.is_nil())
                    .map(|s| (printed_length(&s.value, helm), if s.pos.is_known() { Ref(s.pos.0) } else { whole }))
                    .collect();
                self.one_by_one(&pieces, string(args, 0).len(), result)?;
            }
            Flow::Yaml | Flow::YamlPretty => self.yaml(args, tag(tags, 0), result, flow == Flow::YamlPretty),
            Flow::Json => self.json(args, tag(tags, 0), result)?,
            Flow::OneLineJson => self.one_line_json(args.first()?, tag(tags, 0), result)?,
            _ => return None,
        }
        Some(0)
    }

    /// Texts one behind the other, with a separator of so many bytes in between.
    fn one_by_one(&mut self, pieces: &[(usize, Ref)], separator: usize, result: &[u8]) -> Option<()> {
        let mut at = 0;
        for (i, (length, of)) in pieces.iter().enumerate() {
            if i > 0 && separator > 0 {
                at += separator;
                self.seg(at, Ref::NONE, 0);
            }
            at += length;
            self.seg(at, *of, 0);
        }
        (at == result.len()).then_some(())
    }

    /// Each line with the blanks before it; a line break belongs to the line that it ends.
    fn indented(&mut self, args: &[Value], tags: &[Ref], result: &[u8]) -> u16 {
        let text = string(args, 1);
        let of = tag(tags, 1);
        let blanks = match args.first() {
            Some(Value::Int(n, IntKind::Int)) => usize::try_from(*n).unwrap_or(0),
            _ => 0,
        };
        let lines = 1 + memchr::memchr_iter(b'\n', text).count();
        let mut at = result.len().saturating_sub(text.len() + blanks * lines);
        if at > 0 {
            self.seg(at, Ref::NONE, 0);
        }
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', text).map(|n| n + 1).chain([text.len()]) {
            at += blanks + end - start;
            self.seg(at, of, start as u32);
            start = end;
        }
        u16::try_from(blanks).unwrap_or(u16::MAX)
    }

    fn quoted(&mut self, args: &[Value], tags: &[Ref], result: &[u8], helm: HelmVersion) -> Option<u16> {
        let given: Vec<usize> = (0..args.len()).filter(|i| !args[*i].is_nil()).collect();
        if let [i] = given[..] {
            self.seg(result.len(), tag(tags, i), 0);
            return Some(1);
        }
        let double = result.first() == Some(&b'"');
        let length = |v: &Value| {
            if double { go_quote(to_bytes(v, helm)).len() } else { printed_length(v, helm) + 2 }
        };
        let pieces: Vec<_> = given.iter().map(|i| (length(&args[*i]), tag(tags, *i))).collect();
        self.one_by_one(&pieces, 1, result)?;
        Some(1)
    }

    fn replaced(&mut self, args: &[Value], tags: &[Ref], result: &[u8]) {
        let (old, new, text) = (string(args, 0), string(args, 1), string(args, 2));
        let of = tag(tags, 2);
        if old.is_empty() {
            self.seg(result.len(), of, 0);
            return;
        }
        let (mut from, mut at) = (0, 0);
        for n in memchr::memmem::find_iter(text, old) {
            at += n - from;
            self.seg(at, of, from as u32);
            at += new.len();
            self.seg(at, tag(tags, 1), 0);
            from = n + old.len();
        }
        self.seg(at + text.len() - from, of, from as u32);
    }

    /// `printf`: the text between the verbs is the format's.
    fn formatted(&mut self, args: &[Value], tags: &[Ref], result: &[u8], helm: HelmVersion) -> Option<()> {
        let format = string(args, 0);
        let (mut from, mut at, mut next) = (0, 0, 1);
        while let Some(n) = memchr::memchr(b'%', &format[from..]).map(|n| from + n) {
            let flags = format[n + 1..].iter().take_while(|c| b"+-# 0123456789.".contains(c)).count();
            let end = n + 1 + flags;
            let verb = *format.get(end)?;
            if n > from {
                at += n - from;
                self.seg(at, tag(tags, 0), from as u32);
            }
            match verb {
                b'%' => {
                    at += 1;
                    self.seg(at, tag(tags, 0), n as u32);
                }
                b'*' | b'[' => return None,
                _ => {
                    let arg = args.get(next)?;
                    at += match arg {
                        Value::Str(s) if flags == 0 && matches!(verb, b's' | b'v') => s.len(),
                        arg => sprintf(&format[n..=end], std::slice::from_ref(arg), helm).len(),
                    };
                    self.seg(at, tag(tags, next), 0);
                    next += 1;
                }
            }
            from = end + 1;
        }
        if from < format.len() {
            at += format.len() - from;
            self.seg(at, tag(tags, 0), from as u32);
        }
        (at == result.len()).then_some(())
    }
}

/// How many bytes a value prints as.
fn printed_length(v: &Value, helm: HelmVersion) -> usize {
    match v {
        Value::Str(s) => s.len(),
        other => to_bytes(other, helm).len(),
    }
}
