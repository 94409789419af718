//! A plan as text: the summary of what is lost first, then each change with its reason and place.

use std::collections::{BTreeMap, BTreeSet};

use anstyle::AnsiColor;
use terrace_plan::{Action, Drift, InstanceChange, Plan};

use crate::change;
use crate::style::Style;
use crate::value::shown;

/// A plan to show.
#[derive(Clone, Copy)]
pub struct PlanText<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// Its digest.
    pub digest: &'a str,
    /// Colours.
    pub style: Style,
}

/// The plan as text.
pub fn plan(text: &PlanText<'_>) -> String {
    let PlanText { plan, digest, style } = *text;
    let changed: Vec<&InstanceChange> =
        plan.instances.iter().filter(|i| i.action != Action::NoOp).collect();
    let others = plan
        .clouds
        .iter()
        .map(|(name, cloud)| format!(" Also cloud {name}, project {}.", cloud.project_name));
    let mut parts = Parts::default();
    parts.add(format!(
        "Cloud {}, project {}, environment {}.{}",
        plan.cloud.name,
        plan.cloud.project_name,
        plan.environment,
        others.collect::<String>()
    ));
    if plan.left_out > 0 {
        parts.add(format!(
            "Only a part is planned, as asked for: {} left out.",
            crate::style::plural(plan.left_out, "instance")
        ));
    }
    parts.extend(drift(&plan.drift, &plan.names));
    if changed.is_empty() && plan.is_empty() {
        parts.add("No changes. The cloud is as the files say.".into());
        return parts.text();
    }
    parts.extend(legend(&changed));
    parts.extend(losses(&changed, style));
    parts.extend(changed.iter().map(|i| block(i, plan, style)));
    parts.extend(outputs(plan));
    let refusals =
        plan.refusals.iter().map(|r| format!("Refused: {}.\n  help: {}", r.message, r.help));
    parts.extend(plan.warnings.iter().map(|w| format!("Warning: {}.", w.message)));
    parts.extend(refusals);
    parts.add(format!("{}\nDigest sha256:{digest}", summary(plan, style)));
    parts.text()
}

/// Parts of a text with an empty line between them, put together as they come.
#[derive(Default)]
struct Parts(String);

impl Parts {
    fn add(&mut self, part: String) {
        self.0.push_str(if self.0.is_empty() { "" } else { "\n\n" });
        self.0.push_str(&part);
    }

    fn extend(&mut self, parts: impl IntoIterator<Item = String>) {
        parts.into_iter().for_each(|part| self.add(part));
    }

    fn text(mut self) -> String {
        self.0.push('\n');
        self.0
    }
}

/// What would be done to one instance and why, or why nothing.
pub fn why(instance: &InstanceChange, plan: &Plan, style: Style) -> String {
    let mut text = block(instance, plan, style);
    if !instance.dependencies.is_empty() {
        let needs: Vec<String> = instance.dependencies.iter().map(ToString::to_string).collect();
        text = format!("{text}\n        needs {}", needs.join(", "));
    }
    let refusals = plan.refusals.iter().filter(|r| r.address == instance.address);
    refusals.fold(text, |text, r| format!("{text}\n        refused: {}", r.message))
}

fn symbol(instance: &InstanceChange) -> (&'static str, &'static str, AnsiColor) {
    match instance.action {
        Action::Replace if instance.create_first => {
            ("+/-", "is replaced: created anew, then the old one is deleted", AnsiColor::Red)
        }
        Action::Replace if instance.life.retain => {
            ("./+", "is replaced: the old object stays, and is forgotten", AnsiColor::Yellow)
        }
        Action::Move => (" =>", "is moved: only its address changes", AnsiColor::White),
        Action::Adopt => (" <=", "is imported as it is", AnsiColor::Cyan),
        Action::Record => ("  =", "is recorded: only the state changes", AnsiColor::White),
        Action::NoOp => ("   ", "is unchanged", AnsiColor::White),
        Action::Resume => ("  >", "is waited for", AnsiColor::Cyan),
        Action::Forget => ("  .", "is forgotten", AnsiColor::White),
        Action::Update => ("  ~", "is updated in place", AnsiColor::Yellow),
        Action::Resize => (" ~^", "is resized (restarts)", AnsiColor::Yellow),
        Action::Rebuild => (" ~!", "is rebuilt (its root disk is LOST)", AnsiColor::Red),
        Action::Create => ("  +", "is created", AnsiColor::Green),
        Action::Replace => ("-/+", "is replaced: deleted, then created anew", AnsiColor::Red),
        Action::Delete => ("  -", "is deleted", AnsiColor::Red),
    }
}

fn legend(changed: &[&InstanceChange]) -> Option<String> {
    let lines: BTreeSet<_> = changed
        .iter()
        .map(|i| (i.action, symbol(i)))
        .map(|(action, (symbol, words, _))| (action, symbol, words.trim_start_matches("is ")))
        .collect();
    let line = |(_, symbol, words): &(Action, &str, &str)| format!("{symbol} {words}");
    (!lines.is_empty()).then(|| lines.iter().map(line).collect::<Vec<_>>().join("\n"))
}

