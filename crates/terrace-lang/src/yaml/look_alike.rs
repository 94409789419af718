//! Scalars that YAML 1.1, and the tools that still speak it, take for something else than YAML 1.2
//! does: a warning where that makes a difference.

use terrace_model::{Diagnostic, Diagnostics, Span, Value};

use super::Scalar;

/// What is wanted where a scalar stands. Where that is text nothing can be mistaken: what is written
/// there is taken as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Nobody says.
    Anything,
    /// `true` or `false`.
    Truth,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
}

/// What YAML 1.1 makes of it, or YAML 1.2 and not YAML 1.1.
#[derive(Debug, PartialEq, Eq)]
enum LookAlike {
    /// `yes` and the like.
    Truth(bool),
    /// `017`.
    LeadingZero(i64),
    /// `1:30`.
    Sixties(i64),
    /// `0o17`.
    Octal(i64),
    /// `1e3`.
    Exponent,
}

impl Scalar {
    /// A warning, if it is not what it looks like.
    pub(crate) fn look_alike(&self, wanted: Wanted, span: Span) -> Diagnostics {
        let found = self.looks_like().filter(|found| found.bites(wanted));
        found.map(|found| found.warning(&self.text, wanted, span)).into_iter().collect()
    }

    fn looks_like(&self) -> Option<LookAlike> {
        // The shortest is `on`, the longest that is worth a look a number.
        if !self.plain || !(2..=24).contains(&self.text.len()) {
            return None;
        }
        let text = self.text.as_str();
        match text.to_ascii_lowercase().as_str() {
            "yes" | "on" => return Some(LookAlike::Truth(true)),
            "no" | "off" => return Some(LookAlike::Truth(false)),
            _ => {}
        }
        if text.strip_prefix('0').is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit())) {
            return i64::from_str_radix(text, 8).ok().map(LookAlike::LeadingZero);
        }
        if text.contains(':') {
            return sixties(text).map(LookAlike::Sixties);
        }
        match self.value() {
            Value::Int(n) if text.starts_with("0o") => Some(LookAlike::Octal(n)),
            Value::Float(_) if !text.contains('.') => Some(LookAlike::Exponent),
            _ => None,
        }
    }
}

/// `1:30` as a number of base 60.
fn sixties(text: &str) -> Option<i64> {
    let mut total = 0_i64;
    for (at, part) in text.split(':').enumerate() {
        let good = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let value: i64 = part.parse().ok().filter(|value| good && (at == 0 || *value < 60))?;
        total = total.checked_mul(60)?.checked_add(value)?;
    }
    Some(total).filter(|_| !text.starts_with('0'))
}

impl LookAlike {
    /// Whether it is taken for something else than was meant, as far as one can tell.
    fn bites(&self, wanted: Wanted) -> bool {
        match wanted {
            Wanted::Anything => true,
            Wanted::Truth => matches!(self, Self::Truth(_)),
            Wanted::Integer => !matches!(self, Self::Truth(_) | Self::Octal(_)),
            Wanted::Number => matches!(self, Self::LeadingZero(_) | Self::Sixties(_)),
        }
    }

    fn warning(&self, text: &str, wanted: Wanted, span: Span) -> Diagnostic {
        let (message, instead) = match self {
            Self::Truth(truth) => {
                (format!("`{text}` is text in YAML 1.2, not {truth}"), truth.to_string())
            }
            Self::LeadingZero(n) => {
                (format!("`{text}` is text, not the number {n} of YAML 1.1"), format!("0o{n:o}"))
            }
            Self::Sixties(n) => {
                (format!("`{text}` is text, not the number {n} of YAML 1.1"), n.to_string())
            }
            Self::Octal(n) => (format!("`{text}` is the number {n} in YAML 1.2"), n.to_string()),
            Self::Exponent => {
                (format!("`{text}` is a number in YAML 1.2"), "the number without `e`".to_owned())
            }
        };
        let instead = if instead.contains(' ') { instead } else { format!("`{instead}`") };
        let help = match wanted {
            Wanted::Anything => format!("write {instead}, or `\"{text}\"` where text is meant"),
            _ => format!("write {instead}"),
        };
        Diagnostic::warning("W0301", span, message).help(help)
    }
}
