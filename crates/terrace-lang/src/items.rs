//! Many instances at once, as in `servers.web.map(s, s.name)` and `servers.web.name`: what is read of
//! each, and whether all together fit where they stand.

use terrace_model::expr::{ItemRead, ResourceReference, Template};
use terrace_model::names::{Here, Within};
use terrace_model::{Attribute, Diagnostic, Diagnostics, Repeat, Resource, Type};

use crate::check::fits;
use crate::scope::no_attribute;
use crate::term::complaint;

/// Checks what the comprehensions of a template read of instances.
pub(crate) fn check(template: &Template, scope: &Here<'_>, found: &mut Diagnostics) {
    for read in template.item_reads() {
        let address = read.resource.address(&scope.stack.name);
        let Some(block) = scope.names.workspace.resource(&address) else { continue };
        if inside(scope, block) {
            continue;
        }
        found.extend(wrong(read, block).into_iter().collect());
    }
}

fn wrong(read: &ItemRead, block: &Resource) -> Option<Diagnostic> {
    let (whole, name) = (&read.resource, &read.attribute);
    let problem = |message: String| Diagnostic::error("E0501", read.span, message);
    match (&block.repeat, read.values) {
        (Repeat::Absent, _) => None,
        (Repeat::Count(_), false) | (Repeat::Each(_), true) => {
            let schema = whole.kind.schema();
            schema.attribute(name).is_none().then(|| {
                let one = ResourceReference { span: read.span, ..whole.clone() };
                complaint("E0501", no_attribute(&one, name, &Repeat::One), read.span)
            })
        }
        (Repeat::Each(_), false) => {
            let message = format!("the items of `{whole}` are its keys, which have no `{name}`");
            Some(problem(message).help(format!("write `values({whole})` for the instances")))
        }
        (Repeat::Count(_), true) => {
            let message = format!("`{whole}` is a list, and `values` takes a map");
            Some(problem(message).help("leave out `values`"))
        }
        (Repeat::One, _) => {
            let message = format!("`{whole}` is one {}, not many", whole.kind.noun());
            Some(problem(message).help(format!("write `{whole}.{name}`")))
        }
    }
}

/// What is wrong with an attribute of all instances where that type is expected, and what to do.
pub(crate) fn of_all(
    ty: &Type,
    (reference, promised): (&ResourceReference, &Attribute),
    block: &Resource,
    scope: &Here<'_>,
) -> Option<(String, String)> {
    if inside(scope, block) {
        return None;
    }
    let (what, good) = match (ty, &block.repeat) {
        (Type::List(item), Repeat::Count(_)) => ("list", fits(item, &promised.ty)),
        (Type::Map(item), Repeat::Each(_)) => ("map", fits(item, &promised.ty)),
        (_, Repeat::Each(_)) => ("map", false),
        (_, _) => ("list", false),
    };
    let name = promised.name;
    let text = format!("expected {}, found the {what} of `{name}` of all of them", ty.describe());
    let whole = ResourceReference { attribute: None, ..reference.clone() };
    let key = match block.repeat {
        Repeat::Each(_) => "[each.key]",
        _ => "[count.index]",
    };
    let help = match (ty, &block.repeat) {
        (Type::List(_), Repeat::Each(_)) => format!("a list of them is `values({reference})`"),
        _ => format!("one of them is `{whole}{key}.{name}`, or write its key in the brackets"),
    };
    (!good).then_some((text, help))
}

/// Whether a scope's block is nested in that one: then the instance of the same key is meant.
fn inside(scope: &Here<'_>, parent: &Resource) -> bool {
    let Within::Instance(block, _) = scope.within else { return false };
    block.address.is_inside(&parent.address)
}
