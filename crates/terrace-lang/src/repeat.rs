//! How many instances a block or a component makes: `count`, `for_each` and `when`, known while
//! the files are read.

use std::collections::BTreeMap;

use terrace_model::expr::Term;
use terrace_model::names::{Memo, Names, Within};
use terrace_model::{
    CloudChoice, Diagnostic, Diagnostics, Map, Repeat, Sources, Span, Spanned, Stack, Value,
    Workspace,
};

use crate::load::Reading;
use crate::scope::{Unknown, blame};
use crate::term::{complaint, term};
use crate::yaml::{Entry, Node};

/// Most instances of one block.
const MAX_INSTANCES: i64 = 100_000;

/// The value of a node that is known while its stack is read; a complaint if it is not.
pub(crate) fn evaluate(reading: &mut Reading<'_>, stack: &Stack, node: &Node) -> Option<Value> {
    let term = term(reading, node);
    let workspace = Workspace {
        environment: reading.environment.clone(),
        protected: false,
        cloud: CloudChoice::Simulator,
        policies: Vec::new(),
        clouds: BTreeMap::new(),
        stacks: [(stack.name.clone(), stack.clone())].into(),
        files: reading.texts.read.clone(),
        sources: Sources::default(),
    };
    let memo = Memo::default();
    let here = Names::new(&workspace, &Unknown, &memo).here(stack, Within::Stack);
    match term.value.evaluate(&here) {
        Ok(value) if value.is_pending() => {
            if let Some(blame) = blame(&workspace, stack, &term.value) {
                let message = format!("{} is not known while the files are read", blame.text);
                reading.diagnostics.push(Diagnostic::error("E0302", blame.span, message));
            }
            None
        }
        Ok(value) => Some(value),
        Err(error) => {
            reading.diagnostics.push(complaint("E0302", error, term.span));
            None
        }
    }
}

/// The fields that say how many there are, as they are written.
#[derive(Default)]
pub(crate) struct Wanted {
    when: Option<Spanned<Term>>,
    many: Option<(bool, Spanned<Term>)>,
}

/// Takes the fields; their values are not known yet.
pub(crate) fn wanted(reading: &mut Reading<'_>, fields: &[Entry]) -> Wanted {
    let field = |name: &str| fields.iter().find(|f| f.key == name);
    if let (Some(_), Some(each)) = (field("count"), field("for_each")) {
        let message = "`count` and `for_each` do not go together";
        reading.diagnostics.push(Diagnostic::error("E0302", each.key_span, message));
    }
    let when = field("when").map(|f| term(reading, &f.value));
    let many = field("count")
        .map(|f| (true, term(reading, &f.value)))
        .or_else(|| field("for_each").map(|f| (false, term(reading, &f.value))));
    Wanted { when, many }
}

impl Wanted {
    /// The terms.
    pub(crate) fn terms(&self) -> impl Iterator<Item = &Spanned<Term>> {
        self.when.iter().chain(self.many.iter().map(|(_, term)| term))
    }

    /// How many instances that makes.
    pub(crate) fn settle(
        &self,
        workspace: &Workspace,
        stack: &Stack,
        memo: &Memo,
        found: &mut Diagnostics,
    ) -> Repeat {
        let mut settling = Settling { workspace, stack, memo, found };
        let wanted = match self.when.as_ref().and_then(|term| settling.value("when", term)) {
            None | Some(Value::Bool(true)) => true,
            Some(Value::Bool(false)) => false,
            Some(other) => {
                if let Some(when) = &self.when {
                    settling.wrong("when", when, "true or false", &other);
                }
                true
            }
        };
        let repeat = match &self.many {
            None => Repeat::One,
            Some((true, term)) => settling.count(term),
            Some((false, term)) => settling.each(term),
        };
        // `when: false` leaves no instance; the addresses of other blocks do not change by it.
        match repeat {
            repeat if wanted => repeat,
            Repeat::Each(_) => Repeat::Each(Map::new()),
            Repeat::Count(_) => Repeat::Count(0),
            Repeat::One | Repeat::Absent => Repeat::Absent,
        }
    }
}

struct Settling<'a> {
    workspace: &'a Workspace,
    stack: &'a Stack,
    memo: &'a Memo,
    found: &'a mut Diagnostics,
}

