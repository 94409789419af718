//! Rust text with its comments and literals blanked, so that checks see only code.
//!
//! Blanking keeps every byte's place: offsets and line numbers are those of the original.

/// The text with spaces for the insides of comments, strings and character literals.
pub(super) fn blank(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = match (bytes[at], bytes.get(at + 1)) {
            (b'/', Some(b'/')) => line_end(bytes, at),
            (b'/', Some(b'*')) => block_comment_end(bytes, at),
            (b'"', _) => string_end(bytes, at),
            (b'r', Some(b'"' | b'#')) if starts_word(bytes, at) => raw_string_end(bytes, at),
            (b'\'', _) => character_end(bytes, at),
            _ => at + 1,
        };
        if end > at + 1 {
            blank_between(&mut out, at, end);
        }
        at = end;
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn blank_between(out: &mut [u8], from: usize, to: usize) {
    for byte in &mut out[from..to] {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
}

fn starts_word(bytes: &[u8], at: usize) -> bool {
    // `br"..."` is a raw string too; in `for"` or `r#type` the letter is part of a word.
    match at.checked_sub(1).map(|before| bytes[before]) {
        Some(b'b') => true,
        Some(before) => !before.is_ascii_alphanumeric() && before != b'_',
        None => true,
    }
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |length| at + length)
}

fn block_comment_end(bytes: &[u8], at: usize) -> usize {
    let mut depth = 0;
    let mut end = at;
    while end < bytes.len() {
        match &bytes[end..bytes.len().min(end + 2)] {
            b"/*" => (depth, end) = (depth + 1, end + 2),
            b"*/" => (depth, end) = (depth - 1, end + 2),
            _ => end += 1,
        }
        if depth == 0 {
            return end;
        }
    }
    bytes.len()
}

fn string_end(bytes: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    while end < bytes.len() {
        match bytes[end] {
            b'\\' => end += 2,
            b'"' => return end + 1,
            _ => end += 1,
        }
    }
    bytes.len()
}

fn raw_string_end(bytes: &[u8], at: usize) -> usize {
    let hashes = bytes[at + 1..].iter().take_while(|byte| **byte == b'#').count();
    let open = at + 1 + hashes;
    if bytes.get(open) != Some(&b'"') {
        return at + 1;
    }
    let close = [b"\"".as_slice(), &vec![b'#'; hashes]].concat();
    bytes[open + 1..]
        .windows(close.len())
        .position(|window| window == close)
        .map_or(bytes.len(), |length| open + 1 + length + close.len())
}

fn character_end(bytes: &[u8], at: usize) -> usize {
    if bytes.get(at + 1) == Some(&b'\\') {
        let close = bytes.get(at + 3..).and_then(|rest| rest.iter().position(|b| *b == b'\''));
        return close.map_or(bytes.len(), |length| at + 3 + length + 1);
    }
    // A lifetime has no closing quote after one character, which is up to four bytes long.
    let length = bytes.get(at + 1..).and_then(|rest| {
        let width =
            (1..=4).find(|width| rest.get(*width).is_none_or(|byte| byte & 0xC0 != 0x80))?;
        (rest.get(width) == Some(&b'\'')).then_some(width + 2)
    });
    at + length.unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::blank;

    #[test]
    fn comments_and_literals_are_blank_and_code_is_not() {
        for (text, expected) in [
            ("a // b\nc", "a     \nc"),
            ("a /* b /* c */ d */ e", "a                   e"),
            (r#"f("x.unwrap()", 1)"#, "f(            , 1)"),
            (r#"f("\"", g)"#, "f(    , g)"),
            (r###"f(r#"a"b"#, g)"###, "f(        , g)"),
            ("b'\"'; d", "b   ; d"),
            (r"'\''; d", "    ; d"),
            (r"'\u{e9}'; d", "        ; d"),
            ("'\u{e9}'; d", "    ; d"),
            ("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}"),
            ("r#type + for_r", "r#type + for_r"),
            ("\"open", "     "),
        ] {
            assert_eq!(blank(text), expected, "of {text}");
        }
    }
}
