//! Shapes of codes: how many letters and digits, and where.

/// Pours a code without separators into a shape and answers with the code as the shape writes it.
///
/// In a shape `9` stands for a digit, `A` for a capital letter, `X` for either; blank, `-` and other signs as
/// well as small letters (written large) stand for themselves. Only the signs may be missing in the code.
pub fn poured(code: &str, shape: &str) -> Option<String> {
    let mut letters = code.chars();
    let mut written = String::with_capacity(shape.len());
    for place in shape.chars() {
        if matches!(place, ' ' | '-') {
            written.push(place);
            continue;
        }
        let letter = letters.next()?;
        let fits = match place {
            '9' => letter.is_ascii_digit(),
            'A' => letter.is_ascii_uppercase(),
            'X' => letter.is_ascii_digit() || letter.is_ascii_uppercase(),
            sign => letter == sign.to_ascii_uppercase(),
        };
        if !fits {
            return None;
        }
        written.push(letter);
    }
    letters.next().is_none().then_some(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_written_as_its_shape_says() {
        for (code, shape, expected) in [
            ("20459", "99999", Some("20459")),
            ("1234AB", "9999 AA", Some("1234 AB")),
            ("00950", "99-999", Some("00-950")),
            ("U12345678", "u99999999", Some("U12345678")),
            ("A1", "XX", Some("A1")),
            ("2045", "99999", None),
            ("204590", "99999", None),
            ("2045A", "99999", None),
            ("a1", "A9", None),
            ("٢", "9", None),
        ] {
            assert_eq!(poured(code, shape).as_deref(), expected, "{code} {shape}");
        }
    }
}
