//! Names: what `vars`, `locals`, `stacks`, `components` and the rest mean where an expression
//! stands. One resolver for every stage; a stage only says what resources and lookups are worth.
//! What does not depend on the instance is computed once.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use crate::address::{InstanceKey, ResourceAddress, StackName};
use crate::expr::{EvalError, ResourceReference, Root, Scope};
use crate::map::Map;
use crate::observed::LookupKind;
use crate::suggest;
use crate::value::{Pending, Value};
use crate::workspace::{Component, Existing, Output, Repeat, Resource, Stack, Workspace};

/// What a stage knows of resources and of what exists already.
pub trait Leaves {
    /// The value of a reference to a resource.
    ///
    /// # Errors
    /// When there is nothing of that name.
    fn resource(&self, here: &Here<'_>, reference: &ResourceReference) -> Result<Value, EvalError>;

    /// What a lookup found.
    ///
    /// # Errors
    /// When nothing is found, or too much.
    fn existing(
        &self,
        here: &Here<'_>,
        lookup: (LookupKind, &str, &Existing),
    ) -> Result<Value, EvalError>;
}

/// Values that were computed already; kept as long as what they were computed from stays.
#[derive(Debug, Default)]
pub struct Memo {
    held: RefCell<BTreeMap<Key, Held>>,
    depth: Cell<usize>,
    /// Whether what cannot be computed now never can.
    fixed: bool,
}

impl Memo {
    /// For names that mean the same as long as it is kept: what is wrong is not computed again either.
    pub fn of_fixed() -> Self {
        Self { fixed: true, ..Self::default() }
    }
}

/// Which named value: the stack, what it is, its name.
type Key = (StackName, What, String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Input,
    Local,
    Output,
    Existing(LookupKind),
}

#[derive(Clone, Debug)]
enum Held {
    /// It is being computed.
    Busy,
    Done(Value),
    Failed(EvalError),
}

/// Deepest way from one named value to the next that is walked; `survey` refuses less.
const MAX_DEPTH: usize = 100;

/// The names of a workspace.
#[derive(Clone, Copy)]
pub struct Names<'a> {
    /// The workspace.
    pub workspace: &'a Workspace,
    leaves: &'a dyn Leaves,
    memo: &'a Memo,
}

/// What repeats round an expression, and which one of many it stands in.
#[derive(Clone, Copy, Debug)]
pub enum Within<'a> {
    /// Nothing: an output, for example.
    Stack,
    /// Any block of the stack: a local that is looked at by itself.
    Anywhere,
    /// An instance of a block.
    Instance(&'a Resource, Option<&'a InstanceKey>),
    /// An instance of a component.
    Component(&'a Component, Option<&'a InstanceKey>),
}

/// A place in a stack: the scope of the expressions that stand there.
pub struct Here<'a> {
    /// The names.
    pub names: Names<'a>,
    /// The stack.
    pub stack: &'a Stack,
    /// The block.
    pub within: Within<'a>,
    /// Locals whose values differ from instance to instance.
    own: RefCell<BTreeMap<String, Result<Value, EvalError>>>,
    /// Whether the instance was asked for since this was last cleared.
    touched: Cell<bool>,
}

impl<'a> Names<'a> {
    /// The names of a workspace, with what a stage knows.
    pub fn new(workspace: &'a Workspace, leaves: &'a dyn Leaves, memo: &'a Memo) -> Self {
        Self { workspace, leaves, memo }
    }

