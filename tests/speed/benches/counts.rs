//! Instructions of each stage: `cargo xtask counts`.
#![expect(
    missing_docs,
    clippy::exit,
    reason = "the macros make items of their own, and end the process"
)]

use std::hint::black_box;

use gungraun::prelude::*;
use tempfile::TempDir;
use terrace_model::{Snapshot, Value, Workspace};
use terrace_plan::Plan;
use terrace_speed::{
    Built, Expressions, Journal, Pages, Settled, built, expressions, folder, journal, load, pages,
    settled,
};

const SERVERS: usize = 200;

fn workspace() -> Workspace {
    load(folder(SERVERS).path())
}

fn applied() -> Settled {
    settled(built(workspace()))
}

fn to_append() -> Journal {
    journal(&applied().recorded)
}

fn recorded() -> Journal {
    to_append().full()
}

#[library_benchmark]
#[bench::servers(folder(SERVERS))]
fn yaml_load(folder: TempDir) -> (Workspace, TempDir) {
    (black_box(load(folder.path())), folder)
}

#[library_benchmark]
fn cel_parse() -> Expressions {
    black_box(expressions())
}

#[library_benchmark]
#[bench::instances(expressions())]
fn cel_evaluate(expressions: Expressions) -> (Vec<Value>, Expressions) {
    (black_box(expressions.evaluate(SERVERS)), expressions)
}

#[library_benchmark]
#[bench::servers(workspace())]
fn graph_build_and_order(workspace: Workspace) -> Built {
    black_box(built(workspace))
}

#[library_benchmark]
#[bench::servers(applied())]
fn diff(settled: Settled) -> (Plan, Settled) {
    (black_box(settled.plan()), settled)
}

#[library_benchmark]
#[bench::servers(to_append())]
fn journal_append(journal: Journal) -> Journal {
    journal.append();
    black_box(journal)
}

#[library_benchmark]
#[bench::servers(recorded())]
fn snapshot_load(journal: Journal) -> (Snapshot, Journal) {
    (black_box(journal.snapshot()), journal)
}

#[library_benchmark]
#[bench::servers(pages(SERVERS))]
fn list_page_decode(pages: Pages) -> (usize, Pages) {
    (black_box(pages.read()).len(), pages)
}

library_benchmark_group!(
    name = stages,
    benchmarks = [
        yaml_load,
        cel_parse,
        cel_evaluate,
        graph_build_and_order,
        diff,
        journal_append,
        snapshot_load,
        list_page_decode
    ]
);

main!(library_benchmark_groups = stages);
