//! What an error answer says, whatever the service and whatever stands in front of it. No IO.

use serde_json::Value;

/// Enough for any message, and little enough for a terminal.
const LONGEST: usize = 600;

/// What could be made out.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    /// The cloud's words.
    pub(crate) message: String,
    /// Neutron's error type, or the fault's name.
    pub(crate) kind: Option<String>,
    /// The field that is refused.
    pub(crate) field: Option<String>,
}

/// The first nested `message`, else the first of `errors`, else the text without its markup. `hide`
/// takes secrets out before anything is cut, as half a secret could not be found any more.
pub(crate) fn read(body: &[u8], hide: impl Fn(&str) -> String) -> Said {
    let text = String::from_utf8_lossy(body);
    let said = serde_json::from_slice::<Value>(body).ok().and_then(|value| from_json(&value));
    let mut said = said.unwrap_or_else(|| Said { message: strip(&text), ..Said::default() });
    said.field = said.field.or_else(|| field(&said.message));
    said.message = tidy(&hide(&said.message));
    said
}

fn from_json(value: &Value) -> Option<Said> {
    let object = value.as_object()?;
    for (name, inner) in object {
        if let Some(message) = inner.get("message").and_then(Value::as_str) {
            let kind = inner.get("type").and_then(Value::as_str).unwrap_or(name);
            let message = message.to_owned();
            return Some(Said { message, kind: Some(kind.to_owned()), field: None });
        }
    }
    if let Some(first) = object.get("errors").and_then(|errors| errors.get(0)) {
        let text = |field: &str| first.get(field).and_then(Value::as_str).map(str::to_owned);
        let message = text("message").or_else(|| text("detail")).or_else(|| text("title"));
        return Some(Said {
            message: message.unwrap_or_else(|| first.to_string()),
            kind: text("code"),
            field: text("field"),
        });
    }
    let plain = object.get("message").or_else(|| object.get("NeutronError"));
    let message = plain.or_else(|| object.get("error")).and_then(Value::as_str)?;
    Some(Said { message: message.to_owned(), ..Said::default() })
}

/// Nova: "Invalid input for field/attribute name. Value: ..."; neutron: "Invalid input for cidr.
/// Reason: ...".
fn field(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("Invalid input for ")?;
    let rest = rest.strip_prefix("field/attribute ").unwrap_or(rest);
    let word = rest.split([' ', ',']).next()?.trim_end_matches('.');
    (!word.is_empty()).then(|| word.to_owned())
}

/// The text of an HTML page: no markup, no scripts, the title before the rest.
fn strip(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(open) = rest.find('<') {
        out.push_str(&rest[..open]);
        out.push(' ');
        let tag = &rest[open..];
        let lower = tag.get(..8).unwrap_or(tag).to_ascii_lowercase();
        let end = match lower.as_str() {
            name if name.starts_with("<style") => "</style>",
            name if name.starts_with("<script") => "</script>",
            name if name.starts_with("<!--") => "-->",
            _ => ">",
        };
        rest = tag.find(end).map_or("", |at| &tag[at + end.len()..]);
    }
    out.push_str(rest);
    out
}

/// One line, without control characters, not too long.
fn tidy(text: &str) -> String {
    let printable = |letter: char| if letter.is_control() { ' ' } else { letter };
    // Glance ends its messages so, even in JSON.
    let text = text.replace("<br />", " ");
    let clean: String = text.chars().map(printable).collect();
    let line = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}...", &line[..at]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn every_shape_of_error_is_understood() {
        let long = format!("{{\"x\": {{\"message\": \"{}\"}}}}", "m".repeat(700));
        let capped = format!("{}...", "m".repeat(600));
        for (body, message, kind, field) in [
            (
                r#"{"forbidden": {"code": 403, "message": "Quota exceeded for instances"}}"#,
                "Quota exceeded for instances",
                Some("forbidden"),
                None,
            ),
            (
                r#"{"NeutronError": {"type": "OverQuota", "message": "No more ports", "detail": ""}}"#,
                "No more ports",
                Some("OverQuota"),
                None,
            ),
            (
                r#"{"error": {"code": 401, "message": "Who\n are\tyou?", "title": "Unauthorized"}}"#,
                "Who are you?",
                Some("error"),
                None,
            ),
            (
                r#"{"message": "No image<br /><br />", "code": "404 Not Found", "title": "Not Found"}"#,
                "No image",
                None,
                None,
            ),
            (
                r#"{"errors": [{"code": "validation_failed", "message": "no", "field": "name"}]}"#,
                "no",
                Some("validation_failed"),
                Some("name"),
            ),
            (
                r#"{"errors": [{"status": 404, "title": "Gone", "detail": "It went"}]}"#,
                "It went",
                None,
                None,
            ),
            (
                "<html><head><title>502 Bad Gateway</title><style>b {x}</style></head><body>\
                 <h1>502 Bad Gateway</h1><hr>nginx</body></html>",
                "502 Bad Gateway 502 Bad Gateway nginx",
                None,
                None,
            ),
            (
                r#"{"badRequest": {"message": "Invalid input for field/attribute name. Value: 1."}}"#,
                "Invalid input for field/attribute name. Value: 1.",
                Some("badRequest"),
                Some("name"),
            ),
            (
                r#"{"NeutronError": {"type": "HTTPBadRequest", "message": "Invalid input for cidr. Reason: no."}}"#,
                "Invalid input for cidr. Reason: no.",
                Some("HTTPBadRequest"),
                Some("cidr"),
            ),
            ("plain \u{1b}[31mred", "plain [31mred", None, None),
            ("", "", None, None),
            ("<unclosed", "", None, None),
            (&long, &capped, Some("x"), None),
        ] {
            let expected = Said {
                message: message.into(),
                kind: kind.map(Into::into),
                field: field.map(Into::into),
            };
            assert_eq!(read(body.as_bytes(), str::to_owned), expected, "{body}");
        }
    }
}
