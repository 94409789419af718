//! Survey: what every name leads to. Locals, outputs and inputs are walked once, so that the
//! resources behind any reference are known, however many names are between, and so that circles
//! of names are found with the place of each step.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::address::{InstanceKey, StackName};
use crate::diagnostic::Diagnostic;
use crate::expr::{Reference, ResourceReference, Root, Term};
use crate::source::{Span, Spanned};
use crate::workspace::{Stack, Workspace};

/// Longest way from one name to the next, and on, until no other is named.
pub const MAX_DEPTH: usize = 64;

/// Most steps of a circle that are shown.
pub const MAX_SHOWN: usize = 40;

/// The way round a circle, from the first name back to it; the middle of a long one is left out.
pub fn way_round(names: &[String]) -> String {
    match names {
        [first @ .., last] if first.len() > MAX_SHOWN => {
            let shown = first[..MAX_SHOWN].join(" needs ");
            format!("{shown} needs {} more, and these need {last}", first.len() - MAX_SHOWN)
        }
        all => all.join(" needs "),
    }
}

/// Names and what they lead to.
pub struct Survey<'a> {
    workspace: &'a Workspace,
    nodes: Vec<Node<'a>>,
    index: BTreeMap<Id<'a>, usize>,
    /// The resources behind each node.
    reach: Vec<Reach>,
    findings: Vec<Diagnostic>,
}

type Id<'a> = (&'a StackName, What, &'a str);
/// Resources, each once, with its stack named.
type Reach = Rc<BTreeMap<String, ResourceReference>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Input,
    Local,
    Output,
}

/// A named value.
struct Node<'a> {
    /// As it is written in a sentence.
    label: String,
    span: Span,
    /// The stack that its references stand in.
    stack: &'a Stack,
    references: Vec<Reference>,
}

/// A resource that something needs.
#[derive(Clone, Debug)]
pub struct Needed {
    /// The resource, with its stack named.
    pub resource: ResourceReference,
    /// The reference that leads to it.
    pub span: Span,
    /// Whether names are between.
    pub indirect: bool,
}

impl<'a> Survey<'a> {
    /// Walks all names of a workspace.
    pub fn of(workspace: &'a Workspace) -> Self {
        let mut survey = Self {
            workspace,
            nodes: Vec::new(),
            index: BTreeMap::new(),
            reach: Vec::new(),
            findings: Vec::new(),
        };
        for stack in workspace.stacks.values() {
            survey.stack(stack);
        }
        survey.walk();
        survey
    }

    fn stack(&mut self, stack: &'a Stack) {
        for (name, local) in &stack.locals {
            self.add((&stack.name, What::Local, name), format!("locals.{name}"), local, stack);
        }
        for (name, output) in &stack.outputs {
            let label = format!("stacks.{}.{name}", stack.name);
            self.add((&stack.name, What::Output, name), label, &output.term, stack);
        }
        let user = stack.parent.as_ref().and_then(|p| self.workspace.stacks.get(&p.stack));
        for (name, input) in &stack.inputs {
            let label = format!("vars.{name}");
            let user = user.unwrap_or(stack);
            self.add((&stack.name, What::Input, name), label, &input.term, user);
        }
    }

    fn add(&mut self, id: Id<'a>, label: String, term: &'a Spanned<Term>, stack: &'a Stack) {
        self.index.insert(id, self.nodes.len());
        let references = term.value.references();
        self.nodes.push(Node { label, span: term.span, stack, references });
    }

    /// The named values that a reference in a stack stands for.
    fn targets(&self, stack: &'a Stack, root: &Root) -> Vec<usize> {
        let one = |stack: &StackName, what, name: &str| {
            self.index.get(&(stack, what, name)).copied().into_iter().collect::<Vec<_>>()
        };
        match root {
            Root::Local(name) => one(&stack.name, What::Local, name),
            Root::Var(name) => one(&stack.name, What::Input, name),
            Root::Output { stack, name } => one(stack, What::Output, name),
            Root::Component { name, step, next } => {
                self.outputs_of(stack, name, (step.as_ref(), next.as_deref()))
            }
            Root::Env(_)
            | Root::CountIndex
            | Root::EachKey
            | Root::EachValue
            | Root::Given { .. }
            | Root::Existing { .. }
            | Root::Resource(_) => Vec::new(),
        }
    }

