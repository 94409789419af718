//! What the user wants of a resource's life: as it is written, and what that comes to for one
//! instance. Everything may be an expression of what is known before anything is created.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::expr::{Reference, ResourceReference, Root, Scope, Term};
use crate::kind::Kind;
use crate::schema::{Attribute, Presence, Type};
use crate::source::{Span, Spanned};
use crate::value::Value;

/// What the user wants of a resource's life, as it is written.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    /// Refuse any plan that destroys it.
    pub prevent_destroy: Option<Spanned<Term>>,
    /// When it is replaced, create the new object before the old one is deleted.
    pub create_before_destroy: Option<Spanned<Term>>,
    /// Attributes whose differences are left alone, or `all`.
    pub ignore_changes: Option<Spanned<Term>>,
    /// `delete`, or `retain`: the object stays in the cloud, only its record goes.
    pub on_destroy: Option<Spanned<Term>>,
    /// Replace it when one of these is replaced or changed.
    pub replace_triggered_by: Vec<ResourceReference>,
    /// How long each operation may take.
    pub timeouts: BTreeMap<Timed, Spanned<Term>>,
    /// What must hold before it is touched.
    pub preconditions: Vec<Condition>,
    /// What must hold of it afterwards; `self` is the instance.
    pub postconditions: Vec<Condition>,
}

/// A condition and what to say when it does not hold.
#[derive(Clone, Debug)]
pub struct Condition {
    /// Must be true.
    pub condition: Spanned<Term>,
    /// What is said when it is not.
    pub message: Spanned<Term>,
}

/// An operation that may have a time limit of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timed {
    /// Creating it.
    Create,
    /// Changing it.
    Update,
    /// Deleting it.
    Delete,
}

impl Timed {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Create, Self::Update, Self::Delete];

    /// The word in the files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// What the settings come to for one instance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Life {
    /// Refuse any plan that destroys it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub prevent_destroy: bool,
    /// Create the new object before the old one is deleted.
    #[serde(default, skip_serializing_if = "is_false")]
    pub create_before_destroy: bool,
    /// The object stays in the cloud when its record goes.
    #[serde(default, skip_serializing_if = "is_false")]
    pub retain: bool,
    /// Differences that are left alone.
    #[serde(default, skip_serializing_if = "Ignored::is_empty")]
    pub ignored: Ignored,
    /// Time limits, in seconds.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub timeouts: BTreeMap<Timed, u64>,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// Attributes whose differences are left alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ignored {
    /// Every attribute.
    #[serde(default, skip_serializing_if = "is_false")]
    pub all: bool,
    /// These, by name, or keys of maps, as in `metadata.owner`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub paths: BTreeSet<String>,
}

impl Ignored {
    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        !self.all && self.paths.is_empty()
    }

    /// Whether the whole of an attribute is.
    pub fn whole(&self, attribute: &str) -> bool {
        self.all || self.paths.contains(attribute)
    }

    /// The keys of an attribute that are, where it is not as a whole.
    pub fn keys<'a>(&'a self, attribute: &'a str) -> impl Iterator<Item = &'a str> {
        let parts = self.paths.iter().filter_map(|path| path.split_once('.'));
        parts.filter(move |(name, _)| *name == attribute).map(|(_, key)| key)
    }
}

impl Lifecycle {
    /// Every term in it, for what has to be looked at in all of them.
    pub fn terms(&self) -> impl Iterator<Item = &Spanned<Term>> {
        let single = [
            &self.prevent_destroy,
            &self.create_before_destroy,
            &self.ignore_changes,
            &self.on_destroy,
        ];
        single.into_iter().flatten().chain(self.timeouts.values()).chain(self.condition_terms())
    }

    fn condition_terms(&self) -> impl Iterator<Item = &Spanned<Term>> {
        let conditions = self.preconditions.iter().chain(&self.postconditions);
        conditions.flat_map(|c| [&c.condition, &c.message])
    }

    /// Every reference that makes its resource need another.
    pub fn references(&self) -> Vec<Reference> {
        let mut found: Vec<Reference> =
            self.replace_triggered_by.iter().cloned().map(Into::into).collect();
        found.extend(self.condition_terms().flat_map(|term| term.value.references()));
        found
    }

