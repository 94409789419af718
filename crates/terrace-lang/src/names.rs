//! Bare names: texts in typed fields that become references, wherever in an attribute they stand:
//! to resources of this stack or of another, or to what exists already.

use std::collections::BTreeMap;

use foldhash::HashMap;
use terrace_model::expr::{ResourceReference, Root, Template, Term};
use terrace_model::schema::OWN;
use terrace_model::{
    Address, Diagnostic, InstanceKey, Kind, LookupKind, Refers, Repeat, Resource, ResourceAddress,
    Span, Spanned, StackName, Type, Value, Workspace, suggest,
};

use crate::load::Reading;

/// Turns bare names into references once all blocks are known, and checks `depends_on`.
pub(crate) fn bare_names(reading: &mut Reading<'_>, workspace: &mut Workspace) {
    let known = Known::of(workspace);
    for resource in workspace.stacks.values_mut().flat_map(|stack| stack.resources.values_mut()) {
        let schema = resource.address.kind.schema();
        let own = &resource.address;
        for (name, value) in resource.body.iter_mut() {
            if let Some(attribute) = schema.attribute(name) {
                let mut names = BareNames { reading, own, known: &known };
                names.term(value, &attribute.ty, attribute.refers);
            }
        }
        depends_on(reading, resource, &known);
    }
}

fn depends_on(reading: &mut Reading<'_>, resource: &Resource, known: &Known) {
    let own = &resource.address.stack;
    let shown = |a: &ResourceAddress| {
        let whole = a.to_string();
        let prefix = format!("{own}/");
        whole.strip_prefix(&prefix).map_or_else(|| whole.clone(), str::to_owned)
    };
    for dependency in resource.depends_on.iter().filter(|d| !known.resources.contains_key(&d.value))
    {
        let message = format!("there is no `{}`", dependency.value);
        let diagnostic = Diagnostic::error("E0401", dependency.span, message);
        if reading.diagnostics.is_full() {
            reading.diagnostics.push(diagnostic);
            continue;
        }
        let names: Vec<String> = known.of_kind(dependency.value.kind).map(shown).collect();
        let near = suggest::nearest(&shown(&dependency.value), names.iter().map(String::as_str));
        reading.diagnostics.push(match near {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None => diagnostic,
        });
    }
}

/// What can be named.
struct Known {
    resources: HashMap<ResourceAddress, Repeat>,
    /// Some of each kind, to compare with what is not there.
    some: BTreeMap<Kind, Vec<ResourceAddress>>,
    existing: BTreeMap<(StackName, LookupKind), Vec<String>>,
}

impl Known {
    fn of(workspace: &Workspace) -> Self {
        let resources =
            workspace.resources().map(|r| (r.address.clone(), r.repeat.clone())).collect();
        let mut some: BTreeMap<Kind, Vec<ResourceAddress>> = BTreeMap::new();
        for address in workspace.resources().map(|r| &r.address) {
            let of_kind = some.entry(address.kind).or_default();
            if of_kind.len() < MANY {
                of_kind.push(address.clone());
            }
        }
        let existing = workspace.stacks.values().flat_map(|stack| {
            stack.existing.iter().map(|(kind, entries)| {
                ((stack.name.clone(), *kind), entries.keys().cloned().collect())
            })
        });
        Self { resources, some, existing: existing.collect() }
    }

    /// Resources of a kind, not more than are worth comparing with.
    fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &ResourceAddress> + Clone {
        self.some.get(&kind).into_iter().flatten()
    }

    /// A reference to an entry of `existing` of that name.
    fn lookup(&self, own: &StackName, kind: LookupKind, name: &str, span: Span) -> Option<Term> {
        let entries = self.existing.get(&(own.clone(), kind))?;
        let name = entries.iter().find(|entry| *entry == name)?.clone();
        let root = Root::Existing { kind, name, attribute: Some("id".into()) };
        Template::parse_at(&format!("${{{root}}}"), &|_| span).ok().map(Term::Template)
    }
}

struct BareNames<'a, 'r> {
    reading: &'a mut Reading<'r>,
    /// The resource that the names are written in.
    own: &'a ResourceAddress,
    known: &'a Known,
}

