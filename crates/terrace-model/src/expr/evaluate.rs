//! Evaluation: from an expression and a scope to a value.

use std::collections::BTreeMap;
use std::sync::Arc;

use cel::common::ast::IdedExpr;
use cel::{Context, ExecutionError, Value as Cel};

use super::convert::{MAX_SIZE, from_cel, to_cel};
use super::deep::with_room;
use super::functions::{Around, Texts, register, too_large};
use super::parse::{ENVIRONMENT, Parsed, Part, Template};
use super::plain;
use super::reference::Root;
use super::scope::Scope;
use super::walk::variable;
use super::wording;
use crate::diagnostic::Diagnostic;
use crate::map::Map;
use crate::source::Span;
use crate::value::{Pending, Value};

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EvalError {
    /// One sentence without a full stop, in the user's words.
    pub message: String,
    /// Where, if the expression stands in a file.
    pub span: Option<Span>,
    /// What to do next.
    pub help: Option<String>,
    /// The code of its diagnostic.
    pub code: &'static str,
    /// Whether one of many is meant that is not there: nothing is wrong unless it is looked at.
    pub absent: bool,
}

impl EvalError {
    /// An error that does not know its place.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), span: None, help: None, code: "E0501", absent: false }
    }

    /// Another code.
    #[must_use]
    pub fn code(mut self, code: &'static str) -> Self {
        self.code = code;
        self
    }

    /// The error of an instance that is not there.
    pub fn absent(message: impl Into<String>) -> Self {
        Self { absent: true, ..Self::new(message) }
    }

    /// The diagnostic, at a place unless the error knows its own.
    pub fn diagnostic(self, span: Span) -> Diagnostic {
        let diagnostic = Diagnostic::error(self.code, self.span.unwrap_or(span), self.message);
        match self.help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        }
    }

    /// The error of what needs itself. Where that is, `survey` says.
    pub fn circular() -> Self {
        Self::new("this needs itself")
    }

    /// Whether that is the error.
    pub fn is_circular(&self) -> bool {
        self.message == Self::circular().message
    }

    /// The place, unless one is known already.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.span.get_or_insert(span);
        self
    }

    /// What to do next.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }
}

impl Template {
    /// Its value in a scope. When something that it names is not known yet the value is pending;
    /// when something is sensitive, so is the value.
    ///
    /// # Errors
    /// What is wrong and where.
    pub fn evaluate(&self, scope: &dyn Scope) -> Result<Value, EvalError> {
        let parsed = &*self.0;
        let (values, absent) = self.values(scope)?;
        if let [part] = parsed.parts.as_slice()
            && let Some(root) = part.only_root(&parsed.found.roots)
            && let [value] = values.as_slice()
            && absent.is_empty()
            && !(matches!(root, Root::Resource(_)) && value.is_pending())
        {
            return Ok(value.clone());
        }
        let secret = values.iter().any(Value::is_sensitive);
        let pending = values.iter().any(Value::is_pending);
        if !secret
            && !pending
            && absent.is_empty()
            && let Some(result) = plain::value(&parsed.parts, &values)
        {
            return result;
        }
        let value = if pending {
            Value::Pending(Box::new(self.pending(scope, values)?))
        } else {
            let texts = self.texts(scope)?;
            let deep = parsed.weight.is_deep() || texts.is_deep();
            let work = Work { parsed: &self.0, texts, secret, absent };
            let stuck = || EvalError::new("the expression cannot be evaluated");
            with_room(deep, || work.text_or_value(&values)).ok_or_else(stuck)??
        };
        Ok(if secret { value.into_sensitive() } else { value })
    }

    /// The value of each root, and those that are not there.
    fn values(&self, scope: &dyn Scope) -> Result<(Vec<Value>, Absent), EvalError> {
        let found = &self.0.found;
        let place =
            |root: &Root| found.references.iter().find(|r| same(&r.root, root)).map(|r| r.span);
        let (mut values, mut absent) = (Vec::with_capacity(found.roots.len()), Absent::new());
        for (index, root) in found.roots.iter().enumerate() {
            let result = scope.value(root);
            let result =
                result.map_err(|error| place(root).map_or(error.clone(), |span| error.at(span)));
            match result {
                Err(error) if error.absent => {
                    absent.insert(variable(index), error);
                    values.push(Value::Null);
                }
                result => values.push(result?),
            }
        }
        Ok((values, absent))
    }

