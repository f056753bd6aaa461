//! The little of ASN.1's DER that keys and certificates are written and read in. What is written here is byte for byte
//! what Go's `encoding/asn1` writes.

/// Tags that are used.
pub mod tag {
    pub const BOOLEAN: u8 = 0x01;
    pub const INTEGER: u8 = 0x02;
    pub const BIT_STRING: u8 = 0x03;
    pub const OCTET_STRING: u8 = 0x04;
    pub const OID: u8 = 0x06;
    pub const UTF8_STRING: u8 = 0x0c;
    pub const PRINTABLE_STRING: u8 = 0x13;
    pub const UTC_TIME: u8 = 0x17;
    pub const GENERALIZED_TIME: u8 = 0x18;
    pub const SEQUENCE: u8 = 0x30;
    pub const SET: u8 = 0x31;
}

/// `NULL`
pub const NULL: &[u8] = &[0x05, 0x00];
/// `TRUE`
pub const TRUE: &[u8] = &[tag::BOOLEAN, 1, 0xff];

/// An element of these contents.
pub fn element(tag: u8, contents: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = contents.len();
    if length < 0x80 {
        out.push(length as u8);
    } else {
        let bytes = length.to_be_bytes();
        let significant = &bytes[bytes.iter().take_while(|b| **b == 0).count()..];
        out.push(0x80 | significant.len() as u8);
        out.extend_from_slice(significant);
    }
    out.extend_from_slice(contents);
    out
}

/// A sequence.
pub fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(tag::SEQUENCE, &parts.concat())
}

/// A number that isn't negative, from its bytes, highest first.
pub fn uint(bytes: &[u8]) -> Vec<u8> {
    let mut contents = vec![0];
    contents.extend(bytes.iter().skip_while(|b| **b == 0));
    let needed = contents.len() > 1 && contents[1] < 0x80;
    element(tag::INTEGER, &contents[usize::from(needed)..])
}

/// A bit string of whole bytes but for `unused` bits at its end.
pub fn bit_string(bytes: &[u8], unused: u8) -> Vec<u8> {
    element(tag::BIT_STRING, &[&[unused], bytes].concat())
}

/// Reads elements one after the other.
#[derive(Clone, Copy)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Reads these bytes.
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader(bytes)
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tag and contents of the next element, if there is a whole one.
    pub fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (tag, rest) = self.0.split_first()?;
        let (first, mut rest) = rest.split_first()?;
        let mut length = usize::from(*first);
        if *first >= 0x80 {
            let (bytes, after) = rest.split_at_checked(usize::from(first & 0x7f))?;
            if bytes.is_empty() || bytes.len() > 4 {
                return None;
            }
            length = bytes.iter().fold(0, |n, b| n << 8 | usize::from(*b));
            rest = after;
        }
        let (contents, after) = rest.split_at_checked(length)?;
        self.0 = after;
        Some((*tag, contents))
    }

    /// Contents of the next element, if it has this tag; otherwise it stays to be read.
    pub fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let mut ahead = *self;
        let (found, contents) = ahead.next()?;
        if found != tag {
            return None;
        }
        *self = ahead;
        Some(contents)
    }

    /// A reader of the next element, a sequence.
    pub fn sequence(&mut self) -> Option<Reader<'a>> {
        self.take(tag::SEQUENCE).map(Reader)
    }

    /// The next element, a number that isn't negative, without leading zeros.
    pub fn uint(&mut self) -> Option<&'a [u8]> {
        let contents = self.take(tag::INTEGER)?;
        if contents.first()? & 0x80 != 0 {
            return None;
        }
        Some(&contents[contents.iter().take_while(|b| **b == 0).count()..])
    }
}
