//! JSON Schema (2020-12) of the files, from the tables of the kinds and of the language, for
//! editors and for validators that know nothing of Terrace.

#[cfg(test)]
mod tests;

use serde_json::{Map, Value as Json, json};
use terrace_model::{Attribute, Kind, Presence, Type};

use crate::syntax::{self, Field, Form};

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// A file in `stacks/`.
    Stack,
    /// `terrace.yaml`.
    Workspace,
    /// A file of values of variables.
    Environment,
}

/// Names of variables, blocks and so on.
const NAME: &str = "^[A-Za-z_][A-Za-z0-9_-]*$";

/// Words for types.
const TYPE_WORD: &str =
    r"^\s*((list|map)\()*(string|integer|number|boolean|list|map|object)\)*\s*$";

/// The schema of a kind of file.
pub fn schema(document: Document) -> Json {
    let (title, body) = match document {
        Document::Stack => ("A stack of a Terrace workspace", stack()),
        Document::Workspace => ("terrace.yaml of a Terrace workspace", fields(&syntax::WORKSPACE)),
        Document::Environment => (
            "Values of variables for an environment of a Terrace workspace",
            json!({ "type": ["object", "null"], "propertyNames": { "pattern": NAME } }),
        ),
    };
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
    });
    extend(&mut schema, body);
    if document != Document::Environment {
        let mut definitions = json!({
            "expression": {
                "description": "Text with an expression in it: `${...}`.",
                "type": "string",
                "pattern": r"\$\{",
            },
        });
        if document == Document::Stack {
            definitions["type"] = json!({ "anyOf": [form(Form::TypeWord), fields(&syntax::TYPE)] });
            for kind in Kind::ALL {
                definitions[kind.section()] = block(kind);
            }
        }
        schema["$defs"] = definitions;
    }
    schema
}

fn stack() -> Json {
    let mut stack = fields(&syntax::STACK);
    for kind in Kind::ALL.into_iter().filter(|kind| kind.schema().parent.is_none()) {
        stack["properties"][kind.section()] = section(kind);
    }
    stack
}

/// A map from names to blocks of a kind.
fn section(kind: Kind) -> Json {
    let one = json!({ "$ref": format!("#/$defs/{}", kind.section()) });
    let named = json!({
        "description": kind.schema().doc,
        "type": ["object", "null"],
        "propertyNames": { "pattern": NAME },
        "additionalProperties": one,
    });
    if kind.schema().short.is_none() {
        return named;
    }
    let listed = json!({ "type": "array", "items": { "anyOf": [{ "type": "string" }, one] } });
    json!({ "description": kind.schema().doc, "anyOf": [named, listed] })
}

fn block(kind: Kind) -> Json {
    let schema = kind.schema();
    let special = syntax::BLOCK
        .iter()
        .filter(|field| schema.parent.is_none() || !syntax::NOT_NESTED.contains(&field.name));
    let mut block = map_of(special);
    block["description"] = schema.doc.into();
    for attribute in schema.attributes.iter().filter(|a| is_written(kind, a)) {
        block["properties"][attribute.name] = self::attribute(attribute);
    }
    for child in Kind::ALL.into_iter().filter(|child| child.schema().parent == Some(kind)) {
        block["properties"][child.schema().key] = section(child);
    }
    // Nothing is required here: it may come from `defaults` of `terrace.yaml`.
    block["type"] = json!(["object", "null"]);
    block
}

/// For each kind the fields that a block may have from elsewhere.
fn defaults() -> Json {
    let mut sections = Map::new();
    for kind in Kind::ALL {
        let mut block = block(kind);
        if let Some(fields) = block["properties"].as_object_mut() {
            let nested = |name: &str| {
                Kind::from_section(name).is_some_and(|k| k.schema().parent == Some(kind))
            };
            fields
                .retain(|name, _| !syntax::NOT_DEFAULTS.contains(&name.as_str()) && !nested(name));
        }
        sections.insert(kind.section().to_owned(), block);
    }
    json!({ "type": ["object", "null"], "properties": sections, "additionalProperties": false })
}

/// Whether an attribute is written in a block: not by the cloud, and not by where the block stands.
fn is_written(kind: Kind, attribute: &Attribute) -> bool {
    let parent = kind.schema().parent.map(terrace_model::Refers::Kind);
    attribute.presence != Presence::Computed && Some(attribute.refers) != parent
}

fn attribute(attribute: &Attribute) -> Json {
    let mut json = or_expression(typed(attribute.ty));
    json["description"] = attribute.doc.into();
    json
}

