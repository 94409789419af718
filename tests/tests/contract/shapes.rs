//! Answers against the samples of the API reference: names and types of fields, which are in
//! `tests/contract/shapes/`. What an answer lacks or has more is listed there with its reason.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use serde::Deserialize;
use serde_json::Value;

use crate::check::folder;

/// The services by the names that the checks have for them, each with the name of its file.
const SERVICES: [(&str, &str); 5] = [
    ("identity", "identity"),
    ("image", "image"),
    ("network", "network"),
    ("compute", "compute"),
    ("block-storage", "volume"),
];

/// Where answers may be otherwise than their samples.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    service: String,
    /// A part of the answer's name; all answers of the service without it.
    #[serde(default)]
    of: String,
    /// Fields of the sample that may be missing.
    #[serde(default)]
    lacks: BTreeSet<String>,
    /// Fields that may be there and are not in the sample.
    #[serde(default)]
    has: BTreeSet<String>,
    /// Fields of another type than in the sample.
    #[serde(default)]
    differs: BTreeSet<String>,
    /// There is no sample at all.
    #[serde(default)]
    unpublished: bool,
    #[expect(dead_code, reason = "it is for whoever reads the file, which must say it")]
    because: String,
}

/// An answer that was given.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Given<'a> {
    pub(crate) service: &'a str,
    pub(crate) method: &'a str,
    /// Below the service's version.
    pub(crate) path: &'a str,
    pub(crate) minor: u32,
    pub(crate) sent: Option<&'a Value>,
    pub(crate) body: &'a Value,
}

/// A sample's versions: the first minor version in which it is so, and what may be.
type Versions = Vec<(u32, Vec<Value>)>;

/// All samples, and what was found of answers.
#[derive(Debug)]
pub(crate) struct Shapes {
    samples: BTreeMap<&'static str, BTreeMap<String, Versions>>,
    exceptions: Vec<Exception>,
    found: Mutex<Found>,
}

#[derive(Debug, Default)]
struct Found {
    wrong: BTreeSet<String>,
    /// Exceptions that were of use, as number and field.
    used: BTreeSet<(usize, String)>,
    answers: usize,
}

impl Shapes {
    pub(crate) fn read() -> Self {
        let read = |name: &str| {
            let path = folder().join("shapes").join(format!("{name}.yaml"));
            std::fs::read_to_string(path).expect("a file of shapes")
        };
        let samples = SERVICES.map(|(service, file)| {
            let text = read(file);
            let all: BTreeMap<String, BTreeMap<String, Value>> =
                serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
            (service, all.into_iter().map(|(name, of)| (name, versions(of))).collect())
        });
        let exceptions = serde_yaml::from_str(&read("exceptions"));
        Self {
            samples: samples.into(),
            exceptions: exceptions.unwrap_or_else(|error| panic!("exceptions: {error}")),
            found: Mutex::default(),
        }
    }

    /// Compares an answer with its sample.
    pub(crate) fn compare(&self, given: Given<'_>) {
        let mut found = self.found.lock().expect("not poisoned");
        found.answers += 1;
        let Some((name, versions)) = self.sample(given) else {
            let name = format!("{} {}", given.method, given.path);
            let excused = |e: &Exception| e.unpublished && e.is_about(given.service, &name);
            match self.exceptions.iter().position(excused) {
                Some(number) => drop(found.used.insert((number, String::new()))),
                None => drop(found.wrong.insert(format!("{}: {name}: no sample", given.service))),
            }
            return;
        };
        let since = versions.iter().rev().find(|(minor, _)| *minor <= given.minor);
        let Some((_, shapes)) = since else { return };
        let mut best: Option<Walk<'_>> = None;
        for shape in shapes {
            let mut walk = Walk { shapes: self, given, name, wrong: vec![], used: vec![] };
            walk.value(("", ""), shape, given.body);
            if best.as_ref().is_none_or(|best| walk.wrong.len() < best.wrong.len()) {
                best = Some(walk);
            }
        }
        let Some(best) = best else { return };
        found.used.extend(best.used);
        let label =
            |text: String| format!("{}: {name} (minor {}): {text}", given.service, given.minor);
        found.wrong.extend(best.wrong.into_iter().map(label));
    }

    /// The sample of an answer: literal names go before `{id}`.
    fn sample(&self, given: Given<'_>) -> Option<(&str, &Versions)> {
        let all = self.samples.get(given.service)?;
        let wanted = words(given);
        let fits = |name: &&String| {
            let parts: Vec<&str> = name.split([' ', '/']).collect();
            let same = |(a, b): (&&str, &String)| a == b || a.starts_with('{');
            parts.len() == wanted.len() && parts.iter().zip(&wanted).all(same)
        };
        let name = all.keys().filter(fits).min_by_key(|name| name.matches('{').count())?;
        Some((name, &all[name]))
    }

    /// The versions in which some sample of the service changes that a check asks.
    pub(crate) fn versions_of(&self, send: &str) -> BTreeSet<String> {
        let major = match send.split(' ').nth(1) {
            Some("compute") => 2,
            Some("block-storage") => 3,
            _ => return BTreeSet::new(),
        };
        let service = if major == 2 { "compute" } else { "block-storage" };
        let all = self.samples[service].values().flatten();
        all.map(|(minor, _)| format!("{major}.{minor}")).collect()
    }