    /// A place in a stack.
    pub fn here(self, stack: &'a Stack, within: Within<'a>) -> Here<'a> {
        Here { names: self, stack, within, own: RefCell::default(), touched: Cell::new(false) }
    }

    fn held(
        &self,
        key: Key,
        compute: impl FnOnce() -> Result<Value, EvalError>,
    ) -> Result<Value, EvalError> {
        match self.memo.held.borrow().get(&key) {
            Some(Held::Done(value)) => return Ok(value.clone()),
            Some(Held::Busy) => return Err(EvalError::circular()),
            Some(Held::Failed(error)) => return Err(error.clone()),
            None => {}
        }
        if self.memo.depth.get() >= MAX_DEPTH {
            return Err(EvalError::circular());
        }
        self.memo.depth.set(self.memo.depth.get() + 1);
        self.memo.held.borrow_mut().insert(key.clone(), Held::Busy);
        let result = compute();
        self.memo.depth.set(self.memo.depth.get() - 1);
        // What could not be computed may be, later.
        match &result {
            Ok(value) => drop(self.memo.held.borrow_mut().insert(key, Held::Done(value.clone()))),
            Err(error) if self.memo.fixed => {
                self.memo.held.borrow_mut().insert(key, Held::Failed(error.clone()));
            }
            Err(_) => drop(self.memo.held.borrow_mut().remove(&key)),
        }
        result
    }

    /// The value of an output of a stack.
    ///
    /// # Errors
    /// When it cannot be computed.
    pub fn output(self, stack: &Stack, name: &str, output: &Output) -> Result<Value, EvalError> {
        let value = self.held((stack.name.clone(), What::Output, name.to_owned()), || {
            let here = self.here(stack, Within::Stack);
            output.term.value.evaluate(&here).map_err(|error| error.at(output.term.span))
        })?;
        Ok(if output.sensitive { value.into_sensitive() } else { value })
    }
}

impl Scope for Here<'_> {
    fn stack(&self) -> &StackName {
        &self.stack.name
    }

    fn value(&self, root: &Root) -> Result<Value, EvalError> {
        match root {
            Root::Var(name) => self.variable(name),
            Root::Local(name) => self.local(name),
            Root::Env(name) if name == "name" => Ok(Value::text(&self.names.workspace.environment)),
            Root::Env(name) => {
                Err(EvalError::new(format!("there is no `env.{name}`")).help("there is `env.name`"))
            }
            Root::CountIndex => self.index(),
            Root::Given { name, .. } => Err(Root::not_given(name)),
            Root::EachKey => self.each(true),
            Root::EachValue => self.each(false),
            Root::Output { stack, name } => self.other_output(stack, name),
            Root::Component { name, step, next } => {
                self.component(name, step.as_ref(), next.as_deref())
            }
            Root::Existing { kind, name, attribute } => {
                self.existing(*kind, name, attribute.as_deref())
            }
            Root::Resource(reference) => self.resource(reference),
        }
    }

    fn resource(&self, reference: &ResourceReference) -> Result<Value, EvalError> {
        self.names.leaves.resource(self, reference)
    }

    fn file(&self, path: &str) -> Option<&str> {
        self.names.workspace.files.get(path).map(String::as_str)
    }
}

