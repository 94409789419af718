//! Objects of the cloud that are taken over.

use std::collections::BTreeMap;

use terrace_model::{
    Address, Attributes, Diagnostic, Import, Object, Observation, Place, Record, Snapshot, Status,
    Workspace,
};

use crate::compute::Planner;
use crate::plan::{Action, InstanceChange, Refusal};

fn all(workspace: &Workspace) -> impl Iterator<Item = &Import> {
    workspace.stacks.values().flat_map(|stack| &stack.refactors.imports)
}

/// Ids of the objects that are to be taken over and are not yet, by the address they shall have.
pub fn wanted(workspace: &Workspace, recorded: &Snapshot) -> BTreeMap<Address, String> {
    let new = all(workspace).filter(|i| !recorded.records.contains_key(&i.to.value));
    new.map(|i| (i.to.value.clone(), i.id.value.clone())).collect()
}

/// Where the files say that an object is to be taken over.
pub(crate) fn place(workspace: &Workspace, address: &Address) -> Option<Place> {
    let import = all(workspace).find(|import| import.to.value == *address)?;
    Some(workspace.sources.place(import.to.span))
}

/// An object as if it had been recorded: with nothing declared but what the cloud does not tell,
/// of which nobody can say that it differs.
pub(crate) fn as_if_recorded(
    address: &Address,
    desired: &Attributes,
    object: &Object,
    key: &[u8],
) -> Record {
    let schema = address.kind().schema();
    let untold = schema.attributes.iter().filter(|a| !a.readable);
    let declared = untold.filter_map(|a| {
        let value = desired.get(a.name).filter(|value| !value.is_pending())?;
        Some((a.name.to_owned(), value.sealed(key)))
    });
    Record {
        id: object.id.clone(),
        cloud: None,
        status: Status::Ready,
        schema_version: schema.version,
        declared: declared.collect(),
        seen: object.attributes.clone(),
        settled: false,
        dependencies: [].into(),
        marker: String::new(),
        fault: None,
        prevent_destroy: false,
        retain: false,
        delete_timeout_s: None,
    }
}

impl Planner<'_> {
    /// Complains about objects that are not there, or are managed under another address.
    pub(crate) fn check_imports(&mut self) {
        let inputs = self.inputs;
        for import in all(inputs.workspace) {
            let (to, id) = (&import.to.value, &import.id.value);
            let noun = to.kind().noun();
            let problem = match (inputs.recorded.records.get(to), inputs.observed.imports.get(to)) {
                (Some(record), _) if record.id == *id => None,
                (Some(record), _) => Some(
                    Diagnostic::error(
                        "E0821",
                        import.to.span,
                        format!("`{to}` is the {noun} {} already", record.id),
                    )
                    .help("delete this entry, or move or remove what is there"),
                ),
                (None, Some(Observation::Absent)) => Some(
                    Diagnostic::error(
                        "E0822",
                        import.id.span,
                        format!("the cloud has no {noun} with the id {id}"),
                    )
                    .help("ids, not names, are given here; `openstack` lists them"),
                ),
                (None, _) => managed(inputs.recorded, import).map(|other| {
                    let message = format!("the {noun} {id} is `{other}` already");
                    Diagnostic::error("E0821", import.id.span, message).help(format!(
                        "to rename it write `moved: [{{ from: {other}, to: {to} }}]`"
                    ))
                }),
            };
            self.problems.extend(problem.into_iter().collect());
        }
    }
}

/// The address that an object is managed under.
fn managed<'a>(recorded: &'a Snapshot, import: &Import) -> Option<&'a Address> {
    let kind = import.to.value.kind();
    let mut records = recorded.records.iter();
    records.find(|(a, r)| a.kind() == kind && r.id == import.id.value).map(|(address, _)| address)
}

/// What is taken over is not replaced right away.
pub(crate) fn refusals(instances: &[InstanceChange]) -> Vec<Refusal> {
    let replaced = instances.iter().filter(|i| i.imported && i.action == Action::Replace);
    let refuse = |i: &InstanceChange| Refusal {
        address: i.address.clone(),
        message: format!(
            "`{}` is to be imported, and would be replaced at once ({})",
            i.address, i.reason.text
        ),
        help: "write its block as the object is, or ignore the difference with `ignore_changes`"
            .into(),
    };
    replaced.map(refuse).collect()
}
