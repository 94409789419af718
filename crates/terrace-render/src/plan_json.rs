//! A plan as JSON, with the words that readers of Terraform's plans know.

use serde_json::{Map, Value as Json, json};
use terrace_model::{InstanceKey, Value};
use terrace_plan::{Action, InstanceChange, Plan, ReasonCode};

/// The plan as JSON. Pass the sealed plan: what is sensitive is a hash in it, and null here.
pub fn plan_json(plan: &Plan, digest: &str) -> Json {
    let outputs: Map<String, Json> = plan
        .outputs
        .iter()
        .filter(|(_, o)| o.changes())
        .map(|(name, o)| {
            let unknown = o.after.is_pending();
            (name.clone(), json!({ "before": plain(&o.before), "after": plain(&o.after), "after_unknown": unknown, "sensitive": o.sensitive }))
        })
        .collect();
    let drift = plan.drift.iter().map(|d| {
        json!({ "address": d.address, "attribute": d.attribute, "recorded": plain(&d.recorded), "observed": plain(&d.observed) })
    });
    json!({
        "format_version": "1.2",
        "terrace_version": env!("CARGO_PKG_VERSION"),
        "mode": plan.mode,
        "environment": plan.environment,
        "lineage": plan.lineage,
        "serial": plan.serial,
        "cloud": plan.cloud,
        "digest": digest,
        "applyable": !plan.is_empty() && plan.refusals.is_empty(),
        "complete": plan.left_out == 0,
        "errored": false,
        "summary": plan.counts(),
        "resource_changes": plan.instances.iter().map(|i| change(i, plan)).collect::<Vec<_>>(),
        "resource_drift": drift.collect::<Vec<_>>(),
        "output_changes": outputs,
        "warnings": plan.warnings,
        "refusals": plan.refusals,
    })
}

fn change(instance: &InstanceChange, plan: &Plan) -> Json {
    let before = object(&instance.before, plain);
    let exists_after = !matches!(instance.action, Action::Delete | Action::Forget);
    let (before, after) =
        (if before.is_empty() { Json::Null } else { before.into() }, &instance.desired);
    let replaces = instance.changes.iter().filter(|c| c.effect == terrace_model::OnChange::Replace);
    json!({
        "address": instance.address,
        "mode": "managed",
        "type": instance.address.kind(),
        "name": instance.address.resource.name(),
        "index": instance.address.key.as_ref().map(|key| match key {
            InstanceKey::Index(index) => json!(index),
            InstanceKey::Text(text) => json!(text),
        }),
        "previous_address": plan.moved_from(&instance.address).filter(|_| !instance.deposed),
        "id": instance.id,
        "deposed": instance.id.as_ref().filter(|_| instance.deposed),
        "action": instance.action,
        "reason": instance.reason,
        "action_reason": action_reason(instance),
        "change": {
            "actions": actions(instance),
            "before": before,
            "after": if exists_after { object(after, plain).into() } else { Json::Null },
            "after_unknown": flags(after, Value::is_pending),
            "before_sensitive": flags(&instance.before, Value::is_sensitive),
            "after_sensitive": flags(after, Value::is_sensitive),
            "importing": instance.id.as_ref().filter(|_| instance.imported).map(|id| json!({ "id": id })),
            "replace_paths": replaces.map(|c| json!([c.attribute])).collect::<Vec<_>>(),
            "attributes": instance.changes.iter().map(|c| json!({
                "attribute": c.attribute, "before": plain(&c.before), "after": plain(&c.after), "place": c.place,
            })).collect::<Vec<_>>(),
        },
    })
}

fn object(values: &terrace_model::Attributes, show: fn(&Value) -> Json) -> Map<String, Json> {
    values.iter().map(|(name, value)| (name.to_owned(), show(value))).collect()
}

fn flags(values: &terrace_model::Attributes, test: fn(&Value) -> bool) -> Map<String, Json> {
    values
        .iter()
        .filter(|(_, value)| test(value))
        .map(|(name, _)| (name.to_owned(), json!(true)))
        .collect()
}

/// JSON without anything sensitive.
pub(crate) fn plain(value: &Value) -> Json {
    match value {
        Value::Sensitive(_) | Value::Fingerprint(_) | Value::Pending(_) => Json::Null,
        Value::List(items) => items.iter().map(plain).collect(),
        Value::Map(map) => map.iter().map(|(k, v)| (k.to_owned(), plain(v))).collect(),
        other => other.to_json(),
    }
}

fn actions(instance: &InstanceChange) -> &'static [&'static str] {
    match instance.action {
        Action::NoOp | Action::Resume | Action::Record | Action::Move | Action::Adopt => &["no-op"],
        Action::Replace if instance.create_first => &["create", "delete"],
        Action::Replace if instance.life.retain => &["create", "forget"],
        Action::Forget => &["forget"],
        Action::Update | Action::Resize | Action::Rebuild => &["update"],
        Action::Create => &["create"],
        Action::Replace => &["delete", "create"],
        Action::Delete => &["delete"],
    }
}

fn action_reason(instance: &InstanceChange) -> Option<&'static str> {
    match (instance.action, instance.reason.code) {
        (Action::Replace, ReasonCode::Failed) => Some("replace_because_tainted"),
        (Action::Replace, ReasonCode::Requested) => Some("replace_by_request"),
        (Action::Replace, ReasonCode::Triggered) => Some("replace_by_triggers"),
        (Action::Replace, _) => Some("replace_because_cannot_update"),
        (Action::Delete, ReasonCode::NoConfig) => Some("delete_because_no_resource_config"),
        (Action::Delete, ReasonCode::CountIndex) => Some("delete_because_count_index"),
        (Action::Delete, ReasonCode::EachKey) => Some("delete_because_each_key"),
        (Action::Delete, ReasonCode::WrongRepetition) => Some("delete_because_wrong_repetition"),
        _ => None,
    }
}
