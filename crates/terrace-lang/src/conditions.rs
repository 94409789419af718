//! Conditions: `preconditions` and `postconditions` of blocks, `policies` of the workspace.

use terrace_model::expr::{EvalError, Root, Scope, Term};
use terrace_model::{
    Condition, Diagnostic, Diagnostics, Kind, Level, Pending, Policy, Resource, Spanned, StackName,
    Type, Value, Workspace,
};

use crate::lifecycle::expression;
use crate::load::Reading;
use crate::term::{entries, typed, unknown};
use crate::yaml::{Entry, Node};

const OF_POLICY: [&str; 6] = ["name", "sections", "when", "rule", "message", "level"];

fn list<'n>(reading: &mut Reading<'_>, node: &'n Node, what: &str) -> &'n [Node] {
    if node.is_null() {
        return &[];
    }
    node.as_list().unwrap_or_else(|| {
        let message = format!("{what} is {}, not a list", node.describe());
        reading.diagnostics.push(Diagnostic::error("E0205", node.span, message));
        &[]
    })
}

fn missing(reading: &mut Reading<'_>, item: &Node, name: &str, what: &str) {
    let message = format!("`{name}` is missing in {what}");
    reading.diagnostics.push(Diagnostic::error("E0203", item.span, message));
}

fn find<'n>(fields: &'n [Entry], name: &str) -> Option<&'n Node> {
    fields.iter().find(|f| f.key == name).map(|f| &f.value)
}

/// Reads `preconditions` or `postconditions`.
pub(crate) fn read(reading: &mut Reading<'_>, field: &Entry) -> Vec<Condition> {
    let mut found = Vec::new();
    for item in list(reading, &field.value, &format!("`{}`", field.key)) {
        let what = format!("an entry of `{}`", field.key);
        let fields = entries(reading, item, &what);
        for odd in fields.iter().filter(|f| !["condition", "message"].contains(&f.key.as_str())) {
            reading.diagnostics.push(unknown(odd, "field", &["condition", "message"]));
        }
        match (find(fields, "condition"), find(fields, "message")) {
            (Some(condition), Some(message)) => found.push(Condition {
                condition: expression(reading, condition),
                message: typed(reading, message, &Type::String),
            }),
            (None, _) => missing(reading, item, "condition", &what),
            (_, None) => missing(reading, item, "message", &what),
        }
    }
    found
}

/// Reads `policies`.
pub(crate) fn policies(reading: &mut Reading<'_>, node: &Node) -> Vec<Policy> {
    let mut found = Vec::new();
    for item in list(reading, node, "`policies`") {
        let fields = entries(reading, item, "a policy");
        for odd in fields.iter().filter(|f| !OF_POLICY.contains(&f.key.as_str())) {
            reading.diagnostics.push(unknown(odd, "field of a policy", &OF_POLICY));
        }
        let all = (find(fields, "name"), find(fields, "rule"), find(fields, "message"));
        let (Some(name), Some(rule), Some(message)) = all else {
            for name in ["name", "rule", "message"] {
                if find(fields, name).is_none() {
                    missing(reading, item, name, "a policy");
                }
            }
            continue;
        };
        found.push(Policy {
            name: name.as_scalar().map(|s| s.text.to_string()).unwrap_or_default(),
            span: name.span,
            kinds: find(fields, "sections").map(|n| kinds(reading, n)).unwrap_or_default(),
            when: find(fields, "when").map(|n| expression(reading, n)),
            rule: expression(reading, rule),
            message: typed(reading, message, &Type::String),
            level: find(fields, "level").map_or(Level::Error, |n| level(reading, n)),
        });
    }
    found
}

fn kinds(reading: &mut Reading<'_>, node: &Node) -> Vec<Kind> {
    let mut found = Vec::new();
    for item in list(reading, node, "`sections`") {
        let text = item.as_scalar().map(|s| s.text.clone()).unwrap_or_default();
        match Kind::from_section(&text) {
            Some(kind) => found.push(kind),
            None => {
                let known = Kind::ALL.map(Kind::section);
                let problem = Diagnostic::error(
                    "E0201",
                    item.span,
                    format!("`{text}` is not a known section"),
                );
                let nearest = terrace_model::suggest::nearest(&text, known);
                reading.diagnostics.push(match nearest {
                    Some(nearest) => problem.help(format!("did you mean `{nearest}`?")),
                    None => problem.help(format!("known are {}", known.join(", "))),
                });
            }
        }
    }
    found
}

