//! References: what an expression names.

use std::fmt;

use super::evaluate::EvalError;
use crate::address::{InstanceKey, Name, ResourceAddress, StackName};
use crate::kind::Kind;
use crate::source::Span;

/// One reference in an expression, taken from its syntax tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// What it names.
    pub root: Root,
    /// Where.
    pub span: Span,
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
    /// Another resource of the same stack.
    Resource(ResourceReference),
}

/// A resource of the same stack, or one instance of it, or an attribute of that.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceReference {
    /// Kind, from the section name.
    pub kind: Kind,
    /// One name, or parent and child for nested kinds.
    pub path: Vec<Name>,
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
    /// The address it names, in a stack.
    pub fn address(&self, stack: &StackName) -> ResourceAddress {
        ResourceAddress { stack: stack.clone(), kind: self.kind, path: self.path.clone() }
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
        Self { span: reference.span, root: Root::Resource(reference) }
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
            Self::Resource(reference) => reference.fmt(f),
        }
    }
}

/// As it is written in an expression: `networks.front.id`, `servers.web[0]`, `servers["my-app"].id`.
impl fmt::Display for ResourceReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.section())?;
        for name in &self.path {
            if is_plain(name.as_str()) {
                write!(f, ".{name}")?;
            } else {
                write!(f, "[{}]", quoted(name.as_str()))?;
            }
        }
        match &self.key {
            Some(InstanceKey::Index(index)) => write!(f, "[{index}]")?,
            Some(InstanceKey::Text(text)) => write!(f, "[{}]", quoted(text))?,
            None if self.own_key => f.write_str("[each.key]")?,
            None => {}
        }
        self.attribute.iter().try_for_each(|name| write!(f, ".{name}"))
    }
}

/// Whether CEL takes a name after a dot: neither words of its grammar nor names with `-` in them.
fn is_plain(name: &str) -> bool {
    !name.contains('-') && !["in", "true", "false", "null"].contains(&name)
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
