//! What the cloud's API cannot do is refused before anything is done.

use terrace_model::driver::Refused;
use terrace_model::{
    Address, Attributes, Diagnostic, Diagnostics, Driver, Presence, Resource, Span,
};

/// Everything about one instance that cannot be done.
pub(crate) fn refused(
    resource: &Resource,
    address: &Address,
    desired: &Attributes,
    driver: Driver,
) -> Diagnostics {
    let mut found = Diagnostics::default();
    if let Some(refused) = driver.refuses(address.kind()) {
        found.push(diagnostic(address, resource.span, refused));
        return found;
    }
    let kind = address.kind();
    for (name, term) in &resource.body {
        let Some(wanted) = desired.get(name).filter(|value| !value.is_null()) else { continue };
        let Some(refused) = driver.refuses_value(kind, name, wanted) else { continue };
        if !kind.schema().attribute(name).is_some_and(|a| is_default(a.presence, wanted)) {
            found.push(diagnostic(address, term.span, refused));
        }
    }
    found
}

/// What is only said aloud changes nothing.
fn is_default(presence: Presence, wanted: &terrace_model::Value) -> bool {
    match presence {
        Presence::Default(terrace_model::schema::Fallback::Bool(value)) => {
            wanted.as_bool() == Some(value)
        }
        _ => false,
    }
}

fn diagnostic(address: &Address, span: Span, refused: Refused) -> Diagnostic {
    let Refused { reason, instead } = refused;
    Diagnostic::error("E0407", span, format!("{reason} (`{address}`)")).help(instead)
}
