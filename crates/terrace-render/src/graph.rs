//! The dependency graph as a text tree and as DOT.

use std::collections::{BTreeMap, BTreeSet};

use terrace_graph::{Cause, ResourceGraph};
use terrace_model::{Address, StackName};

/// A tree under each instance that nothing else needs, of what it needs. What an instance needs is
/// shown where it first occurs.
pub fn graph_text(graph: &ResourceGraph) -> String {
    let mut tree = Tree { graph, shown: BTreeSet::new(), text: String::new() };
    let mut roots: Vec<&Address> =
        graph.order().iter().filter(|address| graph.dependents(address).is_empty()).collect();
    roots.sort();
    for root in roots {
        tree.node(root, ("", ""));
    }
    tree.text
}

struct Tree<'a> {
    graph: &'a ResourceGraph,
    shown: BTreeSet<&'a Address>,
    text: String,
}

impl<'a> Tree<'a> {
    /// Writes a node and what is under it; `lines` stand in front of it and of those.
    fn node(&mut self, address: &'a Address, lines: (&str, &str)) {
        let needed = self.graph.dependencies(address);
        self.text.push_str(lines.0);
        self.text.push_str(&address.to_string());
        let again = !self.shown.insert(address) && !needed.is_empty();
        self.text.push_str(if again { " (see above)\n" } else { "\n" });
        if again {
            return;
        }
        let last = needed.len().saturating_sub(1);
        for (index, (inner, _)) in needed.into_iter().enumerate() {
            let (begin, below) =
                if index == last { ("└── ", "    ") } else { ("├── ", "│   ") };
            self.node(inner, (&format!("{}{begin}", lines.1), &format!("{}{below}", lines.1)));
        }
    }
}

/// The graph as DOT, for Graphviz: arrows lead to what is needed.
pub fn graph_dot(graph: &ResourceGraph) -> String {
    let mut stacks: BTreeMap<&StackName, BTreeSet<&Address>> = BTreeMap::new();
    for address in graph.order() {
        stacks.entry(address.stack()).or_default().insert(address);
    }
    let mut lines = vec!["digraph terrace {".to_owned()];
    lines.push("  rankdir = LR;".into());
    lines.push("  node [shape = box, fontname = \"sans-serif\"];".into());
    for (number, (stack, addresses)) in stacks.iter().enumerate() {
        lines.push(format!("  subgraph cluster_{number} {{"));
        lines.push(format!("    label = {};", quoted(&stack.to_string())));
        for address in addresses {
            let full = address.to_string();
            let short = full.split_once('/').map_or(full.as_str(), |(_, rest)| rest);
            lines.push(format!("    {} [label = {}];", quoted(&full), quoted(short)));
        }
        lines.push("  }".into());
    }
    for address in stacks.values().flatten() {
        for (needed, edge) in graph.dependencies(address) {
            let style = match edge.cause {
                Cause::Reference => "solid",
                Cause::Nesting => "bold",
                Cause::DependsOn => "dashed",
                Cause::Subnets | Cause::Interfaces => "dotted",
            };
            let (from, to) = (quoted(&address.to_string()), quoted(&needed.to_string()));
            lines.push(format!("  {from} -> {to} [style = {style}];"));
        }
    }
    lines.push("}\n".into());
    lines.join("\n")
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
