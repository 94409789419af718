//! Addresses: `stack/section.name[key]`, such as `web/servers.web[0]` or `web/subnets.front.v4`.

use std::fmt;
use std::str::FromStr;

use smol_str::SmolStr;

use crate::kind::Kind;
use crate::path::Path;

/// Longest name of a stack or resource, in bytes.
pub const MAX_NAME: usize = 100;

/// Why a text is not a name or an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The name breaks the rule.
    #[error(
        "`{0}` is not a name: use letters, digits, `_` and `-`, begin with a letter or `_`, at most 100"
    )]
    Name(String),
    /// No `stack/` in front.
    #[error("`{0}` has no stack: write it as `stack/section.name`")]
    NoStack(String),
    /// The section is no kind's.
    #[error("`{section}` in `{address}` is not a section; known are {known}")]
    Section {
        /// What was written.
        section: String,
        /// The whole address.
        address: String,
        /// The sections there are.
        known: String,
    },
    /// The part after the stack is not `section.name` with an optional key.
    #[error(
        "`{0}` is not an address: write it as `stack/section.name`, with `[0]` or `[\"key\"]` for one of many"
    )]
    Shape(String),
}

/// A name of a stack, resource, variable: letters, digits, `_`, `-`, not beginning with a digit or `-`.
/// Mostly it takes no memory of its own: addresses are made of names, and there are very many of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(SmolStr);

impl Name {
    /// Checks and wraps a name.
    pub fn new(text: &str) -> Result<Self, AddressError> {
        let begins = text.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
        let goes_on = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        if begins && goes_on && text.len() <= MAX_NAME {
            Ok(Self(text.into()))
        } else {
            Err(AddressError::Name(text.to_owned()))
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn into_text(self) -> SmolStr {
        self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a stack: the stem of its file, `web` for `stacks/web.yaml`; for an instance of a
/// component the way to it, as in `web/tier.blue`, `web/tier` when there is only one, `web/tier.0`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StackName(SmolStr);

/// Deepest nesting of components.
pub const MAX_COMPONENTS: usize = 8;

impl StackName {
    /// Checks and wraps a stack name.
    pub fn new(text: &str) -> Result<Self, AddressError> {
        let wrong = || AddressError::Name(text.to_owned());
        let mut parts = text.split('/');
        Name::new(parts.next().unwrap_or_default())?;
        for (depth, part) in parts.enumerate() {
            let (name, key) =
                part.split_once('.').map_or((part, None), |(name, key)| (name, Some(key)));
            if Name::new(name).is_err() || !key.is_none_or(is_key) || depth >= MAX_COMPONENTS {
                return Err(wrong());
            }
        }
        Ok(Self(text.into()))
    }

    /// The name of an instance of a component that this stack uses.
    ///
    /// # Errors
    /// When the key cannot be part of an address, or components are nested too deep.
    pub fn nested(&self, component: &str, key: Option<&InstanceKey>) -> Result<Self, AddressError> {
        Self::new(&match key {
            Some(key) => format!("{self}/{component}.{key}"),
            None => format!("{self}/{component}"),
        })
    }

    /// The components on the way to it, with their keys: `["tier.blue"]`; none for a stack file.
    pub fn components(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').skip(1)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a key of a component can be part of an address.
fn is_key(key: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    !key.is_empty() && key.len() <= MAX_NAME && key.chars().all(good)
}

impl fmt::Display for StackName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which one of many: `[0]` for `count`, `["blue"]` for `for_each`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InstanceKey {
    /// Of a `count`.
    Index(u32),
    /// Of a `for_each`.
    Text(SmolStr),
}

impl fmt::Display for InstanceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index(index) => write!(f, "{index}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// One block in a stack file, before `count` or `for_each` make several of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceAddress {
    /// The stack.
    pub stack: StackName,
    /// The kind, shown as its section.
    pub kind: Kind,
    /// Path of names: one, or parent and child for nested kinds (`front`, `v4`).
    pub path: Path,
}

impl ResourceAddress {
    /// The address of one instance of it.
    pub fn instance(&self, key: Option<InstanceKey>) -> Address {
        Address { resource: self.clone(), key }
    }

    /// The last name of the path.
    pub fn name(&self) -> &str {
        self.path.last()
    }

    /// Whether it is written inside of that block; they then repeat together.
    pub fn is_inside(&self, parent: &Self) -> bool {
        self.kind.schema().parent == Some(parent.kind)
            && self.stack == parent.stack
            && self.path.first() == parent.path.first()
    }
}

impl fmt::Display for ResourceAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}.{}", self.stack, self.kind.section(), self.path)
    }
}

/// One instance: the unit of planning, state and the graph.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The block it comes from.
    pub resource: ResourceAddress,
    /// Which one of many, if the block makes many.
    pub key: Option<InstanceKey>,
}

impl Address {
    /// The kind.
    pub fn kind(&self) -> Kind {
        self.resource.kind
    }

    /// The stack.
    pub fn stack(&self) -> &StackName {
        &self.resource.stack
    }

    /// What a text such as `front`, `front.v4` or `web[0]` names among what a stack has of a kind.
    ///
    /// # Errors
    /// When it does not name one instance or block.
    pub fn within(stack: &StackName, kind: Kind, text: &str) -> Result<Self, AddressError> {
        let (names, key) = keyed(text)?;
        let path = path_of(kind, names, text)?;
        Ok(Self { resource: ResourceAddress { stack: stack.clone(), kind, path }, key })
    }
}

/// A text without the key at its end, and the key.
fn keyed(text: &str) -> Result<(&str, Option<InstanceKey>), AddressError> {
    let Some(open) = text.strip_suffix(']') else { return Ok((text, None)) };
    let (body, key) = open.split_once('[').ok_or_else(|| AddressError::Shape(text.to_owned()))?;
    let key = parse_key(key).ok_or_else(|| AddressError::Shape(text.to_owned()))?;
    Ok((body, Some(key)))
}

/// The path that a kind's names make, in a text that they are from.
fn path_of(kind: Kind, names: &str, text: &str) -> Result<Path, AddressError> {
    let mut names = names.split('.').map(Name::new);
    let first = names.next().unwrap_or_else(|| Name::new(""))?;
    match (kind.schema().parent, names.next(), names.next()) {
        (None, None, _) => Ok(first.into()),
        (Some(_), Some(inner), None) => Ok(Path::from(first).child(&inner?)),
        _ => Err(AddressError::Shape(text.to_owned())),
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.resource)?;
        match &self.key {
            None => Ok(()),
            Some(InstanceKey::Index(index)) => write!(f, "[{index}]"),
            Some(InstanceKey::Text(text)) => write!(f, "[{}]", quoted(text)),
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let shape = || AddressError::Shape(text.to_owned());
        let (body, key) = keyed(text)?;
        let (stack, rest) =
            body.rsplit_once('/').ok_or_else(|| AddressError::NoStack(text.to_owned()))?;
        let (section, names) = rest.split_once('.').ok_or_else(shape)?;
        let kind = Kind::from_section(section).ok_or_else(|| AddressError::Section {
            section: section.to_owned(),
            address: text.to_owned(),
            known: Kind::ALL.map(Kind::section).join(", "),
        })?;
        let path = path_of(kind, names, text)?;
        Ok(Self { resource: ResourceAddress { stack: StackName::new(stack)?, kind, path }, key })
    }
}

fn parse_key(text: &str) -> Option<InstanceKey> {
    if text.starts_with('"') {
        return serde_json::from_str(text).ok().map(InstanceKey::Text);
    }
    let canonical = text == "0" || !text.starts_with('0');
    (canonical && text.bytes().all(|b| b.is_ascii_digit()))
        .then(|| text.parse().ok().map(InstanceKey::Index))
        .flatten()
}

/// Addresses and names travel as their text.
macro_rules! serde_as_text {
    ($type:ty, $parse:expr) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(FromText($parse))
            }
        }
    };
}