impl Settling<'_> {
    fn count(&mut self, term: &Spanned<Term>) -> Repeat {
        let expected = "a whole number from 0 to 100000";
        let Some(value) = self.value("count", term) else { return Repeat::Count(0) };
        let whole = match &value {
            Value::Int(n) => Some(*n),
            #[expect(clippy::cast_possible_truncation, reason = "only whole numbers get here")]
            Value::Float(n) if n.fract() == 0.0 && n.abs() < 1e9 => Some(*n as i64),
            _ => None,
        };
        match whole.filter(|n| (0..=MAX_INSTANCES).contains(n)).map(u32::try_from) {
            Some(Ok(n)) => Repeat::Count(n),
            _ => {
                self.wrong("count", term, expected, &value);
                Repeat::Count(0)
            }
        }
    }

    fn each(&mut self, term: &Spanned<Term>) -> Repeat {
        let Some(value) = self.value("for_each", term) else {
            return Repeat::Each(Map::new());
        };
        let keys = match value {
            Value::Map(map) => map,
            Value::List(items) => self.keys(term, items),
            other => {
                self.wrong("for_each", term, "a map, or a list of different texts", &other);
                Map::new()
            }
        };
        if keys.len() > usize::try_from(MAX_INSTANCES).unwrap_or(usize::MAX) {
            let message = format!("`for_each` has {} keys, more than {MAX_INSTANCES}", keys.len());
            self.found.push(Diagnostic::error("E0302", term.span, message));
            return Repeat::Each(Map::new());
        }
        self.look_alikes(term.span, &keys);
        Repeat::Each(keys)
    }

    fn keys(&mut self, term: &Spanned<Term>, items: Vec<Value>) -> Map {
        let mut keys = BTreeMap::new();
        for (at, item) in items.into_iter().enumerate() {
            let place = match &term.value {
                Term::List(terms) => terms.get(at).map_or(term.span, |t| t.span),
                _ => term.span,
            };
            let Some(key) = item.as_str().map(str::to_owned) else {
                let message = format!("a key of `for_each` is text, not {}", item.describe());
                self.found.push(Diagnostic::error("E0302", place, message));
                continue;
            };
            if keys.insert(key.clone(), item).is_some() {
                let message = format!("the key `{key}` is twice in `for_each`");
                let help = "each key makes one instance; `distinct(list)` leaves out what is twice";
                self.found.push(Diagnostic::error("E0302", place, message).help(help));
            }
        }
        keys.into_iter().collect()
    }

    /// Keys that differ only in case make names that some systems take for the same.
    fn look_alikes(&mut self, span: Span, keys: &Map) {
        let mut seen: BTreeMap<String, &str> = BTreeMap::new();
        for key in keys.keys() {
            if let Some(other) = seen.insert(key.to_lowercase(), key) {
                let message = format!("the keys `{other}` and `{key}` differ only in case");
                self.found.push(Diagnostic::warning("W0302", span, message));
                return;
            }
        }
    }

    fn value(&mut self, field: &str, term: &Spanned<Term>) -> Option<Value> {
        let names = Names::new(self.workspace, &Unknown, self.memo);
        let result = term.value.evaluate(&names.here(self.stack, Within::Stack));
        match result {
            Ok(value) if value.is_pending() => {
                self.unknown(field, term);
                None
            }
            Ok(Value::Sensitive(_)) => {
                let message = format!("`{field}` is sensitive, and keys are part of addresses");
                self.found.push(Diagnostic::error("E0302", term.span, message));
                None
            }
            Ok(value) => Some(value),
            // The circle is told with its way.
            Err(error) if error.is_circular() => None,
            Err(error) => {
                self.found.push(complaint("E0302", error, term.span));
                None
            }
        }
    }

    /// Says which reference makes it unknown; what was told already is not told again.
    fn unknown(&mut self, field: &str, term: &Spanned<Term>) {
        let Some(blame) = blame(self.workspace, self.stack, &term.value) else { return };
        let message = format!(
            "`{field}` must be known before anything is created, and {} is not",
            blame.text
        );
        let mut diagnostic = Diagnostic::error("E0302", blame.span, message);
        for (span, text) in blame.way {
            diagnostic = diagnostic.related(span, format!("through {text}"));
        }
        self.found.push(diagnostic.help(
            "how many instances there are may depend on variables, on `env.name`, and on locals and outputs of those",
        ));
    }

    /// Complains unless the value is missing because of something already told.
    fn wrong(&mut self, field: &str, term: &Spanned<Term>, expected: &str, value: &Value) {
        let message = format!("`{field}` is {expected}, not {}", value.describe());
        let mut diagnostic = Diagnostic::error("E0302", term.span, message);
        for (span, text) in crate::scope::origins(self.workspace, self.stack, &term.value) {
            diagnostic = diagnostic.related(span, text);
        }
        self.found.push(diagnostic);
    }
}
