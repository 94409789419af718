//! The figures to reach, and whether they are.

use std::fmt::Write as _;

use super::{Row, TERRACE, limits};

/// Which number of a row.
#[derive(Clone, Copy)]
enum Of {
    Wall,
    Cpu,
    Peak,
    Requests,
    /// Wall time by the least that is possible.
    OverBound,
    /// CPU time by that of a tenth of the size.
    PerTenfold,
    /// CPU time at the larger size by that at the smaller one.
    PerHundredfold,
}

struct Goal {
    what: &'static str,
    shape: &'static str,
    size: usize,
    of: Of,
    most: f64,
}

const fn goal(what: &'static str, (shape, size): (&'static str, usize), of: Of, most: f64) -> Goal {
    Goal { what, shape, size, of, most }
}

const NO_REFRESH: &str = "no-op plan, no refresh";

const GOALS: [Goal; 23] = [
    goal("--version", ("", 1), Of::Wall, 0.005),
    goal("validate quickstart", ("", 1), Of::Wall, 0.015),
    goal(NO_REFRESH, ("flat", 1_000), Of::Cpu, 0.03),
    goal(NO_REFRESH, ("flat", 10_000), Of::Cpu, 0.25),
    goal(NO_REFRESH, ("flat", 100_000), Of::Cpu, 3.0),
    goal(NO_REFRESH, ("flat", 10_000), Of::PerTenfold, 11.0),
    goal(NO_REFRESH, ("flat", 100_000), Of::PerTenfold, 11.0),
    goal(NO_REFRESH, ("for_each", 1_000), Of::Cpu, 0.02),
    goal(NO_REFRESH, ("for_each", 10_000), Of::Cpu, 0.2),
    goal(NO_REFRESH, ("for_each", 100_000), Of::Cpu, 2.0),
    goal(limits::REFRESH, ("attached", 10_000), Of::Wall, 4.0),
    goal(limits::REFRESH, ("attached", 10_000), Of::Requests, 60.0),
    goal("first plan", ("flat", 10_000), Of::Cpu, 0.5),
    goal(NO_REFRESH, ("flat", 10_000), Of::Peak, 100.0),
    goal(NO_REFRESH, ("flat", 100_000), Of::Peak, 900.0),
    goal("first plan", ("flat", 10_000), Of::Peak, 100.0),
    goal("first plan", ("flat", 100_000), Of::Peak, 900.0),
    goal(limits::SLOW_APPLY, ("flat", 1_000), Of::OverBound, 1.1),
    goal(limits::OWN_APPLY, ("flat", 1_000), Of::Cpu, 1.5),
    goal(limits::STATE_COST, ("", 100_000), Of::PerHundredfold, 1.2),
    goal("state list", ("flat", 10_000), Of::Wall, 0.1),
    goal("show --json", ("flat", 10_000), Of::Wall, 0.4),
    goal("no-op plan, refresh", ("flat", 10_000), Of::Requests, 60.0),
];

/// Every figure that was measured, in a table of Markdown.
pub(super) fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "| what | shape | size | figure | at most | measured | |\n| --- | --- | ---: | --- | ---: | ---: | --- |\n",
    );
    for goal in &GOALS {
        let Some(measured) = measured(rows, goal) else { continue };
        let verdict = if measured <= goal.most { "reached" } else { "**not reached**" };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {verdict} |",
            goal.what,
            goal.shape,
            goal.size,
            name(goal.of),
            goal.most,
            shown(goal.of, measured)
        );
    }
    text
}

fn measured(rows: &[Row], goal: &Goal) -> Option<f64> {
    let at = |size: usize| {
        rows.iter().find(|row| {
            row.by == TERRACE
                && row.what == goal.what
                && row.shape == goal.shape
                && row.size == size
        })
    };
    let row = at(goal.size)?;
    Some(match goal.of {
        Of::Wall => row.cost.wall_s,
        Of::Cpu => row.cost.cpu_s,
        Of::Peak => row.cost.peak_mb,
        Of::Requests => row.cost.requests? as f64,
        Of::OverBound => row.cost.wall_s / row.bound_s?,
        Of::PerTenfold => row.cost.cpu_s / at(goal.size / 10)?.cost.cpu_s,
        Of::PerHundredfold => row.cost.cpu_s / at(goal.size / 100)?.cost.cpu_s,
    })
}

fn name(of: Of) -> &'static str {
    match of {
        Of::Wall => "wall s",
        Of::Cpu => "CPU s",
        Of::Peak => "peak MB",
        Of::Requests => "requests",
        Of::OverBound => "wall by lower bound",
        Of::PerTenfold => "CPU by that of a tenth",
        Of::PerHundredfold => "CPU by that of a hundredth",
    }
}

fn shown(of: Of, measured: f64) -> String {
    match of {
        Of::Wall | Of::Cpu => format!("{measured:.3}"),
        Of::Peak | Of::Requests => format!("{measured:.0}"),
        Of::OverBound | Of::PerTenfold | Of::PerHundredfold => format!("{measured:.2}"),
    }
}
