//! Scalars: text as it was written, and what YAML 1.2's core schema makes of it.

use std::ops::Range;
use std::sync::Arc;

use smol_str::SmolStr;
use terrace_model::{Span, Value};

/// A scalar.
#[derive(Clone, Debug, PartialEq)]
pub struct Scalar {
    /// The text, without quotes and escapes.
    pub text: SmolStr,
    /// Whether it has no quotes and is no block, so that it may be a number or the like.
    pub plain: bool,
    /// Where the text is written, without quotes.
    pub(crate) span: Span,
    /// Place of each byte in the file, when the text is not written exactly as it is.
    pub(crate) places: Option<Arc<[u32]>>,
}

impl Scalar {
    /// Whether it is nothing.
    pub fn is_null(&self) -> bool {
        self.plain && matches!(self.text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }

    /// Whether there is `${` in it.
    pub fn has_expression(&self) -> bool {
        self.text.contains("${")
    }

    /// The value by YAML 1.2: `true`, `false`, `null`, numbers; the rest is text. So are `yes`, `no`,
    /// numbers with leading zeros such as `0755`, and numbers that do not fit.
    pub fn value(&self) -> Value {
        if !self.plain {
            return Value::text(self.text.clone());
        }
        if self.is_null() {
            return Value::Null;
        }
        match self.text.as_str() {
            "true" | "True" | "TRUE" => Value::Bool(true),
            "false" | "False" | "FALSE" => Value::Bool(false),
            text => number(text).unwrap_or_else(|| Value::text(text)),
        }
    }

    /// Where a byte range of the text stands in the file.
    pub fn place(&self, range: Range<usize>) -> Span {
        match &self.places {
            None => self.span.part(range.start, range.end),
            Some(places) => {
                let end = self.span.end as usize;
                let at = |offset: usize| places.get(offset).map_or(end, |place| *place as usize);
                let last = range.end.checked_sub(1).filter(|last| *last >= range.start);
                let stop = last.map_or(at(range.start), |last| at(last) + 1);
                Span::new(self.span.file, at(range.start), stop)
            }
        }
    }
}

fn number(text: &str) -> Option<Value> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    if let Some(octal) = text.strip_prefix("0o") {
        return i64::from_str_radix(octal, 8).ok().filter(|_| plain_digits(octal)).map(Value::Int);
    }
    if let Some(hex) = text.strip_prefix("0x") {
        return i64::from_str_radix(hex, 16).ok().filter(|_| plain_digits(hex)).map(Value::Int);
    }
    let whole = digits.split(['.', 'e', 'E']).next().unwrap_or_default();
    if whole.len() > 1 && whole.starts_with('0') {
        return None;
    }
    if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        let unsigned: i64 = digits.parse().ok()?;
        return Some(Value::Int(sign * unsigned));
    }
    let begins = digits.bytes().next().is_some_and(|b| b.is_ascii_digit() || b == b'.');
    let allowed = digits.bytes().all(|b| b.is_ascii_digit() || b".eE+-".contains(&b));
    let has_digit = whole.bytes().chain(digits.bytes()).any(|b| b.is_ascii_digit());
    if !(begins && allowed && has_digit) {
        return None;
    }
    digits
        .parse::<f64>()
        .ok()
        .filter(|n| n.is_finite())
        .map(|n| Value::Float(if sign < 0 { -n } else { n }))
}

fn plain_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit())
}
