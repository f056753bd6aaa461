//! Characters as libyaml sees them in bytes (`yaml_private.h`), for the scanner and the emitter.

/// Bytes of the character that starts with `lead`.
pub(super) fn width(lead: u8) -> usize {
    match lead {
        0..0x80 => 1,
        0x80..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    }
}

/// Whether a line break stands at `i`: YAML 1.1 has NEL, LS and PS, too.
pub(super) fn break_at(b: &[u8], i: usize) -> bool {
    match b.get(i) {
        Some(b'\n' | b'\r') => true,
        Some(0xc2) => b.get(i + 1) == Some(&0x85),
        Some(0xe2) => b.get(i + 1) == Some(&0x80) && matches!(b.get(i + 2), Some(0xa8 | 0xa9)),
        _ => false,
    }
}

/// Whether a space or a tab stands at `i`.
pub(super) fn blank_at(b: &[u8], i: usize) -> bool {
    matches!(b.get(i), Some(b' ' | b'\t'))
}