impl Here<'_> {
    /// The key of the instance, and that the value depends on it.
    pub fn key(&self) -> Option<&InstanceKey> {
        self.touched.set(true);
        match self.within {
            Within::Instance(_, key) | Within::Component(_, key) => key,
            Within::Stack | Within::Anywhere => None,
        }
    }

    fn repeat(&self) -> Option<&Repeat> {
        match self.within {
            Within::Instance(resource, _) => Some(&resource.repeat),
            Within::Component(component, _) => Some(&component.repeat),
            Within::Stack | Within::Anywhere => None,
        }
    }

    fn index(&self) -> Result<Value, EvalError> {
        match (self.key(), self.repeat()) {
            (Some(InstanceKey::Index(index)), _) => Ok(Value::Int(i64::from(*index))),
            (_, Some(Repeat::Count(_) | Repeat::Absent)) => Ok(unsettled()),
            _ if matches!(self.within, Within::Anywhere) => Ok(unsettled()),
            _ => Err(EvalError::new("`count.index` is only known in a block with `count`")),
        }
    }

    fn each(&self, key_wanted: bool) -> Result<Value, EvalError> {
        match (self.key(), self.repeat()) {
            (Some(InstanceKey::Text(key)), _) if key_wanted => Ok(Value::text(key.as_str())),
            (Some(InstanceKey::Text(key)), Some(Repeat::Each(map))) => {
                Ok(map.get(key.as_str()).cloned().unwrap_or(Value::Null))
            }
            (_, Some(Repeat::Each(_) | Repeat::Absent)) => Ok(unsettled()),
            _ if matches!(self.within, Within::Anywhere) => Ok(unsettled()),
            _ => Err(EvalError::new("`each` is only known in a block with `for_each`")),
        }
    }

    fn variable(&self, name: &str) -> Result<Value, EvalError> {
        let (stack, names) = (self.stack, self.names);
        if let Some(value) = stack.variables.get(name) {
            return Ok(value.clone());
        }
        let (Some(input), Some(parent)) = (stack.inputs.get(name), &stack.parent) else {
            let known = stack.variables.keys().chain(stack.inputs.keys());
            return Err(lost("vars", name, known));
        };
        let value = names.held((stack.name.clone(), What::Input, name.to_owned()), || {
            let user = names.workspace.stacks.get(&parent.stack);
            let component = user.and_then(|user| user.components.get(&parent.component));
            let Some((user, component)) = user.zip(component) else {
                return Err(EvalError::new(format!("nothing gives `vars.{name}`")));
            };
            let here = names.here(user, Within::Component(component, parent.key.as_ref()));
            input.term.value.evaluate(&here).map_err(|error| error.at(input.term.span))
        })?;
        Ok(if input.sensitive { value.into_sensitive() } else { value })
    }

    fn local(&self, name: &str) -> Result<Value, EvalError> {
        if let Some(result) = self.own.borrow().get(name) {
            self.touched.set(true);
            return result.clone();
        }
        let Some(local) = self.stack.locals.get(name) else {
            return Err(lost("locals", name, self.stack.locals.keys()));
        };
        let key = (self.stack.name.clone(), What::Local, name.to_owned());
        let before = self.touched.replace(false);
        let result = self
            .names
            .held(key.clone(), || local.value.evaluate(self).map_err(|error| error.at(local.span)));
        if self.touched.get() {
            // Its value is this instance's own.
            self.names.memo.held.borrow_mut().remove(&key);
            self.own.borrow_mut().insert(name.to_owned(), result.clone());
        }
        self.touched.set(self.touched.get() || before);
        result
    }

    fn other_output(&self, stack: &StackName, name: &str) -> Result<Value, EvalError> {
        let stacks = &self.names.workspace.stacks;
        let Some(other) = stacks.get(stack) else {
            let known = stacks.values().filter(|s| s.parent.is_none()).map(|s| s.name.as_str());
            return Err(suggested(
                format!("there is no stack `{stack}`"),
                "",
                stack.as_str(),
                known,
            ));
        };
        self.output_of(other, name, &format!("the stack `{stack}`"))
    }

    fn output_of(&self, stack: &Stack, name: &str, whose: &str) -> Result<Value, EvalError> {
        let Some(output) = stack.outputs.get(name) else {
            let text = format!("{whose} has no output `{name}`");
            return Err(suggested(text, "", name, stack.outputs.keys().map(String::as_str)));
        };
        self.names.output(stack, name, output)
    }

    /// A component: an output of one without keys, or a list or map of the outputs of many.
    fn component(
        &self,
        name: &str,
        step: Option<&InstanceKey>,
        next: Option<&str>,
    ) -> Result<Value, EvalError> {
        let Some(component) = self.stack.components.get(name) else {
            return Err(lost("components", name, self.stack.components.keys()));
        };
        let one =
            |key: Option<&InstanceKey>, only: Option<&str>| self.instance_of(component, key, only);
        match (&component.repeat, step) {
            (Repeat::Absent, _) => Ok(Value::Null),
            (Repeat::One, None) => one(None, None),
            (Repeat::One, Some(InstanceKey::Text(output))) => match one(None, Some(output))? {
                Value::Map(mut map) => Ok(map.remove(output.as_str()).unwrap_or(Value::Null)),
                other => Ok(other),
            },
            (Repeat::One, Some(InstanceKey::Index(_))) => {
                Err(EvalError::new(format!("the component `{name}` is one, without an index")))
            }
            // What one of many gives: a map with only what is read of it.
            (_, Some(key)) if component.repeat.has(Some(key)) => one(Some(key), next),
            (_, Some(key)) => Err(EvalError::new(match key {
                InstanceKey::Index(index) => format!("there is no `components.{name}[{index}]`"),
                InstanceKey::Text(key) => format!("there is no `components.{name}[\"{key}\"]`"),
            })
            .help(format!("`{name}` has {} instance(s) here", component.repeat.count()))),
            (Repeat::Count(n), None) => (0..*n)
                .map(|index| one(Some(&InstanceKey::Index(index)), None))
                .collect::<Result<_, _>>()
                .map(Value::List),
            (Repeat::Each(map), None) => map
                .keys()
                .map(|key| Ok((key, one(Some(&InstanceKey::Text(key.into())), None)?)))
                .collect::<Result<_, _>>()
                .map(Value::Map),
        }
    }

    /// The outputs of an instance of a component, or only one of them, as a map.
    fn instance_of(
        &self,
        component: &Component,
        key: Option<&InstanceKey>,
        only: Option<&str>,
    ) -> Result<Value, EvalError> {
        let name = self.stack.name.nested(component.name.as_str(), key);
        let stack = name.ok().and_then(|name| self.names.workspace.stacks.get(&name));
        // A component that could not be read was told already.
        let Some(stack) = stack else { return Ok(unsettled()) };
        let whose = format!("the component `{}`", component.name);
        let names = stack.outputs.keys().map(String::as_str);
        let wanted: Vec<&str> = only.map_or_else(|| names.collect(), |only| vec![only]);
        wanted
            .into_iter()
            .map(|name| Ok((name.to_owned(), self.output_of(stack, name, &whose)?)))
            .collect::<Result<_, _>>()
            .map(Value::Map)
    }

    fn existing(
        &self,
        kind: LookupKind,
        name: &str,
        attribute: Option<&str>,
    ) -> Result<Value, EvalError> {
        let section = format!("existing.{}", kind.section());
        let Some(entries) = self.stack.existing.get(&kind) else {
            let help = format!("add it under `{}` of `existing`", kind.section());
            return Err(lost(&section, name, std::iter::empty()).help(help));
        };
        let Some(existing) = entries.get(name) else {
            return Err(lost(&section, name, entries.keys()));
        };
        if let Some(attribute) = attribute.filter(|name| kind.attribute(name).is_none()) {
            let text = format!("nothing is known of a {} as `{attribute}`", kind.noun());
            return Err(suggested(text, "", attribute, kind.attribute_names()));
        }
        let key = (self.stack.name.clone(), What::Existing(kind), name.to_owned());
        let whole = self.names.held(key, || {
            let here = self.names.here(self.stack, Within::Stack);
            self.names.leaves.existing(&here, (kind, name, existing))
        })?;
        match (attribute, whole) {
            (None, whole) => Ok(whole),
            // What is not there has nothing.
            (Some(_), Value::Null) => Ok(Value::Null),
            (Some(name), Value::Map(mut map)) => Ok(map.remove(name).unwrap_or(Value::Null)),
            (Some(_), other) => Ok(other),
        }
    }
}

