//! From CEL's syntax tree to references: every name that stands for something outside the
//! expression is found, given a place, and replaced by a variable of its own, so that evaluation
//! needs no structure beyond those values.

mod comprehension;
mod elsewhere;

use std::collections::BTreeMap;
use std::ops::Range;

use cel::Program;
use cel::common::ast::{CallExpr, EntryExpr, Expr, IdedExpr, LiteralValue, operators};
use cel::common::types::CelInt;

use super::functions::{self, Function};
use super::parse::{FileUse, ItemRead};
use super::reference::{Reference, ResourceReference, Root};
use crate::address::{InstanceKey, Name};
use crate::diagnostic::Diagnostic;
use crate::kind::Kind;
use crate::path::Path;
use crate::source::Span;
use crate::suggest::{self, nearest};
use comprehension::Items;
use elsewhere::known_fields;

/// Names that begin a reference, besides the sections of the kinds.
pub(crate) const ROOTS: [&str; 8] =
    ["vars", "locals", "env", "count", "each", "stacks", "components", "existing"];
/// Names that some places give; see [`Root::Given`].
const GIVEN: [&str; 5] = ["self", "planned", "before", "action", "address"];
/// Names of types, which CEL has as values, and of the functions of optionals.
const TYPES: [&str; 11] = [
    "int",
    "uint",
    "double",
    "bool",
    "string",
    "bytes",
    "list",
    "map",
    "null_type",
    "type",
    "optional",
];

/// What the walk collects over all expressions of a scalar.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Every reference, in order of place.
    pub(crate) references: Vec<Reference>,
    /// What the variables `@0`, `@1`, ... stand for, each once.
    pub(crate) roots: Vec<Root>,
    /// Attributes that comprehensions read of each item.
    pub(crate) reads: Vec<ItemRead>,
    /// Files that are read.
    pub(crate) files: Vec<FileUse>,
    /// Own functions that are called.
    pub(crate) functions: Vec<&'static Function>,
    /// Arguments of functions that evaluate them themselves, by the number they are called with.
    pub(crate) lazy: Vec<Vec<IdedExpr>>,
    /// Whether names are not references but what a template is given.
    pub(crate) free: bool,
    /// Names that a template needs.
    pub(crate) names: Vec<(String, Span)>,
    index: BTreeMap<String, usize>,
}

impl Found {
    /// For a template file, in which names are not references.
    pub(crate) fn free() -> Self {
        Self { free: true, ..Self::default() }
    }

    /// Takes up the references of one expression and returns its tree, ready to be evaluated.
    pub(crate) fn take(
        &mut self,
        program: &Program,
        span_of: &dyn Fn(Range<usize>) -> Span,
    ) -> Result<IdedExpr, Vec<Diagnostic>> {
        let mut tree = program.expression().clone();
        let mut walk = Walk {
            program,
            span_of,
            found: self,
            bound: Vec::new(),
            items: Vec::new(),
            guards: 0,
            wrong: Vec::new(),
        };
        walk.expression(&mut tree);
        if !walk.wrong.is_empty() {
            return Err(walk.wrong);
        }
        self.references.sort_by_key(|reference| reference.span);
        Ok(tree)
    }

    fn variable(&mut self, root: &Root) -> String {
        let next = self.roots.len();
        let index = *self.index.entry(root.to_string()).or_insert(next);
        if index == next {
            self.roots.push(root.clone());
        }
        variable(index)
    }
}

/// The variable that stands for a root in the tree; no name of CEL begins with `@`.
pub(crate) fn variable(index: usize) -> String {
    format!("@{index}")
}

/// Which root a variable stands for.
pub(crate) fn root_index(variable: &str) -> Option<usize> {
    variable.strip_prefix('@')?.parse().ok()
}

/// One step along `a.b[0]`.
struct Step {
    key: StepKey,
    /// Whether it was written with a dot.
    dot: bool,
    /// Bytes of the expression.
    range: Range<usize>,
}

enum StepKey {
    Text(String),
    Index(i64),
    /// `count.index` or `each.key`.
    Own,
}

struct Walk<'a> {
    program: &'a Program,
    span_of: &'a dyn Fn(Range<usize>) -> Span,
    found: &'a mut Found,
    bound: Vec<String>,
    /// What the variables of comprehensions stand for, as far as that is known.
    items: Vec<(String, Option<Items>)>,
    /// How many conditions and the like stand round what is walked.
    guards: usize,
    /// What is wrong so far.
    wrong: Vec<Diagnostic>,
}

