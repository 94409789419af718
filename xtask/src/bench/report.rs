//! The results as a table, as JSON and as a plot.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use super::Row;

pub(crate) const HEAD: &str =
    "what                          shape        size   wall s    CPU s  peak MB requests";

pub(crate) fn line(row: &Row) -> String {
    let requests = row.cost.requests.map(|n| n.to_string()).unwrap_or_default();
    format!(
        "{:<29} {:<9} {:>7} {:>8.3} {:>8.3} {:>8.1} {requests:>8}",
        row.what, row.shape, row.size, row.cost.wall_s, row.cost.cpu_s, row.cost.peak_mb
    )
}

/// The rows of one command on one shape, by size.
fn series(rows: &[Row]) -> BTreeMap<(&str, &str), Vec<&Row>> {
    let mut series: BTreeMap<(&str, &str), Vec<&Row>> = BTreeMap::new();
    for row in rows {
        series.entry((&row.what, &row.shape)).or_default().push(row);
    }
    series.retain(|_, rows| rows.len() > 1);
    series
}

/// By what factor CPU time and memory grow from each size to the next, which is ten times as large.
pub(crate) fn growth(rows: &[Row]) -> String {
    let mut text = String::from("growth per tenfold            shape     CPU; memory\n");
    for ((what, shape), rows) in series(rows) {
        let factors = |of: fn(&Row) -> f64| {
            let pairs = rows.windows(2).map(|pair| format!("{:.1}", of(pair[1]) / of(pair[0])));
            pairs.collect::<Vec<_>>().join(" ")
        };
        let (cpu, memory) = (factors(|r| r.cost.cpu_s.max(0.001)), factors(|r| r.cost.peak_mb));
        let _ = writeln!(text, "{what:<29} {shape:<9} {cpu}; {memory}");
    }
    text
}

/// Writes the page, the data and the plot.
pub(crate) fn write(root: &Path, rows: &[Row]) -> anyhow::Result<()> {
    let docs = root.join("docs");
    let machine = machine();
    let mut page = format!(
        "# Performance\n\nWritten by `cargo xtask bench --write` from runs of the released binary on generated workspaces.\nMachine: {machine}.\n\n\
         The program talks over HTTP to a simulator in a process of its own, so that its own time is seen; *the same with\nthe simulator* is both together. `terraform` rows are its built-in `terraform_data`, which talks to no cloud.\n\n\
         ![CPU seconds by size](performance.svg)\n\n| what | shape | size | wall s | CPU s | peak MB | requests |\n| --- | --- | ---: | ---: | ---: | ---: | ---: |\n"
    );
    for row in rows {
        let requests = row.cost.requests.map(|n| n.to_string()).unwrap_or_default();
        let _ = writeln!(
            page,
            "| {} | {} | {} | {:.3} | {:.3} | {:.1} | {requests} |",
            row.what, row.shape, row.size, row.cost.wall_s, row.cost.cpu_s, row.cost.peak_mb
        );
    }
    let _ = write!(page, "\n## Growth\n\n```text\n{}```\n", growth(rows));
    std::fs::write(docs.join("performance.md"), page)?;
    let data = serde_json::json!({ "machine": machine, "rows": rows });
    std::fs::write(docs.join("performance.json"), format!("{data:#}\n"))?;
    std::fs::write(docs.join("performance.svg"), plot(rows))?;
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

const COLOURS: [&str; 8] =
    ["#1b6ca8", "#d1495b", "#2e933c", "#edae49", "#6a4c93", "#00798c", "#8d5524", "#444444"];

/// CPU seconds over instances, both logarithmic, for the flat shape and the peer.
fn plot(rows: &[Row]) -> String {
    let x = |size: usize| 60.0 + (size as f64 / 100.0).log10() * 160.0;
    let y = |seconds: f64| 340.0 - (seconds.max(0.001) / 0.001).log10() * 60.0;
    let mut text = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"800\" height=\"400\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"800\" height=\"400\" fill=\"white\"/>\n",
    );
    for (size, name) in [(100, "100"), (1_000, "1,000"), (10_000, "10,000"), (100_000, "100,000")] {
        let _ = writeln!(
            text,
            "<line x1=\"{0}\" y1=\"40\" x2=\"{0}\" y2=\"340\" stroke=\"#ddd\"/><text x=\"{0}\" y=\"358\" text-anchor=\"middle\">{name}</text>",
            x(size)
        );
    }
    for (seconds, name) in [
        (0.001, "1 ms"),
        (0.01, "10 ms"),
        (0.1, "0.1 s"),
        (1.0, "1 s"),
        (10.0, "10 s"),
        (100.0, "100 s"),
    ] {
        let _ = writeln!(
            text,
            "<line x1=\"60\" y1=\"{0}\" x2=\"540\" y2=\"{0}\" stroke=\"#ddd\"/><text x=\"54\" y=\"{1}\" text-anchor=\"end\">{name}</text>",
            y(seconds),
            y(seconds) + 4.0
        );
    }
    let shown = series(rows)
        .into_iter()
        .filter(|((_, shape), _)| ["flat", "terraform", "tofu"].contains(shape));
    for (number, ((what, shape), rows)) in shown.enumerate() {
        let colour = COLOURS[number % COLOURS.len()];
        let dashes = if shape == "flat" { "" } else { " stroke-dasharray=\"6 4\"" };
        let points: Vec<String> =
            rows.iter().map(|row| format!("{:.1},{:.1}", x(row.size), y(row.cost.cpu_s))).collect();
        let _ = writeln!(
            text,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{dashes}/>",
            points.join(" ")
        );
        let label = if shape == "flat" { what.to_owned() } else { format!("{shape}: {what}") };
        let _ = writeln!(
            text,
            "<line x1=\"560\" y1=\"{0}\" x2=\"580\" y2=\"{0}\" stroke=\"{colour}\" stroke-width=\"2\"{dashes}/><text x=\"586\" y=\"{1}\">{label}</text>",
            50 + 18 * number,
            54 + 18 * number
        );
    }
    text.push_str(
        "<text x=\"60\" y=\"24\">CPU seconds by number of instances (flat)</text>\n</svg>\n",
    );
    text
}
