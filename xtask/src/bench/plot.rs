//! The plot of the results.

use std::fmt::Write as _;

use super::report::series;
use super::{Row, TERRACE};

const COLOURS: [&str; 5] = ["#1b6ca8", "#d1495b", "#2e933c", "#edae49", "#6a4c93"];

/// What is drawn: more curves would hide each other.
const DRAWN: [&str; 5] =
    ["validate", "first plan", "no-op plan, no refresh", "apply", "show --json"];

/// CPU seconds over instances, both logarithmic, for the flat shape; the peer's dashed.
pub(super) fn svg(rows: &[Row]) -> String {
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
        .filter(|((what, shape, _), _)| *shape == "flat" && DRAWN.contains(what));
    for (number, ((what, _, by), rows)) in shown.enumerate() {
        let colour = COLOURS[DRAWN.iter().position(|drawn| *drawn == what).unwrap_or(0)];
        let dashes = if by == TERRACE { "" } else { " stroke-dasharray=\"6 4\"" };
        let points: Vec<String> =
            rows.iter().map(|row| format!("{:.1},{:.1}", x(row.size), y(row.cost.cpu_s))).collect();
        let _ = writeln!(
            text,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{dashes}/>",
            points.join(" ")
        );
        let label = if by == TERRACE { what.to_owned() } else { format!("{by}: {what}") };
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
