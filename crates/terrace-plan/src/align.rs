//! What is kept in order of address, found for very many addresses at once: each is compared with
//! its neighbours, and not with all on the way down a tree.

use std::iter::Peekable;

use terrace_model::Address;

/// Addresses, and their places in order.
pub(crate) struct Aligned<'a> {
    addresses: &'a [Address],
    sorted: Vec<usize>,
}

impl<'a> Aligned<'a> {
    /// Of addresses that are mostly in order already.
    pub(crate) fn of(addresses: &'a [Address]) -> Self {
        let mut sorted: Vec<usize> = (0..addresses.len()).collect();
        sorted.sort_by(|a, b| addresses[*a].cmp(&addresses[*b]));
        Self { addresses, sorted }
    }

    /// What each address has in something that is sorted by a part of it, place by place.
    pub(crate) fn with<K: Ord + 'a, T: Copy>(
        &self,
        part: impl Fn(&'a Address) -> &'a K,
        known: impl Iterator<Item = (&'a K, T)>,
    ) -> Vec<Option<T>> {
        let mut found = vec![None; self.addresses.len()];
        let mut known = known.peekable();
        for place in &self.sorted {
            found[*place] = at(&mut known, part(&self.addresses[*place]));
        }
        found
    }
}

/// What has that key, when what was asked for before is not after it.
pub(crate) fn at<'a, K: Ord + 'a, T: Copy>(
    known: &mut Peekable<impl Iterator<Item = (&'a K, T)>>,
    key: &K,
) -> Option<T> {
    while known.next_if(|(other, _)| *other < key).is_some() {}
    known.peek().filter(|(other, _)| *other == key).map(|(_, value)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_has_what_a_lookup_finds() {
        let address = |text: &str| text.parse::<Address>().expect("an address");
        let addresses =
            ["b/servers.x", "a/servers.y[1]", "a/servers.y[0]", "a/networks.n", "c/servers.z"]
                .map(address);
        let known = std::collections::BTreeMap::from(
            ["a/servers.x", "a/servers.y[0]", "b/servers.x", "b/servers.y"]
                .map(|text| (address(text), text)),
        );
        let aligned = Aligned::of(&addresses);
        let found = aligned.with(|address| address, known.iter());
        let looked_up: Vec<_> = addresses.iter().map(|address| known.get(address)).collect();
        assert_eq!(found, looked_up);
        assert_eq!(found.iter().flatten().count(), 2);
        let blocks: Vec<_> =
            known.keys().map(|address| (&address.resource, address.stack())).collect();
        let found = aligned.with(|address| &address.resource, blocks.into_iter());
        // Several of one block have it each.
        assert_eq!(
            found.iter().map(Option::is_some).collect::<Vec<_>>(),
            [true, true, true, false, false]
        );
    }
}
