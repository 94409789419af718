//! Variables: declarations, values by precedence, and what they must be like.

mod given;
mod shape;

use std::collections::BTreeMap;

use terrace_model::expr::{EvalError, Root, Scope, Term};
use terrace_model::{Diagnostic, Span, Spanned, StackName, Value};

pub(crate) use given::{Given, collect};
use shape::{Misfit, Shape};

use crate::load::{Question, Reading};
use crate::term::{entries, plain, term, unknown};
use crate::yaml::{Entry, Node, Scalar};

const OWN_FIELDS: [&str; 4] = ["default", "description", "sensitive", "validate"];

/// The values of a stack's variables.
pub(crate) fn read(
    reading: &mut Reading<'_>,
    stack: &StackName,
    node: &Node,
    given: &Given<'_>,
) -> BTreeMap<String, Value> {
    let mut values = BTreeMap::new();
    let mut rules = Vec::new();
    for entry in entries(reading, node, "`variables`") {
        let declared = declaration(reading, entry);
        let value = one(reading, entry, &declared, given);
        rules.extend(value.is_some().then_some((entry, declared.rules)));
        values.insert(entry.key.clone(), value.unwrap_or(Value::Null));
    }
    let scope = Rules { stack, variables: &values };
    for (entry, rules) in rules {
        for rule in rules {
            if let Err(diagnostic) = rule.check(entry, &scope) {
                reading.diagnostics.push(*diagnostic);
            }
        }
    }
    values
}

struct Declared<'n> {
    shape: Shape,
    default: Option<&'n Node>,
    description: Option<String>,
    sensitive: bool,
    rules: Vec<Rule>,
}

/// One entry of `validate`.
struct Rule {
    condition: Spanned<Term>,
    message: Spanned<Term>,
}

fn declaration<'n>(reading: &mut Reading<'_>, entry: &'n Entry) -> Declared<'n> {
    if let Err(error) = terrace_model::Name::new(&entry.key) {
        reading.diagnostics.push(Diagnostic::error("E0202", entry.key_span, error.to_string()));
    }
    let mut declared = Declared {
        shape: shape::read(reading, &entry.value, 0),
        default: None,
        description: None,
        sensitive: false,
        rules: Vec::new(),
    };
    if entry.value.as_scalar().is_some() {
        return declared; // `name: string`
    }
    let known: Vec<&str> = OWN_FIELDS.into_iter().chain(shape::FIELDS).collect();
    for field in entries(reading, &entry.value, "a variable") {
        match (field.key.as_str(), field.value.as_scalar().map(Scalar::value)) {
            ("default", _) => declared.default = Some(&field.value),
            ("description", Some(Value::String(text))) => declared.description = Some(text),
            ("sensitive", Some(Value::Bool(sensitive))) => declared.sensitive = sensitive,
            ("validate", _) => declared.rules = rules(reading, &field.value),
            (own, _) if OWN_FIELDS.contains(&own) => {
                let message = format!("`{own}` cannot be {}", field.value.describe());
                reading.diagnostics.push(Diagnostic::error("E0205", field.value.span, message));
            }
            (key, _) if shape::FIELDS.contains(&key) => {}
            _ => reading.diagnostics.push(unknown(field, "field of a variable", &known)),
        }
    }
    declared
}

fn rules(reading: &mut Reading<'_>, node: &Node) -> Vec<Rule> {
    let one = std::slice::from_ref(node);
    let mut found = Vec::new();
    for item in node.as_list().unwrap_or(one) {
        let (mut condition, mut message) = (None, None);
        for field in entries(reading, item, "a rule") {
            match field.key.as_str() {
                "condition" => condition = Some(term(reading, &field.value)),
                "message" => message = Some(term(reading, &field.value)),
                _ => reading.diagnostics.push(unknown(
                    field,
                    "field of a rule",
                    &["condition", "message"],
                )),
            }
        }
        match (condition, message) {
            (Some(condition), Some(message)) => found.push(Rule { condition, message }),
            _ => reading.diagnostics.push(
                Diagnostic::error("E0203", item.span, "a rule has a `condition` and a `message`")
                    .help("write `{ condition: '${vars.name ...}', message: what must hold }`"),
            ),
        }
    }
    found
}