    /// What is wrong with the answers so far.
    pub(crate) fn wrong(&self) -> Vec<String> {
        self.found.lock().expect("not poisoned").wrong.iter().cloned().collect()
    }

    /// How many answers were compared.
    pub(crate) fn answers(&self) -> usize {
        self.found.lock().expect("not poisoned").answers
    }

    /// Exceptions that no answer needed.
    pub(crate) fn idle(&self) -> Vec<String> {
        let used = &self.found.lock().expect("not poisoned").used;
        let mut out = Vec::new();
        for (number, exception) in self.exceptions.iter().enumerate() {
            let fields = exception.lacks.iter().chain(&exception.has).chain(&exception.differs);
            let none = String::new();
            let whole = exception.unpublished.then_some(&none);
            for field in fields.chain(whole) {
                if !used.contains(&(number, field.clone())) {
                    let Exception { service, of, .. } = exception;
                    out.push(format!("exceptions: nothing needs {service} {of} {field}"));
                }
            }
        }
        out
    }
}

impl Exception {
    fn is_about(&self, service: &str, name: &str) -> bool {
        self.service == service && name.contains(&self.of)
    }
}

/// Method, parts of the path, and what else tells answers of one path apart.
fn words(given: Given<'_>) -> Vec<String> {
    let (path, query) = given.path.split_once('?').unwrap_or((given.path, ""));
    let path = path.trim_end_matches(".json");
    let path = if path.len() > 1 { path.trim_end_matches('/') } else { path };
    let mut out = vec![given.method.to_owned()];
    out.extend(path.split('/').map(str::to_owned));
    let key = given.sent.and_then(Value::as_object).and_then(|body| body.keys().next());
    if path.ends_with("/action") {
        out.extend(key.cloned());
    } else if given.service == "network" && given.method == "POST" {
        out.extend(key.filter(|key| key.ends_with('s')).map(|_| "bulk".to_owned()));
    } else if query.to_lowercase().contains("usage=true") {
        out.push("usage".to_owned());
    }
    out
}

/// The versions of a sample, oldest first.
fn versions(of: BTreeMap<String, Value>) -> Versions {
    let minor =
        |name: &str| name.split_once('.').map_or(0, |(_, minor)| minor.parse().expect("a number"));
    let mut out: Versions = of
        .into_iter()
        .map(|(name, shape)| match shape {
            Value::Array(several) => (minor(&name), several),
            one => (minor(&name), vec![one]),
        })
        .collect();
    out.sort_by_key(|(minor, _)| *minor);
    out
}

/// A way through one answer.
struct Walk<'a> {
    shapes: &'a Shapes,
    given: Given<'a>,
    name: &'a str,
    wrong: Vec<String>,
    used: Vec<(usize, String)>,
}

impl Walk<'_> {
    fn excused(&mut self, field: &str, of: impl Fn(&Exception) -> &BTreeSet<String>) -> bool {
        let listed = |set: &BTreeSet<String>| {
            let whole = set.contains("*").then_some("*");
            set.get(field).map(String::as_str).or(whole).map(str::to_owned)
        };
        let mut all = self.shapes.exceptions.iter().enumerate();
        let found = all.find_map(|(number, exception)| {
            let about = exception.is_about(self.given.service, self.name);
            Some((number, listed(of(exception)).filter(|_| about)?))
        });
        let excused = found.is_some();
        self.used.extend(found);
        excused
    }

    fn value(&mut self, (place, field): (&str, &str), shape: &Value, found: &Value) {
        let fits = match (shape, found) {
            (_, Value::Null) => true,
            (Value::Object(shape), Value::Object(found)) => {
                self.fields(place, shape, found);
                true
            }
            (Value::Array(shape), Value::Array(found)) => {
                let place = format!("{place}/*");
                found.iter().for_each(|item| self.value((&place, field), &shape[0], item));
                true
            }
            (Value::String(kinds), found) => kinds.split('|').any(|kind| is(kind, found)),
            _ => false,
        };
        if !fits && !self.excused(field, |exception| &exception.differs) {
            self.wrong.push(format!("{place} is {found}, in the sample {shape}"));
        }
    }

    fn fields(
        &mut self,
        place: &str,
        shape: &serde_json::Map<String, Value>,
        found: &serde_json::Map<String, Value>,
    ) {
        let any = shape.get("*");
        for (name, value) in found {
            let below = format!("{place}/{name}");
            match shape.get(name).or(any) {
                Some(shape) => self.value((&below, name), shape, value),
                None if self.excused(name, |exception| &exception.has) => {}
                None => self.wrong.push(format!("{below} is not in the sample")),
            }
        }
        if self.given.path.contains("fields=") {
            return; // Only some fields were asked for.
        }
        for name in shape.keys().filter(|name| *name != "*" && !found.contains_key(*name)) {
            if !self.excused(name, |exception| &exception.lacks) {
                self.wrong.push(format!("{place}/{name} is missing"));
            }
        }
    }
}

fn is(kind: &str, found: &Value) -> bool {
    match kind {
        "text" => found.is_string(),
        "number" => found.is_number(),
        "truth" => found.is_boolean(),
        _ => kind == "any",
    }
}
