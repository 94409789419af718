//! `terrace graph`.

use std::process::ExitCode;

use crate::args::Global;
use crate::{corridor, ui};

/// Show what needs what.
///
/// A tree of every instance that nothing else needs, with what it needs under it; with `--dot` a graph
/// for Graphviz, with arrows to what is needed: bold for what something is written inside of, dashed
/// for `depends_on`, dotted for what OpenStack needs by itself.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  terrace graph\n  terrace graph --dot | dot -Tsvg > graph.svg")]
pub(crate) struct Graph {
    /// As DOT, for Graphviz.
    #[arg(long)]
    dot: bool,
}

pub(crate) fn run(global: &Global, args: &Graph) -> anyhow::Result<ExitCode> {
    let graph = corridor::load(global)?.graph;
    ui::print(&if args.dot {
        terrace_render::graph_dot(&graph)
    } else {
        terrace_render::graph_text(&graph)
    });
    Ok(ExitCode::SUCCESS)
}
