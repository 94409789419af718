//! Blocks: attributes by the kind's table, repetition, lifecycle, nested blocks.

use std::borrow::Cow;
use std::collections::BTreeMap;

use terrace_model::expr::{EvalError, ResourceReference, Root, Scope, Term};
use terrace_model::{
    Address, Body, Diagnostic, Kind, Presence, Refers, Repeat, Resource, ResourceAddress, Spanned,
    Stack, StackName, Value,
};

use crate::lifecycle;
use crate::load::Reading;
use crate::settings;
use crate::stack::named;
use crate::term::{entries, term, unknown};
use crate::yaml::{Content, Entry, Node};

/// Most instances of one block.
const MAX_INSTANCES: i64 = 100_000;
const SPECIAL: [&str; 7] =
    ["cloud", "count", "for_each", "when", "depends_on", "lifecycle", "timeouts"];

/// Reads a block and the blocks nested in it, and puts them into the stack.
pub(crate) fn read(reading: &mut Reading<'_>, stack: &mut Stack, kind: Kind, entry: &Entry) {
    let Some(name) = named(reading, entry) else { return };
    let entry = &with_defaults(reading, kind, entry);
    let address = ResourceAddress { stack: stack.name.clone(), kind, path: vec![name] };
    let nested: Vec<Kind> = kind.nested().collect();
    let fields = entries(reading, &entry.value, &format!("`{}`", entry.key));
    let repeat = repeat(reading, stack, fields);
    let mut resource = block(reading, stack, entry, &address, &nested);
    resource.repeat = repeat.clone();
    stack.resources.insert(address.clone(), resource);
    for kind in nested {
        let Some(section) = fields.iter().find(|f| f.key == kind.schema().key) else { continue };
        for child in crate::nested::entries_of(reading, section, kind) {
            nested_block(reading, stack, (kind, &child), (&address, &repeat));
        }
    }
}

/// A block, and what `defaults` in `terrace.yaml` has for its kind and it has not.
fn with_defaults<'e>(reading: &Reading<'_>, kind: Kind, entry: &'e Entry) -> Cow<'e, Entry> {
    let written = entry.value.as_map().unwrap_or_default();
    let missing = reading.defaults.get(&kind).into_iter().flatten();
    let missing: Vec<&Entry> =
        missing.filter(|default| !written.iter().any(|field| field.key == default.key)).collect();
    if missing.is_empty() || !(entry.value.is_null() || entry.value.as_map().is_some()) {
        return Cow::Borrowed(entry);
    }
    let fields = written.iter().chain(missing).cloned().collect();
    let value = Node { content: Content::Map(fields), span: entry.value.span };
    Cow::Owned(Entry { value, ..entry.clone() })
}

/// A nested block repeats with its parent, and refers to the parent's instance of the same key.
fn nested_block(
    reading: &mut Reading<'_>,
    stack: &mut Stack,
    (kind, entry): (Kind, &Entry),
    (parent, repeat): (&ResourceAddress, &Repeat),
) {
    let Some(name) = named(reading, entry) else { return };
    let entry = &*with_defaults(reading, kind, entry);
    let mut path = parent.path.clone();
    path.push(name);
    let address = ResourceAddress { stack: stack.name.clone(), kind, path };
    for field in entry.value.as_map().unwrap_or_default() {
        if ["count", "for_each", "when"].contains(&field.key.as_str()) {
            let message = format!(
                "a {} repeats with the {} it is written in",
                kind.noun(),
                parent.kind.noun()
            );
            let help = format!("write `{}` on the {}", field.key, parent.kind.noun());
            reading
                .diagnostics
                .push(Diagnostic::error("E0205", field.key_span, message).help(help));
        }
    }
    let mut resource = block(reading, stack, entry, &address, &[]);
    resource.repeat = repeat.clone();
    if let Some(field) = entry.value.as_map().into_iter().flatten().find(|f| f.key == "cloud") {
        let message = format!("a {} is in the cloud of its {}", kind.noun(), parent.kind.noun());
        let diagnostic = Diagnostic::error("E0205", field.key_span, message);
        reading
            .diagnostics
            .push(diagnostic.help(format!("write `cloud` on the {}", parent.kind.noun())));
    }
    resource.cloud = stack.resources.get(parent).and_then(|parent| parent.cloud.clone());
    let to_parent = kind.schema().attributes.iter().find(|a| a.refers == Refers::Kind(parent.kind));
    if let Some(attribute) = to_parent {
        let reference = ResourceReference {
            kind: parent.kind,
            path: parent.path.clone(),
            key: None,
            own_key: false,
            attribute: Some("id".into()),
            span: entry.key_span,
        };
        let term = Spanned::new(Term::Reference(reference), entry.key_span);
        resource.body.insert(attribute.name.to_owned(), term);
    }
    stack.resources.insert(address, resource);
}

