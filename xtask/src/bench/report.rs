//! The results as tables and as JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use super::{Row, TERRACE, plot, reach};

pub(crate) const HEAD: &str = "what                                       by        shape       size   wall s    CPU s  peak MB requests";

pub(crate) fn line(row: &Row) -> String {
    let Row { what, by, shape, size, cost, .. } = row;
    format!(
        "{what:<42} {by:<9} {shape:<9} {size:>6} {:>8.3} {:>8.3} {:>8.1} {:>8}{}",
        cost.wall_s,
        cost.cpu_s,
        cost.peak_mb,
        cost.requests.map(|n| n.to_string()).unwrap_or_default(),
        row.bound_s.map(|bound| format!("  at least {bound:.1} s")).unwrap_or_default()
    )
}

/// What makes a curve: the operation, the shape, the program.
type Series<'a> = (&'a str, &'a str, &'a str);

/// The rows of one operation on one shape by one program, by size.
pub(super) fn series(rows: &[Row]) -> BTreeMap<Series<'_>, Vec<&Row>> {
    let mut series: BTreeMap<Series<'_>, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        series.entry((&row.what, &row.shape, &row.by)).or_default().push(row);
    }
    series.retain(|_, rows| rows.len() > 1);
    series
}

/// By what factor CPU time and memory grow from each size to the next, which is ten times as large.
pub(crate) fn growth(rows: &[Row]) -> String {
    let mut text = String::from(
        "growth per tenfold                         by        shape     CPU; memory\n",
    );
    let tenfold = |rows: &[&Row]| rows.windows(2).all(|pair| pair[1].size == 10 * pair[0].size);
    for ((what, shape, by), rows) in series(rows).into_iter().filter(|(_, rows)| tenfold(rows)) {
        let factors = |of: fn(&Row) -> f64| {
            let pairs = rows.windows(2).map(|pair| format!("{:.1}", of(pair[1]) / of(pair[0])));
            pairs.collect::<Vec<_>>().join(" ")
        };
        let (cpu, memory) = (factors(|r| r.cost.cpu_s.max(0.001)), factors(|r| r.cost.peak_mb));
        let _ = writeln!(text, "{what:<42} {by:<9} {shape:<9} {cpu}; {memory}");
    }
    text
}

/// The peer's CPU time by ours, of what both did right after one another.
pub(crate) fn ratios(rows: &[Row]) -> String {
    let mut text = String::from(
        "the peer by ours                           by        shape       size      CPU     wall   memory\n",
    );
    for row in rows.iter().filter(|row| row.by != TERRACE) {
        let same = |ours: &&Row| {
            ours.by == TERRACE
                && (&ours.what, &ours.shape, ours.size) == (&row.what, &row.shape, row.size)
        };
        let Some(ours) = rows.iter().find(same) else { continue };
        let by = |of: fn(&Row) -> f64| format!("{:.0}", of(row) / of(ours).max(0.001));
        let (what, name, shape, size) = (&row.what, &row.by, &row.shape, row.size);
        let _ = writeln!(
            text,
            "{what:<42} {name:<9} {shape:<9} {size:>6} {:>8} {:>8} {:>8}",
            by(|r| r.cost.cpu_s),
            by(|r| r.cost.wall_s),
            by(|r| r.cost.peak_mb)
        );
    }
    text
}

/// What stands below this line of the page is written by hand, and stays.
const BY_HAND: &str = "<!-- Below this line the page is written by hand. -->";

/// Writes the page, the data and the plot.
pub(crate) fn write(root: &Path, rows: &[Row]) -> anyhow::Result<()> {
    let docs = root.join("docs");
    let path = docs.join("performance.md");
    let before = std::fs::read_to_string(&path).unwrap_or_default();
    let by_hand = before.split_once(BY_HAND).map_or("", |(_, below)| below);
    let by_hand = by_hand.trim_start();
    let machine = machine();
    let mut page = format!(
        "# Performance\n\nWritten by `cargo xtask bench --limits --write` from runs of the released binary on generated workspaces.\n\
         Machine: {machine}.\n\n\
         The program talks over HTTP to a simulator in a process of its own, so that its own time is seen; *the same with\n\
         the simulator* is both together. Rows by `terraform` or `tofu` are its built-in `terraform_data`, which talks to no\n\
         cloud, run right after ours. CPU is that of user and system; wall time counts only as far as the machine was idle.\n\
         What changes nothing is run 25 times, ten times of 10,000, three times of 100,000 (the peer five times of 100): the\n\
         least of the times is shown, and the most memory.\n\
         Requests are those of refresh and apply, without the login.\n\n\
         ## Figures to reach\n\n{}\n\
         ![CPU seconds by size](performance.svg)\n\n## Everything\n\n\
         | what | by | shape | size | wall s | CPU s | peak MB | requests |\n| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |\n",
        reach::table(rows)
    );
    for row in rows {
        let Row { what, by, shape, size, cost, .. } = row;
        let requests = cost.requests.map(|n| n.to_string()).unwrap_or_default();
        let bound = row.bound_s.map(|bound| format!(" (at least {bound:.1})")).unwrap_or_default();
        let _ = writeln!(
            page,
            "| {what} | {by} | {shape} | {size} | {:.3}{bound} | {:.3} | {:.1} | {requests} |",
            cost.wall_s, cost.cpu_s, cost.peak_mb
        );
    }
    let (growth, ratios) = (growth(rows), ratios(rows));
    let _ = write!(
        page,
        "\n## Growth\n\n```text\n{growth}```\n\n## Beside the peer\n\n```text\n{ratios}```\n\n{BY_HAND}\n\n{by_hand}"
    );
    std::fs::write(path, page)?;
    let data = serde_json::json!({ "machine": machine, "rows": rows });
    std::fs::write(docs.join("performance.json"), format!("{data:#}\n"))?;
    std::fs::write(docs.join("performance.svg"), plot::svg(rows))?;
    Ok(())
}

/// Processor, memory, kernel and date, as the machine tells them.
fn machine() -> String {
    let first = |path: &str, key: &str| {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(key)).unwrap_or_default();
        line.split_once(':').map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let told = |program: &str, argument: &str| {
        let output = Command::new(program).arg(argument).output();
        output.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned()).unwrap_or_default()
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let processor = first("/proc/cpuinfo", "model name");
    let memory = first("/proc/meminfo", "MemTotal");
    let (kernel, date) = (told("uname", "-sr"), told("date", "+%Y-%m-%d"));
    format!("{processor}, {cores} cores, {memory} of memory, {kernel}, {date}")
}
