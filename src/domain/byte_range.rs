//! Which bytes of a content somebody asks for (RFC 9110, section 14).

use std::ops::Range;

/// What a `Range` header asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// Everything: what is no range of bytes, or several, may be ignored.
    Whole,
    /// These bytes; never none.
    Part(Range<u64>),
    /// Bytes that are not there.
    NotThere,
}

/// Reads a `Range` header for a content of `size` bytes.
pub fn select(header: &str, size: u64) -> Selection {
    let Some((unit, range)) = header.split_once('=') else { return Selection::Whole };
    let Some((first, last)) = range.trim().split_once('-').filter(|_| unit.trim().eq_ignore_ascii_case("bytes")) else {
        return Selection::Whole;
    };
    let part = match (number(first), number(last)) {
        (Some(first), None) if last.trim().is_empty() => first..size,
        (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(size),
        (None, Some(count)) if first.trim().is_empty() => size.saturating_sub(count)..size,
        _ => return Selection::Whole,
    };
    if part.is_empty() { Selection::NotThere } else { Selection::Part(part) }
}

/// A number beyond all contents is as good as the largest one.
fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_of_bytes_is_read() {
        for (header, expected) in [
            ("bytes=0-3", Selection::Part(0..4)),
            ("Bytes = 4-", Selection::Part(4..10)),
            ("bytes=-3", Selection::Part(7..10)),
            ("bytes=-99", Selection::Part(0..10)),
            ("bytes=8-99", Selection::Part(8..10)),
            ("bytes=9-99999999999999999999999", Selection::Part(9..10)),
            ("bytes=10-", Selection::NotThere),
            ("bytes=10-12", Selection::NotThere),
            ("bytes=-0", Selection::NotThere),
            ("bytes=3-2", Selection::Whole),
            ("bytes=0-1,3-4", Selection::Whole),
            ("bytes=-", Selection::Whole),
            ("bytes=a-b", Selection::Whole),
            ("bytes=+1-2", Selection::Whole),
            ("lines=1-2", Selection::Whole),
            ("", Selection::Whole),
        ] {
            assert_eq!(select(header, 10), expected, "{header}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_part_lies_outside(header in r"bytes=[0-9]{0,20}-[0-9]{0,20}|\PC{0,20}", size: u64) {
            if let Selection::Part(part) = select(&header, size) {
                proptest::prop_assert!(part.start < part.end && part.end <= size);
            }
        }
    }
}
