//! What others refer to: subnet pools, from which subnets are cut, and groups of addresses, which
//! rules name.

use super::resource::stamped;
use super::{body_of, fault, no_such_path};
use crate::keystone::Caller;
use crate::records::Row;
use crate::state::State;
use crate::table::Record;
use crate::web::{Answer, Object, Reply, Req, object, text};
use ipnet::IpNet;
use serde_json::{Value, json};

/// A kind of object that others refer to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Referred {
    Pool,
    AddressGroup,
}

impl Referred {
    fn name(self) -> &'static str {
        match self {
            Self::Pool => "subnetpool",
            Self::AddressGroup => "address_group",
        }
    }
}

/// Requests to `/v2.0/subnetpools` and `/v2.0/address-groups`.
pub(super) fn answer(
    state: &mut State,
    req: &Req,
    who: &Caller,
    (kind, path): (Referred, &[&str]),
) -> Answer {
    let name = kind.name();
    match (req.method.as_str(), path) {
        ("GET", []) => {
            let all = state.referred.find("project_id", &who.project_id);
            let all: Vec<Object> = all.filter(|row| is(kind, row)).map(shown).collect();
            Ok(Reply::json(200, &json!({ format!("{name}s"): all })))
        }
        ("POST", []) => {
            let mut body = body_of(req, name)?;
            if kind == Referred::Pool {
                body = pool(body)?;
            }
            body.insert("_kind".into(), json!(name));
            let row = stamped(state, &who.project_id, body, 0);
            state.referred.put(row.clone());
            Ok(Reply::json(201, &json!({ name: shown(&row) })))
        }
        ("GET", [id]) => {
            Ok(Reply::json(200, &json!({ name: shown(&find(state, who, kind, id)?) })))
        }
        ("DELETE", [id]) => {
            let id = find(state, who, kind, id)?.id().to_owned();
            state.referred.remove(&id);
            Ok(Reply::empty(204))
        }
        _ => Err(no_such_path()),
    }
}

fn is(kind: Referred, row: &Row) -> bool {
    row.text("_kind") == kind.name()
}

fn shown(row: &Row) -> Object {
    row.0.clone().into_iter().filter(|(name, _)| name != "_kind").collect()
}

fn find(state: &State, who: &Caller, kind: Referred, id: &str) -> Result<Row, Reply> {
    let own = |row: &&Row| who.admin || row.text("project_id") == who.project_id;
    let row = state.referred.get(id).filter(own).filter(|row| is(kind, row));
    row.cloned().ok_or_else(|| match kind {
        Referred::Pool => not_found(id),
        Referred::AddressGroup => {
            let message = format!("Address group {id} could not be found.");
            fault(404, "AddressGroupNotFound", &message)
        }
    })
}

fn not_found(id: &str) -> Reply {
    fault(404, "SubnetPoolNotFound", &format!("Subnet pool {id} could not be found."))
}

/// A new pool, with what it has unless it is said.
fn pool(body: Object) -> Result<Object, Reply> {
    let prefixes = body.get("prefixes").and_then(Value::as_array).cloned().unwrap_or_default();
    let nets: Vec<IpNet> =
        prefixes.iter().filter_map(|prefix| prefix.as_str()?.parse().ok()).collect();
    let Some(first) = nets.first().filter(|_| nets.len() == prefixes.len()) else {
        return Err(fault(400, "EmptySubnetPoolPrefixList", "Empty subnet pool prefix list."));
    };
    let (version, least) = if first.addr().is_ipv4() { (4, 8) } else { (6, 64) };
    let mut row = object(json!({
        "name": "", "description": "", "default_quota": null, "address_scope_id": null,
        "is_default": false, "shared": false, "min_prefixlen": least,
        "max_prefixlen": first.max_prefix_len(), "ip_version": version,
    }));
    row.extend(body);
    let least = row["min_prefixlen"].clone();
    row.entry("default_prefixlen").or_insert(least);
    Ok(row)
}

/// Gives a subnet from a pool the first range of its size that is free.
pub(super) fn choose(state: &State, body: &mut Object) -> Result<(), Reply> {
    let size = body.shift_remove("prefixlen");
    let Some(pool) = text(body, "subnetpool_id") else { return Ok(()) };
    let pool = state.referred.get(pool).ok_or_else(|| not_found(pool))?;
    if text(body, "cidr").is_some() {
        return Ok(());
    }
    let size = size.as_ref().and_then(Value::as_i64);
    let size = size.unwrap_or_else(|| pool.number("default_prefixlen"));
    let taken: Vec<IpNet> = state
        .subnets
        .iter()
        .filter(|subnet| subnet.text("subnetpool_id") == pool.id())
        .filter_map(|subnet| subnet.text("cidr").parse().ok())
        .collect();
    let free = |net: &IpNet| !taken.iter().any(|t| t.contains(net) || net.contains(t));
    let prefixes = pool.list("prefixes").iter();
    let size = u8::try_from(size).unwrap_or_default();
    let found = prefixes
        .filter_map(|prefix| prefix.as_str()?.parse::<IpNet>().ok()?.subnets(size).ok())
        .find_map(|mut all| all.find(free));
    let found = found.ok_or_else(|| {
        let message =
            "Failed to allocate subnet: Insufficient prefix space to allocate subnet size";
        fault(400, "SubnetAllocationError", &format!("{message} /{size}."))
    })?;
    body.insert("cidr".into(), json!(found.to_string()));
    Ok(())
}
