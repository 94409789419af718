//! Time of each stage: `cargo bench -p terrace-speed --bench micro`.

use divan::{Bencher, counter::ItemsCount};
use terrace_speed::{built, expressions, folder, journal, load, pages, settled};

const SIZES: [usize; 2] = [100, 1_000];

fn main() {
    divan::main();
}

#[divan::bench(args = SIZES)]
fn yaml_load(bencher: Bencher<'_, '_>, servers: usize) {
    let folder = folder(servers);
    bencher.counter(ItemsCount::new(servers)).bench(|| load(folder.path()));
}

#[divan::bench]
fn cel_parse() -> terrace_speed::Expressions {
    expressions()
}

#[divan::bench(args = SIZES)]
fn cel_evaluate(bencher: Bencher<'_, '_>, times: usize) {
    let expressions = expressions();
    bencher.counter(ItemsCount::new(times)).bench(|| expressions.evaluate(times));
}

#[divan::bench(args = SIZES)]
fn graph_build_and_order(bencher: Bencher<'_, '_>, servers: usize) {
    let workspace = load(folder(servers).path());
    bencher
        .counter(ItemsCount::new(servers))
        .bench(|| terrace_graph::build(&workspace).expect("a good graph"));
}

#[divan::bench(args = SIZES)]
fn diff(bencher: Bencher<'_, '_>, servers: usize) {
    let settled = settled(built(load(folder(servers).path())));
    bencher.counter(ItemsCount::new(servers)).bench(|| settled.plan());
}

#[divan::bench(args = SIZES)]
fn journal_append(bencher: Bencher<'_, '_>, servers: usize) {
    let records = settled(built(load(folder(servers).path()))).recorded;
    bencher
        .counter(ItemsCount::new(servers))
        .with_inputs(|| journal(&records))
        .bench_values(|journal| journal.append());
}

#[divan::bench(args = SIZES)]
fn snapshot_load(bencher: Bencher<'_, '_>, servers: usize) {
    let records = settled(built(load(folder(servers).path()))).recorded;
    let journal = journal(&records).full();
    bencher.counter(ItemsCount::new(servers)).bench(|| journal.snapshot());
}

#[divan::bench(args = SIZES)]
fn list_page_decode(bencher: Bencher<'_, '_>, servers: usize) {
    let pages = pages(servers);
    bencher.counter(ItemsCount::new(servers)).bench(|| pages.read());
}