/// The schema of a type; lists, maps and their items may be expressions.
fn typed(ty: Type) -> Json {
    match ty {
        Type::String => json!({ "type": "string" }),
        Type::Enum(choices) => json!({ "enum": choices }),
        Type::Integer(low, high) => {
            let mut json = json!({ "type": "integer" });
            if low > i64::MIN {
                json["minimum"] = low.into();
            }
            if high < i64::MAX {
                json["maximum"] = high.into();
            }
            json
        }
        Type::Bool => json!({ "type": "boolean" }),
        Type::Cidr => json!({ "type": "string", "pattern": r"^[0-9a-fA-F.:]+/[0-9]{1,3}$" }),
        Type::Address => json!({ "type": "string", "pattern": r"^[0-9a-fA-F.:]+$" }),
        Type::AddressOrNone => {
            json!({ "type": "string", "pattern": r"^([0-9a-fA-F.:]+|none)$" })
        }
        Type::Prefix => {
            json!({ "type": "string", "pattern": r"^[0-9a-fA-F.:]+(/[0-9]{1,3})?$" })
        }
        Type::Mac => {
            json!({ "type": "string", "pattern": r"^[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}$" })
        }
        Type::Ports => json!({ "anyOf": [
            { "type": "integer", "minimum": 1, "maximum": 65535 },
            { "type": "string", "pattern": r"^[0-9]+( *- *[0-9]+)?$" },
        ] }),
        Type::Protocol => json!({ "anyOf": [
            { "type": "integer", "minimum": 0, "maximum": 255 },
            { "type": "string", "pattern": "^[A-Za-z0-9-]+$" },
        ] }),
        Type::List(item) => json!({ "type": "array", "items": or_expression(typed(*item)) }),
        Type::Map(item) => {
            json!({ "type": "object", "additionalProperties": or_expression(typed(*item)) })
        }
        Type::Object(fields) => object(fields),
        Type::Short(short, fields) => {
            let alone = fields.iter().find(|f| f.name == short).map(|f| typed(f.ty));
            json!({ "anyOf": [alone, object(fields)] })
        }
    }
}

fn object(fields: &[terrace_model::schema::Field]) -> Json {
    let mut json = json!({ "type": "object", "properties": {}, "additionalProperties": false });
    for field in fields {
        let mut schema = or_expression(typed(field.ty));
        schema["description"] = field.doc.into();
        json["properties"][field.name] = schema;
    }
    let required: Vec<&str> = fields.iter().filter(|f| f.required).map(|f| f.name).collect();
    if !required.is_empty() {
        json["required"] = json!(required);
    }
    json
}

/// The schema, or an expression; a plain text takes expressions anyway.
fn or_expression(schema: Json) -> Json {
    if schema == json!({ "type": "string" }) {
        return schema;
    }
    json!({ "anyOf": [schema, { "$ref": "#/$defs/expression" }] })
}

fn fields(all: &[Field]) -> Json {
    map_of(all.iter())
}

fn map_of<'a>(all: impl Iterator<Item = &'a Field>) -> Json {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for field in all {
        let mut schema = form(field.form);
        if schema.is_object() {
            schema["description"] = field.doc.into();
        }
        properties.insert(field.name.into(), schema);
        if field.required {
            required.push(field.name);
        }
    }
    let mut json = json!({ "properties": properties, "additionalProperties": false });
    if required.is_empty() {
        json["type"] = json!(["object", "null"]);
    } else {
        json["type"] = "object".into();
        json["required"] = json!(required);
    }
    json
}

fn form(form: Form) -> Json {
    match form {
        Form::Value => json!({}),
        Form::Text => json!({ "type": ["string", "null"] }),
        Form::Bool => json!({ "type": "boolean" }),
        Form::Whole => json!({ "type": "integer" }),
        Form::Number => json!({ "type": "number" }),
        Form::Type => json!({ "$ref": "#/$defs/type" }),
        Form::TypeWord => json!({ "type": "string", "pattern": TYPE_WORD }),
        Form::Defaults => defaults(),
        Form::OneOf(choices) => json!({ "enum": choices }),
        Form::OrExpression(inner) => or_expression(self::form(*inner)),
        Form::List(inner) => json!({ "type": "array", "items": self::form(*inner) }),
        Form::Named(inner) => json!({
            "type": ["object", "null"],
            "propertyNames": { "pattern": NAME },
            "additionalProperties": self::form(*inner),
        }),
        Form::Fields(all) => fields(all),
        Form::Either(forms) => {
            json!({ "anyOf": forms.iter().map(|inner| self::form(*inner)).collect::<Vec<_>>() })
        }
    }
}

fn extend(json: &mut Json, with: Json) {
    if let (Json::Object(json), Json::Object(with)) = (json, with) {
        json.extend(with);
    }
}