    fn outputs_of(
        &self,
        stack: &Stack,
        name: &str,
        (step, next): (Option<&InstanceKey>, Option<&str>),
    ) -> Vec<usize> {
        let Some(component) = stack.components.get(name) else { return Vec::new() };
        let single = component.repeat.has(None);
        let (key, output) = match step {
            Some(InstanceKey::Text(output)) if single => (None, Some(output.as_str())),
            _ => (step, next),
        };
        let keys = component.repeat.keys();
        let wanted = keys.iter().filter(|k| key.is_none() || k.as_ref() == key);
        let mut found = Vec::new();
        for key in wanted {
            let child = stack.name.nested(name, key.as_ref());
            let Some(child) = child.ok().and_then(|n| self.workspace.stacks.get(&n)) else {
                continue;
            };
            let outputs = child.outputs.keys().filter(|n| output.is_none_or(|o| o == *n));
            let ids = outputs.map(|n| (&child.name, What::Output, n.as_str()));
            found.extend(ids.filter_map(|id| self.index.get(&id).copied()));
        }
        found
    }

    /// One walk over all names, those that others lead to first; each is visited once.
    fn walk(&mut self) {
        let mut state = vec![State::Fresh; self.nodes.len()];
        self.reach = vec![Reach::default(); self.nodes.len()];
        for start in 0..self.nodes.len() {
            if matches!(state[start], State::Fresh) {
                self.walk_from(start, &mut state);
            }
        }
    }

    fn walk_from(&mut self, start: usize, state: &mut [State]) {
        let mut way = vec![self.visit(start)];
        state[start] = State::Open(0);
        while let Some(visit) = way.last_mut() {
            let Some(&(next, _)) = visit.edges.get(visit.at) else {
                let depth = visit.depth;
                self.finish(visit.node, depth);
                state[visit.node] = State::Done(depth);
                way.pop();
                if let Some(user) = way.last_mut() {
                    user.depth = user.depth.max(depth + 1);
                    user.at += 1;
                }
                continue;
            };
            match state[next] {
                State::Done(depth) => {
                    visit.depth = visit.depth.max(depth + 1);
                    visit.at += 1;
                }
                State::Open(from) => {
                    let round: Vec<(usize, Span)> =
                        way[from..].iter().map(|v| (v.node, v.edges[v.at].1)).collect();
                    self.circle(&round);
                    if let Some(visit) = way.last_mut() {
                        visit.at += 1;
                    }
                }
                State::Fresh => {
                    state[next] = State::Open(way.len());
                    let visit = self.visit(next);
                    way.push(visit);
                }
            }
        }
    }

    fn visit(&self, node: usize) -> Visit {
        let Node { stack, references, .. } = &self.nodes[node];
        let edges = references.iter().flat_map(|reference| {
            self.targets(stack, &reference.root).into_iter().map(|to| (to, reference.span))
        });
        Visit { node, edges: edges.collect(), at: 0, depth: 0 }
    }

    fn finish(&mut self, at: usize, depth: usize) {
        let node = &self.nodes[at];
        if depth == MAX_DEPTH {
            let message = format!("`{}` leads to too many others", node.label);
            let help = format!("names may build on each other {MAX_DEPTH} deep");
            self.findings.push(Diagnostic::error("E0403", node.span, message).help(help));
        }
        let needed = self.behind(node.stack, &node.references);
        self.reach[at] = needed;
    }

