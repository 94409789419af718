//! Declarations of variables: type, default, constraints, rules.

use terrace_model::expr::Term;
use terrace_model::names::{Memo, Names, Within};
use terrace_model::{Diagnostic, Diagnostics, Name, Span, Spanned, StackName, Value, Workspace};

use crate::load::Reading;
use crate::scope::Unknown;
use crate::term::{complaint, entries, expression, plain, term, unknown};
use crate::vartype::{self, VarType};
use crate::yaml::{self, Entry, Node};

const FIELDS: [&str; 11] = [
    "type",
    "default",
    "description",
    "minimum",
    "maximum",
    "min_length",
    "max_length",
    "pattern",
    "enum",
    "validate",
    "sensitive",
];

/// What a stack says of a variable.
pub(crate) struct Declaration<'n> {
    pub(crate) name: &'n str,
    pub(crate) span: Span,
    pub(crate) ty: VarType,
    pub(crate) default: Option<&'n Node>,
    pub(crate) description: Option<String>,
    pub(crate) sensitive: bool,
    /// Whether its default was told to be wrong already.
    pub(crate) broken: bool,
    constraints: Vec<(Constraint, Span)>,
}

/// What a value must be.
enum Constraint {
    Minimum(f64),
    Maximum(f64),
    MinLength(usize),
    MaxLength(usize),
    Pattern(Box<regex::Regex>),
    Choice(Vec<Value>),
}

/// A rule about the value of a variable, checked when all variables of the stack are known.
pub(crate) struct Rule {
    stack: StackName,
    variable: String,
    condition: Spanned<Term>,
    message: Option<Spanned<Term>>,
    sensitive: bool,
}

/// Reads a declaration.
pub(crate) fn read<'n>(
    reading: &mut Reading<'_>,
    stack: &StackName,
    entry: &'n Entry,
) -> Declaration<'n> {
    if let Err(error) = Name::new(&entry.key) {
        reading.diagnostics.push(Diagnostic::error("E0202", entry.key_span, error.to_string()));
    }
    let mut declared = Declaration {
        name: &entry.key,
        span: entry.key_span,
        ty: VarType::Any,
        default: None,
        description: None,
        sensitive: false,
        broken: false,
        constraints: Vec::new(),
    };
    let fields = entries(reading, &entry.value, "a variable");
    if let Some(ty) = fields.iter().find(|f| f.key == "type") {
        declared.ty = vartype::read(reading, &ty.value);
    }
    for field in fields {
        let value = field.value.as_scalar().map(yaml::Scalar::value);
        match (field.key.as_str(), value) {
            ("type" | "validate", _) => {}
            ("default", _) if !vartype::is_plain(&field.value) => {
                let message = "the default of a variable is a plain value, without expressions";
                let diagnostic = Diagnostic::error("E0602", field.value.span, message);
                reading.diagnostics.push(diagnostic.help("write it under `locals`"));
                declared.broken = true;
            }
            ("default", _) => declared.default = Some(&field.value),
            ("description", Some(text)) => declared.description = text.as_str().map(str::to_owned),
            ("sensitive", Some(Value::Bool(b))) => declared.sensitive = b,
            (key, value) if FIELDS.contains(&key) => match constraint(key, value, &field.value) {
                Ok(constraint) => declared.constraints.push((constraint, field.value.span)),
                Err(text) => {
                    reading.diagnostics.push(Diagnostic::error("E0205", field.value.span, text));
                }
            },
            _ => reading.diagnostics.push(unknown(field, "field of a variable", &FIELDS)),
        }
    }
    if let (VarType::Any, Some(default)) = (&declared.ty, declared.default) {
        declared.ty = VarType::of(&plain(default));
    }
    if let Some(rules) = fields.iter().find(|f| f.key == "validate") {
        for rule in rules.value.as_list().unwrap_or(std::slice::from_ref(&rules.value)) {
            self::rule(reading, stack, &declared, rule);
        }
    }
    declared
}

fn constraint(key: &str, value: Option<Value>, node: &Node) -> Result<Constraint, String> {
    let wrong = || format!("`{key}` cannot be {}", node.describe());
    let length = |value: &Value| value.as_int().and_then(|n| usize::try_from(n).ok());
    match (key, &value) {
        ("minimum", Some(value)) => float(value).map(Constraint::Minimum),
        ("maximum", Some(value)) => float(value).map(Constraint::Maximum),
        ("min_length", Some(value)) => length(value).map(Constraint::MinLength),
        ("max_length", Some(value)) => length(value).map(Constraint::MaxLength),
        ("pattern", Some(Value::String(pattern))) => {
            let compiled = regex::Regex::new(pattern);
            let compiled = compiled.map_err(|_| format!("`{pattern}` is not a pattern"))?;
            Some(Constraint::Pattern(Box::new(compiled)))
        }
        ("enum", None) => {
            node.as_list().map(|items| Constraint::Choice(items.iter().map(plain).collect()))
        }
        _ => None,
    }
    .ok_or_else(wrong)
}

/// A rule is `{ rule: ..., message: ... }`.
fn rule(reading: &mut Reading<'_>, stack: &StackName, declared: &Declaration<'_>, node: &Node) {
    let known = ["rule", "message"];
    let mut condition = None;
    let mut message = None;
    for field in entries(reading, node, "a rule") {
        match field.key.as_str() {
            "rule" => condition = Some(expression(reading, &field.value)),
            "message" => message = Some(term(reading, &field.value)),
            _ => reading.diagnostics.push(unknown(field, "field of a rule", &known)),
        }
    }
    let Some(condition) = condition else {
        if node.as_map().is_some() {
            let text = "a rule needs `rule`, an expression that is true for good values";
            reading.diagnostics.push(Diagnostic::error("E0203", node.span, text));
        }
        return;
    };
    let (stack, variable) = (stack.clone(), declared.name.to_owned());
    let sensitive = declared.sensitive;
    reading.rules.push(Rule { stack, variable, condition, message, sensitive });
}

