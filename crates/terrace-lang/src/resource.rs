//! Blocks: attributes by the kind's table, repetition, lifecycle, nested blocks.

use std::borrow::Cow;

use terrace_model::expr::{ResourceReference, Term};
use terrace_model::{
    Address, Body, Diagnostic, Diagnostics, Kind, Presence, Refers, Repeat, Resource,
    ResourceAddress, Spanned, Stack, Workspace,
};

use crate::lifecycle;
use crate::load::Reading;
use crate::repeat::{self, Wanted};
use crate::settings;
use crate::stack::named;
use crate::term::{entries, typed, unknown};
use crate::yaml::{Content, Entry, Node};

const SPECIAL: [&str; 9] = [
    "cloud",
    "count",
    "for_each",
    "when",
    "depends_on",
    "lifecycle",
    "timeouts",
    "preconditions",
    "postconditions",
];

/// How often a block is to be repeated, until that can be computed.
pub(crate) struct Repeats {
    address: ResourceAddress,
    /// The block it is written in; they repeat together.
    parent: Option<ResourceAddress>,
    wanted: Wanted,
}

/// Computes how many instances there are of each block, now that all names are known.
pub(crate) fn settle(reading: &mut Reading<'_>, workspace: &mut Workspace) {
    let repeats = std::mem::take(&mut reading.repeats);
    let memo = terrace_model::names::Memo::of_fixed();
    let mut found = Diagnostics::default();
    let mut settled: Vec<Repeat> = Vec::with_capacity(repeats.len());
    let mut last = (None, Repeat::One);
    for Repeats { address, parent, wanted } in &repeats {
        let Some(stack) = workspace.stacks.get(&address.stack) else {
            settled.push(Repeat::One);
            continue;
        };
        let own = wanted.settle(workspace, stack, &memo, &mut found);
        let repeat = match parent {
            // Blocks come before those that are written in them.
            Some(parent) if last.0 == Some(parent) => within(&last.1, own),
            _ => own,
        };
        if parent.is_none() {
            last = (Some(address), repeat.clone());
        }
        settled.push(repeat);
    }
    // Each is one until something else is said. Of nested blocks, several may have one name.
    let said =
        |(block, repeat): &(&Repeats, Repeat)| block.parent.is_some() || *repeat != Repeat::One;
    for (Repeats { address, .. }, repeat) in repeats.iter().zip(settled).filter(said) {
        let stack = workspace.stacks.get_mut(&address.stack);
        if let Some(resource) = stack.and_then(|stack| stack.resources.get_mut(address)) {
            resource.repeat = repeat;
        }
    }
    reading.diagnostics.extend(found);
}

/// How often a nested block repeats: with its parent, unless its own `when` is false.
fn within(parent: &Repeat, own: Repeat) -> Repeat {
    match (parent, own) {
        (parent, Repeat::One) => parent.clone(),
        (Repeat::Each(_), _) => Repeat::Each(terrace_model::Map::new()),
        (Repeat::Count(_), _) => Repeat::Count(0),
        (Repeat::One | Repeat::Absent, _) => Repeat::Absent,
    }
}

/// Reads a block and the blocks nested in it, and puts them into the stack.
pub(crate) fn read(reading: &mut Reading<'_>, stack: &mut Stack, kind: Kind, entry: &Entry) {
    let Some(name) = named(reading, entry) else { return };
    let entry = &with_defaults(reading, kind, entry);
    let address = ResourceAddress { stack: stack.name.clone(), kind, path: name.into() };
    let nested: Vec<Kind> = kind.nested().collect();
    let fields = entries(reading, &entry.value, format_args!("`{}`", entry.key));
    let wanted = repeat::wanted(reading, fields);
    reading.repeats.push(Repeats { address: address.clone(), parent: None, wanted });
    let resource = block(reading, stack, entry, &address, &nested);
    let cloud = resource.cloud.clone();
    stack.resources.insert(address.clone(), resource);
    for kind in nested {
        let Some(section) = fields.iter().find(|f| f.key == kind.schema().key) else { continue };
        for child in crate::nested::entries_of(reading, section, kind) {
            if let Some(child) = nested_block(reading, stack, (kind, &child), &address) {
                let child = Resource { cloud: cloud.clone(), ..child };
                stack.resources.insert(child.address.clone(), child);
            }
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
    stack: &Stack,
    (kind, entry): (Kind, &Entry),
    parent: &ResourceAddress,
) -> Option<Resource> {
    let name = named(reading, entry)?;
    let entry = &*with_defaults(reading, kind, entry);
    let path = parent.path.child(&name);
    let address = ResourceAddress { stack: stack.name.clone(), kind, path };
    let fields = entry.value.as_map().unwrap_or_default();
    for field in fields {
        if ["count", "for_each"].contains(&field.key.as_str()) {
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
    let wanted = repeat::wanted(reading, fields);
    let parents = Some(parent.clone());
    reading.repeats.push(Repeats { address: address.clone(), parent: parents, wanted });
    let mut resource = block(reading, stack, entry, &address, &[]);
    if let Some(field) = fields.iter().find(|f| f.key == "cloud") {
        let message = format!("a {} is in the cloud of its {}", kind.noun(), parent.kind.noun());
        let diagnostic = Diagnostic::error("E0205", field.key_span, message);
        reading
            .diagnostics
            .push(diagnostic.help(format!("write `cloud` on the {}", parent.kind.noun())));
    }
    let to_parent = kind.schema().attributes.iter().find(|a| a.refers == Refers::Kind(parent.kind));
    if let Some(attribute) = to_parent {
        let reference = ResourceReference {
            stack: None,
            kind: parent.kind,
            path: parent.path.clone(),
            key: None,
            own_key: false,
            attribute: Some("id".into()),
            span: entry.key_span,
        };
        let term = Spanned::new(Term::Reference(Box::new(reference)), entry.key_span);
        resource.body.insert(attribute.name, term);
    }
    Some(resource)
}

fn block(
    reading: &mut Reading<'_>,
    stack: &Stack,
    entry: &Entry,
    address: &ResourceAddress,
    nested: &[Kind],
) -> Resource {
    let schema = address.kind.schema();
    let fields = entry.value.as_map().unwrap_or_default();
    let mut resource = Resource {
        address: address.clone(),
        span: entry.key_span,
        cloud: None,
        repeat: Repeat::One,
        body: Body::with_capacity(fields.len()),
        lifecycle: lifecycle::read(reading, fields),
        depends_on: Vec::new(),
    };
    for field in fields {
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
            (_, Some(_)) if field.value.is_null() => {} // The same as not given.
            (key, Some(attribute)) => {
                let term = typed(reading, &field.value, &attribute.ty);
                resource.body.insert(key, term);
            }
            (_, None) => {
                let what = format!("attribute of a {}", schema.noun);
                let settable =
                    schema.attributes.iter().filter(|a| a.presence != Presence::Computed);
                let nested = nested.iter().map(|kind| kind.schema().key);
                let known: Vec<&str> =
                    settable.map(|a| a.name).chain(nested).chain(SPECIAL).collect();
                reading.diagnostics.push(unknown(field, &what, &known));
            }
        }
    }
    for attribute in schema.attributes {
        if attribute.is_missing(|name| resource.body.contains_key(name)) {
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
        let whole = match text.contains('/') {
            true => text.to_owned(),
            false => format!("{}/{text}", stack.name),
        };
        match whole.parse::<Address>() {
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
                    .help("write it as `section.name`, or `stack/section.name`"),
            ),
        }
    }
    found
}