    /// The resources behind references that stand in a stack.
    fn behind(&self, stack: &'a Stack, references: &[Reference]) -> Reach {
        let mut direct = Vec::new();
        let mut through: Vec<&Reach> = Vec::new();
        for reference in references {
            match &reference.root {
                Root::Resource(resource) => direct.push(resource.clone().within(&stack.name)),
                root => {
                    let targets = self.targets(stack, root);
                    through.extend(targets.into_iter().map(|to| &self.reach[to]));
                }
            }
        }
        through.retain(|reach| !reach.is_empty());
        if let ([], [only]) = (direct.as_slice(), through.as_slice()) {
            return Rc::clone(only);
        }
        let inherited = through.into_iter().flat_map(|reach| reach.values().cloned());
        let all = direct.into_iter().chain(inherited);
        Rc::new(all.map(|resource| (resource.to_string(), resource)).collect())
    }

    fn circle(&mut self, round: &[(usize, Span)]) {
        let Some(&(first, span)) = round.first() else { return };
        let label = |node: usize| format!("`{}`", self.nodes[node].label);
        let next = |at: usize| round.get(at + 1).map_or(first, |(node, _)| *node);
        let names: Vec<String> =
            round.iter().map(|(node, _)| label(*node)).chain([label(first)]).collect();
        let message = format!("these need each other: {}", way_round(&names));
        let mut diagnostic = Diagnostic::error("E0403", span, message).label(format!(
            "{} needs {}",
            label(first),
            label(next(0))
        ));
        for (at, (node, span)) in round.iter().enumerate().take(MAX_SHOWN).skip(1) {
            let text = format!("{} needs {}", label(*node), label(next(at)));
            diagnostic = diagnostic.related(*span, text);
        }
        self.findings.push(diagnostic.help("remove one of these references"));
    }

    /// Circles of names, and ways that are too long.
    pub fn findings(&self) -> &[Diagnostic] {
        &self.findings
    }

    /// The resources that references need which stand in a stack, each with the reference that
    /// leads there.
    pub fn needed(&self, stack: &'a Stack, references: &[Reference]) -> Vec<Needed> {
        let mut found = Vec::new();
        for reference in references {
            let span = reference.span;
            match &reference.root {
                Root::Resource(resource) => {
                    let resource = resource.clone().within(&stack.name);
                    found.push(Needed { resource, span, indirect: false });
                }
                root => {
                    for to in self.targets(stack, root) {
                        let resources = self.reach[to].values().cloned();
                        found.extend(resources.map(|resource| Needed {
                            resource,
                            span,
                            indirect: true,
                        }));
                    }
                }
            }
        }
        found
    }

    /// The places between a reference and the resource it leads to, nearest first, each with what
    /// stands there.
    pub fn way(
        &self,
        stack: &'a Stack,
        references: &[Reference],
        goal: &dyn Fn(&ResourceReference) -> bool,
    ) -> Vec<(Span, String)> {
        let mut way = Vec::new();
        let (mut stack, mut references) = (stack, references);
        while way.len() <= MAX_DEPTH {
            let here = stack;
            let direct = |r: &Reference| matches!(&r.root, Root::Resource(to) if goal(&to.clone().within(&here.name)));
            if let Some(reference) = references.iter().find(|r| direct(r)) {
                way.push((reference.span, reference.root.to_string()));
                break;
            }
            let step = references.iter().find_map(|reference| {
                let targets = self.targets(here, &reference.root);
                let to = targets.into_iter().find(|&to| self.reach[to].values().any(goal))?;
                Some((reference, to))
            });
            let Some((reference, to)) = step else { break };
            way.push((reference.span, self.nodes[to].label.clone()));
            (stack, references) = (self.nodes[to].stack, &self.nodes[to].references);
        }
        way
    }
}

#[derive(Clone, Copy)]
enum State {
    Fresh,
    /// On the way, at that place of it.
    Open(usize),
    /// With the length of the longest way from it.
    Done(usize),
}

/// A node whose references are being followed.
struct Visit {
    node: usize,
    edges: Vec<(usize, Span)>,
    at: usize,
    depth: usize,
}
