//! `terrace state`.

use std::process::ExitCode;

use terrace_model::{Address, FileId, Move, Moved, Record, Slot, Snapshot, Span, Spanned, suggest};
use terrace_plan::is_meant;
use terrace_state::{RunFinish, RunStart, Store as _};

use crate::args::Global;
use crate::{cloud, corridor, machine, store, ui};

/// Look into the state, and mend it.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum State {
    /// The addresses of everything that is recorded, one a line.
    #[command(after_help = "Example:\n  terrace state list")]
    List,
    /// Everything that is recorded of one instance.
    #[command(after_help = "Example:\n  terrace state show 'web/servers.web[0]'")]
    Show {
        /// The address, as `terrace state list` prints it.
        address: String,
    },
    /// Give something another address; the cloud is not touched.
    ///
    /// For changes that are reviewed write an entry of `moved` instead.
    #[command(after_help = "Example:\n  terrace state mv web/servers.web 'web/servers.app[0]'")]
    Mv {
        /// What it is: an instance, or a block with all its instances and what is written inside.
        from: Address,
        /// What it shall be.
        to: Address,
    },
    /// Forget something; the object stays in the cloud.
    ///
    /// For changes that are reviewed write an entry of `removed` with `destroy: false` instead.
    #[command(after_help = "Example:\n  terrace state rm 'web/servers.web[0]'")]
    Rm {
        /// An instance, or a block with all its instances and what is written inside.
        #[arg(required = true)]
        addresses: Vec<Address>,
    },
}

pub(crate) fn run(global: &Global, args: &State) -> anyhow::Result<ExitCode> {
    match args {
        State::Mv { .. } | State::Rm { .. } => return mend(global, args),
        State::List => {
            let slots = super::show::state(global)?.slots()?;
            ui::print(&terrace_render::state_list(&slots));
        }
        State::Show { address } => {
            let snapshot = super::show::state(global)?.snapshot()?;
            let (address, record) = find(&snapshot, address)?;
            ui::print(&terrace_render::state_show(&address, record, &snapshot));
            machine::leave(snapshot);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What is recorded at an address as the user wrote it.
pub(crate) fn find<'a>(
    snapshot: &'a Snapshot,
    written: &str,
) -> anyhow::Result<(Slot, &'a Record)> {
    let slot: Slot = written.parse()?;
    if let Some(record) = snapshot.record(&slot) {
        return Ok((slot, record));
    }
    let known: Vec<String> = snapshot.slots().map(|(slot, _)| slot.to_string()).collect();
    let asked = slot.to_string();
    let nearest = suggest::nearest(&asked, known.iter().map(String::as_str));
    let hint = nearest.map(|n| format!("\nhelp: did you mean `{n}`?")).unwrap_or_default();
    anyhow::bail!("nothing is recorded at `{slot}`{hint}")
}

/// The complaint about an address that means nothing.
pub(crate) fn nothing_at(asked: &str, known: Vec<String>) -> anyhow::Error {
    let nearest = suggest::nearest(asked, known.iter().map(String::as_str));
    let hint = nearest.map(|n| format!("\nhelp: did you mean `{n}`?")).unwrap_or_default();
    anyhow::anyhow!("there is no `{asked}`, in the files or in the state{hint}")
}

/// Changes the state by hand: a run of its own, with its serial and its place in the history.
fn mend(global: &Global, args: &State) -> anyhow::Result<ExitCode> {
    let loaded = corridor::load(global)?;
    let target = cloud::target(global, &loaded.workspace.cloud);
    let store = store::open(&store::folder(global, &target))?;
    let snapshot = store.snapshot()?;
    anyhow::ensure!(
        store.unfinished()?.is_empty(),
        "an earlier run was interrupted\nhelp: run `terrace apply` first: it finds out what became of it"
    );
    let after = match args {
        State::Mv { from, to } => moved(&snapshot, from, to)?,
        State::Rm { addresses } => forgotten(&snapshot, addresses)?,
        State::List | State::Show { .. } => return Ok(ExitCode::SUCCESS),
    };
    let Some(cloud) = snapshot.cloud.clone() else { anyhow::bail!("nothing is recorded yet") };
    let changes = snapshot.changes_to(&after);
    store.start_run(RunStart {
        command: machine::command(),
        user: machine::user(),
        host: machine::host(),
        pid: std::process::id(),
        git_commit: machine::git_commit(&global.folder),
        digest: None,
        at_ms: machine::now_ms(),
        cloud,
        clouds: snapshot.clouds.clone(),
    })?;
    store.put_records(&changes)?;
    let outputs = snapshot.outputs;
    store.finish_run(RunFinish { at_ms: machine::now_ms(), result: "complete".into(), outputs })?;
    for (slot, record) in &changes {
        ui::print(&format!("{} {slot}", if record.is_some() { "+" } else { "-" }));
    }
    Ok(ExitCode::SUCCESS)
}

fn moved(snapshot: &Snapshot, from: &Address, to: &Address) -> anyhow::Result<Snapshot> {
    anyhow::ensure!(
        from.kind() == to.kind(),
        "a {} cannot become a {}",
        from.kind().noun(),
        to.kind().noun()
    );
    let nowhere =
        |address: &Address| Spanned::new(address.clone(), Span::new(FileId(u32::MAX), 0, 0));
    let rule = Moved { from: nowhere(from), to: nowhere(to) };
    let all = snapshot.records.keys();
    let moves: Vec<Move> = all
        .filter_map(|address| Some(Move { from: address.clone(), to: rule.apply(address)? }))
        .collect();
    if moves.is_empty() {
        let known = snapshot.records.keys().map(ToString::to_string).collect();
        return Err(nothing_at(&from.to_string(), known));
    }
    let taken = moves.iter().find(|m| snapshot.records.contains_key(&m.to));
    if let Some(taken) = taken {
        anyhow::bail!("something is recorded at `{}` already", taken.to);
    }
    Ok(snapshot.clone().moved(&moves))
}

fn forgotten(snapshot: &Snapshot, addresses: &[Address]) -> anyhow::Result<Snapshot> {
    let mut after = snapshot.clone();
    for asked in addresses {
        let meant = snapshot.slots().filter(|(slot, _)| is_meant(asked, &slot.address));
        let meant: Vec<Slot> = meant.map(|(slot, _)| slot).collect();
        if meant.is_empty() {
            let known = snapshot.records.keys().map(ToString::to_string).collect();
            return Err(nothing_at(&asked.to_string(), known));
        }
        meant.into_iter().for_each(|slot| after.put(slot, None));
    }
    Ok(after)
}