fn level(reading: &mut Reading<'_>, node: &Node) -> Level {
    match node.as_scalar().map(|s| s.text.as_str()) {
        Some("error") => Level::Error,
        Some("warn") => Level::Warn,
        _ => {
            let message = format!("`level` is `error` or `warn`, not {}", node.describe());
            reading.diagnostics.push(Diagnostic::error("E0301", node.span, message));
            Level::Error
        }
    }
}

/// What is given where a condition stands, not known yet.
struct Given<'a> {
    inner: Option<&'a dyn Scope>,
    stack: &'a StackName,
    names: &'a [&'a str],
    kind: Option<Kind>,
    environment: &'a str,
}

impl Scope for Given<'_> {
    fn stack(&self) -> &StackName {
        self.stack
    }

    fn value(&self, root: &Root) -> Result<Value, EvalError> {
        match (root, self.inner) {
            (Root::Given { name, field }, _) if self.names.contains(&name.as_str()) => {
                if let (Some(kind), Some(field)) = (self.kind, field)
                    && kind.schema().attribute(field).is_none()
                {
                    let message = format!("a {} has no attribute `{field}`", kind.noun());
                    return Err(EvalError::new(message));
                }
                Ok(Value::Pending(Box::new(Pending {
                    origins: Vec::new(),
                    template: String::new(),
                    stack: self.stack.clone(),
                    bindings: terrace_model::Map::new(),
                })))
            }
            (Root::Given { name, .. }, _) => Err(Root::not_given(name)),
            (root, Some(inner)) => inner.value(root),
            (Root::Env(name), None) if name == "name" => Ok(Value::text(self.environment)),
            (root, None) => Err(EvalError::new(format!("a policy does not know `{root}`"))
                .help("there are `planned`, `before`, `action`, `address` and `env.name`")),
        }
    }

    fn file(&self, path: &str) -> Option<&str> {
        self.inner.and_then(|inner| inner.file(path))
    }
}

/// Checks what can be checked of the conditions of a block before there is a plan.
pub(crate) fn check(resource: &Resource, scope: &dyn Scope, found: &mut Diagnostics) {
    let life = &resource.lifecycle;
    let (stack, kind) = (&resource.address.stack, Some(resource.address.kind));
    for (conditions, names) in [(&life.preconditions, &[][..]), (&life.postconditions, &["self"])] {
        let given = Given { inner: Some(scope), stack, names, kind, environment: "" };
        for one in conditions {
            truth(&one.condition, &given, "a condition", found);
            text(&one.message, &given, found);
        }
    }
}

/// The same of policies.
pub(crate) fn check_policies(workspace: &Workspace) -> Diagnostics {
    let mut found = Diagnostics::default();
    let Some(stack) = workspace.stacks.keys().next() else { return found };
    for policy in &workspace.policies {
        let kind = match policy.kinds[..] {
            [kind] => Some(kind),
            _ => None,
        };
        let names = &["planned", "before", "action", "address"];
        let environment = &workspace.environment;
        let given = Given { inner: None, stack, names, kind, environment };
        truth(&policy.rule, &given, "a rule", &mut found);
        text(&policy.message, &given, &mut found);
        if let Some(when) = &policy.when {
            truth(when, &given, "`when`", &mut found);
        }
    }
    found
}

fn evaluate(term: &Spanned<Term>, scope: &dyn Scope, found: &mut Diagnostics) -> Option<Value> {
    match term.value.evaluate(scope) {
        Ok(value) => Some(value),
        Err(error) => {
            let problem =
                Diagnostic::error("E0501", error.span.unwrap_or(term.span), error.message);
            found.push(match error.help {
                Some(help) => problem.help(help),
                None => problem,
            });
            None
        }
    }
}

fn truth(term: &Spanned<Term>, scope: &dyn Scope, what: &str, found: &mut Diagnostics) {
    let value = evaluate(term, scope, found);
    if let Some(value) = value.filter(|v| !v.is_pending() && v.as_bool().is_none()) {
        let message = format!("{what} is true or false, not {}", value.describe());
        found.push(Diagnostic::error("E0301", term.span, message));
    }
}

fn text(term: &Spanned<Term>, scope: &dyn Scope, found: &mut Diagnostics) {
    let value = evaluate(term, scope, found);
    if let Some(value) = value.filter(|v| !v.is_pending() && v.as_str().is_none()) {
        let message = format!("a message is text, not {}", value.describe());
        found.push(Diagnostic::error("E0301", term.span, message));
    }
}
