//! Words of the journal: what is about to be done to an instance, and how it ended.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use terrace_model::{Address, Attributes, Name, Record};

/// Number of an operation; grows, and is never used twice in a lineage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OpId(pub u64);

impl fmt::Display for OpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What an operation does. A resize or rebuild is an update, told apart by [`Intent::detail`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Makes an object.
    Create,
    /// Changes one.
    Update,
    /// Deletes one.
    Delete,
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        })
    }
}

/// What is about to be asked of the cloud; written before the call is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    /// Which instance.
    pub address: Address,
    /// What is done to it.
    pub verb: Verb,
    /// The call more precisely, such as `resize`.
    pub detail: String,
    /// The object's id: given for update and delete, not yet there for create.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The marker to search the object by.
    pub marker: String,
    /// Ids of objects that looked just like this one before it was created, for kinds that carry
    /// no marker: none of them can be what the create made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub existing: Vec<String>,
    /// The object that this create takes the place of: it is deposed when the new one is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
    /// Hash of the request, to tell whether it would be the same today.
    pub request_hash: String,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// What the record will hold, so that recovery can write it without the files of that run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned: Option<PlannedRecord>,
}

/// The part of a record that is known before the call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedRecord {
    /// The attributes that are applied; sensitive ones as fingerprints.
    pub declared: Attributes,
    /// Instances that this one directly depends on, sorted.
    pub dependencies: Arc<[Address]>,
    /// Version of the kind's table.
    pub schema_version: u32,
    /// Which cloud; the workspace's own when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloud: Option<Name>,
    /// Whether plans must refuse to destroy it.
    pub prevent_destroy: bool,
    /// Whether the object stays in the cloud when the record goes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retain: bool,
    /// How many seconds its deletion may take, if the user said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete_timeout_s: Option<u64>,
}

/// An operation that was begun and has not ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// Its number.
    pub op: OpId,
    /// What was begun.
    pub intent: Intent,
    /// The object's id, as soon as it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// How an operation ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    /// The object exists, and this is its record now.
    Recorded(Box<Record>),
    /// The object is gone, and so is its record. A record of another object at the same address,
    /// such as the replacement that was made first, stays.
    Removed,
    /// Nothing happened in the cloud; the record is as it was.
    NotDone,
}
