//! The corridor: load, graph, recover, refresh, plan, review, apply. Commands are prefixes of it.

use std::sync::Arc;

use terrace_engine::{Context, EventSink, Options, Outcome, Recovery, Run, Wanted};
use terrace_graph::ResourceGraph;
use terrace_model::{CloudIdentity, Snapshot, Workspace};
use terrace_plan::{ApprovedPlan, Inputs, Mode, Plan};
use terrace_state::{RunStart, Store};

use crate::args::Global;
use crate::cloud::{self, Target};
use crate::error::Invalid;
use crate::{machine, store, ui};

/// A checked workspace and its instances.
pub(crate) struct Loaded {
    pub(crate) workspace: Workspace,
    pub(crate) graph: ResourceGraph,
}

/// Reads and checks the files; no cloud, no state.
pub(crate) fn load(global: &Global) -> anyhow::Result<Loaded> {
    let variables = global.variables.iter().map(|given| match given.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => {
            Err(anyhow::anyhow!("`--var {given}` has no value: write it as `--var name=value`"))
        }
    });
    let variables = variables.collect::<anyhow::Result<Vec<_>>>()?;
    let environment = global.environment.as_deref();
    let request = terrace_lang::Request {
        root: &global.folder,
        environment,
        variables: &variables,
        env: &machine::env,
    };
    let loaded =
        terrace_lang::load(&request).map_err(|e| Invalid::new(e.diagnostics, e.sources))?;
    ui::diagnostics(&loaded.warnings, &loaded.workspace.sources);
    let workspace = loaded.workspace;
    let graph =
        terrace_graph::build(&workspace).map_err(|e| Invalid::new(e, workspace.sources.clone()))?;
    Ok(Loaded { workspace, graph })
}

/// An open state and a connected cloud.
pub(crate) struct Place {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) context: Context,
    pub(crate) cloud: CloudIdentity,
}

/// Opens the state, which locks it, and connects.
pub(crate) async fn enter(
    global: &Global,
    loaded: &Loaded,
    events: Arc<dyn EventSink>,
) -> anyhow::Result<Place> {
    let target: Target = cloud::target(global, &loaded.workspace.cloud);
    let store: Arc<dyn Store> = Arc::new(store::open(&store::folder(global, &target))?);
    let session = Arc::new(cloud::connect(global, &target).await?);
    let context = Context { session, clock: Arc::new(terrace_api::SystemClock), events };
    let cloud = context.identity();
    if let Some(recorded) = store.snapshot()?.cloud
        && !recorded.same_place(&cloud)
    {
        return Err(crate::error::other_cloud(&recorded, &cloud));
    }
    Ok(Place { store, context, cloud })
}

/// A plan, and the state it was made against.
pub(crate) struct Planned {
    pub(crate) plan: Plan,
    pub(crate) recorded: Snapshot,
    pub(crate) recovery: Recovery,
}

/// Finds out what an earlier run left, reads the cloud, and plans. Writes nothing.
pub(crate) async fn plan(loaded: &Loaded, place: &Place, mode: Mode) -> anyhow::Result<Planned> {
    let snapshot = place.store.snapshot()?;
    let recovery =
        terrace_engine::recover(&place.context, &snapshot, place.store.unfinished()?).await?;
    let recorded = recovery.onto(snapshot);
    let wanted =
        if mode == Mode::Apply { Wanted::by(&loaded.workspace) } else { Wanted::default() };
    let observed = terrace_engine::refresh(&place.context, &recorded, &wanted).await?;
    let Loaded { workspace, graph } = loaded;
    let inputs = Inputs {
        mode,
        workspace,
        graph,
        recorded: &recorded,
        observed: &observed,
        cloud: &place.cloud,
    };
    let plan =
        terrace_plan::compute(inputs).map_err(|e| Invalid::new(e, workspace.sources.clone()))?;
    Ok(Planned { plan, recorded, recovery })
}

/// Carries out an approved plan.
pub(crate) async fn apply(
    global: &Global,
    place: &Place,
    approved: ApprovedPlan,
    recorded: Snapshot,
    parallelism: usize,
) -> anyhow::Result<Outcome> {
    let start = RunStart {
        command: machine::command(),
        user: machine::user(),
        host: machine::host(),
        pid: std::process::id(),
        git_commit: machine::git_commit(&global.folder),
        digest: Some(approved.plan().digest(&recorded.fingerprint_key)),
        at_ms: machine::now_ms(),
        cloud: place.cloud.clone(),
    };
    let run = Run {
        store: Arc::clone(&place.store),
        recorded,
        start,
        options: Options { parallelism },
        stop: ui::interrupts(),
        nonce: Arc::new(machine::random),
    };
    Ok(terrace_engine::apply(&place.context, approved, run).await?)
}
