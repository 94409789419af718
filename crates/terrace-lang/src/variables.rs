//! Variables: where their values come from. The sources, the strongest first: `--var`,
//! `TERRACE_VAR_name`, `--var-file` (the last one first), the environment's file, the default, and
//! the user, who is asked.

use std::cell::RefCell;
use std::collections::BTreeMap;

use terrace_model::names::unsettled;
use terrace_model::{Diagnostic, Span, Stack, StackName, Value, suggest};

use crate::declare::{self, Declaration};
use crate::load::{Ask, Question, Reading, Request};
use crate::settings::Settings;
use crate::term::{entries, has_expression};
use crate::yaml::Node;

/// Values given from outside of the stacks.
pub(crate) struct Given<'a> {
    command_line: BTreeMap<&'a str, &'a str>,
    env: &'a dyn Fn(&str) -> Option<String>,
    /// Files of values with their paths, the strongest first.
    files: Vec<(String, BTreeMap<String, Node>)>,
    ask: Option<&'a Ask>,
    answers: RefCell<BTreeMap<String, String>>,
}

/// What a component is given, by name.
pub(crate) type Supplies = BTreeMap<String, Supply>;

/// A value that a component is given.
pub(crate) struct Supply {
    /// The value, as far as it is known.
    pub(crate) value: Value,
    /// How it is written.
    pub(crate) node: Node,
    pub(crate) term: terrace_model::Spanned<terrace_model::expr::Term>,
}

/// Where the values of a stack's variables come from.
pub(crate) enum Source<'a> {
    /// From outside.
    Outside(&'a Given<'a>),
    /// From the stack that uses the component; with the place of that.
    Use(&'a Supplies, Span),
}

/// Reads the files of values.
pub(crate) fn given<'a>(
    reading: &mut Reading<'_>,
    settings: &Settings,
    environment: &str,
    request: &'a Request<'_>,
) -> Option<Given<'a>> {
    let mut files = Vec::new();
    for path in request.var_files.iter().rev() {
        let shown = path.display().to_string();
        let node = reading.tree_of(path, &shown);
        files.push((shown, values(reading, node)));
    }
    match settings.environments.get(environment) {
        Some(chosen) => {
            let usual = format!("environments/{environment}.yaml");
            let path = match &chosen.variables {
                Some(path) => Some(path.clone()),
                None => reading.root.join(&usual).exists().then_some(usual),
            };
            if let Some(path) = path {
                let node = reading.tree(&path);
                files.push((path, values(reading, node)));
            }
        }
        None if environment == "default" => {
            let usual = "environments/default.yaml";
            if reading.root.join(usual).exists() {
                let node = reading.tree(usual);
                files.push((usual.to_owned(), values(reading, node)));
            }
        }
        None => {
            reading.diagnostics.push(no_environment(settings, environment));
            return None;
        }
    }
    let command_line = request.variables.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let (env, ask) = (request.env, request.ask);
    Some(Given { command_line, env, files, ask, answers: RefCell::default() })
}

fn no_environment(settings: &Settings, environment: &str) -> Diagnostic {
    let known: Vec<_> = settings.environments.keys().map(String::as_str).collect();
    let message = format!("there is no environment `{environment}`");
    Diagnostic::without_place("E0201", message).help(
        match suggest::nearest(environment, known.iter().copied()) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None if known.is_empty() => "`terrace.yaml` has no `environments`".to_owned(),
            None => format!("`terrace.yaml` has {}", known.join(", ")),
        },
    )
}

fn values(reading: &mut Reading<'_>, node: Option<Node>) -> BTreeMap<String, Node> {
    let Some(node) = node else { return BTreeMap::new() };
    let found = entries(reading, &node, "the file of values").iter();
    found.map(|entry| (entry.key.clone(), entry.value.clone())).collect()
}

/// Complains about values from outside that nothing declares.
pub(crate) fn undeclared<'s>(
    reading: &mut Reading<'_>,
    stacks: impl Iterator<Item = &'s Stack>,
    given: &Given<'_>,
) {
    if reading.diagnostics.has_errors() {
        return; // A stack that could not be read may declare it.
    }
    let declared: Vec<&str> = stacks.flat_map(|s| s.variables.keys().map(String::as_str)).collect();
    let help = |name: &str| match suggest::nearest(name, declared.iter().copied()) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => "declare it under `variables` of a stack".to_owned(),
    };
    for name in given.command_line.keys().filter(|name| !declared.contains(name)) {
        let message = format!("no stack declares the variable `{name}` given with `--var`");
        reading.diagnostics.push(Diagnostic::without_place("E0603", message).help(help(name)));
    }
    for (name, node) in given.files.iter().flat_map(|(_, values)| values) {
        if !declared.contains(&name.as_str()) {
            let message = format!("no stack declares the variable `{name}`");
            let diagnostic = Diagnostic::error("E0603", node.span, message);
            reading.diagnostics.push(diagnostic.help(help(name)));
        }
    }
}

