//! What is desired: a workspace as its files say, checked and typed, with every place kept.

use std::collections::BTreeMap;

use crate::address::{InstanceKey, Name, ResourceAddress, StackName};
use crate::expr::Term;
use crate::lifecycle::Lifecycle;
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

/// One stack file.
#[derive(Clone, Debug)]
pub struct Stack {
    /// Its name.
    pub name: StackName,
    /// Values of its variables, evaluated.
    pub variables: BTreeMap<String, Value>,
    /// Its locals; they may refer to resources.
    pub locals: BTreeMap<String, Spanned<Term>>,
    /// Its resources, nested ones included.
    pub resources: BTreeMap<ResourceAddress, Resource>,
    /// Its outputs.
    pub outputs: BTreeMap<String, Output>,
    /// What it says of addresses that changed, objects to take over, and blocks that are gone.
    pub refactors: Refactors,
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
    pub lifecycle: Lifecycle,
    /// Resources that must be there first, beyond those it refers to.
    pub depends_on: Vec<Spanned<ResourceAddress>>,
}

/// Attributes as they are written.
pub type Body = BTreeMap<String, Spanned<Term>>;

/// How many instances a block makes.
#[derive(Clone, Debug, PartialEq)]
pub enum Repeat {
    /// One, without a key.
    One,
    /// So many, with indices.
    Count(u32),
    /// One for each key.
    Each(BTreeMap<String, Value>),
}

impl Repeat {
    /// How many instances there are.
    pub fn count(&self) -> usize {
        match self {
            Self::One => 1,
            Self::Count(n) => *n as usize,
            Self::Each(map) => map.len(),
        }
    }

    /// Whether there is an instance of this key.
    pub fn has(&self, key: Option<&InstanceKey>) -> bool {
        match (self, key) {
            (Self::One, None) => true,
            (Self::Count(n), Some(InstanceKey::Index(index))) => index < n,
            (Self::Each(map), Some(InstanceKey::Text(key))) => map.contains_key(key),
            _ => false,
        }
    }

    /// The key of the first instance, if there is one.
    pub fn first(&self) -> Option<Option<InstanceKey>> {
        match self {
            Self::One => Some(None),
            Self::Count(n) => (*n > 0).then_some(Some(InstanceKey::Index(0))),
            Self::Each(map) => map.keys().next().map(|key| Some(InstanceKey::Text(key.clone()))),
        }
    }

    /// The keys of the instances, in order.
    pub fn keys(&self) -> Vec<Option<InstanceKey>> {
        match self {
            Self::One => vec![None],
            Self::Count(n) => (0..*n).map(|i| Some(InstanceKey::Index(i))).collect(),
            Self::Each(map) => map.keys().map(|k| Some(InstanceKey::Text(k.clone()))).collect(),
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
