//! The desired attributes of one instance: its block evaluated, with defaults, names resolved to
//! ids, secrets marked, and every value checked against the kind's table.

use terrace_model::observed::Unresolved;
use terrace_model::schema::Fallback;
use terrace_model::{
    Address, Attribute, Attributes, Diagnostic, Diagnostics, Facts, Presence, Refers, Resource,
    Span, Value,
};

use crate::scope::InstanceScope;

/// Evaluates a block for one instance.
pub(crate) fn evaluate(
    resource: &Resource,
    address: &Address,
    scope: &InstanceScope<'_>,
    facts: &Facts,
) -> Result<Attributes, Diagnostics> {
    let mut attributes = Attributes::new();
    let mut problems = Diagnostics::default();
    for attribute in address.kind().schema().attributes {
        match one(resource, attribute, address, scope, facts) {
            Ok(Some(value)) => drop(attributes.insert(attribute.name.to_owned(), value)),
            Ok(None) => {}
            Err(problem) => problems.push(*problem),
        }
    }
    if problems.is_empty()
        && let Err(wrong) = (address.kind().schema().complete)(&mut attributes)
    {
        let message = format!("`{address}`: {wrong}");
        problems.push(Diagnostic::error("E0303", resource.span, message));
    }
    if problems.is_empty() { Ok(attributes) } else { Err(problems) }
}

pub(crate) fn one(
    resource: &Resource,
    attribute: &'static Attribute,
    address: &Address,
    scope: &InstanceScope<'_>,
    facts: &Facts,
) -> Result<Option<Value>, Box<Diagnostic>> {
    let Some(term) = resource.body.get(attribute.name) else {
        return Ok(default(attribute, address));
    };
    let value = term.value.evaluate(scope).map_err(|error| {
        let diagnostic = Diagnostic::error("E0501", error.span.unwrap_or(term.span), error.message);
        Box::new(match error.help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        })
    })?;
    if value.is_null() {
        return match attribute.presence {
            Presence::Required => Err(Box::new(missing(attribute, address, term.span))),
            _ => Ok(default(attribute, address)),
        };
    }
    attribute.ty.check(&value).map_err(|wrong| {
        Box::new(Diagnostic::error(
            "E0301",
            term.span,
            format!("`{}` of `{address}`: {wrong}", attribute.name),
        ))
    })?;
    let value = match attribute.refers {
        Refers::Lookup(kind) => look_up(kind, value, term.span, facts)?,
        _ => value,
    };
    let value = attribute.ty.canonical(value);
    let secret = attribute.secret && !value.is_sensitive();
    Ok(Some(if secret { Value::Sensitive(Box::new(value)) } else { value }))
}

fn default(attribute: &Attribute, address: &Address) -> Option<Value> {
    match attribute.presence {
        Presence::Default(Fallback::Bool(value)) => Some(Value::Bool(value)),
        Presence::Default(Fallback::Text(text)) => Some(Value::text(text)),
        Presence::Default(Fallback::OwnName) => Some(Value::text(own_name(address))),
        _ => None,
    }
}

fn own_name(address: &Address) -> String {
    let path: Vec<_> = address.resource.path.iter().map(terrace_model::Name::as_str).collect();
    match &address.key {
        Some(key) => format!("{}-{key}", path.join("-")),
        None => path.join("-"),
    }
}

fn missing(attribute: &Attribute, address: &Address, span: Span) -> Diagnostic {
    Diagnostic::error(
        "E0203",
        span,
        format!("`{}` of `{address}` is required, and is nothing here", attribute.name),
    )
}

fn look_up(
    kind: terrace_model::LookupKind,
    value: Value,
    span: Span,
    facts: &Facts,
) -> Result<Value, Box<Diagnostic>> {
    let Some(name) = value.as_str() else { return Ok(value) };
    let noun = kind.noun();
    facts.resolve(kind, name).map(Value::String).map_err(|unresolved| {
        Box::new(match unresolved {
            Unresolved::Unknown(nearest) => {
                let known = facts.lookups.get(&kind).map_or(&[][..], Vec::as_slice);
                let names: Vec<_> = known.iter().take(12).map(|n| n.name.as_str()).collect();
                let diagnostic =
                    Diagnostic::error("E0404", span, format!("the cloud has no {noun} `{name}`"));
                match nearest {
                    Some(nearest) => diagnostic.help(format!("did you mean `{nearest}`?")),
                    None if names.is_empty() => {
                        diagnostic.help(format!("the cloud shows no {noun} at all to this project"))
                    }
                    None => diagnostic.help(format!("it has {}", names.join(", "))),
                }
            }
            Unresolved::Ambiguous(ids) => Diagnostic::error(
                "E0405",
                span,
                format!("the cloud has {} {noun}s called `{name}`", ids.len()),
            )
            .help(format!("name one by its id: {}", ids.join(", "))),
        })
    })
}
