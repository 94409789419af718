//! What is read of stored records one after the other: the memory that they are in, where what
//! nobody looks at stays, and what the last one needed, which mostly the next one needs too.

use std::cell::RefCell;
use std::ops::Deref;
use std::sync::Arc;

use bytes::Bytes;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::address::Address;
use crate::snapshot::Record;

/// JSON that is kept as it was stored.
pub(crate) enum Text {
    /// By itself.
    Own(Box<str>),
    /// In the memory of the record that it is a part of.
    Shared(Bytes),
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Own(text) => text,
            Self::Shared(text) => {
                std::str::from_utf8(text).expect("invariant: it was read as a text")
            }
        }
    }
}

thread_local! {
    /// The record that is being read, if it stays where it is.
    static RECORD: RefCell<Option<Bytes>> = const { RefCell::new(None) };
    static LAST: RefCell<(Box<str>, Arc<[Address]>)> = RefCell::new(("[]".into(), [].into()));
}

impl Record {
    /// Reads a stored record, which stays where it is: of most, nobody ever looks at all.
    ///
    /// # Errors
    /// When it is not a record.
    pub fn stored(json: &Bytes) -> serde_json::Result<Self> {
        RECORD.set(Some(json.clone()));
        let _over = Over;
        serde_json::from_slice(json)
    }

    /// Reads all of a record that somebody else may have written.
    ///
    /// # Errors
    /// What of it is not as it would be stored.
    pub fn check(&self) -> serde_json::Result<()> {
        self.declared.check()?;
        self.seen.check()
    }
}

/// The end of reading a record, however it ended.
struct Over;

impl Drop for Over {
    fn drop(&mut self) {
        RECORD.set(None);
    }
}

/// Takes JSON over as it is.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Text, D::Error> {
    RECORD.with_borrow(|record| match record {
        Some(record) => {
            let text = <&RawValue>::deserialize(deserializer)?.get();
            Ok(Text::Shared(record.slice_ref(text.as_bytes())))
        }
        None => Ok(Text::Own(Box::<RawValue>::deserialize(deserializer)?.into())),
    })
}

/// Addresses, shared with the record that was read before if it needs the same.
pub(crate) fn addresses<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Arc<[Address]>, D::Error> {
    let text: Box<str> = Box::<RawValue>::deserialize(deserializer)?.into();
    LAST.with_borrow_mut(|(last, addresses)| {
        if *last != text {
            *addresses = serde_json::from_str(&text).map_err(D::Error::custom)?;
            *last = text;
        }
        Ok(Arc::clone(addresses))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_the_same_wherever_its_text_is() {
        let text = r#"{"id":"i","status":"ready","schema_version":1,"declared":{"name":"a"},
            "seen":{"name":"a","status":"ACTIVE"},"dependencies":["s/networks.n"],"marker":"m"}"#;
        let read: Record = serde_json::from_str(text).expect("a record");
        let kept = Bytes::from(text);
        let stored = Record::stored(&kept).expect("a record");
        assert!(Arc::ptr_eq(&read.dependencies, &stored.dependencies));
        // What is kept outlives what it was read from.
        drop(kept);
        assert_eq!(stored, read);
        assert_eq!(stored.seen["status"].as_str(), Some("ACTIVE"));
        assert!(Record::stored(&Bytes::from(&text[..text.len() - 2])).is_err());
        assert_eq!(serde_json::from_reader::<_, Record>(text.as_bytes()).expect("a record"), read);
    }
}
