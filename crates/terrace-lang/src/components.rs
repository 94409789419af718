//! Components: stacks that other stacks use, each instance a stack of its own whose name says the
//! way to it. They are files of the workspace; nothing is fetched.

use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;

use smol_str::SmolStr;
use terrace_model::expr::{Root, Term};
use terrace_model::names::{Memo, Names, Within, unsettled};
use terrace_model::{
    Component, Diagnostic, Diagnostics, InstanceKey, Name, Parent, Span, Spanned, StackName,
    Workspace,
};

use crate::load::Reading;
use crate::repeat::{self, Wanted};
use crate::scope::Unknown;
use crate::stack::{self, named};
use crate::term::{complaint, entries, term, unknown};
use crate::variables::{Source, Supplies, Supply};
use crate::yaml::{Entry, Node};

/// Most instances of components in a workspace.
const MAX_STACKS: usize = 10_000;

/// A component as a stack uses it.
pub(crate) struct Use {
    name: Name,
    span: Span,
    /// The path as written, and where.
    source: Spanned<SmolStr>,
    with: Vec<(Entry, Spanned<Term>)>,
    wanted: Wanted,
}

/// Reads an entry of `components`.
pub(crate) fn read(reading: &mut Reading<'_>, entry: &Entry) -> Option<Use> {
    let name = named(reading, entry);
    let known = ["use", "count", "for_each", "when"];
    let fields = entries(reading, &entry.value, "a component");
    for field in fields.iter().filter(|f| !known.contains(&f.key.as_str())) {
        reading.diagnostics.push(unknown(field, "field of a component", &known));
    }
    let wanted = repeat::wanted(reading, fields);
    let Some(used) = fields.iter().find(|f| f.key == "use") else {
        let message = format!("the component `{}` does not say what it uses", entry.key);
        let help = "write `use: { source: ../components/NAME.yaml, with: { ... } }`";
        reading.diagnostics.push(Diagnostic::error("E0203", entry.key_span, message).help(help));
        return None;
    };
    let mut with = Vec::new();
    let mut source = used.value.as_scalar().map(|s| Spanned::new(s.text.clone(), used.value.span));
    for field in used.value.as_map().unwrap_or_default() {
        match (field.key.as_str(), field.value.as_scalar()) {
            ("source", Some(path)) if !path.has_expression() => {
                source = Some(Spanned::new(path.text.clone(), field.value.span));
            }
            ("with", _) => {
                for value in entries(reading, &field.value, "`with`") {
                    let term = term(reading, &value.value);
                    with.push((value.clone(), term));
                }
            }
            ("source", _) => {
                let message = "`source` is the path of a file, written out";
                reading.diagnostics.push(Diagnostic::error("E0205", field.value.span, message));
                return None;
            }
            _ => reading.diagnostics.push(unknown(field, "field of `use`", &["source", "with"])),
        }
    }
    let Some(source) = source else {
        let message = format!("`source` of the component `{}` is missing", entry.key);
        reading.diagnostics.push(Diagnostic::error("E0203", used.key_span, message));
        return None;
    };
    Some(Use { name: name?, span: entry.key_span, source, with, wanted })
}

impl Use {
    /// Whether it builds on another component of the same stack.
    fn needs(&self, other: &Name) -> bool {
        let terms = self.with.iter().map(|(_, term)| term).chain(self.wanted.terms());
        let names =
            |root: &Root| matches!(root, Root::Component { name, .. } if name == other.as_str());
        terms.flat_map(|term| term.value.references()).any(|reference| names(&reference.root))
    }
}

/// Puts an instance of each component that is used into the workspace, and of those that it uses.
pub(crate) fn expand(reading: &mut Reading<'_>, workspace: &mut Workspace) {
    let mut open: VecDeque<(StackName, Vec<String>)> =
        reading.uses.keys().map(|name| (name.clone(), Vec::new())).collect();
    while let Some((name, trail)) = open.pop_front() {
        let mut uses = reading.uses.remove(&name).unwrap_or_default();
        while !uses.is_empty() {
            // Those that others build on come first.
            let names: Vec<Name> = uses.iter().map(|used| used.name.clone()).collect();
            let ready = |used: &Use| !names.iter().any(|n| *n != used.name && used.needs(n));
            let at = uses.iter().position(ready).unwrap_or(0);
            let used = uses.remove(at);
            let more = one(reading, workspace, (&name, &trail), &used);
            open.extend(more);
        }
    }
}