fn block(
    reading: &mut Reading<'_>,
    stack: &Stack,
    entry: &Entry,
    address: &ResourceAddress,
    nested: &[Kind],
) -> Resource {
    let schema = address.kind.schema();
    let mut resource = Resource {
        address: address.clone(),
        span: entry.key_span,
        cloud: None,
        repeat: Repeat::One,
        body: Body::new(),
        lifecycle: lifecycle::read(reading, entry.value.as_map().unwrap_or_default()),
        depends_on: Vec::new(),
    };
    let settable =
        schema.attributes.iter().filter(|a| a.presence != Presence::Computed).map(|a| a.name);
    let known: Vec<&str> =
        settable.chain(nested.iter().map(|k| k.schema().key)).chain(SPECIAL).collect();
    for field in entry.value.as_map().unwrap_or_default() {
        match (field.key.as_str(), schema.attribute(&field.key)) {
            ("cloud", _) => resource.cloud = settings::chosen(reading, &field.value),
            ("depends_on", _) => resource.depends_on = depends_on(reading, stack, &field.value),
            (key, _) if SPECIAL.contains(&key) || nested.iter().any(|k| k.schema().key == key) => {}
            (key, Some(attribute)) if attribute.presence == Presence::Computed => {
                let message = format!("`{key}` of a {} is set by the cloud", schema.noun);
                reading
                    .diagnostics
                    .push(Diagnostic::error("E0204", field.key_span, message).help("remove it"));
            }
            (key, Some(_)) => {
                drop(resource.body.insert(key.to_owned(), term(reading, &field.value)));
            }
            (_, None) => {
                let what = format!("attribute of a {}", schema.noun);
                reading.diagnostics.push(unknown(field, &what, &known));
            }
        }
    }
    for attribute in schema.attributes.iter().filter(|a| a.presence == Presence::Required) {
        if !resource.body.contains_key(attribute.name) {
            let message = format!("`{}` of `{address}` is missing", attribute.name);
            let help = format!("a {} needs `{}`: {}", schema.noun, attribute.name, attribute.doc);
            reading
                .diagnostics
                .push(Diagnostic::error("E0203", entry.key_span, message).help(help));
        }
    }
    resource
}

fn depends_on(
    reading: &mut Reading<'_>,
    stack: &Stack,
    node: &Node,
) -> Vec<Spanned<ResourceAddress>> {
    let Some(items) = node.as_list() else {
        let message = format!("`depends_on` is {}, not a list", node.describe());
        reading.diagnostics.push(Diagnostic::error("E0205", node.span, message));
        return Vec::new();
    };
    let mut found = Vec::new();
    for item in items {
        let text = item.as_scalar().map(|s| s.text.as_str()).unwrap_or_default();
        match format!("{}/{text}", stack.name).parse::<Address>() {
            Ok(address) if address.key.is_none() => {
                found.push(Spanned::new(address.resource, item.span));
            }
            Ok(_) => reading.diagnostics.push(Diagnostic::error(
                "E0205",
                item.span,
                "`depends_on` names whole blocks, without a key",
            )),
            Err(error) => reading.diagnostics.push(
                Diagnostic::error("E0205", item.span, error.to_string())
                    .help("write it as `section.name`"),
            ),
        }
    }
    found
}