    fn pending(&self, scope: &dyn Scope, values: Vec<Value>) -> Result<Pending, EvalError> {
        let mut origins: Vec<_> = values.iter().flat_map(Value::origins).collect();
        origins.sort();
        origins.dedup();
        let mut bindings: Map = self
            .0
            .found
            .roots
            .iter()
            .zip(values)
            .filter(|(root, _)| !matches!(root, Root::Resource(_)))
            .map(|(root, value)| (root.to_string(), value))
            .collect();
        let own = |root: &Root| matches!(root, Root::Resource(reference) if reference.own_key);
        if self.0.found.roots.iter().any(own) {
            for root in [Root::CountIndex, Root::EachKey] {
                if let Ok(key) = scope.value(&root) {
                    bindings.insert(root.to_string(), key);
                }
            }
        }
        let texts = self.texts(scope)?;
        bindings.extend(texts.files().map(|(path, text)| (file_binding(path), Value::text(text))));
        let template = self.0.source.clone();
        Ok(Pending { origins, template, stack: scope.stack().clone(), bindings })
    }

    /// The files it reads; templates among them are parsed once.
    fn texts(&self, scope: &dyn Scope) -> Result<Arc<Texts>, EvalError> {
        let kept = self.0.texts.get().filter(|texts| texts.are_of(scope));
        if let Some(texts) = kept {
            return Ok(Arc::clone(texts));
        }
        let texts = Arc::new(Texts::gather(&self.0.found.files, scope)?);
        Ok(Arc::clone(self.0.texts.get_or_init(|| Arc::clone(&texts))))
            .map(|kept| if kept.are_of(scope) { kept } else { texts })
    }
}

/// The name under which a pending value keeps the text of a file it needs.
pub(crate) fn file_binding(path: &str) -> String {
    format!("file({})", serde_json::Value::from(path))
}

fn same(a: &Root, b: &Root) -> bool {
    a == b || a.to_string() == b.to_string()
}

/// Instances that are not there, by the variables that stand for them.
type Absent = BTreeMap<String, EvalError>;

/// What is needed to run the expressions of one scalar, or of a template.
pub(crate) struct Work<'a> {
    pub(crate) parsed: &'a Arc<Parsed>,
    pub(crate) texts: Arc<Texts>,
    /// Whether complaints must not say anything about values.
    pub(crate) secret: bool,
    /// Names without a value; it is wrong to look at them.
    pub(crate) absent: Absent,
}

impl Work<'_> {
    fn text_or_value(&self, values: &[Value]) -> Result<Value, EvalError> {
        let mut names = BTreeMap::new();
        for (index, value) in values.iter().enumerate() {
            let value = to_cel(value).map_err(|message| {
                EvalError::new(format!("`{}`: {message}", self.parsed.found.roots[index]))
            })?;
            names.insert(variable(index), value);
        }
        names.retain(|name, _| !self.absent.contains_key(name));
        if let [Part::Expression { tree, span }] = self.parsed.parts.as_slice() {
            return self.run(&self.context(names)?, tree).map_err(|error| error.at(*span));
        }
        self.text(names).map(Value::text)
    }

    /// The text, with the value of each expression in its place.
    pub(crate) fn text(&self, names: BTreeMap<String, Cel>) -> Result<String, EvalError> {
        let context = self.context(names)?;
        let mut text = String::new();
        for part in &self.parsed.parts {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Expression { tree, span } => {
                    let value = self.run(&context, tree).map_err(|error| error.at(*span))?;
                    text.push_str(&as_text(&value).map_err(|error| error.at(*span))?);
                    if text.len() > MAX_SIZE {
                        return Err(EvalError::new(too_large()).at(*span));
                    }
                }
            }
        }
        Ok(text)
    }

    fn context(
        &self,
        names: BTreeMap<String, Cel>,
    ) -> Result<Context<'static, 'static>, EvalError> {
        let mut context = Context::with_env(Arc::clone(&ENVIRONMENT));
        let (texts, parsed) = (Arc::clone(&self.texts), Arc::clone(self.parsed));
        register(&mut context, &Arc::new(Around { texts, parsed, secret: self.secret }))
            .map_err(|error| EvalError::new(error.to_string()))?;
        for (name, value) in names {
            context.add_variable_from_value(name, value);
        }
        Ok(context)
    }

    fn run(&self, context: &Context<'_, '_>, tree: &IdedExpr) -> Result<Value, EvalError> {
        let value = context.resolve(tree).map_err(|error| match &error {
            ExecutionError::UndeclaredReference(name) if self.absent.contains_key(&**name) => {
                self.absent[&**name].clone()
            }
            _ => wording::execution(&error, self.secret),
        })?;
        from_cel(&value).map_err(EvalError::new)
    }
}

pub(super) fn as_text(value: &Value) -> Result<String, EvalError> {
    match value {
        Value::String(text) => Ok(text.to_string()),
        Value::Int(n) => Ok(n.to_string()),
        Value::Float(n) => Ok(n.to_string()),
        Value::Bool(b) => Ok(b.to_string()),
        Value::Null => Err(EvalError::new("there is no value to put into the text")),
        Value::List(_) => Err(EvalError::new("a list cannot be put into a text")
            .help("`join(list, \", \")` makes one text of it")),
        _ => Err(EvalError::new("a map cannot be put into a text")
            .help("take one of its fields: `map.field`")),
    }
}
