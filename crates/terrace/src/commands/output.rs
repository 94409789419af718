//! `terrace output`.

use std::collections::BTreeMap;
use std::process::ExitCode;

use terrace_model::expr::Template;
use terrace_model::{FileId, Observed, OutputRecord, Snapshot, Span, StackName, Value};
use terrace_plan::Offline;
use terrace_state::Store as _;

use crate::args::Global;
use crate::{corridor, ui};

/// Show outputs.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  terrace output\n  terrace output web.addresses --json\n  terrace output web.token --reveal"
)]
pub(crate) struct Output {
    /// One output, as `stack.name`, or its name alone when no other stack has the same.
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// As JSON.
    #[arg(long)]
    json: bool,
    /// Show it even if it is sensitive. The state has only a hash of such a value: it is computed from
    /// the files, the variables and what is recorded.
    #[arg(long, requires = "name")]
    reveal: bool,
}

pub(crate) fn run(global: &Global, args: &Output) -> anyhow::Result<ExitCode> {
    let snapshot = super::show::state(global)?.snapshot()?;
    let mut outputs = snapshot.outputs.clone();
    if let Some(name) = &args.name {
        let fits =
            |full: &str| full == name || full.split_once('.').is_some_and(|(_, last)| last == name);
        let known: Vec<String> = outputs.keys().cloned().collect();
        outputs.retain(|full, _| fits(full));
        match outputs.len() {
            0 if known.is_empty() => {
                anyhow::bail!("there are no outputs yet: `terrace apply` records them")
            }
            0 => anyhow::bail!("there is no output `{name}`; there are {}", known.join(", ")),
            1 => {}
            _ => {
                anyhow::bail!("several stacks have an output `{name}`: name one as `stack.{name}`")
            }
        }
    }
    if args.reveal {
        reveal(global, &snapshot, &mut outputs)?;
    }
    if args.json {
        ui::print_json(&terrace_render::outputs_json(&outputs));
    } else {
        ui::print(&terrace_render::outputs(&outputs, ui::out_style()));
    }
    Ok(ExitCode::SUCCESS)
}

/// Puts values in place of those that the state does not have.
fn reveal(
    global: &Global,
    snapshot: &Snapshot,
    outputs: &mut BTreeMap<String, OutputRecord>,
) -> anyhow::Result<()> {
    let loaded = corridor::load(global)?;
    let nothing = Observed::default();
    let offline = Offline::new(&loaded.workspace, &loaded.graph, Some(snapshot), &nothing);
    for (full, output) in outputs.iter_mut().filter(|(_, output)| output.sensitive) {
        let (stack, name) = full.rsplit_once('.').unwrap_or_default();
        let text = format!("${{stacks[\"{stack}\"][\"{name}\"]}}");
        let template = Template::parse(&text, Span::new(FileId(u32::MAX), 0, 0))
            .map_err(|diagnostic| anyhow::anyhow!(diagnostic.message))?;
        let value = offline.evaluate(&StackName::new(stack)?, &template)?.revealed();
        if !offline.missing().is_empty() {
            anyhow::bail!(
                "`{full}` cannot be shown: it is made of what is looked up under `existing`\nhelp: `terrace console` looks it up"
            );
        }
        if !is_whole(&value) {
            anyhow::bail!(
                "`{full}` cannot be shown: the state does not keep the secrets it is made of"
            );
        }
        *output = OutputRecord { value, sensitive: false };
    }
    Ok(())
}

/// Whether all of a value is known.
fn is_whole(value: &Value) -> bool {
    match value {
        Value::Pending(_) | Value::Fingerprint(_) => false,
        Value::List(items) => items.iter().all(is_whole),
        Value::Map(map) => map.values().all(is_whole),
        _ => true,
    }
}
