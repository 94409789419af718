//! Bare names: texts in typed fields that become references, to resources of this stack or of
//! another, or to what exists already.

use std::collections::BTreeMap;

use terrace_model::expr::{ResourceReference, Root, Template, Term};
use terrace_model::{
    Address, Diagnostic, InstanceKey, Kind, LookupKind, Name, Refers, Repeat, Resource,
    ResourceAddress, Span, Spanned, StackName, Value, Workspace, suggest,
};

use crate::load::Reading;

/// Turns bare names into references once all blocks are known, and checks `depends_on`.
pub(crate) fn bare_names(reading: &mut Reading<'_>, workspace: &mut Workspace) {
    let known = Known::of(workspace);
    for resource in workspace.stacks.values_mut().flat_map(|stack| stack.resources.values_mut()) {
        let schema = resource.address.kind.schema();
        let own = resource.address.stack.clone();
        for (name, value) in &mut resource.body {
            match schema.attribute(name).map(|a| a.refers) {
                Some(Refers::Kind(kind)) => {
                    BareNames { reading, own: &own, kind, known: &known }.term(value);
                }
                Some(Refers::Lookup(kind)) => {
                    if let Term::Literal(Value::String(text)) = &value.value
                        && let Some(found) = known.lookup(&own, kind, text, value.span)
                    {
                        value.value = found;
                    }
                }
                _ => {}
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
        let names: Vec<String> = known.resources.keys().map(shown).collect();
        let near = suggest::nearest(&shown(&dependency.value), names.iter().map(String::as_str));
        reading.diagnostics.push(match near {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None => diagnostic,
        });
    }
}

/// What can be named.
struct Known {
    resources: BTreeMap<ResourceAddress, Repeat>,
    existing: BTreeMap<(StackName, LookupKind), Vec<String>>,
}

impl Known {
    fn of(workspace: &Workspace) -> Self {
        let resources =
            workspace.resources().map(|r| (r.address.clone(), r.repeat.clone())).collect();
        let existing = workspace.stacks.values().flat_map(|stack| {
            stack.existing.iter().map(|(kind, entries)| {
                ((stack.name.clone(), *kind), entries.keys().cloned().collect())
            })
        });
        Self { resources, existing: existing.collect() }
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
    own: &'a StackName,
    kind: Kind,
    known: &'a Known,
}

impl BareNames<'_, '_> {
    fn term(&mut self, term: &mut Spanned<Term>) {
        match &mut term.value {
            Term::List(items) => items.iter_mut().for_each(|item| self.term(item)),
            Term::Literal(Value::String(text)) => {
                let text = text.clone();
                if let Some(found) = self.found(&text, term.span) {
                    term.value = found;
                }
            }
            _ => {}
        }
    }

    /// A resource of this stack, or something under `existing`, or `stack/name`.
    fn found(&mut self, text: &str, span: Span) -> Option<Term> {
        let (stack, name) = text.rsplit_once('/').map_or((None, text), |(s, n)| (Some(s), n));
        let other = stack.and_then(|stack| StackName::new(stack).ok());
        if stack.is_some() && other.is_none() {
            self.complain(text, span);
            return None;
        }
        let home = other.as_ref().unwrap_or(self.own);
        let address = format!("{home}/{}.{name}", self.kind.section()).parse::<Address>().ok();
        let repeat = address.as_ref().and_then(|a| self.known.resources.get(&a.resource));
        if let (Some(address), Some(repeat)) = (address, repeat) {
            return self.resource(text, span, (other, address), repeat);
        }
        if stack.is_none()
            && let Some(kind) = LookupKind::of(self.kind)
            && let Some(term) = self.known.lookup(self.own, kind, text, span)
        {
            return Some(term);
        }
        self.complain(text, span);
        None
    }

    fn resource(
        &mut self,
        text: &str,
        span: Span,
        (stack, address): (Option<StackName>, Address),
        repeat: &Repeat,
    ) -> Option<Term> {
        if address.key.is_none() && !matches!(repeat, Repeat::One | Repeat::Absent) {
            let message = format!("`{text}` is several {}s", self.kind.noun());
            let key = repeat.keys().into_iter().flatten().next();
            let key = key.map_or("[0]".to_owned(), |key| match key {
                InstanceKey::Index(index) => format!("[{index}]"),
                InstanceKey::Text(text) => format!("[\"{text}\"]"),
            });
            let help = format!("name one, such as `{text}{key}`");
            self.reading.diagnostics.push(Diagnostic::error("E0402", span, message).help(help));
            return None;
        }
        let attribute = Some("id".into());
        let (kind, path, key) = (self.kind, address.resource.path, address.key);
        Some(Term::Reference(ResourceReference { stack, kind, path, key, attribute, span }))
    }

    fn complain(&mut self, text: &str, span: Span) {
        let noun = self.kind.noun();
        let path =
            |a: &ResourceAddress| a.path.iter().map(Name::as_str).collect::<Vec<_>>().join(".");
        let of_kind = self.known.resources.keys().filter(|a| a.kind == self.kind);
        let local = of_kind.clone().filter(|a| a.stack == *self.own).map(path);
        let existing = LookupKind::of(self.kind)
            .and_then(|kind| self.known.existing.get(&(self.own.clone(), kind)));
        let names: Vec<String> = local.chain(existing.into_iter().flatten().cloned()).collect();
        let elsewhere = of_kind
            .filter(|a| a.stack != *self.own && a.stack.components().next().is_none())
            .map(|a| format!("{}/{}", a.stack, path(a)));
        let elsewhere: Vec<String> = elsewhere.collect();
        let place = if text.contains('/') { "" } else { " in this stack" };
        let diagnostic =
            Diagnostic::error("E0401", span, format!("there is no {noun} `{text}`{place}"));
        let all = names.iter().chain(&elsewhere).map(String::as_str);
        let other = elsewhere.iter().find(|a| a.rsplit_once('/').is_some_and(|(_, n)| n == text));
        self.reading.diagnostics.push(match (other, suggest::nearest(text, all)) {
            (Some(near), _) => diagnostic.help(format!("did you mean `{near}`, of another stack?")),
            (None, Some(near)) => diagnostic.help(format!("did you mean `{near}`?")),
            (None, None) if names.is_empty() => diagnostic.help(format!(
                "add it under `{0}`, or under `{0}` of `existing` if the cloud has it already",
                self.kind.section()
            )),
            (None, None) => diagnostic.help(format!("the stack has {}", names.join(", "))),
        });
    }
}
