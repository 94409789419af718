//! The envelope of every stored value: one version byte, a CRC-32, then JSON. The checksum also
//! covers tree and key, so a value that turns up in the wrong place is found as well.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::backing::Tree;
use crate::error::StateError;

/// Version of the JSON inside. The envelope itself never changes.
pub(crate) const VALUE_VERSION: u8 = 3;

const HEAD: usize = 5;

/// Puts a value into its envelope.
pub(crate) fn encode<T: Serialize>(
    tree: Tree,
    key: &[u8],
    value: &T,
) -> Result<Vec<u8>, StateError> {
    let mut bytes = vec![0; HEAD];
    serde_json::to_writer(&mut bytes, value)
        .map_err(|source| StateError::Unstorable { what: name(tree, key), source })?;
    bytes[0] = VALUE_VERSION;
    let sum = checksum(tree, key, VALUE_VERSION, &bytes[HEAD..]);
    bytes[1..HEAD].copy_from_slice(&sum.to_le_bytes());
    Ok(bytes)
}

/// Takes a value out of its envelope.
pub(crate) fn decode<T: DeserializeOwned>(
    tree: Tree,
    key: &[u8],
    bytes: &[u8],
) -> Result<T, StateError> {
    let (_, json) = open(tree, key, bytes)?;
    serde_json::from_slice(json).map_err(|error| unreadable(tree, key, &error))
}

/// What was inside of an envelope is not what should be there.
pub(crate) fn unreadable(tree: Tree, key: &[u8], error: &serde_json::Error) -> StateError {
    StateError::damaged(format!("{} is not as it should be: {error}", name(tree, key)))
}

/// Checks an envelope without looking at what is inside, and gives its checksum.
pub(crate) fn verify(tree: Tree, key: &[u8], bytes: &[u8]) -> Result<u32, StateError> {
    open(tree, key, bytes).map(|(sum, _)| sum)
}

/// Checks an envelope, and gives its checksum and what is inside.
pub(crate) fn open<'a>(
    tree: Tree,
    key: &[u8],
    bytes: &'a [u8],
) -> Result<(u32, &'a [u8]), StateError> {
    let damaged = || StateError::damaged(format!("{} fails its checksum", name(tree, key)));
    let ([version, a, b, c, d], json) = bytes.split_first_chunk::<HEAD>().ok_or_else(damaged)?;
    let sum = u32::from_le_bytes([*a, *b, *c, *d]);
    // The checksum comes first: a flipped version byte is damage, not a newer Terrace.
    if sum != checksum(tree, key, *version, json) {
        return Err(damaged());
    }
    if *version > VALUE_VERSION {
        return Err(StateError::Newer {
            found: u32::from(*version),
            known: u32::from(VALUE_VERSION),
        });
    }
    Ok((sum, json))
}

fn checksum(tree: Tree, key: &[u8], version: u8, json: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for part in [tree.name().as_bytes(), &[0], key, &[0, version], json] {
        hasher.update(part);
    }
    hasher.finalize()
}

/// What a value is called in messages.
fn name(tree: Tree, key: &[u8]) -> String {
    format!("`{}` in {tree}", tree.show_key(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_round_trip_and_damage_is_found_and_named() {
        let key = b"web/networks.front";
        let bytes = encode(Tree::Records, key, &"value").expect("stored");
        assert_eq!(decode::<String>(Tree::Records, key, &bytes).expect("read"), "value");
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            let error =
                decode::<String>(Tree::Records, key, &damaged).expect_err("damaged").to_string();
            assert!(
                error.contains("`web/networks.front` in records fails its checksum"),
                "{at}: {error}"
            );
        }
        assert!(decode::<String>(Tree::Outputs, key, &bytes).is_err(), "wrong tree");
        assert!(
            decode::<String>(Tree::Records, b"web/networks.back", &bytes).is_err(),
            "wrong key"
        );
        assert!(decode::<String>(Tree::Records, key, &bytes[..3]).is_err(), "cut short");
        let error = decode::<u8>(Tree::Records, key, &bytes).expect_err("wrong type").to_string();
        assert!(error.contains("is not as it should be"), "{error}");
    }

    #[test]
    fn an_older_version_is_read() {
        let mut bytes = vec![1];
        bytes.extend(checksum(Tree::Meta, b"serial", 1, b"7").to_le_bytes());
        bytes.extend(b"7");
        assert_eq!(decode::<u64>(Tree::Meta, b"serial", &bytes).expect("read"), 7);
    }

    #[test]
    fn a_newer_version_is_refused_as_such() {
        let mut bytes = vec![VALUE_VERSION + 1];
        bytes.extend(checksum(Tree::Meta, b"serial", VALUE_VERSION + 1, b"1").to_le_bytes());
        bytes.extend(b"1");
        let error = decode::<u64>(Tree::Meta, b"serial", &bytes).expect_err("newer");
        assert!(matches!(error, StateError::Newer { found: 4, known: 3 }), "{error}");
    }
}