/// Reads a text where it stands.
struct FromText<T>(fn(&str) -> Result<T, AddressError>);

impl<T> serde::de::Visitor<'_> for FromText<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        self.0(text).map_err(E::custom)
    }
}

serde_as_text!(Address, Address::from_str);
serde_as_text!(Name, Name::new);
serde_as_text!(StackName, StackName::new);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_round_trip_and_others_are_refused() {
        for text in [
            "web/servers.web[0]",
            "web/subnets.front.v4",
            "web/networks.front",
            "web/servers.app[\"blue\"]",
            "web/servers.app[\"a]\\\"[b/c.d\"]",
            "web/subnets.front.v4[\"x\"]",
            "web/tier.blue/servers.app[0]",
            "web/tier/inner.0/subnets.front.v4[\"x/y\"]",
        ] {
            let parsed = text.parse::<Address>().map(|a| a.to_string());
            assert_eq!(parsed.as_deref(), Ok(text));
        }
        for text in [
            "servers.web",
            "web/servers",
            "web/server.web",
            "web/servers.web[00]",
            "web/servers.web[x]",
            "web/subnets.v4",
            "web/networks.a.b",
            "web/servers.9x",
            "/servers.a",
            "",
            "web/servers.web[",
            "web//servers.web",
            "web/tier./servers.web",
            "web/tier.a.b/servers.web",
            "a/b/c/d/e/f/g/h/i/j/servers.web",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text} was taken");
        }
    }
}
