//! Requests and replies as plain values, so that the services are functions without HTTP machinery.

use crate::clock::{self, Stamp};
use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Map, Value};
use std::sync::Arc;

/// A request, read completely.
pub(crate) struct Req {
    pub(crate) method: String,
    /// The path as sent, from the root.
    pub(crate) path: String,
    /// The decoded parts of the path, without empty ones.
    pub(crate) segments: Vec<String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Where the client reaches this cloud, without a slash at the end.
    pub(crate) base: Arc<str>,
    pub(crate) request_id: String,
    /// The creation of a server was told to go wrong.
    pub(crate) sabotage: Option<crate::faults::Effect>,
}

impl Req {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    /// The first value of a query parameter.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All values of a query parameter.
    pub(crate) fn params<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The path's parts after the first `skip`.
    pub(crate) fn tail(&self, skip: usize) -> Vec<&str> {
        self.segments.iter().skip(skip).map(String::as_str).collect()
    }

    /// This request's URL.
    pub(crate) fn own_url(&self) -> String {
        let url = format!("{}{}", self.base, self.path);
        if self.query.is_empty() { url } else { self.link(&url, &[]) }
    }

    /// This request's URL with other paging parameters; one without a value is left out.
    pub(crate) fn link(&self, path: &str, change: &[(&str, &str)]) -> String {
        let kept = self
            .query
            .iter()
            .filter(|(key, _)| !change.iter().any(|(name, _)| name == key) && key != "page_reverse")
            .map(|(key, value)| (key.as_str(), value.as_str()));
        let query: Vec<String> = kept
            .chain(change.iter().copied().filter(|(_, value)| !value.is_empty()))
            .map(|(key, value)| format!("{}={}", encode(key), encode(value)))
            .collect();
        format!("{path}?{}", query.join("&"))
    }
}

/// Percent-encodes what cannot stand in a query.
pub(crate) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push_str(&crate::ids::hex(&[byte]).to_uppercase());
        }
    }
    out
}

/// Decodes `%41`; what is not so is kept.
pub(crate) fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(code.unwrap_or(bytes[at]));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// An answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

/// What every handler returns; an `Err` undoes what the handler changed.
pub(crate) type Answer = Result<Reply, Reply>;

impl Reply {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self { status, headers, body: body.to_string().into_bytes() }
    }

    /// What answers without a service's own words answers with a page, unless JSON is asked for.
    pub(crate) fn into_page(self, req: &Req) -> Self {
        let accepts = req.header("accept").unwrap_or("*/*");
        if accepts.contains("json") || !self.body.starts_with(b"{\"message\"") {
            return self;
        }
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let word = |field: &str| body[field].as_str().unwrap_or_default();
        let (code, message) = (word("code"), word("message"));
        // Nobody who says that nothing is accepted wants a page.
        if accepts.is_empty() {
            let text = format!("{code}\n\n{}", message.replace('\n', " ").replace("<br />", "\n"));
            return self.with_body("text/plain; charset=UTF-8", text);
        }
        let page = format!(
            "<html>\n <head>\n  <title>{code}</title>\n </head>\n <body>\n  <h1>{code}</h1>\n  \
             {message}\n </body>\n</html>"
        );
        self.with_body("text/html; charset=UTF-8", page)
    }

    fn with_body(self, kind: &str, body: String) -> Self {
        let others = self.headers.into_iter().filter(|(name, _)| *name != "content-type");
        let headers = others.chain([("content-type", kind.to_owned())]).collect();
        Self { status: self.status, headers, body: body.into_bytes() }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A JSON object.
pub(crate) type Object = Map<String, Value>;

/// The object inside a `json!({...})`.
pub(crate) fn object(value: Value) -> Object {
    match value {
        Value::Object(map) => map,
        _ => Object::new(),
    }
}

/// The text of a field, or nothing.
pub(crate) fn text<'a>(object: &'a Object, field: &str) -> Option<&'a str> {
    object.get(field).and_then(Value::as_str)
}

/// A value as Python prints it, which is how Nova quotes it in its messages.
pub(crate) fn python(value: &Value) -> String {
    match value {
        Value::Null => "None".into(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => quote(text),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(python).collect::<Vec<_>>().join(", "))
        }
        Value::Object(map) => {
            let items = map.iter().map(|(key, value)| format!("{}: {}", quote(key), python(value)));
            format!("{{{}}}", items.collect::<Vec<_>>().join(", "))
        }
    }
}

fn quote(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('\n', "\\n");
    if text.contains('\'') && !text.contains('"') {
        format!("\"{text}\"")
    } else {
        format!("'{}'", text.replace('\'', "\\'"))
    }
}

/// `2026-01-01T00:00:00Z`.
pub(crate) fn seconds(ms: u64) -> String {
    clock::format(ms, Stamp::Seconds)
}