/// The error of a reference to an instance that its block does not make.
pub fn absent(address: &ResourceAddress, key: &InstanceKey, repeat: &Repeat) -> EvalError {
    let error = EvalError::absent(format!("there is no `{}`", address.instance(Some(key.clone()))));
    match (key, repeat) {
        (InstanceKey::Text(key), Repeat::Each(map)) => match suggest::nearest(key, map.keys()) {
            Some(near) => error.help(format!("did you mean `[\"{near}\"]`?")),
            None => error.help(repeat.hint()),
        },
        _ => error.help(repeat.hint()),
    }
}

/// Stands for what is not settled, or was complained about already, so that nothing that uses it
/// is told again: it passes where pending values pass, and waits for nothing that could come.
pub fn unsettled() -> Value {
    let stack = StackName::new("unsettled").expect("invariant: a plain word is a name");
    let (origins, bindings) = (Vec::new(), Map::new());
    Value::Pending(Box::new(Pending { origins, template: String::new(), stack, bindings }))
}

fn lost<'a>(root: &str, name: &str, known: impl Iterator<Item = &'a String>) -> EvalError {
    let known = known.map(String::as_str);
    suggested(format!("there is no `{root}.{name}`"), &format!("{root}."), name, known)
}

/// An error with the nearest name that is known.
fn suggested<'a>(
    text: String,
    prefix: &str,
    name: &str,
    known: impl Iterator<Item = &'a str>,
) -> EvalError {
    let known: Vec<&str> = known.collect();
    let error = EvalError::new(text);
    match suggest::help(prefix, name, &known) {
        Some(help) => error.help(help),
        None => error,
    }
}
