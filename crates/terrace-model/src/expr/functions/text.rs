//! Functions on text.

use super::arguments::{Arguments, bound, scalar};
use super::printf::format;
use super::{Function, Run, function};
use crate::value::Value;

pub(super) static TABLE: [Function; 16] = [
    function(
        ["format", "format(pattern, ...)"],
        "The pattern with each `%` verb replaced by the next argument: `%s` for any value, `%d` for whole numbers, `%f`, `%x`, `%q` for JSON, `%%` for a percent sign. A width may stand in front of the letter, with `-` or `0` before it.",
        [r#"format("%s-%02d", "web", 7)"#, r#""web-07""#],
        Run::Plain(format),
    ),
    function(
        ["indent", "indent(text, blanks)"],
        "The text with so many blanks in front of every line but the first and empty ones: for putting a text into a YAML template.",
        [r#"indent("a\nb\n", 2)"#, r#""a\n  b\n""#],
        Run::Plain(indent),
    ),
    function(
        ["join", "join(list, separator)"],
        "The texts and numbers of the list, with the separator between them.",
        [r#"join(["a", "b", 3], "-")"#, r#""a-b-3""#],
        Run::Plain(join),
    ),
    function(
        ["lower", "lower(text)"],
        "The text in lower case.",
        [r#"lower("Web")"#, r#""web""#],
        Run::Plain(|a| Ok(Value::text(a.text(0)?.to_lowercase()))),
    ),
    function(
        ["upper", "upper(text)"],
        "The text in upper case.",
        [r#"upper("Web")"#, r#""WEB""#],
        Run::Plain(|a| Ok(Value::text(a.text(0)?.to_uppercase()))),
    ),
    function(
        ["replace", "replace(text, old, new)"],
        "The text with every occurrence of `old` replaced by `new`.",
        [r#"replace("a.b.c", ".", "-")"#, r#""a-b-c""#],
        Run::Plain(replace),
    ),
    function(
        ["split", "split(text, separator)"],
        "The list of what stands between the separators.",
        [r#"split("a,b,c", ",")"#, r#"["a","b","c"]"#],
        Run::Plain(split),
    ),
    function(
        ["lines", "lines(text)"],
        "The lines of the text, without their ends.",
        [r#"lines("a\nb\n")"#, r#"["a","b"]"#],
        Run::Plain(|a| Ok(Value::texts(a.text(0)?.lines()))),
    ),
    function(
        ["trim", "trim(text)"],
        "The text without blanks and line ends at both ends.",
        [r#"trim("  web\n")"#, r#""web""#],
        Run::Plain(|a| Ok(Value::text(a.text(0)?.trim()))),
    ),
    function(
        ["trim_prefix", "trim_prefix(text, prefix)"],
        "The text without the prefix, if it begins with it.",
        [r#"trim_prefix("db-1", "db-")"#, r#""1""#],
        Run::Plain(|a| {
            let (text, prefix) = (a.text(0)?, a.text(1)?);
            Ok(Value::text(text.strip_prefix(prefix).unwrap_or(text)))
        }),
    ),
    function(
        ["trim_suffix", "trim_suffix(text, suffix)"],
        "The text without the suffix, if it ends with it.",
        [r#"trim_suffix("web.example.org", ".example.org")"#, r#""web""#],
        Run::Plain(|a| {
            let (text, suffix) = (a.text(0)?, a.text(1)?);
            Ok(Value::text(text.strip_suffix(suffix).unwrap_or(text)))
        }),
    ),
    function(
        ["starts_with", "starts_with(text, prefix)"],
        "Whether the text begins with the prefix.",
        [r#"starts_with("web-1", "web")"#, "true"],
        Run::Plain(|a| Ok(Value::Bool(a.text(0)?.starts_with(a.text(1)?)))),
    ),
    function(
        ["ends_with", "ends_with(text, suffix)"],
        "Whether the text ends with the suffix.",
        [r#"ends_with("web-1", "-1")"#, "true"],
        Run::Plain(|a| Ok(Value::Bool(a.text(0)?.ends_with(a.text(1)?)))),
    ),
    function(
        ["title", "title(text)"],
        "The text with the first letter of each word in upper case.",
        [r#"title("front end")"#, r#""Front End""#],
        Run::Plain(title),
    ),
    function(
        ["repeat", "repeat(text, times)"],
        "The text so many times.",
        [r#"repeat("ab", 3)"#, r#""ababab""#],
        Run::Plain(repeat),
    ),
    function(
        ["to_string", "to_string(value)"],
        "A text, number or truth value as text; `json_encode` takes lists and maps.",
        ["to_string(8080)", r#""8080""#],
        Run::Plain(|a| {
            let text = scalar(a.value(0)).map(Value::text);
            text.ok_or_else(|| a.wrong(0, "text, a number, true or false"))
        }),
    ),
];

fn indent(a: &Arguments) -> Result<Value, String> {
    let (text, blanks) = (a.text(0)?, a.int(1)?);
    let blanks = usize::try_from(blanks).map_err(|_| a.wrong(1, "0 or more"))?;
    let lines = text.matches('\n').count();
    bound(lines.checked_mul(blanks).and_then(|more| more.checked_add(text.len())))?;
    let mut lines = text.split('\n');
    let mut result = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        result.push('\n');
        if !line.trim_end_matches('\r').is_empty() {
            result.extend(std::iter::repeat_n(' ', blanks));
        }
        result.push_str(line);
    }
    Ok(Value::text(result))
}

fn join(a: &Arguments) -> Result<Value, String> {
    let separator = a.text(1)?;
    let items: Option<Vec<String>> = a.list(0)?.iter().map(scalar).collect();
    let items = items.ok_or("the first argument must be a list of texts or numbers")?;
    let bytes: usize = items.iter().map(String::len).sum();
    let between = items.len().saturating_sub(1).checked_mul(separator.len());
    bound(between.and_then(|between| between.checked_add(bytes)))?;
    Ok(Value::text(items.join(separator)))
}

fn replace(a: &Arguments) -> Result<Value, String> {
    let (text, old, new) = (a.text(0)?, a.text(1)?, a.text(2)?);
    if old.is_empty() {
        return Err("what is replaced must not be empty".into());
    }
    let more = text.matches(old).count().checked_mul(new.len());
    bound(more.and_then(|more| more.checked_add(text.len())))?;
    Ok(Value::text(text.replace(old, new)))
}

fn split(a: &Arguments) -> Result<Value, String> {
    let (text, separator) = (a.text(0)?, a.text(1)?);
    if separator.is_empty() {
        return Err("the separator must not be empty".into());
    }
    bound(text.matches(separator).count().checked_mul(Value::NODE))?;
    Ok(Value::texts(text.split(separator)))
}

fn title(a: &Arguments) -> Result<Value, String> {
    let mut result = String::new();
    let mut begins = true;
    for letter in a.text(0)?.chars() {
        if begins {
            result.extend(letter.to_uppercase());
        } else {
            result.push(letter);
        }
        begins = letter.is_whitespace();
    }
    Ok(Value::text(result))
}

fn repeat(a: &Arguments) -> Result<Value, String> {
    let text = a.text(0)?;
    let times = usize::try_from(a.int(1)?).map_err(|_| a.wrong(1, "0 or more"))?;
    bound(text.len().max(1).checked_mul(times))?;
    Ok(Value::text(text.repeat(times)))
}
