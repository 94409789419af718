//! Bare names: texts in typed fields that become references, wherever in an attribute they stand.

use std::collections::BTreeMap;

use terrace_model::expr::{ResourceReference, Term};
use terrace_model::schema::OWN;
use terrace_model::{
    Address, Diagnostic, InstanceKey, Kind, Name, Refers, Repeat, ResourceAddress, Span, Spanned,
    Stack, Type, Value, suggest,
};

use crate::load::Reading;

/// Turns bare names into references once all blocks are known, and checks `depends_on`.
pub(crate) fn bare_names(reading: &mut Reading<'_>, stack: &mut Stack) {
    let known: BTreeMap<ResourceAddress, Repeat> =
        stack.resources.iter().map(|(a, r)| (a.clone(), r.repeat.clone())).collect();
    for resource in stack.resources.values_mut() {
        let schema = resource.address.kind.schema();
        let own = &resource.address;
        for (name, value) in &mut resource.body {
            if let Some(attribute) = schema.attribute(name) {
                let mut names = BareNames { reading, own, known: &known };
                names.term(value, &attribute.ty, attribute.refers);
            }
        }
        for dependency in resource.depends_on.iter().filter(|d| !known.contains_key(&d.value)) {
            let message = format!("there is no `{}`", dependency.value);
            reading.diagnostics.push(Diagnostic::error("E0401", dependency.span, message));
        }
    }
}

struct BareNames<'a, 'r> {
    reading: &'a mut Reading<'r>,
    /// The resource that the names are written in.
    own: &'a ResourceAddress,
    known: &'a BTreeMap<ResourceAddress, Repeat>,
}

impl BareNames<'_, '_> {
    fn term(&mut self, term: &mut Spanned<Term>, ty: &Type, refers: Refers) {
        match (&mut term.value, ty) {
            (Term::List(items), Type::List(item)) => {
                items.iter_mut().for_each(|term| self.term(term, item, refers));
            }
            (Term::Map(map), Type::Object(fields) | Type::Short(_, fields)) => {
                for (name, term) in map {
                    if let Some(field) = fields.iter().find(|f| f.name == name) {
                        self.term(term, &field.ty, field.refers);
                    }
                }
            }
            (Term::Literal(Value::String(_)), Type::Short(short, fields)) => {
                if let Some(field) = fields.iter().find(|f| f.name == *short) {
                    self.term(term, &field.ty, field.refers);
                }
            }
            (Term::Literal(Value::String(text)), _) => {
                let text = text.clone();
                if let Some(found) = self.found(&text, refers, term.span) {
                    term.value = found;
                }
            }
            _ => {}
        }
    }

    fn found(&mut self, text: &str, refers: Refers, span: Span) -> Option<Term> {
        let kind = match refers {
            Refers::Nothing | Refers::Lookup(_) => return None,
            Refers::Kind(kind) | Refers::KindOrOwn(kind) => kind,
        };
        let reference = self.reference(text, kind, span)?;
        let itself = reference.address(&self.own.stack) == *self.own && reference.key.is_none();
        Some(match refers {
            Refers::KindOrOwn(_) if itself => Term::Literal(Value::text(OWN)),
            _ => Term::Reference(reference),
        })
    }

    fn reference(&mut self, text: &str, kind: Kind, span: Span) -> Option<ResourceReference> {
        let (name, own_key) = match text.strip_suffix("[count.index]") {
            Some(name) => (name, true),
            None => text.strip_suffix("[each.key]").map_or((text, false), |name| (name, true)),
        };
        let stack = &self.own.stack;
        let address = format!("{stack}/{}.{name}", kind.section()).parse::<Address>().ok();
        let Some(repeat) = address.as_ref().and_then(|a| self.known.get(&a.resource)) else {
            if !is_id(text) {
                self.complain(text, kind, span);
            }
            return None;
        };
        let address = address?;
        let itself = address.resource == *self.own;
        if address.key.is_none() && !own_key && !itself && *repeat != Repeat::One {
            let message = format!("`{text}` is several {}s", kind.noun());
            let key = repeat.keys().into_iter().flatten().next();
            let (key, own) = match key {
                Some(InstanceKey::Text(text)) => (format!("[\"{text}\"]"), "each.key"),
                Some(InstanceKey::Index(index)) => (format!("[{index}]"), "count.index"),
                None => ("[0]".to_owned(), "count.index"),
            };
            let help = format!(
                "name one, such as `{text}{key}`, or with `{text}[{own}]` the one of the same key"
            );
            self.reading.diagnostics.push(Diagnostic::error("E0402", span, message).help(help));
            return None;
        }
        let path: Vec<Name> = address.resource.path;
        let attribute = Some("id".into());
        Some(ResourceReference { kind, path, key: address.key, own_key, attribute, span })
    }

    fn complain(&mut self, text: &str, kind: Kind, span: Span) {
        let noun = kind.noun();
        let full = self.reading.diagnostics.is_full();
        let path =
            |a: &ResourceAddress| a.path.iter().map(Name::as_str).collect::<Vec<_>>().join(".");
        let names: Vec<String> =
            self.known.keys().filter(|a| a.kind == kind && !full).map(path).take(MANY).collect();
        let diagnostic =
            Diagnostic::error("E0401", span, format!("there is no {noun} `{text}` in this stack"));
        let nearest = suggest::nearest(text, names.iter().map(String::as_str));
        self.reading.diagnostics.push(match nearest {
            Some(nearest) => diagnostic.help(format!("did you mean `{nearest}`?")),
            None if names.is_empty() => {
                let place = match kind.schema().parent {
                    Some(parent) => format!("`{}` of a {}", kind.schema().key, parent.noun()),
                    None => format!("`{}`", kind.section()),
                };
                diagnostic.help(format!("add it under {place}"))
            }
            None if names.len() > FEW => diagnostic,
            None => diagnostic.help(format!("the stack has {}", names.join(", "))),
        });
    }
}

/// Most names that are compared with one that is not there.
const MANY: usize = 1000;
/// Most names that are listed.
const FEW: usize = 30;

/// Whether a text is an id of the cloud's own making: what it names exists apart from the stack.
fn is_id(text: &str) -> bool {
    let lengths = [8, 4, 4, 4, 12];
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() == lengths.len()
        && parts.iter().zip(lengths).all(|(part, length)| {
            part.len() == length && part.bytes().all(|b| b.is_ascii_hexdigit())
        })
}