impl BareNames<'_, '_> {
    fn term(&mut self, term: &mut Spanned<Term>, ty: &Type, refers: Refers) {
        match (&mut term.value, ty) {
            (Term::List(items), Type::List(item)) => {
                items.iter_mut().for_each(|term| self.term(term, item, refers));
            }
            (Term::Map(map), Type::Object(fields) | Type::Short(_, fields)) => {
                for (name, term) in map.iter_mut() {
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
            Refers::Nothing => return None,
            // Images and the like may be named directly.
            Refers::Lookup(LookupKind::ExternalNetwork) => {
                return self.known.lookup(&self.own.stack, LookupKind::Network, text, span);
            }
            Refers::Lookup(kind) => return self.known.lookup(&self.own.stack, kind, text, span),
            Refers::Kind(kind) | Refers::KindOrOwn(kind) => kind,
        };
        let reference = match self.reference(text, kind, span)? {
            Found::Resource(reference) => reference,
            Found::Existing(term) => return Some(term),
        };
        let itself = reference.address(&self.own.stack) == *self.own && reference.key.is_none();
        Some(match refers {
            Refers::KindOrOwn(_) if itself => Term::Literal(Value::text(OWN)),
            _ => Term::Reference(Box::new(reference)),
        })
    }

    /// A resource of this stack, or something under `existing`, or `stack/name`.
    fn reference(&mut self, text: &str, kind: Kind, span: Span) -> Option<Found> {
        let (name, own_key) = match text.strip_suffix("[count.index]") {
            Some(name) => (name, true),
            None => text.strip_suffix("[each.key]").map_or((text, false), |name| (name, true)),
        };
        let (home, name) = name.rsplit_once('/').map_or((None, name), |(s, n)| (Some(s), n));
        let stack = home.and_then(|stack| StackName::new(stack).ok());
        let within = stack.as_ref().unwrap_or(&self.own.stack);
        let address = Address::within(within, kind, name).ok();
        let address = address.filter(|_| home.is_none() || stack.is_some());
        let repeat = address.as_ref().and_then(|a| self.known.resources.get(&a.resource));
        let (Some(address), Some(repeat)) = (address, repeat) else {
            let lookup = LookupKind::of(kind).filter(|_| home.is_none());
            let known =
                lookup.and_then(|lookup| self.known.lookup(&self.own.stack, lookup, text, span));
            if known.is_none() && !is_id(text) {
                self.complain(text, kind, span);
            }
            return known.map(Found::Existing);
        };
        let itself = address.resource == *self.own;
        let one = matches!(repeat, Repeat::One | Repeat::Absent);
        if address.key.is_none() && !own_key && !itself && !one {
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
        let (path, key, attribute) = (address.resource.path, address.key, Some("id".into()));
        let reference = ResourceReference { stack, kind, path, key, own_key, attribute, span };
        Some(Found::Resource(reference))
    }

    fn complain(&mut self, text: &str, kind: Kind, span: Span) {
        let noun = kind.noun();
        let place = if text.contains('/') { "" } else { " in this stack" };
        let diagnostic =
            Diagnostic::error("E0401", span, format!("there is no {noun} `{text}`{place}"));
        if self.reading.diagnostics.is_full() {
            return self.reading.diagnostics.push(diagnostic);
        }
        let path = |a: &ResourceAddress| a.path.to_string();
        let own = &self.own.stack;
        let of_kind = self.known.of_kind(kind);
        let local = of_kind.clone().filter(|a| a.stack == *own).map(path);
        let existing =
            LookupKind::of(kind).and_then(|kind| self.known.existing.get(&(own.clone(), kind)));
        let names: Vec<String> = local.chain(existing.into_iter().flatten().cloned()).collect();
        let elsewhere = of_kind
            .filter(|a| a.stack != *own && a.stack.components().next().is_none())
            .map(|a| format!("{}/{}", a.stack, path(a)));
        let elsewhere: Vec<String> = elsewhere.collect();
        let all = names.iter().chain(&elsewhere).map(String::as_str);
        let other = elsewhere.iter().find(|a| a.rsplit_once('/').is_some_and(|(_, n)| n == text));
        self.reading.diagnostics.push(match (other, suggest::nearest(text, all)) {
            (Some(near), _) => diagnostic.help(format!("did you mean `{near}`, of another stack?")),
            (None, Some(near)) => diagnostic.help(format!("did you mean `{near}`?")),
            (None, None) if names.is_empty() => diagnostic.help(add_it(kind)),
            (None, None) if names.len() > FEW => diagnostic,
            (None, None) => diagnostic.help(format!("the stack has {}", names.join(", "))),
        });
    }
}

/// What a bare name names.
enum Found {
    Resource(ResourceReference),
    Existing(Term),
}

fn add_it(kind: Kind) -> String {
    let place = match kind.schema().parent {
        Some(parent) => format!("`{}` of a {}", kind.schema().key, parent.noun()),
        None => format!("`{}`", kind.section()),
    };
    match LookupKind::of(kind) {
        Some(lookup) => format!(
            "add it under {place}, or under `{}` of `existing` if the cloud has it already",
            lookup.section()
        ),
        None => format!("add it under {place}"),
    }
}
/// Most names that are compared with one that is not there.
const MANY: usize = 300;
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