    /// What the settings come to in a scope.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn evaluate(&self, kind: Kind, scope: &dyn Scope) -> Result<Life, Diagnostics> {
        let mut reading = Reading { scope, problems: Diagnostics::default() };
        let life = Life {
            prevent_destroy: reading.flag("prevent_destroy", self.prevent_destroy.as_ref()),
            create_before_destroy: reading
                .flag("create_before_destroy", self.create_before_destroy.as_ref()),
            retain: reading.retain(self.on_destroy.as_ref()),
            ignored: reading.ignored(kind, self.ignore_changes.as_ref()),
            timeouts: self
                .timeouts
                .iter()
                .filter_map(|(timed, term)| Some((*timed, reading.seconds(*timed, term)?)))
                .collect(),
        };
        if reading.problems.is_empty() { Ok(life) } else { Err(reading.problems) }
    }
}

struct Reading<'a> {
    scope: &'a dyn Scope,
    problems: Diagnostics,
}

impl Reading<'_> {
    /// The value, which must be known now; `None` when it is nothing, or wrong and told.
    fn known(&mut self, name: &str, term: Option<&Spanned<Term>>) -> Option<Value> {
        let term = term?;
        match term.value.evaluate(self.scope) {
            Err(error) => {
                let span = error.span.unwrap_or(term.span);
                let problem = Diagnostic::error("E0501", span, error.message);
                self.problems.push(match error.help {
                    Some(help) => problem.help(help),
                    None => problem,
                });
                None
            }
            Ok(value) if value.is_pending() => {
                self.problems.push(not_known(name, term));
                None
            }
            Ok(Value::Null) => None,
            Ok(value) => Some(value.revealed()),
        }
    }

    fn wrong(&mut self, span: Span, message: String) -> &mut Self {
        self.problems.push(Diagnostic::error("E0301", span, message));
        self
    }

    fn flag(&mut self, name: &str, term: Option<&Spanned<Term>>) -> bool {
        match (self.known(name, term), term) {
            (Some(Value::Bool(flag)), _) => flag,
            (Some(other), Some(term)) => {
                let message = format!("`{name}` is true or false, not {}", other.describe());
                self.wrong(term.span, message);
                false
            }
            _ => false,
        }
    }

    fn retain(&mut self, term: Option<&Spanned<Term>>) -> bool {
        let value = self.known("on_destroy", term);
        match (value.as_ref().and_then(Value::as_str), &value, term) {
            (Some("retain"), ..) => true,
            (Some("delete"), ..) | (_, None, _) | (_, _, None) => false,
            (_, Some(other), Some(term)) => {
                let message =
                    format!("`on_destroy` is `delete` or `retain`, not {}", other.describe());
                self.wrong(term.span, message);
                false
            }
        }
    }

    fn ignored(&mut self, kind: Kind, term: Option<&Spanned<Term>>) -> Ignored {
        let (Some(value), Some(term)) = (self.known("ignore_changes", term), term) else {
            return Ignored::default();
        };
        if value.as_str() == Some("all") {
            return Ignored { all: true, paths: BTreeSet::new() };
        }
        let names: Option<Vec<&str>> =
            value.as_list().and_then(|items| items.iter().map(Value::as_str).collect());
        let Some(names) = names else {
            let message = format!(
                "`ignore_changes` is a list of attributes, or `all`, not {}",
                value.describe()
            );
            self.wrong(term.span, message);
            return Ignored::default();
        };
        for name in &names {
            if let Some(problem) = not_an_attribute(kind, name, term.span) {
                self.problems.push(problem);
            }
        }
        Ignored { all: false, paths: names.into_iter().map(str::to_owned).collect() }
    }

    fn seconds(&mut self, timed: Timed, term: &Spanned<Term>) -> Option<u64> {
        let value = self.known("timeouts", Some(term))?;
        let found = value.as_str().and_then(seconds);
        if found.is_none() {
            let message = format!(
                "the time limit of `{}` is a duration, not {}",
                timed.word(),
                value.describe()
            );
            let help = "write it as `90s`, `10m` or `1h30m`";
            self.problems.push(Diagnostic::error("E0803", term.span, message).help(help));
        }
        found
    }
}

