//! Directives, anchors, aliases and tags.

use super::{Kind, Mark, Scanned, Scanner, Text, is_anchor_char};

impl Scanner<'_> {
    pub(super) fn anchor(&mut self, kind: Kind) -> Scanned<()> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let mark = self.mark;
        self.skip();
        let text = self.name();
        let ends =
            self.blank_or_end_at(0) || matches!(self.at(0), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if text.start == text.end || !ends {
            return self.error(mark, "did not find expected alphabetic or numeric character");
        }
        self.push_text(kind, mark, text, Text::default());
        Ok(())
    }

    pub(super) fn directive(&mut self) -> Scanned<()> {
        let mark = self.mark;
        self.skip();
        let name = self.name();
        if name.start == name.end {
            return self.error(mark, "could not find expected directive name");
        }
        if !self.blank_or_end_at(0) {
            return self.error(mark, "found unexpected non-alphabetical character");
        }
        match self.bytes(name) {
            b"YAML" => self.version_directive(mark)?,
            b"TAG" => self.tag_directive(mark)?,
            _ => return self.error(mark, "found unknown directive name"),
        }
        self.finish_line(mark)
    }

    fn version_directive(&mut self, mark: Mark) -> Scanned<()> {
        self.skip_blanks();
        let major = self.version_number(mark)?;
        if self.at(0) != b'.' {
            return self.error(mark, "did not find expected digit or '.' character");
        }
        self.skip();
        let minor = self.version_number(mark)?;
        let handle = Text { start: major, end: minor, scratch: false };
        self.push_text(Kind::VersionDirective, mark, Text::default(), handle);
        Ok(())
    }

    fn version_number(&mut self, mark: Mark) -> Scanned<u32> {
        let (mut n, mut length) = (0u32, 0);
        while self.at(0).is_ascii_digit() {
            length += 1;
            if length > 2 {
                return self.error(mark, "found extremely long version number");
            }
            n = n * 10 + u32::from(self.at(0) - b'0');
            self.skip();
        }
        if length == 0 {
            return self.error(mark, "did not find expected version number");
        }
        Ok(n)
    }

    fn tag_directive(&mut self, mark: Mark) -> Scanned<()> {
        self.skip_blanks();
        let handle = self.tag_handle(true, mark)?;
        if !self.blank_at(0) {
            return self.error(mark, "did not find expected whitespace");
        }
        self.skip_blanks();
        let prefix = self.tag_uri(Text::default(), mark)?;
        if !self.blank_or_end_at(0) {
            return self.error(mark, "did not find expected whitespace or line break");
        }
        self.push_text(Kind::TagDirective, mark, prefix, handle);
        Ok(())
    }

    pub(super) fn tag(&mut self) -> Scanned<()> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let mark = self.mark;
        let (handle, suffix);
        if self.at(1) == b'<' {
            self.advance(2);
            handle = Text::default();
            suffix = self.tag_uri(Text::default(), mark)?;
            if self.at(0) != b'>' {
                return self.error(mark, "did not find the expected '>'");
            }
            self.skip();
        } else {
            let first = self.tag_handle(false, mark)?;
            let bytes = self.bytes(first);
            if bytes.len() > 1 && bytes.starts_with(b"!") && bytes.ends_with(b"!") {
                handle = first;
                suffix = self.tag_uri(Text::default(), mark)?;
            } else {
                // The handle read so far is the start of the suffix; the handle itself is a lone "!".
                let uri = self.tag_uri(first, mark)?;
                let bang = Text { start: mark.offset, end: mark.offset + 1, scratch: false };
                if uri.start == uri.end {
                    (handle, suffix) = (Text::default(), bang);
                } else {
                    (handle, suffix) = (bang, uri);
                }
            }
        }
        if !self.blank_or_end_at(0) {
            return self.error(mark, "did not find expected whitespace or line break");
        }
        self.push_text(Kind::Tag, mark, suffix, handle);
        Ok(())
    }

    fn tag_handle(&mut self, directive: bool, mark: Mark) -> Scanned<Text> {
        if self.at(0) != b'!' {
            return self.error(mark, "did not find expected '!'");
        }
        let start = self.mark;
        self.skip();
        self.name();
        if self.at(0) == b'!' {
            self.skip();
        } else if directive && self.slice(start).end - start.offset != 1 {
            return self.error(mark, "did not find expected '!'");
        }
        Ok(self.slice(start))
    }

    /// A tag's URI; `head` is a handle already read, of which all but the "!" belongs to it.
    fn tag_uri(&mut self, head: Text, mark: Mark) -> Scanned<Text> {
        let at = self.scratch.len();
        let mut has_tag = head.end > head.start;
        if head.end > head.start + 1 {
            let bytes = self.src[head.start as usize + 1..head.end as usize].to_vec();
            self.scratch.extend_from_slice(&bytes);
        }
        loop {
            let c = self.at(0);
            let uri = is_anchor_char(c)
                || matches!(
                    c,
                    b';' | b'/'
                        | b'?'
                        | b':'
                        | b'@'
                        | b'&'
                        | b'='
                        | b'+'
                        | b'$'
                        | b','
                        | b'.'
                        | b'%'
                        | b'!'
                        | b'~'
                        | b'*'
                        | b'\''
                        | b'('
                        | b')'
                        | b'['
                        | b']'
                );
            if !uri {
                break;
            }
            if c == b'%' {
                self.uri_escape(mark)?;
            } else {
                self.scratch.push(c);
                self.skip();
            }
            has_tag = true;
        }
        if !has_tag {
            return self.error(mark, "did not find expected tag URI");
        }
        Ok(Text { start: at as u32, end: self.scratch.len() as u32, scratch: true })
    }

    fn uri_escape(&mut self, mark: Mark) -> Scanned<()> {
        let mut left = 0;
        loop {
            let digits = (self.at(1) as char).to_digit(16).zip((self.at(2) as char).to_digit(16));
            let Some((high, low)) = digits.filter(|_| self.at(0) == b'%') else {
                return self.error(mark, "did not find URI escaped octet");
            };
            let octet = (high * 16 + low) as u8;
            if left == 0 {
                left = match octet {
                    0..0x80 => 1,
                    0xc0..0xe0 => 2,
                    0xe0..0xf0 => 3,
                    0xf0..0xf8 => 4,
                    _ => return self.error(mark, "found an incorrect leading UTF-8 octet"),
                };
            } else if octet & 0xc0 != 0x80 {
                return self.error(mark, "found an incorrect trailing UTF-8 octet");
            }
            self.scratch.push(octet);
            self.advance(3);
            left -= 1;
            if left == 0 {
                return Ok(());
            }
        }
    }
}