/// What is known while files are read: variables, locals of them, the environment.
struct PlanTime<'a> {
    stack: &'a Stack,
}

impl Scope for PlanTime<'_> {
    fn stack(&self) -> &StackName {
        &self.stack.name
    }

    fn value(&self, root: &Root) -> Result<Value, EvalError> {
        match root {
            Root::Var(name) => self.stack.variables.get(name).cloned(),
            Root::Local(name) => match self.stack.locals.get(name) {
                Some(local) => return local.value.evaluate(self),
                None => None,
            },
            _ => {
                return Err(EvalError::new("this is not known while the files are read")
                    .help("how many instances there are may depend on variables and locals only"));
            }
        }
        .ok_or_else(|| EvalError::new("there is nothing of that name"))
    }

    fn file(&self, _: &str) -> Option<&str> {
        None
    }
}

/// How many instances a block makes.
fn repeat(reading: &mut Reading<'_>, stack: &Stack, fields: &[Entry]) -> Repeat {
    let field = |name: &str| fields.iter().find(|f| f.key == name);
    if let (Some(_), Some(each)) = (field("count"), field("for_each")) {
        let message = "`count` and `for_each` do not go together";
        reading.diagnostics.push(Diagnostic::error("E0302", each.key_span, message));
    }
    let wanted = match field("when").map(|f| (f, evaluate(reading, stack, &f.value))) {
        None | Some((_, Some(Value::Bool(true)))) => true,
        Some((_, Some(Value::Bool(false)))) => false,
        Some((field, value)) => {
            wrong(reading, field, "true or false", value.as_ref());
            true
        }
    };
    let repeat = if let Some(field) = field("count") {
        match evaluate(reading, stack, &field.value) {
            Some(Value::Int(n)) if (0..=MAX_INSTANCES).contains(&n) => {
                Repeat::Count(u32::try_from(n).unwrap_or(0))
            }
            value => {
                wrong(reading, field, "a whole number from 0 to 100000", value.as_ref());
                Repeat::Count(0)
            }
        }
    } else if let Some(field) = field("for_each") {
        match evaluate(reading, stack, &field.value).map(keys) {
            Some(Ok(map)) => Repeat::Each(map),
            Some(Err(value)) => {
                wrong(reading, field, "a map, or a list of different texts", Some(&value));
                Repeat::Each(BTreeMap::new())
            }
            None => Repeat::Each(BTreeMap::new()),
        }
    } else {
        Repeat::One
    };
    // `when: false` leaves no instance; the addresses of other blocks do not change by it.
    if wanted { repeat } else { Repeat::Count(0) }
}

fn keys(value: Value) -> Result<BTreeMap<String, Value>, Value> {
    match value {
        Value::Map(map) => Ok(map),
        Value::List(items) => {
            let pairs = items.iter().map(|v| Some((v.as_str()?.to_owned(), v.clone())));
            let map: Option<BTreeMap<_, _>> = pairs.collect();
            map.filter(|map| map.len() == items.len()).ok_or(Value::List(items))
        }
        other => Err(other),
    }
}

pub(crate) fn evaluate(reading: &mut Reading<'_>, stack: &Stack, node: &Node) -> Option<Value> {
    let before = reading.diagnostics.len();
    let term = term(reading, node);
    if reading.diagnostics.len() > before {
        return None;
    }
    match term.value.evaluate(&PlanTime { stack }) {
        Ok(value) => Some(value),
        Err(error) => {
            let diagnostic =
                Diagnostic::error("E0302", error.span.unwrap_or(term.span), error.message);
            reading.diagnostics.push(match error.help {
                Some(help) => diagnostic.help(help),
                None => diagnostic,
            });
            None
        }
    }
}

/// Complains unless the value is missing because of something already told.
fn wrong(reading: &mut Reading<'_>, field: &Entry, expected: &str, value: Option<&Value>) {
    if let Some(value) = value {
        let message = format!("`{}` is {expected}, not {}", field.key, value.describe());
        reading.diagnostics.push(Diagnostic::error("E0302", field.value.span, message));
    }
}
