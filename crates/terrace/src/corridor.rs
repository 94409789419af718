//! The corridor: load, graph, recover, refresh, plan, review, apply. Commands are prefixes of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use terrace_engine::{Clouds, Context, EventSink, Options, Outcome, Recovery, Run, Wanted};
use terrace_graph::ResourceGraph;
use terrace_model::{Address, CloudChoice, CloudIdentity, Diagnostics, Name, Snapshot, Workspace};
use terrace_plan::{ApprovedPlan, Choices, Inputs, Mode, Plan};
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

/// Reads and checks the files, and shows what is doubtful about them; no cloud, no state.
pub(crate) fn load(global: &Global) -> anyhow::Result<Loaded> {
    let (loaded, warnings) = check(global)?;
    ui::diagnostics(&warnings, &loaded.workspace.sources);
    Ok(loaded)
}

/// The cloud that the files name; only `terrace.yaml` is read.
pub(crate) fn chosen_cloud(global: &Global) -> anyhow::Result<CloudChoice> {
    let chosen = terrace_lang::chosen_cloud(&global.folder, global.environment.as_deref());
    chosen.map_err(|e| Invalid::new(e.diagnostics, e.sources).into())
}

/// Reads and checks the files, and gives warnings back.
pub(crate) fn check(global: &Global) -> anyhow::Result<(Loaded, Diagnostics)> {
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
        variable_files: &global.variable_files,
        env: &machine::env,
        ask: ui::can_ask().then_some(&ui::ask_for),
    };
    let loaded = terrace_lang::load(&request).map_err(|mut wrong| {
        // All findings come at once: a circle of resources beside the others.
        if let Some(circle) = wrong.workspace.as_deref().and_then(terrace_graph::circle) {
            wrong.diagnostics.push(circle);
        }
        Invalid::new(wrong.diagnostics, wrong.sources)
    })?;
    let (workspace, warnings) = (loaded.workspace, loaded.warnings);
    let graph =
        terrace_graph::build(&workspace).map_err(|e| Invalid::new(e, workspace.sources.clone()))?;
    Ok((Loaded { workspace, graph }, warnings))
}

/// An open state and a connected cloud.
pub(crate) struct Place {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) context: Context,
    pub(crate) cloud: CloudIdentity,
    /// The other clouds that blocks or records name.
    pub(crate) clouds: BTreeMap<Name, CloudIdentity>,
}

/// Opens the state, which locks it, reads it, and connects.
pub(crate) async fn enter(
    global: &Global,
    loaded: &Loaded,
    events: Arc<dyn EventSink>,
) -> anyhow::Result<(Place, Snapshot)> {
    let target: Target = cloud::target(global, &loaded.workspace.cloud);
    let store: Arc<dyn Store> = Arc::new(store::open(&store::folder(global, &target))?);
    let recorded = store.snapshot()?;
    let own = cloud::connect(global, &target.choice, None).await?;
    let mut clouds = Clouds::one(Arc::new(own));
    for (name, instances) in elsewhere(loaded, &recorded, &store.unfinished()?) {
        let Some(choice) = loaded.workspace.clouds.get(&name) else {
            return Err(crate::error::unknown_cloud(&name, &instances));
        };
        let session = cloud::connect(global, choice, Some(&name)).await?;
        clouds = clouds.with(&name, Arc::new(session), instances);
    }
    let context = Context { clouds, clock: Arc::new(terrace_api::SystemClock), events };
    let (cloud, clouds) = (context.identity(), context.identities());
    let others = recorded.clouds.iter().filter_map(|(name, was)| Some((was, clouds.get(name)?)));
    for (was, is) in recorded.cloud.iter().map(|was| (was, &cloud)).chain(others) {
        if !was.same_place(is) {
            return Err(crate::error::other_cloud(was, is));
        }
    }
    Ok((Place { store, context, cloud, clouds }, recorded))
}

/// The instances that are not in the workspace's own cloud: where they are, or shall be.
fn elsewhere(
    loaded: &Loaded,
    recorded: &Snapshot,
    unfinished: &[terrace_state::Operation],
) -> BTreeMap<Name, Vec<Address>> {
    let several = loaded.workspace.resources().any(|resource| resource.cloud.is_some());
    let desired = loaded.graph.order().iter().filter(|_| several).filter_map(|address| {
        let cloud = loaded.workspace.resource(&address.resource)?.cloud.as_ref()?;
        (!recorded.records.contains_key(address)).then_some((cloud, address))
    });
    let there = recorded.records.iter().filter_map(|(a, record)| Some((record.cloud.as_ref()?, a)));
    let begun = unfinished.iter().filter_map(|operation| {
        let planned = operation.intent.planned.as_ref()?;
        Some((planned.cloud.as_ref()?, &operation.intent.address))
    });
    let mut found: BTreeMap<Name, Vec<Address>> = BTreeMap::new();
    for (cloud, address) in desired.chain(there).chain(begun) {
        found.entry(cloud.clone()).or_default().push(address.clone());
    }
    found
}

/// A plan, and the state it was made against.
pub(crate) struct Planned {
    pub(crate) plan: Plan,
    pub(crate) recorded: Snapshot,
    pub(crate) recovery: Recovery,
}

/// Whether the recorded objects are read from the cloud, or taken as they were last seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refresh {
    Read,
    AsRecorded,
}

/// Finds out what an earlier run left, reads the cloud, and plans. Writes nothing.
pub(crate) async fn plan(
    loaded: &Loaded,
    (place, snapshot): (&Place, Snapshot),
    (mode, choices): (Mode, &Choices),
    refresh: Refresh,
) -> anyhow::Result<Planned> {
    let recovery =
        terrace_engine::recover(&place.context, &snapshot, place.store.unfinished()?).await?;
    let Loaded { workspace, graph } = loaded;
    let wrong = |found| Invalid::new(found, workspace.sources.clone());
    let recorded = recovery.onto(snapshot);
    let moves = terrace_plan::moves(workspace, &recorded).map_err(wrong)?;
    let recorded = recorded.moved(&moves);
    for asked in choices.targets.iter().chain(&choices.replace) {
        let known = graph.order().iter().chain(recorded.records.keys());
        if !known.clone().any(|address| terrace_plan::is_meant(asked, address)) {
            let known = known.map(ToString::to_string).collect();
            return Err(crate::commands::state::nothing_at(&asked.to_string(), known));
        }
    }
    let mut wanted = match mode {
        Mode::Apply => {
            let imports = terrace_plan::wanted_imports(workspace, &recorded);
            Wanted { imports, ..Wanted::by(workspace) }
        }
        Mode::Destroy => Wanted::default(),
    };
    wanted.as_recorded = refresh == Refresh::AsRecorded;
    let observed = terrace_engine::refresh(&place.context, &recorded, &wanted).await?;
    let inputs = Inputs {
        mode,
        workspace,
        graph,
        recorded: &recorded,
        observed: &observed,
        cloud: &place.cloud,
        clouds: &place.clouds,
        moves: &moves,
        choices,
    };
    let plan = terrace_plan::compute(inputs).map_err(wrong)?;
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
        clouds: place.clouds.clone(),
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
