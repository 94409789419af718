//! What is desired: a workspace as its files say, checked and typed, with every place kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::address::{InstanceKey, Name, ResourceAddress, StackName};
use crate::expr::Term;
use crate::lifecycle::Lifecycle;
use crate::map::Map;
use crate::observed::LookupKind;
use crate::policy::Policy;
use crate::refactor::Refactors;
use crate::source::{Sources, Span, Spanned};
use crate::value::Value;

/// A loaded workspace. Only `terrace-lang` makes one.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// Name of the environment, `default` unless chosen.
    pub environment: String,
    /// Whether changes in this environment need more than a `--yes`.
    pub protected: bool,
    /// The cloud that `terrace.yaml` names; `--cloud` and `OS_CLOUD` take its place.
    pub cloud: CloudChoice,
    /// The clouds that stacks and blocks may name, by name.
    pub clouds: BTreeMap<Name, CloudChoice>,
    /// Rules that every plan is held to.
    pub policies: Vec<Policy>,
    /// The stacks.
    pub stacks: BTreeMap<StackName, Stack>,
    /// Texts that expressions read with `file("...")`, by the path as written.
    pub files: BTreeMap<String, String>,
    /// The stack files that were read, for places.
    pub sources: Sources,
}

/// Which cloud a workspace is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CloudChoice {
    /// The simulator inside Terrace, with its state in the workspace.
    Simulator,
    /// An entry of clouds.yaml, or what `OS_*` says when there is no name.
    OpenStack(Option<String>),
    /// The reduced REST API of a product in front of OpenStack.
    Gateway(GatewayChoice),
}

/// How to reach a gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayChoice {
    /// Its address.
    pub endpoint: String,
    /// The project to work in.
    pub project_id: String,
    /// The variable of the environment that holds the token.
    pub token_env: String,
}

/// One stack file, or one instance of a component.
#[derive(Clone, Debug)]
pub struct Stack {
    /// Its name.
    pub name: StackName,
    /// What uses it, for an instance of a component.
    pub parent: Option<Parent>,
    /// Values of its variables, evaluated.
    pub variables: BTreeMap<String, Value>,
    /// Where those values were given, as far as they stand in files.
    pub given: BTreeMap<String, Span>,
    /// Variables of a component that wait for something of what uses it.
    pub inputs: BTreeMap<String, Input>,
    /// Its locals; they may refer to resources.
    pub locals: BTreeMap<String, Spanned<Term>>,
    /// What exists already and is looked up.
    pub existing: BTreeMap<LookupKind, BTreeMap<String, Existing>>,
    /// The components it uses.
    pub components: BTreeMap<String, Component>,
    /// Its resources, nested ones included.
    pub resources: BTreeMap<ResourceAddress, Resource>,
    /// Its outputs.
    pub outputs: BTreeMap<String, Output>,
    /// What it says of addresses that changed, objects to take over, and blocks that are gone.
    pub refactors: Refactors,
    /// The cloud that it is in; the workspace's own when `None`.
    pub cloud: Option<Name>,
}

impl Stack {
    /// A stack with nothing in it.
    pub fn new(name: StackName) -> Self {
        Self {
            name,
            parent: None,
            variables: BTreeMap::new(),
            given: BTreeMap::new(),
            inputs: BTreeMap::new(),
            locals: BTreeMap::new(),
            existing: BTreeMap::new(),
            components: BTreeMap::new(),
            resources: BTreeMap::new(),
            outputs: BTreeMap::new(),
            cloud: None,
            refactors: Refactors::default(),
        }
    }
}

/// What uses an instance of a component.
#[derive(Clone, Debug, PartialEq)]
pub struct Parent {
    /// The stack.
    pub stack: StackName,
    /// The component's name there.
    pub component: String,
    /// Which instance of it.
    pub key: Option<InstanceKey>,
}

/// A component that a stack uses.
#[derive(Clone, Debug)]
pub struct Component {
    /// Its name.
    pub name: Name,
    /// Where that is written.
    pub span: Span,
    /// The file it comes from, relative to the workspace folder.
    pub source: Spanned<String>,
    /// How many instances there are.
    pub repeat: Repeat,
}

/// A variable of a component whose value is not known while the files are read.
#[derive(Clone, Debug)]
pub struct Input {
    /// How it is computed, in the stack that uses the component.
    pub term: Spanned<Term>,
    /// Whether it must not be shown.
    pub sensitive: bool,
}

