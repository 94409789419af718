//! What the files say of addresses that changed, objects to take over, and blocks that are gone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::address::{Address, ResourceAddress};
use crate::snapshot::{Slot, Snapshot};
use crate::source::Spanned;

/// `moved`, `imports` and `removed` of a stack.
#[derive(Clone, Debug, Default)]
pub struct Refactors {
    /// Addresses that changed.
    pub moved: Vec<Moved>,
    /// Objects of the cloud to take over.
    pub imports: Vec<Import>,
    /// What becomes of blocks that are gone.
    pub removed: Vec<Removed>,
}

/// An address that changed: of an instance or, when neither has a key, of a whole block.
#[derive(Clone, Debug)]
pub struct Moved {
    /// What it was.
    pub from: Spanned<Address>,
    /// What it is.
    pub to: Spanned<Address>,
}

/// An object to take over.
#[derive(Clone, Debug)]
pub struct Import {
    /// The address that it shall have.
    pub to: Spanned<Address>,
    /// Its id in the cloud.
    pub id: Spanned<String>,
}

/// What becomes of a block or instance that is gone.
#[derive(Clone, Debug)]
pub struct Removed {
    /// What it was.
    pub from: Spanned<Address>,
    /// Whether the object goes too; when nothing is said it does, unless the state protects it.
    pub destroy: Option<bool>,
}

/// One instance that has another address now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// What it was.
    pub from: Address,
    /// What it is.
    pub to: Address,
}

impl Moved {
    /// What becomes of an address by this move; `None` when it is about something else.
    pub fn apply(&self, address: &Address) -> Option<Address> {
        let (from, to) = (&self.from.value, &self.to.value);
        let whole = from.key.is_none() && to.key.is_none();
        let key = |same: bool| if same { address.key.clone() } else { to.key.clone() };
        if address.resource == from.resource {
            let fits = whole || address.key == from.key;
            return fits.then(|| to.resource.instance(key(whole)));
        }
        let fits = address.resource.is_inside(&from.resource) && (whole || address.key == from.key);
        fits.then(|| {
            let path = address.resource.path.within(&to.resource.path);
            let resource = ResourceAddress {
                stack: to.resource.stack.clone(),
                kind: address.resource.kind,
                path,
            };
            resource.instance(key(whole))
        })
    }
}

impl Removed {
    /// Whether this is about an address, or about one that it was written inside of.
    pub fn covers(&self, address: &Address) -> bool {
        let from = &self.from.value;
        let same = address.resource == from.resource || address.resource.is_inside(&from.resource);
        same && (from.key.is_none() || from.key == address.key)
    }
}

impl Snapshot {
    /// The state after moves; what is not there any more was moved before.
    #[must_use]
    pub fn moved(mut self, moves: &[Move]) -> Self {
        if moves.is_empty() {
            return self;
        }
        let moves: BTreeMap<&Address, &Address> = moves.iter().map(|m| (&m.from, &m.to)).collect();
        let new = |address: &Address| (*moves.get(address).unwrap_or(&address)).clone();
        let all: Vec<(Slot, _)> =
            self.slots().map(|(slot, record)| (slot, record.clone())).collect();
        self.records.clear();
        self.deposed.clear();
        for (slot, mut record) in all {
            let mut needed: Vec<Address> = record.dependencies.iter().map(new).collect();
            needed.sort();
            record.dependencies = needed.into();
            self.put(Slot { address: new(&slot.address), ..slot }, Some(record));
        }
        self
    }

    /// What has to be written to get from this state to another.
    pub fn changes_to(&self, other: &Self) -> Vec<(Slot, Option<crate::Record>)> {
        let gone = self.slots().filter(|(slot, _)| other.record(slot).is_none());
        let gone = gone.map(|(slot, _)| (slot, None));
        let changed = other.slots().filter(|(slot, record)| self.record(slot) != Some(record));
        gone.chain(changed.map(|(slot, record)| (slot, Some(record.clone())))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Span};

    fn at(text: &str) -> Spanned<Address> {
        Spanned::new(text.parse().expect(text), Span::new(FileId(0), 0, 0))
    }

    #[test]
    fn where_a_move_leads() {
        for (from, to, address, expected) in [
            ("web/servers.a", "web/servers.b", "web/servers.a", Some("web/servers.b")),
            ("web/servers.a", "web/servers.b", "web/servers.a[1]", Some("web/servers.b[1]")),
            ("web/servers.a", "web/servers.b", "web/servers.c", None),
            ("web/servers.a", "web/servers.a[0]", "web/servers.a", Some("web/servers.a[0]")),
            ("web/servers.a", "web/servers.a[0]", "web/servers.a[1]", None),
            ("web/servers.a[0]", "db/servers.b", "web/servers.a[0]", Some("db/servers.b")),
            ("web/networks.a", "db/networks.b", "web/subnets.a.v4", Some("db/subnets.b.v4")),
            (
                "web/networks.a[0]",
                "web/networks.b",
                "web/subnets.a.v4[0]",
                Some("web/subnets.b.v4"),
            ),
            ("web/networks.a", "web/networks.b", "web/subnets.c.v4", None),
        ] {
            let moved = Moved { from: at(from), to: at(to) };
            let found = moved.apply(&at(address).value).map(|a| a.to_string());
            assert_eq!(found.as_deref(), expected, "{from} to {to}: {address}");
        }
    }
}