impl Walk<'_> {
    fn expression(&mut self, node: &mut IdedExpr) {
        let chain = self.chain(node);
        if let Some((name, _, steps)) = &chain {
            self.read_of_item(name, steps);
        }
        if let Some((name, at, steps)) = chain
            && !self.bound.contains(&name)
            && !(steps.is_empty() && TYPES.contains(&name.as_str()))
        {
            if self.found.free {
                return self.found.names.push((name, (self.span_of)(at)));
            }
            let (mut root, used) = match self.root(&name, at, &steps) {
                Ok(found) => found,
                Err(diagnostic) => return self.wrong.push(diagnostic),
            };
            root.guarded = self.guards > 0;
            if steps[used..].iter().any(|step| matches!(step.key, StepKey::Own)) {
                // An index into something else than a resource: an expression of its own.
                return self.children(node);
            }
            let mut target = node;
            for _ in used..steps.len() {
                target = operand(target);
            }
            target.expr = Expr::Ident(self.found.variable(&root.root));
            return self.found.references.push(root);
        }
        self.children(node);
    }

    fn children(&mut self, node: &mut IdedExpr) {
        let id = node.id;
        match &mut node.expr {
            Expr::Select(select) => self.expression(&mut select.operand),
            Expr::Call(call) => self.call(id, call),
            Expr::List(list) => list.elements.iter_mut().for_each(|item| self.expression(item)),
            Expr::Map(map) => map.entries.iter_mut().for_each(|entry| match &mut entry.expr {
                EntryExpr::MapEntry(entry) => {
                    self.expression(&mut entry.key);
                    self.expression(&mut entry.value);
                }
                EntryExpr::StructField(field) => self.expression(&mut field.value),
            }),
            Expr::Comprehension(inner) => self.comprehension(inner),
            Expr::Struct(message) => {
                let text = format!(
                    "`{}{{...}}` is not a value here; a map is `{{\"key\": value}}`",
                    message.type_name
                );
                self.wrong.push(Diagnostic::error("E0502", self.place(id), text));
            }
            Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => {}
        }
    }

    fn call(&mut self, id: u64, call: &mut CallExpr) {
        let named = call.func_name.starts_with(|c: char| c.is_ascii_alphabetic());
        let function = if named { self.function(id, call) } else { Ok(None) };
        let function = function.unwrap_or_else(|diagnostic| {
            self.wrong.push(diagnostic);
            None
        });
        let lazy = function.is_some_and(Function::is_lazy);
        if let Some(target) = &mut call.target {
            self.guarded(lazy, target);
        }
        let branches = [operators::CONDITIONAL, operators::LOGICAL_AND, operators::LOGICAL_OR];
        let branches = branches.contains(&call.func_name.as_str());
        for (at, argument) in call.args.iter_mut().enumerate() {
            self.guarded(lazy || (branches && at > 0), argument);
        }
        if let Some(function) = function {
            call.func_name = function.inner_name();
            if function.is_lazy() {
                let target = call.target.take().map(|target| *target);
                let arguments = target.into_iter().chain(std::mem::take(&mut call.args));
                let index = i64::try_from(self.found.lazy.len()).unwrap_or(i64::MAX);
                self.found.lazy.push(arguments.collect());
                let expr = Expr::Literal(LiteralValue::Int(CelInt::from(index)));
                call.args = vec![IdedExpr { id, expr }];
            }
        }
    }

    /// The function that is called, if it is in the table.
    fn function(
        &mut self,
        id: u64,
        call: &CallExpr,
    ) -> Result<Option<&'static Function>, Diagnostic> {
        let name = call.func_name.as_str();
        let place = self.function_place(id, call);
        let Some(function) = Function::find(name) else {
            if Function::is_quiet(name) {
                return Ok(None);
            }
            let known = functions::names();
            let diagnostic =
                Diagnostic::error("E0504", place, format!("there is no function `{name}`"));
            return Err(diagnostic.helped(suggest::help("", name, &known)));
        };
        let given = call.args.len() + usize::from(call.target.is_some());
        if let Some(text) = function.refuse(given) {
            return Err(Diagnostic::error("E0504", place, text)
                .help(format!("`{}`: {}", function.signature, function.doc)));
        }
        if let Some(template) = function.reads() {
            self.file(place, call, template)?;
        }
        if !self.found.functions.iter().any(|f| f.name == name) {
            self.found.functions.push(function);
        }
        Ok(Some(function))
    }

    fn file(&mut self, place: Span, call: &CallExpr, template: bool) -> Result<(), Diagnostic> {
        let name = call.func_name.as_str();
        let written =
            if template { "template(\"path/to/file\", {...})" } else { "file(\"path/to/file\")" };
        let argument = call.target.as_deref().or(call.args.first());
        if let Some(IdedExpr { id, expr: Expr::Literal(LiteralValue::String(path)) }) = argument {
            let span = (self.span_of)(self.token(*id));
            self.found.files.push(FileUse { path: path.inner().to_owned(), span, template });
            return Ok(());
        }
        Err(Diagnostic::error(
            "E0506",
            place,
            format!("the path of `{name}` must be written out, not computed"),
        )
        .help(format!("files are read when the workspace is loaded: write it as `{written}`")))
    }

    /// The steps from a plain name to this node, if it is nothing else: `servers.web[0].id`.
    fn chain(&self, node: &IdedExpr) -> Option<(String, Range<usize>, Vec<Step>)> {
        let mut steps = Vec::new();
        let mut node = node;
        loop {
            match &node.expr {
                Expr::Ident(name) => {
                    steps.reverse();
                    return Some((name.clone(), self.token(node.id), steps));
                }
                Expr::Select(select) if !select.test => {
                    let range = self.after_dot(self.token(node.id).start);
                    steps.push(Step { key: StepKey::Text(select.field.clone()), dot: true, range });
                    node = &select.operand;
                }
                Expr::Call(call) if call.func_name == operators::INDEX && call.args.len() == 2 => {
                    let key = literal_key(&call.args[1])?;
                    let range =
                        self.to_bracket(self.token(node.id).start, self.token(call.args[1].id).end);
                    steps.push(Step { key, dot: false, range });
                    node = &call.args[0];
                }
                _ => return None,
            }
        }
    }

    /// What a chain names, and how many of its steps that takes.
    fn root(
        &self,
        name: &str,
        at: Range<usize>,
        steps: &[Step],
    ) -> Result<(Reference, usize), Diagnostic> {
        let first = steps.first().and_then(|step| match &step.key {
            StepKey::Text(text) => Some((text.as_str(), step.range.end)),
            StepKey::Index(_) | StepKey::Own => None,
        });
        if let Some(kind) = Kind::from_section(name) {
            return self.resource(kind, at, steps);
        }
        if GIVEN.contains(&name) {
            let field = first.map(|(field, _)| field.to_owned());
            let span = (self.span_of)(at.start..first.map_or(at.end, |(_, end)| end));
            let used = usize::from(field.is_some());
            return Ok((Reference::new(Root::Given { name: name.to_owned(), field }, span), used));
        }
        if !ROOTS.contains(&name) {
            return Err(self.unknown(name, at));
        }
        let Some((field, end)) = first else {
            return Err(self.incomplete(name, at));
        };
        let span = (self.span_of)(at.start..end);
        let root = match (name, field) {
            ("stacks", _) => return self.other_stack(at, steps),
            ("components", _) => return Ok(self.component(at, field, steps)),
            ("existing", _) => return self.existing(at, steps),
            ("vars", _) => Root::Var(field.to_owned()),
            ("locals", _) => Root::Local(field.to_owned()),
            ("env", _) => Root::Env(field.to_owned()),
            ("count", "index") => Root::CountIndex,
            ("each", "key") => Root::EachKey,
            ("each", "value") => Root::EachValue,
            _ => {
                let text = format!("there is no `{name}.{field}`");
                return Err(Diagnostic::error("E0401", span, text).help(known_fields(name)));
            }
        };
        Ok((Reference::new(root, span), 1))
    }

    fn resource(
        &self,
        kind: Kind,
        at: Range<usize>,
        steps: &[Step],
    ) -> Result<(Reference, usize), Diagnostic> {
        let names = if kind.schema().parent.is_some() { 2 } else { 1 };
        let mut path = Vec::new();
        for step in steps.iter().take(names) {
            let StepKey::Text(name) = &step.key else { break };
            let name = Name::new(name).map_err(|error| {
                Diagnostic::error("E0401", (self.span_of)(step.range.clone()), error.to_string())
            })?;
            path.push(name);
        }
        let whole = Path::of(&path).filter(|_| path.len() == names);
        let path = whole.ok_or_else(|| self.incomplete(kind.section(), at.clone()))?;
        let mut used = names;
        let key = match steps.get(used) {
            Some(Step { key: StepKey::Index(index), .. }) => {
                u32::try_from(*index).ok().map(InstanceKey::Index)
            }
            Some(Step { key: StepKey::Text(text), dot: false, .. }) => {
                Some(InstanceKey::Text(text.into()))
            }
            _ => None,
        };
        let own_key = matches!(steps.get(used), Some(Step { key: StepKey::Own, .. }));
        used += usize::from(key.is_some() || own_key);
        let attribute = match steps.get(used) {
            Some(Step { key: StepKey::Text(text), dot: true, .. }) => Some(text.clone()),
            _ => None,
        };
        used += usize::from(attribute.is_some());
        let span = (self.span_of)(at.start..steps[used - 1].range.end);
        let found = ResourceReference { stack: None, kind, path, key, own_key, attribute, span };
        Ok((found.into(), used))
    }

    fn unknown(&self, name: &str, at: Range<usize>) -> Diagnostic {
        let source = &self.program.source_info().source;
        let place = (self.span_of)(at.clone());
        let diagnostic = Diagnostic::error("E0401", place, format!("unknown name `{name}`"));
        let before = &source.as_bytes()[..at.start];
        if before.ends_with(b"-")
            && before.len() > 1
            && before[before.len() - 2].is_ascii_alphanumeric()
        {
            return diagnostic.help(
                "`-` subtracts here; a name with `-` in it is written in brackets, as in `servers[\"my-app\"].id`",
            );
        }
        let sections = Kind::ALL.map(Kind::section);
        let bound = self.bound.iter().map(String::as_str).filter(|name| !name.starts_with('@'));
        let known: Vec<&str> = ROOTS.into_iter().chain(sections).chain(bound).collect();
        match nearest(name, known.iter().copied()) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None => diagnostic.help(format!(
                "a variable is `vars.{name}`, a local `locals.{name}`; known names are {}; conditions and policies have {} of their own",
                known.join(", "),
                GIVEN.join(", ")
            )),
        }
    }

    fn incomplete(&self, name: &str, at: Range<usize>) -> Diagnostic {
        let place = (self.span_of)(at);
        Diagnostic::error("E0402", place, format!("`{name}` needs a name after it"))
            .help(known_fields(name))
    }

    fn token(&self, id: u64) -> Range<usize> {
        let length = self.program.source_info().source.len();
        let (start, stop) = self.program.source_info().offset_for(id).unwrap_or_default();
        let start = (start as usize).min(length);
        start..(stop as usize + 1).clamp(start, length)
    }

    fn place(&self, id: u64) -> Span {
        (self.span_of)(self.token(id))
    }

    /// The name of a called function: it stands in front of the bracket that the node points at.
    fn function_place(&self, id: u64, call: &CallExpr) -> Span {
        let open = self.token(id).start;
        let before = self.program.source_info().source.get(..open).unwrap_or_default().trim_end();
        if before.ends_with(call.func_name.as_str()) {
            return (self.span_of)(before.len() - call.func_name.len()..before.len());
        }
        self.place(id)
    }

    fn after_dot(&self, dot: usize) -> Range<usize> {
        let rest = self.program.source_info().source.get(dot + 1..).unwrap_or_default();
        let begin = rest.find(|c: char| c.is_ascii_alphanumeric() || c == '_').unwrap_or(0);
        let name = &rest[begin..];
        let length =
            name.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(name.len());
        dot + 1 + begin..dot + 1 + begin + length
    }

    fn to_bracket(&self, open: usize, end: usize) -> Range<usize> {
        let rest = self.program.source_info().source.get(end..).unwrap_or_default();
        open..end + rest.find(']').map_or(0, |at| at + 1)
    }
}

/// The node one step closer to the root. Only called on nodes of a chain.
fn operand(node: &mut IdedExpr) -> &mut IdedExpr {
    match &mut node.expr {
        Expr::Select(select) => &mut select.operand,
        Expr::Call(call) => &mut call.args[0],
        _ => unreachable!("only selections and indices are steps"),
    }
}

fn literal_key(node: &IdedExpr) -> Option<StepKey> {
    match &node.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(StepKey::Text(text.inner().to_owned())),
        Expr::Literal(LiteralValue::Int(index)) if *index.inner() >= 0 => {
            Some(StepKey::Index(*index.inner()))
        }
        Expr::Select(select) if !select.test => match &select.operand.expr {
            Expr::Ident(root)
                if matches!(
                    (root.as_str(), select.field.as_str()),
                    ("count", "index") | ("each", "key")
                ) =>
            {
                Some(StepKey::Own)
            }
            _ => None,
        },
        _ => None,
    }
}
