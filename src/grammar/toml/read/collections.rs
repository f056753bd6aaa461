//! Arrays and inline tables.

use super::scan::rune_or_eof;
use super::tables::Kind;
use super::{Read, Reader};
use crate::span::Pos;
use crate::value::{Map, Slot, Value};

impl Reader<'_> {
    pub(super) fn array(&mut self) -> Read<(Value, Kind)> {
        self.tables.note(self.tables.key.clone(), Kind::Array);
        let mut items = Vec::new();
        loop {
            match self.significant()? {
                Some(',') => return self.scan.fail("unexpected comma".into()),
                Some(']') => break,
                _ => self.scan.backup(),
            }
            let pos = self.base.offset(self.scan.mark().start);
            items.push(Slot { value: self.value(true)?.0, pos });
            match self.significant()? {
                Some(',') => {}
                Some(']') => break,
                c => {
                    let got = rune_or_eof(c);
                    return self.scan.fail(format!("expected a comma (',') or array terminator (']'), but got {got}"));
                }
            }
        }
        self.scan.ignore();
        Ok((Value::list(items), Kind::Array))
    }

    pub(super) fn inline_table(&mut self, in_array: bool) -> Read<(Value, Kind)> {
        let top = Map::default();
        let (outer_context, outer_key) = (self.tables.context.clone(), self.tables.key.take());
        let own = Slot { value: Value::Str(outer_key.clone().unwrap_or_else(|| "".into())), pos: Pos::NONE };
        let mut context = outer_context.clone();
        context.push(own);
        self.tables.context = context.clone();
        self.tables.imply(&context);
        self.tables.enter(&context, in_array)?;
        loop {
            match self.significant()? {
                Some(',') => return self.scan.fail("unexpected comma".into()),
                Some('}') => break,
                _ => self.scan.backup(),
            }
            let key = self.key()?;
            self.pair_in(&key, &top)?;
            self.tables.context = context.clone();
            match self.significant()? {
                Some(',') => {
                    self.scan.ignore();
                    self.scan.skip_white()?;
                    if self.scan.accept('}')? {
                        break;
                    }
                }
                Some('}') => break,
                c => {
                    return self.scan.fail(format!(
                        "expected a comma or an inline table terminator '}}', but got {} instead",
                        rune_or_eof(c)
                    ));
                }
            }
        }
        self.scan.ignore();
        self.tables.context = outer_context;
        self.tables.key = outer_key;
        Ok((Value::Map(top), Kind::Other))
    }

    /// As [`Reader::pair`], for the pairs of an inline table, which is also built by itself.
    fn pair_in(&mut self, key: &[Slot], top: &Map) -> Read<()> {
        let Some((last, parents)) = key.split_last() else {
            return Ok(());
        };
        self.pair(key)?;
        // What was set, as the tables have it: a dotted key there is the same table as here.
        let Some(value) = self.tables.get_current() else {
            return Ok(());
        };
        let mut hash = top.clone();
        for part in parents {
            let Some(name) = part.value.as_str() else {
                continue;
            };
            let next = match hash.get(name) {
                Some(Value::Map(m)) => m,
                Some(_) => {
                    return self.tables.fail(format!("{} is not a table", self.tables.context_quoted()));
                }
                None => {
                    let map = Map::default();
                    hash.insert(name.clone(), Slot { value: Value::Map(map.clone()), pos: part.pos });
                    map
                }
            };
            hash = next;
        }
        if let Some(name) = last.value.as_str() {
            hash.insert(name.clone(), Slot { value, pos: last.pos });
        }
        Ok(())
    }
}
