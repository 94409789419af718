//! Functions that read files, encode and decode.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::arguments::{Arguments, bound};
use super::decode::{json, yaml};
use super::yaml_text::yaml_text;
use super::{Function, Run, function};
use crate::value::{Value, hex};

pub(super) static TABLE: [Function; 9] = [
    function(
        ["file", "file(path)"],
        "The text of a file of the workspace; the path is written out and relative to the folder of `terrace.yaml`.",
        [r#"file("motd.txt")"#, r#""Welcome\n""#],
        Run::File,
    ),
    function(
        ["template", "template(path, map)"],
        "The text of a file of the workspace with every `${...}` in it evaluated; the names in those are the keys of the map, and nothing else. A literal `${` is written `$${` there too.",
        [r#"template("hello.txt", {"name": "web"})"#, r#""Hello web!\n""#],
        Run::Template,
    ),
    function(
        ["base64_encode", "base64_encode(text)"],
        "The text in base64.",
        [r#"base64_encode("hello")"#, r#""aGVsbG8=""#],
        Run::Plain(|a| {
            bound(a.text(0)?.len().checked_mul(4).map(|bytes| bytes / 3))?;
            Ok(Value::text(STANDARD.encode(a.text(0)?)))
        }),
    ),
    function(
        ["base64_decode", "base64_decode(text)"],
        "The text that the base64 stands for; it must be UTF-8.",
        [r#"base64_decode("aGVsbG8=")"#, r#""hello""#],
        Run::Plain(base64_decode),
    ),
    function(
        ["json_encode", "json_encode(value)"],
        "The value as JSON, the keys of maps in order.",
        [r#"json_encode({"port": 80, "names": ["a"]})"#, r#""{\"names\":[\"a\"],\"port\":80}""#],
        Run::Plain(|a| Ok(Value::text(a.value(0).to_json().to_string()))),
    ),
    function(
        ["json_decode", "json_decode(text)"],
        "The value that the JSON stands for.",
        [r#"json_decode("{\"port\": 80}")"#, r#"{"port":80}"#],
        Run::Plain(|a| json(a.text(0)?)),
    ),
    function(
        ["yaml_encode", "yaml_encode(value)"],
        "The value as YAML that every reader takes in the same way, the keys of maps in order.",
        [r#"yaml_encode({"port": 80, "on": "no"})"#, r#""\"on\": \"no\"\nport: 80\n""#],
        Run::Plain(|a| Ok(Value::text(yaml_text(a.value(0))))),
    ),
    function(
        ["yaml_decode", "yaml_decode(text)"],
        "The value that the YAML stands for; one document, keys are text.",
        [r#"yaml_decode("port: 80\nnames: [a]")"#, r#"{"names":["a"],"port":80}"#],
        Run::Plain(|a| yaml(a.text(0)?)),
    ),
    function(
        ["sha256", "sha256(text)"],
        "The SHA-256 of the text, in hexadecimal.",
        [
            r#"sha256("hello")"#,
            r#""2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824""#,
        ],
        Run::Plain(|a| Ok(Value::text(hex(&Sha256::digest(a.text(0)?))))),
    ),
];

fn base64_decode(a: &Arguments) -> Result<Value, String> {
    let bytes = STANDARD.decode(a.text(0)?.trim()).map_err(|_| "this is not base64")?;
    let text = String::from_utf8(bytes);
    text.map(Value::text).map_err(|_| "what the base64 stands for is not UTF-8 text".into())
}
