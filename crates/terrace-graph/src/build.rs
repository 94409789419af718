//! From blocks to instances and edges.

use std::collections::{BTreeMap, BTreeSet};

use terrace_model::expr::{Reference, ResourceReference};
use terrace_model::survey::{MAX_SHOWN, Survey, way_round};
use terrace_model::{
    Address, Diagnostic, Diagnostics, InstanceKey, Kind, Repeat, Resource, ResourceAddress, Span,
    Stack, Workspace,
};

use crate::dag::{Cycle, Dag};

/// Why one instance needs another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// An expression or a bare name refers to it.
    Reference,
    /// It is written inside of it.
    Nesting,
    /// The user said so.
    DependsOn,
    /// OpenStack needs it: a server or port gets its addresses from the subnets of its networks.
    Subnets,
    /// OpenStack needs it: a floating IP leads through a router's interface.
    Interfaces,
}

/// An edge with the place it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Why.
    pub cause: Cause,
    /// Where it is written.
    pub span: Span,
}

/// All instances of a workspace and what each directly needs. Only [`build`] makes one.
#[derive(Debug, Clone)]
pub struct ResourceGraph {
    dag: Dag<Address, Edge>,
    order: Vec<Address>,
}

impl ResourceGraph {
    /// All instances, what they need before them; deterministic.
    pub fn order(&self) -> &[Address] {
        &self.order
    }

    /// What an instance directly needs, sorted.
    pub fn dependencies(&self, address: &Address) -> Vec<(&Address, &Edge)> {
        self.dag.needs(address)
    }

    /// Who directly needs an instance, sorted.
    pub fn dependents(&self, address: &Address) -> Vec<(&Address, &Edge)> {
        self.dag.users(address)
    }

    /// Whether there is such an instance.
    pub fn contains(&self, address: &Address) -> bool {
        self.dag.contains(address)
    }
}

/// Expands blocks into instances and joins them.
///
/// # Errors
/// Every reference to an instance that is not there, and the cycle, with the places of its edges.
pub fn build(workspace: &Workspace) -> Result<ResourceGraph, Diagnostics> {
    let survey = Survey::of(workspace);
    let Builder { dag, mut diagnostics, .. } = Builder::of(workspace, &survey);
    match dag.order() {
        Ok(order) if !diagnostics.has_errors() => Ok(ResourceGraph { dag, order }),
        Ok(_) => Err(diagnostics),
        Err(cycle) => {
            diagnostics.push(explain(workspace, &survey, &cycle));
            Err(diagnostics)
        }
    }
}

/// The cycle among what there is of a workspace in which something else is wrong.
pub fn circle(workspace: &Workspace) -> Option<Diagnostic> {
    let survey = Survey::of(workspace);
    let cycle = Builder::of(workspace, &survey).dag.order().err()?;
    Some(explain(workspace, &survey, &cycle))
}

struct Builder<'a> {
    workspace: &'a Workspace,
    dag: Dag<Address, Edge>,
    /// Floating IPs and what they lead to.
    to_route: Vec<(Address, Address, Span)>,
    diagnostics: Diagnostics,
}

impl<'a> Builder<'a> {
    /// All instances and edges, and what is wrong with references.
    fn of(workspace: &'a Workspace, survey: &Survey<'a>) -> Self {
        let instances = workspace.resources().map(|resource| resource.repeat.count()).sum();
        let (dag, diagnostics) = (Dag::with_capacity(instances), Diagnostics::default());
        let mut builder = Self { workspace, dag, to_route: Vec::new(), diagnostics };
        for stack in workspace.stacks.values() {
            for resource in stack.resources.values() {
                builder.resource(survey, stack, resource);
            }
        }
        builder.routes();
        builder
    }

