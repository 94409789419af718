//! What the cloud was seen to hold, and facts about it that names resolve against.

use std::collections::BTreeMap;

use crate::address::{Address, Name};
use crate::driver::Driver;
pub use crate::lookup::LookupKind;
use crate::map::Attributes;

/// What was seen, by address of the recorded instance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// One entry for each recorded instance that was looked for.
    pub objects: BTreeMap<Address, Observation>,
    /// The same for deposed objects, by address and id.
    pub deposed: BTreeMap<(Address, String), Observation>,
    /// Objects that are to be imported, by the address they shall have; absent where there is none.
    pub imports: BTreeMap<Address, Observation>,
    /// Names and ids in the workspace's own cloud.
    pub facts: Facts,
    /// Names and ids in the other clouds that blocks name.
    pub others: BTreeMap<Name, Facts>,
}

impl Observed {
    /// Names and ids in a cloud; the workspace's own when `None`.
    pub fn facts_of(&self, cloud: Option<&Name>) -> &Facts {
        static NOTHING: Facts = Facts { lookups: BTreeMap::new(), driver: Driver::OpenStack };
        match cloud {
            None => &self.facts,
            Some(name) => self.others.get(name).unwrap_or(&NOTHING),
        }
    }
}

/// What was seen of one recorded instance.
#[derive(Clone, Debug, PartialEq)]
pub enum Observation {
    /// It is there.
    Present(Object),
    /// It is confirmed to be gone: the cloud answered 404 for its id.
    Absent,
}

/// An object of the cloud.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// Its id.
    pub id: String,
    /// Its attributes in the kind's terms, all that the cloud tells.
    pub attributes: Attributes,
    /// Whether it can be used.
    pub state: ObjectState,
    /// Neutron's revision number, for changes that must not overwrite another's.
    pub revision: Option<u64>,
    /// The marker found on it, if any.
    pub marker: Option<String>,
}

/// Whether an object can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectState {
    /// It can.
    Ready,
    /// The cloud is still working on it; the word is the cloud's.
    Busy(String),
    /// It failed; the text is the cloud's.
    Failed(String),
}

/// A thing of the cloud that stacks name but do not manage.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Named {
    /// Its name, not always unique.
    pub name: String,
    /// Its id.
    pub id: String,
    /// What else is known of it, by the table of its kind.
    pub attributes: Attributes,
}

/// Names and ids in the cloud, as far as the stacks need them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// What there is of each, sorted by name and id.
    pub lookups: BTreeMap<LookupKind, Vec<Named>>,
    /// The API that the cloud is spoken to by.
    pub driver: Driver,
}

/// Why a name does not resolve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unresolved {
    /// There is none; the nearest name, if one is near.
    Unknown(Option<String>),
    /// There are several; their ids.
    Ambiguous(Vec<String>),
}

impl Facts {
    /// The id of what is called so, or has that id.
    pub fn resolve(&self, kind: LookupKind, name: &str) -> Result<String, Unresolved> {
        let all = self.lookups.get(&kind).map_or(&[][..], Vec::as_slice);
        if all.iter().any(|n| n.id == name) {
            return Ok(name.to_owned());
        }
        let ids: Vec<_> = all.iter().filter(|n| n.name == name).map(|n| n.id.clone()).collect();
        match ids.as_slice() {
            [id] => Ok(id.clone()),
            [] => Err(Unresolved::Unknown(
                crate::suggest::nearest(name, all.iter().map(|n| n.name.as_str()))
                    .map(str::to_owned),
            )),
            _ => Err(Unresolved::Ambiguous(ids)),
        }
    }

    /// The name of what has that id.
    pub fn name_of(&self, kind: LookupKind, id: &str) -> Option<&str> {
        self.lookups.get(&kind)?.iter().find(|n| n.id == id).map(|n| n.name.as_str())
    }
}
