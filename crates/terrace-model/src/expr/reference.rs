//! References: what an expression names.

use std::fmt;

use super::evaluate::EvalError;
use crate::address::{InstanceKey, ResourceAddress, StackName};
use crate::kind::Kind;
use crate::observed::LookupKind;
use crate::path::Path;
use crate::source::Span;

/// One reference in an expression, taken from its syntax tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// What it names.
    pub root: Root,
    /// Where.
    pub span: Span,
    /// Whether it may never be looked at: it stands behind a condition, or inside of `try`.
    pub guarded: bool,
}

/// What a reference names.
#[derive(Clone, Debug, PartialEq)]
pub enum Root {
    /// `vars.NAME`.
    Var(String),
    /// `locals.NAME`.
    Local(String),
    /// `env.NAME`: `env.name` is the environment.
    Env(String),
    /// `count.index`.
    CountIndex,
    /// `each.key`.
    EachKey,
    /// `each.value`.
    EachValue,
    /// What is given where the expression stands: `self.NAME` in a postcondition; `planned.NAME`,
    /// `before.NAME`, `action`, `address` in a policy.
    Given {
        /// `self`, `planned`, `before`, `action` or `address`.
        name: String,
        /// The attribute that is read of it.
        field: Option<String>,
    },
    /// `stacks.STACK.OUTPUT`.
    Output {
        /// The stack.
        stack: StackName,
        /// The output.
        name: String,
    },
    /// `components.NAME`, with what follows: the output of one without keys, or the key and the
    /// output of one of many. Only `step` is part of what is named; `next` says what is read of it.
    Component {
        /// The component.
        name: String,
        /// An output, or the key of an instance.
        step: Option<InstanceKey>,
        /// What is read of that.
        next: Option<String>,
    },
    /// `existing.SECTION.NAME`, or an attribute of it.
    Existing {
        /// What it is.
        kind: LookupKind,
        /// Its name under `existing`.
        name: String,
        /// The attribute that is read of it.
        attribute: Option<String>,
    },
    /// A resource.
    Resource(ResourceReference),
}

/// A resource, or one instance of it, or an attribute of that.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceReference {
    /// The stack, when it is named; otherwise it is the one the reference stands in.
    pub stack: Option<StackName>,
    /// Kind, from the section name.
    pub kind: Kind,
    /// One name, or parent and child for nested kinds.
    pub path: Path,
    /// `[0]` or `["key"]` right after the names.
    pub key: Option<InstanceKey>,
    /// Whether it has `[count.index]` or `[each.key]` there: the instance of the user's own key.
    pub own_key: bool,
    /// The attribute that is read of it; `None` when the whole is used, as in `servers.web.map(...)`.
    pub attribute: Option<String>,
    /// Where.
    pub span: Span,
}

impl ResourceReference {
    /// The address it names, for a reference that stands in that stack.
    pub fn address(&self, stack: &StackName) -> ResourceAddress {
        let stack = self.stack.as_ref().unwrap_or(stack).clone();
        ResourceAddress { stack, kind: self.kind, path: self.path.clone() }
    }

    /// The same with its stack named.
    #[must_use]
    pub fn within(mut self, stack: &StackName) -> Self {
        self.stack.get_or_insert_with(|| stack.clone());
        self
    }

    /// The same with the user's own key put in, where it asks for that.
    #[must_use]
    pub fn with_own_key(mut self, own: Option<&InstanceKey>) -> Self {
        if self.own_key && own.is_some() {
            self.key = own.cloned();
            self.own_key = false;
        }
        self
    }
}

impl From<ResourceReference> for Reference {
    fn from(reference: ResourceReference) -> Self {
        Self { span: reference.span, root: Root::Resource(reference), guarded: false }
    }
}

impl Reference {
    /// What is named at a place.
    pub(crate) fn new(root: Root, span: Span) -> Self {
        Self { root, span, guarded: false }
    }
}

impl Root {
    /// The complaint about a name that is given in other places only.
    pub fn not_given(name: &str) -> EvalError {
        EvalError::new(match name {
            "self" => "`self` is only known in `postconditions`".to_owned(),
            _ => format!("`{name}` is only known in a policy of `terrace.yaml`"),
        })
    }
}

/// As it is written in an expression, and the key of its value among the bindings of a pending value.
impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Var(name) => write!(f, "vars.{name}"),
            Self::Local(name) => write!(f, "locals.{name}"),
            Self::Env(name) => write!(f, "env.{name}"),
            Self::CountIndex => f.write_str("count.index"),
            Self::EachKey => f.write_str("each.key"),
            Self::EachValue => f.write_str("each.value"),
            Self::Given { name, field: None } => f.write_str(name),
            Self::Given { name, field: Some(field) } => write!(f, "{name}.{field}"),
            Self::Output { stack, name } => {
                f.write_str("stacks")?;
                step(f, stack.as_str())?;
                step(f, name)
            }
            Self::Component { name, step: first, next } => {
                f.write_str("components")?;
                step(f, name)?;
                match first {
                    Some(InstanceKey::Index(index)) => write!(f, "[{index}]")?,
                    Some(InstanceKey::Text(text)) => step(f, text)?,
                    None => {}
                }
                next.iter().try_for_each(|next| step(f, next))
            }
            Self::Existing { kind, name, attribute } => {
                write!(f, "existing.{}", kind.section())?;
                step(f, name)?;
                attribute.iter().try_for_each(|name| write!(f, ".{name}"))
            }
            Self::Resource(reference) => reference.fmt(f),
        }
    }
}

/// One step along a chain, with a dot where the name allows it.
fn step(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    if is_plain(name) { write!(f, ".{name}") } else { write!(f, "[{}]", quoted(name)) }
}

/// As it is written in an expression: `networks.front.id`, `servers.web[0]`, `servers["my-app"].id`.
impl fmt::Display for ResourceReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(stack) = &self.stack {
            f.write_str("stacks")?;
            step(f, stack.as_str())?;
            f.write_str(".")?;
        }
        f.write_str(self.kind.section())?;
        self.path.names().try_for_each(|name| step(f, name))?;
        match &self.key {
            Some(InstanceKey::Index(index)) => write!(f, "[{index}]")?,
            Some(InstanceKey::Text(text)) => write!(f, "[{}]", quoted(text))?,
            None if self.own_key => f.write_str("[each.key]")?,
            None => {}
        }
        self.attribute.iter().try_for_each(|name| write!(f, ".{name}"))
    }
}

/// Whether CEL takes a name after a dot: neither words of its grammar nor names with `-` or `/`.
fn is_plain(name: &str) -> bool {
    let begins = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.starts_with(begins)
        && name.chars().all(|c| begins(c) || c.is_ascii_digit())
        && !["in", "true", "false", "null"].contains(&name)
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
