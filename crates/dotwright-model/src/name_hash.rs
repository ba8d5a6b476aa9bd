//! The hash behind `AttributeKey::from_name`. The build script compiles this file too: it fills the table with the
//! function that later looks names up.

/// Slots of the name table; a power of two, several times the number of names, so that probes stay short.
pub(crate) const SLOTS: usize = 2048;

/// First slot to look at for `name`. Mixes the length with the first and last eight bytes, which is enough to keep
/// the known names apart and costs the same for a name of any length.
pub(crate) fn slot(name: &str) -> usize {
    let bytes = name.as_bytes();
    let (head, tail) = match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (Some(head), Some(tail)) => (u64::from_le_bytes(*head), u64::from_le_bytes(*tail)),
        _ => short(bytes),
    };
    let mixed = (head ^ tail.rotate_left(29) ^ bytes.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> (u64::BITS - SLOTS.trailing_zeros())) as usize
}

/// The same two words for names under eight bytes: halves that may overlap, then the rest byte by byte.
fn short(bytes: &[u8]) -> (u64, u64) {
    if let (Some(head), Some(tail)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        (u64::from(u32::from_le_bytes(*head)), u64::from(u32::from_le_bytes(*tail)))
    } else {
        (bytes.iter().fold(0, |word, &byte| word << 8 | u64::from(byte)), 0)
    }
}
