//! `format`: the verbs of `printf` that make sense for values of YAML.

use std::iter::Peekable;
use std::str::Chars;

use super::arguments::{Arguments, bound, scalar};
use crate::value::Value;

/// Widest field and most digits after the point.
const MAX_WIDTH: usize = 1024;

pub(super) fn format(a: &Arguments) -> Result<Value, String> {
    let mut chars = a.text(0)?.chars().peekable();
    let mut arguments = a.all().iter().skip(1);
    let mut result = String::new();
    while let Some(c) = chars.next() {
        bound(Some(result.len()))?;
        if c != '%' {
            result.push(c);
            continue;
        }
        if chars.next_if_eq(&'%').is_some() {
            result.push('%');
            continue;
        }
        let verb = Verb::read(&mut chars)?;
        let value = arguments.next().ok_or("there are more verbs than values")?;
        result.push_str(&verb.apply(value)?);
    }
    match arguments.next() {
        Some(_) => Err("there are more values than verbs".into()),
        None => Ok(Value::text(result)),
    }
}

struct Verb {
    left: bool,
    zeros: bool,
    plus: bool,
    width: usize,
    precision: Option<usize>,
    letter: char,
}

impl Verb {
    fn read(chars: &mut Peekable<Chars<'_>>) -> Result<Self, String> {
        let (mut left, mut zeros, mut plus) = (false, false, false);
        while let Some(flag) = chars.next_if(|c| "-0+".contains(*c)) {
            left |= flag == '-';
            zeros |= flag == '0';
            plus |= flag == '+';
        }
        let width = number(chars)?.unwrap_or(0);
        let precision = match chars.next_if_eq(&'.') {
            Some(_) => Some(number(chars)?.unwrap_or(0)),
            None => None,
        };
        let letter = chars.next().ok_or("the pattern ends inside of a verb")?;
        Ok(Self { left, zeros, plus, width, precision, letter })
    }

    fn apply(&self, value: &Value) -> Result<String, String> {
        let text = self.plain(value)?;
        let missing = self.width.saturating_sub(text.chars().count());
        let fill = |c: char| std::iter::repeat_n(c, missing).collect::<String>();
        Ok(match text.strip_prefix(['-', '+']) {
            _ if self.left => text + &fill(' '),
            Some(digits) if self.zeros && self.is_number() => {
                format!("{}{}{digits}", &text[..1], fill('0'))
            }
            None if self.zeros && self.is_number() => fill('0') + &text,
            _ => fill(' ') + &text,
        })
    }

    fn is_number(&self) -> bool {
        "dfxXob".contains(self.letter)
    }

    fn plain(&self, value: &Value) -> Result<String, String> {
        let wrong = |wanted: &str| Err(format!("`%{}` takes {wanted}", self.letter));
        let sign = |text: String, negative: bool| {
            if self.plus && !negative { format!("+{text}") } else { text }
        };
        match (self.letter, value) {
            ('s', value) => {
                let text = scalar(value).unwrap_or_else(|| value.to_json().to_string());
                Ok(match self.precision {
                    Some(most) => text.chars().take(most).collect(),
                    None => text,
                })
            }
            ('q', value) => Ok(value.to_json().to_string()),
            ('d', Value::Int(n)) => Ok(sign(n.to_string(), *n < 0)),
            ('f', Value::Int(n)) => {
                #[expect(clippy::cast_precision_loss, reason = "`%f` asks for a fraction")]
                let n = *n as f64;
                Ok(sign(format!("{n:.*}", self.precision.unwrap_or(6)), n < 0.0))
            }
            ('f', Value::Float(n)) => {
                Ok(sign(format!("{n:.*}", self.precision.unwrap_or(6)), *n < 0.0))
            }
            ('x' | 'X' | 'o' | 'b', Value::Int(n)) => {
                let size = n.unsigned_abs();
                let digits = match self.letter {
                    'x' => format!("{size:x}"),
                    'X' => format!("{size:X}"),
                    'o' => format!("{size:o}"),
                    _ => format!("{size:b}"),
                };
                Ok(if *n < 0 { format!("-{digits}") } else { sign(digits, false) })
            }
            ('d' | 'x' | 'X' | 'o' | 'b', _) => wrong("a whole number"),
            ('f', _) => wrong("a number"),
            (letter, _) => {
                Err(format!("there is no verb `%{letter}`; a percent sign is written `%%`"))
            }
        }
    }
}

fn number(chars: &mut Peekable<Chars<'_>>) -> Result<Option<usize>, String> {
    let mut number = None;
    while let Some(digit) = chars.peek().and_then(|c| c.to_digit(10)) {
        chars.next();
        let next = number.unwrap_or(0) * 10 + digit as usize;
        if next > MAX_WIDTH {
            return Err(format!("a width may be at most {MAX_WIDTH}"));
        }
        number = Some(next);
    }
    Ok(number)
}
