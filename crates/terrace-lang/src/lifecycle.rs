//! What a block says of its life: `lifecycle` and `timeouts`. What the settings come to is decided
//! in `terrace-model`, by the same code here and when a plan is made.

use std::sync::{Arc, LazyLock};

use terrace_model::expr::{ResourceReference, Root, Scope, Template, Term};
use terrace_model::{
    Address, Diagnostic, Diagnostics, Lifecycle, Repeat, Resource, Spanned, Stack, Timed,
};

use crate::conditions;
use crate::load::Reading;
use crate::scope::{no_attribute, only_resource};
use crate::term::{entries, term, unknown};
use crate::yaml::{Entry, Node};

const SETTINGS: [&str; 5] = [
    "create_before_destroy",
    "prevent_destroy",
    "ignore_changes",
    "replace_triggered_by",
    "on_destroy",
];

const FIELDS: [&str; 4] = ["lifecycle", "timeouts", "preconditions", "postconditions"];

/// Reads the fields of a block that are about its life.
pub(crate) fn read(reading: &mut Reading<'_>, fields: &[Entry]) -> Arc<Lifecycle> {
    /// Of the many blocks that say nothing.
    static NOTHING: LazyLock<Arc<Lifecycle>> = LazyLock::new(Arc::default);
    if !fields.iter().any(|field| FIELDS.contains(&field.key.as_str())) {
        return Arc::clone(&NOTHING);
    }
    let mut lifecycle = Lifecycle::default();
    for field in fields {
        match field.key.as_str() {
            "lifecycle" => settings(reading, &field.value, &mut lifecycle),
            "timeouts" => timeouts(reading, &field.value, &mut lifecycle),
            "preconditions" => lifecycle.preconditions = conditions::read(reading, field),
            "postconditions" => lifecycle.postconditions = conditions::read(reading, field),
            _ => {}
        }
    }
    Arc::new(lifecycle)
}

fn settings(reading: &mut Reading<'_>, node: &Node, lifecycle: &mut Lifecycle) {
    for field in entries(reading, node, "`lifecycle`") {
        let slot = match field.key.as_str() {
            "create_before_destroy" => &mut lifecycle.create_before_destroy,
            "prevent_destroy" => &mut lifecycle.prevent_destroy,
            "ignore_changes" => &mut lifecycle.ignore_changes,
            "on_destroy" => &mut lifecycle.on_destroy,
            "replace_triggered_by" => {
                lifecycle.replace_triggered_by = triggers(reading, &field.value);
                continue;
            }
            _ => {
                reading.diagnostics.push(unknown(field, "lifecycle setting", &SETTINGS));
                continue;
            }
        };
        *slot = Some(term(reading, &field.value));
    }
}

fn timeouts(reading: &mut Reading<'_>, node: &Node, lifecycle: &mut Lifecycle) {
    for field in entries(reading, node, "`timeouts`") {
        match Timed::ALL.into_iter().find(|timed| timed.word() == field.key) {
            Some(timed) => {
                drop(lifecycle.timeouts.insert(timed, term(reading, &field.value)));
            }
            None => reading.diagnostics.push(unknown(
                field,
                "operation with a time limit",
                &Timed::ALL.map(Timed::word),
            )),
        }
    }
}

fn triggers(reading: &mut Reading<'_>, node: &Node) -> Vec<ResourceReference> {
    let Some(items) = node.as_list() else {
        let message = format!("`replace_triggered_by` is {}, not a list", node.describe());
        let help = "write it as `[networks.front, servers.db.image]`";
        reading.diagnostics.push(Diagnostic::error("E0205", node.span, message).help(help));
        return Vec::new();
    };
    let mut found = Vec::new();
    for item in items {
        let Some(term) = trigger(reading, item) else { continue };
        match only_resource(&term.value) {
            Some(reference) => found.push(reference.clone()),
            None => reading.diagnostics.push(not_a_resource(item)),
        }
    }
    found
}

/// `section.name`, or `stack/section.name` as in `depends_on`.
fn trigger(reading: &mut Reading<'_>, item: &Node) -> Option<Spanned<Term>> {
    let elsewhere = item.as_scalar().filter(|s| !s.has_expression() && s.text.contains('/'));
    let Some(text) = elsewhere.map(|scalar| scalar.text.as_str()) else {
        return Some(expression(reading, item));
    };
    // The longest beginning is an address: what is behind it is an attribute.
    let (whole, attribute) = match text.parse::<Address>() {
        Ok(address) => (Some(address), None),
        Err(_) => match text.rsplit_once('.') {
            Some((address, name)) => (address.parse::<Address>().ok(), Some(name.to_owned())),
            None => (None, None),
        },
    };
    let Some(Address { resource, key }) = whole else {
        reading.diagnostics.push(not_a_resource(item));
        return None;
    };
    let (stack, kind, path) = (Some(resource.stack), resource.kind, resource.path);
    let span = item.span;
    let reference = ResourceReference { stack, kind, path, key, own_key: false, attribute, span };
    Some(Spanned::new(Term::Reference(Box::new(reference)), span))
}

fn not_a_resource(item: &Node) -> Diagnostic {
    let message = format!("{} is neither a resource nor an attribute of one", item.describe());
    Diagnostic::error("E0804", item.span, message)
        .help("write it as `section.name`, `section.name[0]` or `section.name.attribute`")
}

/// A field that is always an expression: `${...}` round it may be left out.
pub(crate) fn expression(reading: &mut Reading<'_>, node: &Node) -> Spanned<Term> {
    let bare = node.as_scalar().filter(|s| !s.has_expression() && !s.is_null());
    let Some(scalar) = bare.filter(|s| s.value().as_str().is_some()) else {
        return term(reading, node);
    };
    let text = format!("${{{}}}", scalar.text);
    let length = scalar.text.len();
    let inside = |at: usize| at.saturating_sub(2).min(length);
    let place =
        |range: std::ops::Range<usize>| scalar.place(inside(range.start)..inside(range.end));
    let parsed = match Template::parse_at(&text, &place) {
        Ok(template) => Term::Template(template),
        Err(wrong) => {
            reading.diagnostics.extend(wrong);
            Term::Literal(terrace_model::Value::Null)
        }
    };
    Spanned::new(parsed, node.span)
}

/// Checks what can be checked before there is a plan.
pub(crate) fn check(
    stack: &Stack,
    resource: &Resource,
    scope: &dyn Scope,
    found: &mut Diagnostics,
) {
    if let Err(problems) = resource.lifecycle.evaluate(resource.address.kind, scope) {
        found.extend(problems);
    }
    conditions::check(resource, scope, found);
    for reference in &resource.lifecycle.replace_triggered_by {
        let address = reference.address(&stack.name);
        let attribute = reference.attribute.as_deref();
        if address == resource.address {
            let message = format!("`{address}` cannot be replaced because of itself");
            found.push(Diagnostic::error("E0804", reference.span, message));
        } else if let Some(name) =
            attribute.filter(|name| address.kind.schema().attribute(name).is_none())
        {
            let error = no_attribute(reference, name, &Repeat::One).code("E0804");
            found.push(error.diagnostic(reference.span));
        } else if let Err(error) = scope.value(&Root::Resource(reference.clone())) {
            found.push(error.code("E0401").diagnostic(reference.span));
        }
    }
}
