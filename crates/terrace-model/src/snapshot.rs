//! What is recorded: the state of a workspace in one environment, as it was last committed.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::address::{Address, AddressError, Name};
use crate::map::Attributes;
use crate::value::Value;

/// Which history a state belongs to; a random UUID, made with the state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lineage(pub String);

/// The whole recorded state.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Its history.
    pub lineage: Lineage,
    /// Grows by one with every run that may change something.
    pub serial: u64,
    /// Key of fingerprints of sensitive values; random, made with the state, never shown.
    pub fingerprint_key: Vec<u8>,
    /// The cloud and project that the ids belong to; `None` before the first apply.
    pub cloud: Option<CloudIdentity>,
    /// The other clouds that records name, by their name in `terrace.yaml`.
    pub clouds: BTreeMap<Name, CloudIdentity>,
    /// One record for each instance.
    pub records: BTreeMap<Address, Record>,
    /// Objects whose replacement was made first, until they are deleted; by address and their id.
    pub deposed: BTreeMap<(Address, String), Record>,
    /// Outputs by `stack.name`.
    pub outputs: BTreeMap<String, OutputRecord>,
}

/// Which cloud and project ids belong to. Two of them are the same if `auth_url` and `project_id` are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloudIdentity {
    /// Name in clouds.yaml, `simulator`, or `envvars`.
    pub name: String,
    /// Keystone's URL.
    pub auth_url: String,
    /// The project.
    pub project_id: String,
    /// Its name.
    pub project_name: String,
    /// The user; keypairs belong to it.
    pub user_id: String,
    /// The region, if there are several.
    pub region: Option<String>,
}

/// What is known of one instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Id in the cloud.
    pub id: String,
    /// Which cloud; the workspace's own when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloud: Option<Name>,
    /// Where it is in its life.
    pub status: Status,
    /// Version of the kind's table that wrote it.
    pub schema_version: u32,
    /// The attributes as they were last applied; sensitive ones as fingerprints. Holds what the
    /// user declared and the table's defaults, nothing that only the cloud sets.
    #[serde(deserialize_with = "Attributes::stored")]
    pub declared: Attributes,
    /// All attributes as they were last seen in the cloud.
    #[serde(deserialize_with = "Attributes::stored")]
    pub seen: Attributes,
    /// Whether what was seen was as declared, by the kind's table that wrote it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub settled: bool,
    /// Instances that this one directly depends on, sorted.
    #[serde(deserialize_with = "crate::stored::addresses")]
    pub dependencies: Arc<[Address]>,
    /// The marker that was put on it.
    pub marker: String,
    /// Why it is failed or tainted, in the cloud's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// Whether the plan must refuse to destroy it; kept here so that deleting the block does not lift it.
    #[serde(default)]
    pub prevent_destroy: bool,
    /// Whether the object stays in the cloud when the record goes; kept here for the same reason.
    #[serde(default, skip_serializing_if = "is_false")]
    pub retain: bool,
    /// How many seconds its deletion may take, if the user said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete_timeout_s: Option<u64>,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// Where a record is kept: at the address of its instance, or beside it, once its object is
/// deposed: replaced by one that was made first, and not deleted yet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// The instance.
    pub address: Address,
    /// The id of a deposed object.
    pub deposed: Option<String>,
}

impl From<Address> for Slot {
    fn from(address: Address) -> Self {
        Self { address, deposed: None }
    }
}

/// As it is stored and shown: `web/servers.web[0]`, `web/servers.web[0] (deposed ID)`.
impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)?;
        self.deposed.iter().try_for_each(|id| write!(f, " (deposed {id})"))
    }
}

impl FromStr for Slot {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        // No address ends with a round bracket.
        match text.strip_suffix(')').and_then(|open| open.rsplit_once(" (deposed ")) {
            Some((address, id)) => {
                Ok(Self { address: address.parse()?, deposed: Some(id.to_owned()) })
            }
            None => text.parse::<Address>().map(Self::from),
        }
    }
}

/// Where a recorded instance is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It exists, but was not seen ready yet; the next run goes on waiting.
    Creating,
    /// As it should be.
    Ready,
    /// A change was begun and not seen to end.
    Updating,
    /// A delete was begun and not seen to end.
    Deleting,
    /// The cloud says that it failed; the next plan replaces it.
    Failed,
}

/// A recorded output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutputRecord {
    /// The value; a fingerprint when it is sensitive.
    pub value: Value,
    /// Whether it is only shown when asked for by name.
    pub sensitive: bool,
}

impl Snapshot {
    /// The record that is kept in a slot.
    pub fn record(&self, slot: &Slot) -> Option<&Record> {
        match &slot.deposed {
            None => self.records.get(&slot.address),
            Some(id) => self.deposed.get(&(slot.address.clone(), id.clone())),
        }
    }

    /// Sets or removes the record of a slot.
    pub fn put(&mut self, slot: Slot, record: Option<Record>) {
        let Slot { address, deposed } = slot;
        match (deposed, record) {
            (None, Some(record)) => drop(self.records.insert(address, record)),
            (None, None) => drop(self.records.remove(&address)),
            (Some(id), Some(record)) => drop(self.deposed.insert((address, id), record)),
            (Some(id), None) => drop(self.deposed.remove(&(address, id))),
        }
    }

    /// The slot of an instance's object: its address, or beside it.
    pub fn slot_of(&self, address: &Address, id: &str) -> Option<Slot> {
        let deposed = Slot { address: address.clone(), deposed: Some(id.to_owned()) };
        match self.records.get(address) {
            Some(record) if record.id == id => Some(address.clone().into()),
            _ => self.record(&deposed).is_some().then_some(deposed),
        }
    }

    /// Every record with its slot.
    pub fn slots(&self) -> impl Iterator<Item = (Slot, &Record)> {
        let deposed = self.deposed.iter().map(|((address, id), record)| {
            (Slot { address: address.clone(), deposed: Some(id.clone()) }, record)
        });
        self.records.iter().map(|(address, record)| (address.clone().into(), record)).chain(deposed)
    }

    /// An empty state of a history.
    pub fn empty(lineage: Lineage, fingerprint_key: Vec<u8>) -> Self {
        Self {
            lineage,
            serial: 0,
            fingerprint_key,
            cloud: None,
            clouds: BTreeMap::new(),
            records: BTreeMap::new(),
            deposed: BTreeMap::new(),
            outputs: BTreeMap::new(),
        }
    }
}

impl CloudIdentity {
    /// Whether ids of one can be looked up in the other.
    pub fn same_place(&self, other: &Self) -> bool {
        self.auth_url == other.auth_url
            && self.project_id == other.project_id
            && self.region == other.region
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_round_trip() {
        for (text, id) in [
            ("web/servers.web[0]", None),
            ("web/servers.web[\"a (deposed b)\"]", None),
            ("web/servers.web[\"a\"] (deposed 5f1c)", Some("5f1c")),
            ("web/networks.front (deposed a (b)", Some("a (b")),
        ] {
            let slot: Slot = text.parse().expect("a slot");
            assert_eq!((slot.to_string().as_str(), slot.deposed.as_deref()), (text, id));
        }
    }
}
