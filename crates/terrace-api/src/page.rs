//! A page of a list, read from its text: no tree of JSON is built for what is read into structures
//! right away. No IO.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};

use crate::wire::Wire;

/// The items of a page, and what stands beside them.
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    pub(crate) rest: Value,
}

impl<T: Wire> Page<T> {
    /// Reads a page; none where it is not plainly one. Why not is for a slower reader to say.
    pub(crate) fn read(text: &[u8]) -> Option<Self> {
        let mut reader = serde_json::Deserializer::from_slice(text);
        let page = Of(PhantomData).deserialize(&mut reader).ok()?;
        reader.end().ok()?;
        page
    }
}

struct Of<T>(PhantomData<T>);

impl<'de, T: Wire> DeserializeSeed<'de> for Of<T> {
    type Value = Option<Page<T>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: Wire> Visitor<'de> for Of<T> {
    type Value = Option<Page<T>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a page")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut items, mut rest) = (None, Map::new());
        while let Some(key) = map.next_key::<String>()? {
            if key == T::MANY {
                items = Some(map.next_value::<Vec<T>>()?);
            } else {
                rest.insert(key, map.next_value()?);
            }
        }
        Ok(items.map(|items| Page { items, rest: rest.into() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compute::{Keypair, Server};

    #[test]
    fn a_page_is_its_items_and_what_stands_beside_them() {
        let text = br#"{"servers_links":[{"rel":"next","href":"x?marker=a"}],
            "servers":[{"id":"a","metadata":null},{"id":"b"}]} "#;
        let page = Page::<Server>::read(text).expect("a page");
        let ids: Vec<&str> = page.items.iter().map(|server| server.id.as_str()).collect();
        assert_eq!(ids, ["a", "b"]);
        assert_eq!(page.rest["servers_links"][0]["href"], "x?marker=a");
        assert!(page.rest.get("servers").is_none());
    }

    #[test]
    fn what_is_not_plainly_a_page_is_left_to_others() {
        let others =
            ["", "[]", "{}", r#"{"servers":null}"#, r#"{"servers":[{}]}"#, r#"{"servers":[]} x"#];
        for text in others {
            assert!(Page::<Server>::read(text.as_bytes()).is_none(), "{text}");
        }
        // Each in a wrapper of its own.
        let text = br#"{"keypairs":[{"keypair":{"name":"k"}}]}"#;
        assert!(Page::<Keypair>::read(text).is_none());
    }
}
