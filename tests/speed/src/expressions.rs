//! Expressions: parsed once, evaluated for each instance.

use terrace_model::expr::{EvalError, Root, Scope, Template};
use terrace_model::{FileId, Span, StackName, Value};

/// As they stand in workspaces: a bare reference, text with holes, a condition, a list computed.
const TEXTS: [&str; 5] = [
    "${each.key}",
    "app-${each.key}-${env.name}",
    "${vars.replicas > 2 && env.name == 'prod'}",
    "${vars.zones.map(z, z + '-a')}",
    "${cidr_host('10.0.0.0/24', 10 + vars.replicas)}",
];

/// Expressions and the scope of an instance.
#[derive(Debug)]
pub struct Expressions {
    scope: Fixed,
    parsed: Vec<Template>,
}

#[derive(Debug)]
struct Fixed(StackName);

impl Scope for Fixed {
    fn stack(&self) -> &StackName {
        &self.0
    }

    fn value(&self, root: &Root) -> Result<Value, EvalError> {
        match root.to_string().as_str() {
            "each.key" => Ok(Value::text("blue")),
            "env.name" => Ok(Value::text("prod")),
            "vars.replicas" => Ok(Value::Int(3)),
            "vars.zones" => Ok(Value::texts(["one", "two", "three"])),
            other => Err(EvalError::new(format!("there is no `{other}`"))),
        }
    }

    fn file(&self, _: &str) -> Option<&str> {
        None
    }
}

fn parse() -> Vec<Template> {
    let span = |text: &str| Span::new(FileId(0), 0, text.len());
    TEXTS.iter().map(|text| Template::parse(text, span(text)).expect("a good expression")).collect()
}

/// Parses them all.
pub fn expressions() -> Expressions {
    Expressions { scope: Fixed(StackName::new("web").expect("a name")), parsed: parse() }
}

impl Expressions {
    /// Evaluates each of them so many times, as for so many instances.
    pub fn evaluate(&self, times: usize) -> Vec<Value> {
        let all = std::iter::repeat_n(&self.parsed, times).flatten();
        all.map(|template| template.evaluate(&self.scope).expect("a value")).collect()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn they_have_the_values_that_they_should() {
        let values = super::expressions().evaluate(1);
        let shown: Vec<String> = values.iter().map(ToString::to_string).collect();
        let expected = [
            "\"blue\"",
            "\"app-blue-prod\"",
            "true",
            "[\"one-a\", \"two-a\", \"three-a\"]",
            "\"10.0.0.13\"",
        ];
        assert_eq!(shown, expected);
    }
}
