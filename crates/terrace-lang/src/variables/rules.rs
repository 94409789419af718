//! Rules: what the values of variables must be together, in the words of the stack.

use terrace_model::expr::{Root, Term};
use terrace_model::names::{Memo, Names, Within};
use terrace_model::{
    Diagnostic, Diagnostics, Span, Spanned, Stack, StackName, Type, Value, Workspace,
};

use crate::load::Reading;
use crate::scope::Unknown;
use crate::term::{entries, term, typed, unknown};
use crate::yaml::{Entry, Node};

/// A rule about the value of a variable, checked when all variables are known.
pub(crate) struct Rule {
    stack: StackName,
    variable: String,
    declared: Span,
    condition: Spanned<Term>,
    message: Spanned<Term>,
}

/// Reads what is written under `validate`.
pub(super) fn read(reading: &mut Reading<'_>, (stack, entry): (&StackName, &Entry), node: &Node) {
    let one = std::slice::from_ref(node);
    for item in node.as_list().unwrap_or(one) {
        let (mut condition, mut message) = (None, None);
        for field in entries(reading, item, "a rule") {
            match field.key.as_str() {
                "condition" => condition = Some(term(reading, &field.value)),
                "message" => message = Some(typed(reading, &field.value, &Type::String)),
                _ => reading.diagnostics.push(unknown(
                    field,
                    "field of a rule",
                    &["condition", "message"],
                )),
            }
        }
        let (stack, variable, declared) = (stack.clone(), entry.key.to_string(), entry.key_span);
        match (condition, message) {
            (Some(condition), Some(message)) => {
                reading.rules.push(Rule { stack, variable, declared, condition, message });
            }
            _ => reading.diagnostics.push(
                Diagnostic::error("E0203", item.span, "a rule has a `condition` and a `message`")
                    .help("write `{ condition: '${vars.name ...}', message: what must hold }`"),
            ),
        }
    }
}

/// Checks rules against the values of variables; those that wait for something are left.
pub(crate) fn check(rules: &[Rule], workspace: &Workspace, found: &mut Diagnostics) {
    let memo = Memo::default();
    let names = Names::new(workspace, &Unknown, &memo);
    for rule in rules {
        if let Some(stack) = workspace.stacks.get(&rule.stack)
            && let Err(diagnostic) = rule.check(names, stack)
        {
            found.push(*diagnostic);
        }
    }
}

impl Rule {
    fn check(&self, names: Names<'_>, stack: &Stack) -> Result<(), Box<Diagnostic>> {
        let here = names.here(stack, Within::Stack);
        let references = self.condition.value.references();
        let looked = references.iter().find(|r| !matches!(r.root, Root::Var(_)));
        if let Some(other) = looked {
            return Err(Box::new(
                Diagnostic::error("E0501", other.span, "a rule can only look at variables")
                    .help("move the condition to `preconditions` of a resource"),
            ));
        }
        let computed = |term: &Spanned<Term>| {
            let result = term.value.evaluate(&here);
            result.map_err(|error| Box::new(error.diagnostic(term.span)))
        };
        match computed(&self.condition)?.revealed() {
            Value::Bool(true) => Ok(()),
            Value::Bool(false) => {
                let message = computed(&self.message)?;
                let told = match message.as_str().filter(|_| !message.is_sensitive()) {
                    Some(text) => text.to_owned(),
                    None => "the value is not allowed".to_owned(),
                };
                let message = format!("the variable `{}`: {told}", self.variable);
                let given = stack.given.get(&self.variable).copied().unwrap_or(self.declared);
                let mut diagnostic = Diagnostic::error("E0604", given, message)
                    .related(self.condition.span, "this does not hold");
                if given != self.declared {
                    let text = format!("`{}` is declared here", self.variable);
                    diagnostic = diagnostic.related(self.declared, text);
                }
                Err(Box::new(diagnostic))
            }
            value if value.is_pending() => Ok(()),
            other => {
                let message = format!("a condition is true or false, not {}", other.describe());
                Err(Box::new(Diagnostic::error("E0604", self.condition.span, message)))
            }
        }
    }
}
