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
    for attribute in address.kind().schema().attributes {
        let wanted = desired.get(attribute.name).filter(|value| !value.is_null());
        let given = resource.body.get(attribute.name).filter(|_| wanted.is_some());
        let refused =
            wanted.and_then(|value| driver.refuses_value(address.kind(), attribute.name, value));
        if let (Some(term), Some(refused)) = (given, refused)
            && !is_default(attribute.presence, wanted)
        {
            found.push(diagnostic(address, term.span, refused));
        }
    }
    found
}

/// What is only said aloud changes nothing.
fn is_default(presence: Presence, wanted: Option<&terrace_model::Value>) -> bool {
    match presence {
        Presence::Default(terrace_model::schema::Fallback::Bool(value)) => {
            wanted.and_then(terrace_model::Value::as_bool) == Some(value)
        }
        _ => false,
    }
}

fn diagnostic(address: &Address, span: Span, refused: Refused) -> Diagnostic {
    let Refused { reason, instead } = refused;
    Diagnostic::error("E0407", span, format!("{reason} (`{address}`)")).help(instead)
}