/// What nobody can bring back afterwards, before anything else.
fn losses(changed: &[&InstanceChange], style: Style) -> Option<String> {
    let lost = |i: &&InstanceChange| match i.action {
        Action::Rebuild => Some("its root disk"),
        Action::Replace if i.life.retain => None,
        Action::Replace | Action::Delete => i.address.resource.kind.schema().loses,
        _ => None,
    };
    let line = |i: &&InstanceChange| {
        Some(format!("{} {}: {} ({})", symbol(i).0, i.slot(), lost(i)?, i.reason.text))
    };
    let lines: Vec<String> = changed.iter().filter_map(line).collect();
    (!lines.is_empty()).then(|| {
        let head = style.paint(AnsiColor::Red, "This plan loses for good:");
        format!("{head}\n{}", lines.join("\n"))
    })
}

fn block(instance: &InstanceChange, plan: &Plan, style: Style) -> String {
    let names = &plan.names;
    let (mark, words, colour) = symbol(instance);
    let place = instance.reason.place.as_ref().map(|p| format!(" ({p})")).unwrap_or_default();
    let cloud = instance.cloud.as_ref().map(|c| format!(" in the cloud {c}")).unwrap_or_default();
    let mut lines = vec![format!(
        "{} {} {words}{cloud}: {}{place}",
        style.paint(colour, mark),
        style.bold(&instance.slot().to_string()),
        instance.reason.text,
    )];
    let from = plan.moved_from(&instance.address).filter(|_| instance.action != Action::Move);
    lines.extend(from.map(|from| format!("        (moved from {from})")));
    let id = instance.id.iter().filter(|_| instance.imported);
    lines.extend(id.map(|id| format!("        (imported, id {id})")));
    match instance.action {
        Action::Create => lines.extend(listed(&instance.desired, names)),
        Action::Replace if instance.changes.is_empty() => {
            lines.extend(listed(&instance.desired, names));
        }
        Action::Record | Action::Move | Action::Adopt => {}
        Action::Delete | Action::Forget => {
            for name in ["name", "id"] {
                if let Some(value) = instance.before.get(name) {
                    // The id stands for itself here.
                    lines.push(format!("        {name}: {}", shown(value, &BTreeMap::new())));
                }
            }
        }
        _ => {
            lines.extend(instance.changes.iter().flat_map(|c| change::lines(c, names)));
            let rest = instance.desired.len().saturating_sub(instance.changes.len());
            if rest > 0 {
                lines.push(format!("        ({rest} more unchanged)"));
            }
        }
    }
    lines.join("\n")
}

fn listed(values: &terrace_model::Attributes, names: &BTreeMap<String, String>) -> Vec<String> {
    let given = values.iter().filter(|(_, value)| !value.is_null());
    given.map(|(name, value)| format!("        {name}: {}", shown(value, names))).collect()
}

fn drift(drift: &[Drift], names: &BTreeMap<String, String>) -> Option<String> {
    let line = |d: &Drift| match &d.attribute {
        None => format!("  {} is gone", d.address),
        Some(name) => {
            format!(
                "  {} {name}: {} -> {}",
                d.address,
                shown(&d.recorded, names),
                shown(&d.observed, names)
            )
        }
    };
    let lines: Vec<String> = drift.iter().map(line).collect();
    (!lines.is_empty())
        .then(|| format!("Changed outside of Terrace since the last apply:\n{}", lines.join("\n")))
}

fn outputs(plan: &Plan) -> Option<String> {
    let changed = plan.outputs.iter().filter(|(_, o)| o.changes());
    let lines: Vec<String> = changed
        .map(|(name, o)| {
            let (before, after) =
                (shown(&o.before, &BTreeMap::new()), shown(&o.after, &BTreeMap::new()));
            match (o.sensitive, o.before.is_null()) {
                (true, _) => format!("  {name}: (sensitive)"),
                (false, true) => format!("  {name}: {after}"),
                (false, false) => format!("  {name}: {before} -> {after}"),
            }
        })
        .collect();
    (!lines.is_empty()).then(|| format!("Outputs:\n{}", lines.join("\n")))
}

fn summary(plan: &Plan, style: Style) -> String {
    let counts = plan.counts();
    let always = [(counts.create, "create"), (counts.update, "change"), (counts.delete, "destroy")];
    let some = [
        (counts.resize, "resize"),
        (counts.rebuild, "rebuild"),
        (counts.resume, "wait for"),
        (counts.forget, "forget"),
        (counts.record, "record"),
        (counts.moved, "move"),
        (counts.import, "import"),
    ];
    let extra = some.into_iter().filter(|(n, _)| *n > 0);
    let parts: Vec<String> =
        always.into_iter().chain(extra).map(|(n, verb)| format!("{n} to {verb}")).collect();
    format!("{} {}.", style.bold("Plan:"), parts.join(", "))
}