/// Settles the variables of a stack.
pub(crate) fn read(
    reading: &mut Reading<'_>,
    stack: &mut Stack,
    node: Option<&Node>,
    source: &Source<'_>,
) {
    let declared = node.map(|node| entries(reading, node, "`variables`")).unwrap_or_default();
    for entry in declared {
        let declaration = declare::read(reading, &stack.name, entry);
        match source {
            Source::Outside(given) => outside(reading, stack, &declaration, given),
            Source::Use(supplies, used) => {
                supplied(reading, stack, &declaration, (supplies, *used));
            }
        }
        // Nothing more is said about what was told.
        let settled = stack.variables.contains_key(&entry.key);
        if !settled && !stack.inputs.contains_key(&entry.key) {
            stack.variables.insert(entry.key.clone(), unsettled());
        }
    }
    if let Source::Use(supplies, _) = source {
        let known: Vec<&str> = declared.iter().map(|e| e.key.as_str()).collect();
        for (name, supply) in supplies.iter().filter(|(name, _)| !known.contains(&name.as_str())) {
            let message = format!("the component has no variable `{name}`");
            let diagnostic = Diagnostic::error("E0603", supply.node.span, message);
            reading.diagnostics.push(match suggest::nearest(name, known.iter().copied()) {
                Some(nearest) => diagnostic.help(format!("did you mean `{nearest}`?")),
                None if known.is_empty() => diagnostic.help("it has no `variables`"),
                None => diagnostic.help(format!("it has {}", known.join(", "))),
            });
        }
    }
}

/// A value that was found for a variable.
struct Found<'n> {
    value: Value,
    /// How it is written, if that is in a file.
    node: Option<&'n Node>,
    how: String,
}

fn outside(
    reading: &mut Reading<'_>,
    stack: &mut Stack,
    declaration: &Declaration<'_>,
    given: &Given<'_>,
) {
    let Some(found) = find(reading, &stack.name, declaration, given) else { return };
    let span = found.node.map_or(declaration.span, |node| node.span);
    if let Some(value) = declaration.settle(reading, found.value, found.node, &found.how) {
        stack.given.insert(declaration.name.to_owned(), span);
        stack.variables.insert(declaration.name.to_owned(), value);
    }
}

fn find<'n>(
    reading: &mut Reading<'_>,
    stack: &StackName,
    declaration: &'n Declaration<'_>,
    given: &'n Given<'_>,
) -> Option<Found<'n>> {
    let (name, ty) = (declaration.name, &declaration.ty);
    let text = |text: &str, how: &str| {
        Some(Found { value: ty.of_text(text), node: None, how: how.to_owned() })
    };
    if let Some(value) = given.command_line.get(name) {
        return text(value, "given with `--var`");
    }
    if let Some(value) = (given.env)(&format!("TERRACE_VAR_{name}")) {
        return text(&value, &format!("given as `TERRACE_VAR_{name}`"));
    }
    for (path, values) in &given.files {
        if let Some(node) = values.get(name) {
            if has_expression(node) {
                let message = "a file of values holds plain values, without expressions";
                reading.diagnostics.push(Diagnostic::error("E0602", node.span, message));
                return None;
            }
            let how = format!("given in `{path}`");
            return Some(Found { value: ty.of_node(node), node: Some(node), how });
        }
    }
    if let Some(default) = declaration.default {
        let how = "the default".to_owned();
        return Some(Found { value: ty.of_node(default), node: Some(default), how });
    }
    if declaration.broken {
        return None;
    }
    if let Some(answer) = asked(stack, declaration, given) {
        return text(&answer, "given as answer");
    }
    let message = format!("the variable `{name}` has no value");
    reading.diagnostics.push(Diagnostic::error("E0601", declaration.span, message).help(format!(
        "give it with `--var {name}=...`, as `TERRACE_VAR_{name}`, in a `--var-file`, in the environment's file, or write a `default`"
    )));
    None
}

fn asked(stack: &StackName, declaration: &Declaration<'_>, given: &Given<'_>) -> Option<String> {
    let name = declaration.name;
    if let Some(answer) = given.answers.borrow().get(name) {
        return Some(answer.clone());
    }
    let question = Question {
        name,
        stack: stack.as_str(),
        ty: &declaration.ty.describe(),
        description: declaration.description.as_deref(),
        sensitive: declaration.sensitive,
    };
    let answer = (given.ask?)(&question)?;
    given.answers.borrow_mut().insert(name.to_owned(), answer.clone());
    Some(answer)
}

/// A value from the stack that uses the component: settled when it is known, otherwise kept as it
/// is computed.
fn supplied(
    reading: &mut Reading<'_>,
    stack: &mut Stack,
    declaration: &Declaration<'_>,
    (supplies, used): (&Supplies, Span),
) {
    let name = declaration.name;
    let supply = supplies.get(name).filter(|supply| !supply.value.is_null());
    let Some(supply) = supply else {
        let Some(default) = declaration.default else {
            if declaration.broken {
                return;
            }
            let message = format!("the component's variable `{name}` has no value");
            let diagnostic = Diagnostic::error("E0601", used, message)
                .related(declaration.span, format!("`{name}` is declared here"))
                .help("give it under `with`, or write a `default`");
            reading.diagnostics.push(diagnostic);
            return;
        };
        let value = declaration.ty.of_node(default);
        if let Some(value) = declaration.settle(reading, value, Some(default), "the default") {
            stack.given.insert(name.to_owned(), default.span);
            stack.variables.insert(name.to_owned(), value);
        }
        return;
    };
    stack.given.insert(name.to_owned(), supply.node.span);
    if supply.value.is_pending() {
        let (term, sensitive) = (supply.term.clone(), declaration.sensitive);
        stack.inputs.insert(name.to_owned(), terrace_model::Input { term, sensitive });
        return;
    }
    let value = match has_expression(&supply.node) {
        true => supply.value.clone(),
        false => declaration.ty.of_node(&supply.node),
    };
    let how = "given under `with`";
    if let Some(value) = declaration.settle(reading, value, Some(&supply.node), how) {
        stack.variables.insert(name.to_owned(), value);
    }
}