fn not_known(name: &str, term: &Spanned<Term>) -> Diagnostic {
    let by = term.value.references().into_iter().find_map(|r| match r.root {
        Root::Resource(reference) => Some((reference.to_string(), r.span)),
        _ => None,
    });
    let message = format!("`{name}` must be known before anything is created");
    let help = "use variables, locals of them, `env`, `count` and `each`";
    match by {
        Some((reference, span)) => Diagnostic::error("E0801", span, message)
            .label(format!("`{reference}` is known only afterwards"))
            .help(help),
        None => Diagnostic::error("E0801", term.span, message).help(help),
    }
}

fn not_an_attribute(kind: Kind, path: &str, span: Span) -> Option<Diagnostic> {
    let schema = kind.schema();
    let (name, key) = path.split_once('.').map_or((path, None), |(name, key)| (name, Some(key)));
    let complain = |message: String| Diagnostic::error("E0802", span, message);
    let settable = |a: &&Attribute| a.presence != Presence::Computed;
    match (schema.attribute(name).filter(settable), key) {
        (Some(Attribute { ty: Type::Map(_), .. }), Some(_)) | (Some(_), None) => None,
        (Some(_), Some(_)) => {
            let message =
                format!("`{name}` of a {} is not a map: `{path}` is not in it", schema.noun);
            Some(complain(message).help(format!("write `{name}`")))
        }
        (None, _) => {
            let names = schema.attributes.iter().filter(settable).map(|a| a.name);
            let problem = complain(format!(
                "`{name}` is not an attribute of a {} that could be ignored",
                schema.noun
            ));
            Some(match crate::suggest::nearest(name, names.clone()) {
                Some(nearest) => problem.help(format!("did you mean `{nearest}`?")),
                None if name == "all" => problem.help("for everything write `ignore_changes: all`"),
                None => problem.help(format!("known are {}", names.collect::<Vec<_>>().join(", "))),
            })
        }
    }
}

/// Seconds of a duration such as `90s`, `10m`, `1h30m`; at least one.
pub fn seconds(text: &str) -> Option<u64> {
    let (mut total, mut digits) = (0u64, String::new());
    for c in text.chars() {
        let unit = match c {
            '0'..='9' => {
                digits.push(c);
                continue;
            }
            's' => 1,
            'm' => 60,
            'h' => 3600,
            _ => return None,
        };
        let count: u64 = digits.parse().ok()?;
        total = total.checked_add(count.checked_mul(unit)?)?;
        digits.clear();
    }
    (digits.is_empty() && total > 0).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, expected) in [
            ("90s", Some(90)),
            ("10m", Some(600)),
            ("1h30m", Some(5400)),
            ("2h", Some(7200)),
            ("", None),
            ("10", None),
            ("0s", None),
            ("m", None),
            ("10 m", None),
            ("-1s", None),
            ("99999999999999999999s", None),
            ("9999999999999999999h", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_ignored() {
        let paths = ["flavor", "metadata.owner", "metadata.a.b"].map(str::to_owned).into();
        let ignored = Ignored { all: false, paths };
        assert!(ignored.whole("flavor") && !ignored.whole("metadata"));
        assert_eq!(ignored.keys("metadata").collect::<Vec<_>>(), ["a.b", "owner"]);
        for (path, expected) in [
            ("flavor", None),
            ("metadata.owner", None),
            ("name.x", Some("`name` of a server is not a map: `name.x` is not in it")),
            ("status", Some("`status` is not an attribute of a server that could be ignored")),
            ("flavour", Some("`flavour` is not an attribute of a server that could be ignored")),
        ] {
            let nowhere = Span::new(crate::FileId(0), 0, 0);
            let found = not_an_attribute(Kind::Server, path, nowhere).map(|d| d.message);
            assert_eq!(found.as_deref(), expected, "{path}");
        }
    }
}
