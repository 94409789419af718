//! YAML with places: one pass over the parser's events into a tree in which every node knows its
//! bytes in the file and every scalar keeps the text it was written with.
//!
//! Bounds on size, depth, nodes and expanded aliases hold for any input; nothing here panics.

mod build;
mod explain;
mod look_alike;
mod place;
mod scalar;
#[cfg(test)]
mod tests;

use smol_str::SmolStr;
use terrace_model::{Diagnostics, FileId, Span};

pub(crate) use look_alike::Wanted;
pub use scalar::Scalar;

/// Largest file, in bytes.
pub const MAX_BYTES: usize = 10_000_000;
/// Deepest nesting.
pub const MAX_DEPTH: usize = 64;
/// Most nodes, with aliases expanded; keys count too.
pub const MAX_NODES: usize = 600_000;
/// Most bytes of scalars that come from expanding aliases.
pub const MAX_ALIASED: usize = 16_000_000;

/// A node of the tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is.
    pub content: Content,
    /// Where it is written. A list or map in block style begins at its first item.
    pub span: Span,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Text, number, truth value or nothing.
    Scalar(Scalar),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order of the file, each key once.
    Map(Vec<Entry>),
}

/// An entry of a map.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: SmolStr,
    /// Where the key is written.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

impl Node {
    /// The scalar, if it is one.
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.content {
            Content::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The entries, if it is a map.
    pub fn as_map(&self) -> Option<&[Entry]> {
        match &self.content {
            Content::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The items, if it is a list.
    pub fn as_list(&self) -> Option<&[Self]> {
        match &self.content {
            Content::List(items) => Some(items),
            _ => None,
        }
    }

    /// Whether nothing is written there, or `null`.
    pub fn is_null(&self) -> bool {
        self.as_scalar().is_some_and(Scalar::is_null)
    }

    /// What a user would call it.
    pub fn describe(&self) -> String {
        match &self.content {
            Content::Scalar(scalar) => scalar.value().describe(),
            Content::List(_) => "a list".into(),
            Content::Map(_) => "a map".into(),
        }
    }
}

/// Reads a file's text. `None` in place of the tree when the file is empty or cannot be read
/// to its end; the diagnostics tell the two apart.
pub fn parse(text: &str, file: FileId) -> (Option<Node>, Diagnostics) {
    build::build(text, file)
}