/// The value of a variable; a complaint when there is none or it does not fit.
fn one(
    reading: &mut Reading<'_>,
    entry: &Entry,
    declared: &Declared<'_>,
    given: &Given<'_>,
) -> Option<Value> {
    let name = entry.key.as_str();
    let default = || {
        let node = declared.default?;
        Some((plain(node), Some(node.span), "the default".to_owned()))
    };
    let asked = || {
        let question = Question {
            name,
            description: declared.description.as_deref(),
            sensitive: declared.sensitive,
        };
        given.ask(&question, &declared.shape)
    };
    let found = given.find(name, &declared.shape).map(|f| (f.value, f.span, f.source));
    let found = found.or_else(default).or_else(|| asked().map(|f| (f.value, f.span, f.source)));
    let Some((value, span, source)) = found else {
        let message = format!("the variable `{name}` has no value");
        let help = format!(
            "give it with `--var {name}=...`, with `TERRACE_VAR_{name}`, in a file named with \
             `--var-file` or in that of the environment, or write a `default`"
        );
        reading.diagnostics.push(Diagnostic::error("E0601", entry.key_span, message).help(help));
        return None;
    };
    match declared.shape.fit(value) {
        Ok(value) if declared.sensitive => Some(Value::Sensitive(Box::new(value))),
        Ok(value) => Some(value),
        Err(misfit) => {
            reading.diagnostics.push(complaint(entry, declared, (span, &source), misfit));
            None
        }
    }
}

/// Both ends: where the value is written, and where the variable is declared.
fn complaint(
    entry: &Entry,
    declared: &Declared<'_>,
    (span, source): (Option<Span>, &str),
    misfit: Misfit,
) -> Diagnostic {
    let name = format!("{}{}", entry.key, misfit.path);
    let what =
        if declared.sensitive { "its value does not fit".to_owned() } else { misfit.message };
    let message = format!("the variable `{name}`, {source}: {what}");
    match span {
        Some(span) => Diagnostic::error("E0602", span, message)
            .related(entry.key_span, format!("`{}` is declared here", entry.key)),
        None => Diagnostic::error("E0602", entry.key_span, message),
    }
}

impl Rule {
    fn check(&self, entry: &Entry, scope: &Rules<'_>) -> Result<(), Box<Diagnostic>> {
        let fails = |term: &Spanned<Term>, message: String| {
            Box::new(Diagnostic::error("E0604", term.span, message))
        };
        let computed = |term: &Spanned<Term>| {
            term.value.evaluate(scope).map_err(|error| {
                let at = error.span.unwrap_or(term.span);
                let diagnostic = Diagnostic::error("E0501", at, error.message);
                Box::new(match error.help {
                    Some(help) => diagnostic.help(help),
                    None => diagnostic,
                })
            })
        };
        match computed(&self.condition)?.revealed() {
            Value::Bool(true) => Ok(()),
            Value::Bool(false) => {
                let message = computed(&self.message)?;
                let told = match message.as_str() {
                    Some(text) => text.to_owned(),
                    None => "the value is not allowed".to_owned(),
                };
                let message = format!("the variable `{}`: {told}", entry.key);
                Err(Box::new(
                    Diagnostic::error("E0604", entry.key_span, message)
                        .related(self.condition.span, "this does not hold"),
                ))
            }
            other => {
                let message = format!("a condition is true or false, not {}", other.describe());
                Err(fails(&self.condition, message))
            }
        }
    }
}

/// What rules may look at: the variables of the stack.
struct Rules<'a> {
    stack: &'a StackName,
    variables: &'a BTreeMap<String, Value>,
}

impl Scope for Rules<'_> {
    fn stack(&self) -> &StackName {
        self.stack
    }

    fn value(&self, root: &Root) -> Result<Value, EvalError> {
        match root {
            Root::Var(name) => self.variables.get(name).cloned().ok_or_else(|| {
                EvalError::new(format!("there is no variable `{name}` in this stack"))
            }),
            _ => Err(EvalError::new("a rule can only look at variables")
                .help("move the condition to `preconditions` of a resource")),
        }
    }

    fn file(&self, _: &str) -> Option<&str> {
        None
    }
}
