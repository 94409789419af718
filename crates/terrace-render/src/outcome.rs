//! What came of an apply, and outputs.

use std::collections::BTreeMap;

use anstyle::AnsiColor;
use serde_json::{Map, Value, json};
use terrace_engine::Outcome;
use terrace_model::OutputRecord;

use crate::plan_json::plain;
use crate::style::{Style, plural, seconds};
use crate::value::shown;

/// The closing summary.
pub fn outcome(outcome: &Outcome, style: Style) -> String {
    let done = outcome.done;
    let always = [(done.create, "created"), (done.update, "changed"), (done.delete, "destroyed")];
    let some = [
        (done.resize, "resized"),
        (done.rebuild, "rebuilt"),
        (done.resume, "waited for"),
        (done.forget, "forgotten"),
        (done.record, "recorded"),
        (done.moved, "moved"),
        (done.import, "imported"),
    ];
    let parts = always.into_iter().chain(some.into_iter().filter(|(n, _)| *n > 0));
    let parts: Vec<String> = parts.map(|(n, word)| format!("{n} {word}")).collect();
    let took = format!(
        "in {} ({})",
        seconds(outcome.elapsed_ms),
        plural(usize::try_from(outcome.requests).unwrap_or(0), "request")
    );
    if outcome.is_complete() {
        return format!(
            "{} {} {took}.\n",
            style.paint(AnsiColor::Green, "Apply complete:"),
            parts.join(", ")
        );
    }
    let mut lines = vec![format!(
        "{} {} {took}.",
        style.paint(AnsiColor::Red, "Apply not complete:"),
        parts.join(", ")
    )];
    for failure in &outcome.failed {
        lines.push(format!(
            "  failed: {} of {}: {}",
            failure.operation, failure.address, failure.error
        ));
        lines.extend(failure.advice.iter().map(|advice| format!("    help: {advice}")));
    }
    for address in &outcome.skipped {
        lines.push(format!("  skipped: {address}, because something it needs failed"));
    }
    if let Some(left) = outcome.interrupted {
        lines.push(format!("  interrupted: {} not begun", plural(left, "step")));
    }
    lines.push("What was done is recorded. Run `terrace plan` to see what is left, and `terrace apply` to go on.".into());
    lines.join("\n") + "\n"
}

/// Outputs as text; sensitive ones are not shown.
pub fn outputs(outputs: &BTreeMap<String, OutputRecord>, style: Style) -> String {
    if outputs.is_empty() {
        return "There are no outputs.\n".into();
    }
    let line = |(name, output): (&String, &OutputRecord)| {
        let value = if output.sensitive {
            "(sensitive)".to_owned()
        } else {
            shown(&output.value, &BTreeMap::new())
        };
        format!("  {name} = {value}\n")
    };
    let lines: String = outputs.iter().map(line).collect();
    format!("{}\n{lines}", style.bold("Outputs:"))
}

/// Outputs as JSON; sensitive ones are null.
pub fn outputs_json(outputs: &BTreeMap<String, OutputRecord>) -> Value {
    let one = |(name, output): (&String, &OutputRecord)| {
        let value = if output.sensitive { Value::Null } else { plain(&output.value) };
        (name.clone(), json!({ "value": value, "sensitive": output.sensitive }))
    };
    outputs.iter().map(one).collect::<Map<_, _>>().into()
}