    /// What a block refers to is found once; each instance gets its edges.
    fn resource<'s>(&mut self, survey: &Survey<'s>, stack: &'s Stack, resource: &Resource) {
        let references = survey.needed(stack, &references(resource));
        for key in resource.repeat.keys() {
            let user = resource.address.instance(key);
            self.dag.node(user.clone());
            for needed in &references {
                let cause = cause_of(resource, &needed.resource);
                let edge = Edge { cause, span: needed.span };
                let to = (&needed.resource, needed.indirect);
                for needed in self.targets(stack, resource, &user, to) {
                    self.join(&user, needed, edge);
                }
            }
            for dependency in &resource.depends_on {
                let edge = Edge { cause: Cause::DependsOn, span: dependency.span };
                for needed in self.instances(&dependency.value) {
                    self.dag.edge(user.clone(), needed, edge);
                }
            }
        }
    }

    /// The edge that is asked for, and those that OpenStack needs besides.
    fn join(&mut self, user: &Address, needed: Address, edge: Edge) {
        let (cause, more) = match (user.kind(), needed.kind()) {
            (Kind::Server | Kind::Port, Kind::Network) => {
                (Cause::Subnets, self.nested(&needed, Kind::Subnet))
            }
            (Kind::RouterRoute, Kind::Router) => {
                (Cause::Interfaces, self.nested(&needed, Kind::RouterInterface))
            }
            (Kind::FloatingIp, Kind::Port | Kind::Server) => {
                self.to_route.push((user.clone(), needed.clone(), edge.span));
                (edge.cause, Vec::new())
            }
            _ => (edge.cause, Vec::new()),
        };
        for needed in more {
            self.dag.edge(user.clone(), needed, Edge { cause, ..edge });
        }
        self.dag.edge(user.clone(), needed, edge);
    }

    /// What is written inside of an instance: children stand right after where a block of their
    /// kind with their parent's path would be.
    fn nested(&self, parent: &Address, kind: Kind) -> Vec<Address> {
        let Some(stack) = self.workspace.stacks.get(parent.stack()) else { return Vec::new() };
        let first = ResourceAddress { kind, ..parent.resource.clone() };
        let inside =
            |a: &ResourceAddress| a.kind == kind && a.path.first() == parent.resource.path.first();
        stack
            .resources
            .range(&first..)
            .take_while(|(a, _)| inside(a))
            .filter(|(_, child)| child.repeat.has(parent.key.as_ref()))
            .map(|(a, _)| a.instance(parent.key.clone()))
            .collect()
    }

    /// A floating IP needs the interfaces of routers on the subnets of what it leads to. Known once
    /// all other edges are.
    fn routes(&mut self) {
        let mut on_network: BTreeMap<Address, Vec<Address>> = BTreeMap::new();
        let interfaces = self.dag.nodes().filter(|a| a.kind() == Kind::RouterInterface);
        for interface in interfaces.cloned().collect::<BTreeSet<Address>>() {
            for network in self.networks(&interface) {
                on_network.entry(network).or_default().push(interface.clone());
            }
        }
        for (user, end, span) in std::mem::take(&mut self.to_route) {
            for network in self.networks(&end) {
                for needed in on_network.get(&network).into_iter().flatten() {
                    let edge = Edge { cause: Cause::Interfaces, span };
                    self.dag.edge(user.clone(), needed.clone(), edge);
                }
            }
        }
    }

    /// The networks that an instance is on: those it needs, directly or through port or subnet.
    fn networks(&self, address: &Address) -> BTreeSet<Address> {
        let mut found = BTreeSet::new();
        for (needed, _) in self.dag.needs(address) {
            match needed.kind() {
                Kind::Network => drop(found.insert(needed.clone())),
                Kind::Port | Kind::Subnet => found.extend(self.networks(needed)),
                _ => {}
            }
        }
        found
    }

    fn instances(&self, address: &ResourceAddress) -> Vec<Address> {
        self.workspace.resource(address).map_or_else(Vec::new, |resource| {
            resource.repeat.keys().into_iter().map(|key| address.instance(key)).collect()
        })
    }

    fn targets(
        &mut self,
        stack: &Stack,
        from: &Resource,
        user: &Address,
        (to, indirect): (&ResourceReference, bool),
    ) -> Vec<Address> {
        let address = to.address(&stack.name);
        let Some(target) = self.workspace.resource(&address) else {
            let message = format!("there is no `{address}`");
            self.diagnostics.push(Diagnostic::error("E0401", to.span, message));
            return Vec::new();
        };
        if to.own_key {
            return self.one(&address, target, user.key.clone(), to.span);
        }
        if to.key.is_none() && target.repeat != Repeat::One {
            // A nested block repeats with the one it is written in, key by key.
            let nested = from.address.is_inside(&address) && !indirect;
            return if nested {
                vec![address.instance(user.key.clone())]
            } else {
                self.instances(&address)
            };
        }
        self.one(&address, target, to.key.clone(), to.span)
    }

    /// One instance, or a complaint that it is not there.
    fn one(
        &mut self,
        address: &ResourceAddress,
        target: &Resource,
        key: Option<InstanceKey>,
        span: Span,
    ) -> Vec<Address> {
        if !target.repeat.has(key.as_ref()) {
            if target.repeat == Repeat::Absent {
                return Vec::new();
            }
            let message = format!("there is no `{}`", address.instance(key));
            let there = target.repeat.count();
            let help = format!("`{address}` has {there} instance(s) here");
            self.diagnostics.push(Diagnostic::error("E0402", span, message).help(help));
            return Vec::new();
        }
        vec![address.instance(key)]
    }
}