impl Declaration<'_> {
    /// The value, made to fit and marked; a complaint if it does not.
    pub(crate) fn settle(
        &self,
        reading: &mut Reading<'_>,
        value: Value,
        node: Option<&Node>,
        how: &str,
    ) -> Option<Value> {
        let place = |misfit: &vartype::Misfit| node.map_or(self.span, |node| misfit.place(node));
        let whole = node.map_or(self.span, |node| node.span);
        let result = match self.ty.fit(value) {
            Ok(value) => {
                match self.constraints.iter().find_map(|(c, at)| Some((c.breaks(&value)?, at))) {
                    None => Ok(value),
                    Some((text, at)) => Err((whole, text, Some(*at))),
                }
            }
            Err(misfit) => Err((place(&misfit), misfit.to_string(), None)),
        };
        match result {
            Ok(value) => Some(if self.sensitive { value.into_sensitive() } else { value }),
            Err((span, text, at)) => {
                let text = if self.sensitive { "its value does not fit".to_owned() } else { text };
                let message = format!("the variable `{}`, {how}: {text}", self.name);
                let mut diagnostic = Diagnostic::error("E0602", span, message);
                if span != self.span {
                    let at = at.unwrap_or(self.span);
                    diagnostic =
                        diagnostic.related(at, format!("`{}` is declared here", self.name));
                }
                reading.diagnostics.push(diagnostic);
                None
            }
        }
    }
}

impl Constraint {
    /// What is wrong with a value, if it is.
    fn breaks(&self, value: &Value) -> Option<String> {
        let value = value.revealed();
        let length = match &value {
            Value::String(text) => Some((text.chars().count(), "characters")),
            Value::List(items) => Some((items.len(), "items")),
            Value::Map(map) => Some((map.len(), "entries")),
            _ => None,
        };
        let number = float(&value);
        let shown = || match &value {
            Value::String(text) => format!("`{text}`"),
            other => other.to_string(),
        };
        match (self, number, length) {
            (Self::Minimum(least), Some(n), _) if n < *least => {
                Some(format!("{n} is less than {least}"))
            }
            (Self::Maximum(most), Some(n), _) if n > *most => {
                Some(format!("{n} is more than {most}"))
            }
            (Self::MinLength(least), _, Some((length, what))) if length < *least => {
                Some(format!("{length} {what} are less than {least}"))
            }
            (Self::MaxLength(most), _, Some((length, what))) if length > *most => {
                Some(format!("{length} {what} are more than {most}"))
            }
            (Self::Pattern(pattern), ..) => {
                let fits = value.as_str().is_none_or(|text| pattern.is_match(text));
                (!fits).then(|| format!("{} does not match `{pattern}`", shown()))
            }
            (Self::Choice(choices), ..) => {
                let fits = value.is_null() || choices.iter().any(|choice| same(choice, &value));
                let names: Vec<String> = choices
                    .iter()
                    .map(|choice| match choice {
                        Value::String(text) => text.clone(),
                        other => other.to_string(),
                    })
                    .collect();
                (!fits).then(|| format!("{} is not one of {}", shown(), names.join(", ")))
            }
            _ => None,
        }
    }
}

/// A choice written without quotes may be a number, and the value the same as text.
fn same(choice: &Value, value: &Value) -> bool {
    match (choice, value) {
        (Value::Int(_) | Value::Float(_) | Value::Bool(_), Value::String(text)) => {
            choice.to_string() == *text
        }
        _ => choice == value,
    }
}

#[expect(clippy::cast_precision_loss, reason = "bounds of that size are not compared to the digit")]
fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Int(n) => Some(*n as f64),
        Value::Float(n) => Some(*n),
        _ => None,
    }
}

/// Checks rules against the values of variables; those that wait for something are left.
pub(crate) fn check(rules: &[Rule], workspace: &Workspace, found: &mut Diagnostics) {
    let memo = Memo::default();
    let names = Names::new(workspace, &Unknown, &memo);
    for rule in rules {
        let Some(stack) = workspace.stacks.get(&rule.stack) else { continue };
        let here = names.here(stack, Within::Stack);
        let diagnostic = match rule.condition.value.evaluate(&here).map(|v| v.revealed()) {
            Ok(Value::Bool(true) | Value::Pending(_)) => continue,
            Ok(Value::Bool(false)) => {
                let message = rule.message.as_ref().and_then(|m| m.value.evaluate(&here).ok());
                let message = message.filter(|_| !rule.sensitive);
                let reason = message.as_ref().and_then(Value::as_str);
                let text = reason.unwrap_or("it breaks a rule of its declaration");
                let text = format!("the variable `{}`: {text}", rule.variable);
                match stack.given.get(&rule.variable) {
                    Some(given) => Diagnostic::error("E0602", *given, text)
                        .related(rule.condition.span, "this must be true"),
                    None => Diagnostic::error("E0602", rule.condition.span, text),
                }
            }
            Ok(other) if other.is_pending() => continue,
            Ok(other) => {
                let text = format!("a rule is true or false, not {}", other.describe());
                Diagnostic::error("E0602", rule.condition.span, text)
            }
            Err(error) if error.is_circular() => continue,
            Err(error) => complaint("E0501", error, rule.condition.span),
        };
        found.push(diagnostic);
    }
}