/// Something of the cloud that is looked up, not managed.
#[derive(Clone, Debug)]
pub struct Existing {
    /// Where its name is written.
    pub span: Span,
    /// What it is found by: `name`, `id` and others, by the kind.
    pub filters: BTreeMap<String, Spanned<Term>>,
    /// Whether it may be missing; it is null then.
    pub optional: bool,
    /// Whether the newest is meant, where there are several.
    pub most_recent: bool,
}

/// One block: a resource before it becomes instances.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its address.
    pub address: ResourceAddress,
    /// Where its name is written.
    pub span: Span,
    /// Which of the workspace's clouds it is in; its own when `None`.
    pub cloud: Option<Name>,
    /// How many instances there are.
    pub repeat: Repeat,
    /// Its attributes: only names from the kind's table, checked as far as they are known.
    pub body: Body,
    /// What the user wants of its life.
    pub lifecycle: Arc<Lifecycle>,
    /// Resources that must be there first, beyond those it refers to.
    pub depends_on: Vec<Spanned<ResourceAddress>>,
}

/// Attributes as they are written.
pub type Body = Map<Spanned<Term>>;

/// How many instances a block makes.
#[derive(Clone, Debug, PartialEq)]
pub enum Repeat {
    /// One, without a key.
    One,
    /// So many, with indices.
    Count(u32),
    /// One for each key.
    Each(Map),
    /// None, since `when` is false; a reference to it is null.
    Absent,
}

impl Repeat {
    /// How many instances there are.
    pub fn count(&self) -> usize {
        match self {
            Self::One => 1,
            Self::Count(n) => *n as usize,
            Self::Each(map) => map.len(),
            Self::Absent => 0,
        }
    }

    /// The keys of the instances, in order.
    pub fn keys(&self) -> Vec<Option<InstanceKey>> {
        match self {
            Self::One => vec![None],
            Self::Count(n) => (0..*n).map(|i| Some(InstanceKey::Index(i))).collect(),
            Self::Each(map) => map.keys().map(|k| Some(InstanceKey::Text(k.into()))).collect(),
            Self::Absent => Vec::new(),
        }
    }

    /// Whether there is an instance of that key.
    pub fn has(&self, key: Option<&InstanceKey>) -> bool {
        match (self, key) {
            (Self::One, None) => true,
            (Self::Count(n), Some(InstanceKey::Index(index))) => index < n,
            (Self::Each(map), Some(InstanceKey::Text(key))) => map.contains_key(key.as_str()),
            _ => false,
        }
    }

    /// Which instances there are, for one who asked for another.
    pub fn hint(&self) -> String {
        match self {
            Self::Count(n) => format!("its block has `count`, which is {n} here"),
            Self::Each(map) if map.len() <= 12 && !map.is_empty() => {
                let keys: Vec<String> = map.keys().map(|key| format!("`{key}`")).collect();
                format!("its block has `for_each`, with the keys {}", keys.join(", "))
            }
            Self::Each(map) => {
                format!("its block has `for_each`, with {} keys here", map.len())
            }
            Self::One => "its block makes one instance, without a key".to_owned(),
            Self::Absent => "its block makes none, since its `when` is false".to_owned(),
        }
    }

    /// The key of the first instance, if there is one.
    pub fn first(&self) -> Option<Option<InstanceKey>> {
        match self {
            Self::One => Some(None),
            Self::Count(n) => (*n > 0).then_some(Some(InstanceKey::Index(0))),
            Self::Each(map) => map.keys().next().map(|key| Some(InstanceKey::Text(key.into()))),
            Self::Absent => None,
        }
    }
}

/// A value that a stack tells the outside.
#[derive(Clone, Debug)]
pub struct Output {
    /// How it is computed.
    pub term: Spanned<Term>,
    /// Whether it is only shown when asked for by name.
    pub sensitive: bool,
    /// Where its name is written.
    pub span: Span,
}

impl Workspace {
    /// All resources of all stacks, in order of address.
    pub fn resources(&self) -> impl Iterator<Item = &Resource> {
        self.stacks.values().flat_map(|stack| stack.resources.values())
    }

    /// The resource of that address.
    pub fn resource(&self, address: &ResourceAddress) -> Option<&Resource> {
        self.stacks.get(&address.stack)?.resources.get(address)
    }
}