fn references(resource: &Resource) -> Vec<Reference> {
    let body = resource.body.values().flat_map(|term| term.value.references());
    body.chain(resource.lifecycle.references()).collect()
}

fn cause_of(resource: &Resource, reference: &ResourceReference) -> Cause {
    if resource.address.is_inside(&reference.address(&resource.address.stack)) {
        Cause::Nesting
    } else {
        Cause::Reference
    }
}

/// The cycle as the path round it, with the places of each edge, also of those between.
fn explain(
    workspace: &Workspace,
    survey: &Survey<'_>,
    Cycle(path): &Cycle<Address, Edge>,
) -> Diagnostic {
    let round: Vec<String> =
        path.iter().chain(path.first()).map(|(address, _)| format!("`{address}`")).collect();
    let message = format!("these need each other: {}", way_round(&round));
    let Some((first, edge)) = path.first() else {
        return Diagnostic::without_place("E0403", message);
    };
    let needs = |at: usize| path.get((at + 1) % path.len()).map_or(first, |(address, _)| address);
    let mut diagnostic = Diagnostic::error("E0403", edge.span, message)
        .label(format!("`{first}` needs `{}`", needs(0)));
    for (at, (address, edge)) in path.iter().enumerate().take(MAX_SHOWN) {
        if at > 0 {
            let text = format!("`{address}` needs `{}`", needs(at));
            diagnostic = diagnostic.related(edge.span, text);
        }
        for (span, text) in between(workspace, survey, address, (needs(at), edge)) {
            diagnostic = diagnostic.related(span, text);
        }
    }
    diagnostic
        .help("remove one of these references, or move what both need into a resource of its own")
}

/// The steps by which an instance needs another, after the first, when names are between.
fn between(
    workspace: &Workspace,
    survey: &Survey<'_>,
    user: &Address,
    (needed, edge): (&Address, &Edge),
) -> Vec<(Span, String)> {
    let stack = workspace.stacks.get(user.stack());
    let Some((stack, resource)) = stack.zip(workspace.resource(&user.resource)) else {
        return Vec::new();
    };
    let mut here = references(resource);
    here.retain(|reference| reference.span == edge.span);
    let goal = |to: &ResourceReference| to.address(user.stack()) == needed.resource;
    let mut way = survey.way(stack, &here, &goal);
    if way.is_empty() {
        return way;
    }
    way.remove(0);
    way.into_iter().map(|(span, text)| (span, format!("through `{text}`"))).collect()
}