/// Expands one component of a stack; gives the instances that use others, with their trails.
fn one(
    reading: &mut Reading<'_>,
    workspace: &mut Workspace,
    (user, trail): (&StackName, &[String]),
    used: &Use,
) -> Vec<(StackName, Vec<String>)> {
    let Some((path, node)) = file(reading, used, trail) else { return Vec::new() };
    workspace.files.clone_from(&reading.texts.read);
    let mut found = Diagnostics::default();
    let Some(stack) = workspace.stacks.get(user) else { return Vec::new() };
    let repeat = used.wanted.settle(workspace, stack, &Memo::default(), &mut found);
    reading.diagnostics.extend(found);
    let keys = repeat.keys();
    let source = Spanned::new(path.clone(), used.source.span);
    let component = Component { name: used.name.clone(), span: used.span, source, repeat };
    let mut more = Vec::new();
    let mut told = Told::default();
    let trail: Vec<String> = trail.iter().cloned().chain([path]).collect();
    for key in keys {
        if workspace.stacks.len() >= MAX_STACKS {
            let message = format!("there are more than {MAX_STACKS} instances of components");
            reading.diagnostics.push(Diagnostic::error("E0108", used.span, message));
            break;
        }
        let name = match user.nested(used.name.as_str(), key.as_ref()) {
            Ok(name) => name,
            Err(error) => {
                let message = format!("this component cannot have an address: {error}");
                let help = "keys of components are letters, digits, `_` and `-`; components are nested at most 8 deep";
                reading.diagnostics.push(Diagnostic::error("E0202", used.span, message).help(help));
                break;
            }
        };
        let supplies = supplies(reading, workspace, user, (&component, key.as_ref()), used);
        let before = std::mem::take(&mut reading.diagnostics);
        let read = stack::read(reading, &name, &node, &Source::Use(&supplies, used.source.span));
        let found = std::mem::replace(&mut reading.diagnostics, before);
        reading.diagnostics.extend(told.once(found, used.span, &name).into_iter().collect());
        let Some(mut stack) = read else { continue };
        let parent = (user.clone(), used.name.to_string());
        stack.parent = Some(Parent { stack: parent.0, component: parent.1, key });
        if stack.cloud.is_none() {
            stack.cloud = workspace.stacks.get(user).and_then(|user| user.cloud.clone());
            for resource in stack.resources.values_mut() {
                resource.cloud = resource.cloud.take().or_else(|| stack.cloud.clone());
            }
        }
        workspace.stacks.insert(name.clone(), stack);
        if reading.uses.contains_key(&name) {
            more.push((name, trail.clone()));
        }
    }
    if let Some(stack) = workspace.stacks.get_mut(user) {
        stack.components.insert(used.name.to_string(), component);
    }
    more
}

/// The values that an instance is given, as far as they are known.
fn supplies(
    reading: &mut Reading<'_>,
    workspace: &Workspace,
    user: &StackName,
    (component, key): (&Component, Option<&InstanceKey>),
    used: &Use,
) -> Supplies {
    let mut supplies = Supplies::new();
    let Some(stack) = workspace.stacks.get(user) else { return supplies };
    let memo = Memo::default();
    let here =
        Names::new(workspace, &Unknown, &memo).here(stack, Within::Component(component, key));
    for (entry, term) in &used.with {
        let value = term.value.evaluate(&here).unwrap_or_else(|error| {
            if !error.is_circular() {
                reading.diagnostics.push(complaint("E0501", error, term.span));
            }
            unsettled()
        });
        let (key, node) = (entry.key_span, entry.value.clone());
        supplies.insert(entry.key.to_string(), Supply { value, key, node, term: term.clone() });
    }
    supplies
}

/// The component's file, read once, by its path from the workspace folder.
fn file(reading: &mut Reading<'_>, used: &Use, trail: &[String]) -> Option<(String, Rc<Node>)> {
    let span = used.source.span;
    let from = reading.sources.path(span.file).to_owned();
    let path = match crate::files::beside(reading.root, &from, &used.source.value, span) {
        Ok(path) => path,
        Err(diagnostic) => {
            reading.diagnostics.push(diagnostic);
            return None;
        }
    };
    if trail.contains(&path) {
        let round: Vec<String> =
            trail.iter().chain([&path]).map(|path| format!("`{path}`")).collect();
        let message = format!("these components use each other: {}", round.join(" uses "));
        reading.diagnostics.push(Diagnostic::error("E0403", span, message));
        return None;
    }
    if let Some(known) = reading.components.get(&path) {
        return known.clone().map(|node| (path, node));
    }
    let node = reading.tree(&path).map(Rc::new);
    reading.components.insert(path.clone(), node.clone());
    node.map(|node| (path, node))
}

/// What was told about the file of a component, so that it is not told for each instance.
#[derive(Default)]
pub(crate) struct Told(BTreeSet<(&'static str, Option<Span>)>);

impl Told {
    /// Those that are new, each with the place that uses the component.
    pub(crate) fn once(
        &mut self,
        found: Diagnostics,
        used: Span,
        name: &StackName,
    ) -> Vec<Diagnostic> {
        let mut new = Vec::new();
        for diagnostic in found {
            let place = diagnostic.primary.as_ref().map(|label| label.span);
            if !self.0.insert((diagnostic.code, place)) {
                continue;
            }
            let here = place.is_some_and(|place| place.file == used.file);
            new.push(if here {
                diagnostic
            } else {
                diagnostic.related(used, format!("used here as `{name}`"))
            });
        }
        new
    }
}
