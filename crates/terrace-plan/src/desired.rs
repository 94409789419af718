//! The desired attributes of one instance: its block evaluated, with defaults, names resolved to
//! ids, secrets marked, and every value checked against the kind's table.

use terrace_model::observed::Unresolved;
use terrace_model::schema::Fallback;
use terrace_model::{
    Address, Attribute, Attributes, Diagnostic, Diagnostics, Facts, Presence, Refers, Resource,
    Span, Value,
};

use crate::scope::InstanceScope;

/// Room for the values that a block has without saying so.
const DEFAULTS: usize = 4;

/// Evaluates a block for one instance.
pub(crate) fn evaluate(
    resource: &Resource,
    address: &Address,
    scope: &InstanceScope<'_>,
    facts: &Facts,
) -> Result<Attributes, Diagnostics> {
    let mut values = Vec::with_capacity(resource.body.len() + DEFAULTS);
    let mut problems = Diagnostics::default();
    let schema = address.kind().schema();
    let given = resource.body.keys().filter_map(|name| schema.attribute(name));
    let by_default = schema.attributes.iter().filter(|a| {
        matches!(a.presence, Presence::Default(_)) && !resource.body.contains_key(a.name)
    });
    for attribute in given.chain(by_default) {
        match one(resource, attribute, address, scope, facts) {
            Ok(Some(value)) => values.push((attribute.name, value)),
            Ok(None) => {}
            Err(problem) => problems.push(*problem),
        }
    }
    let mut attributes: Attributes = values.into_iter().collect();
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
    let value = term.value.evaluate(scope).map_err(|e| Box::new(e.diagnostic(term.span)))?;
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

/// The name of its own: in a component after the component's, since others have the same.
fn own_name(address: &Address) -> String {
    let components = address.stack().components().map(|part| part.replace('.', "-"));
    let path = address.resource.path.names().map(str::to_owned);
    let mut parts: Vec<String> = components.chain(path).collect();
    parts.extend(address.key.as_ref().map(ToString::to_string));
    parts.join("-")
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
    facts.resolve(kind, name).map(Value::text).map_err(|unresolved| {
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
