//! The stacks, what is done to what they make, and how it is asked for. The suite on a real cloud
//! reads this file too.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use terrace_api::{ApiError, Call, Microversion, Service, Session};

/// What an ordinary user may declare, what only administrators may, and what needs extensions that
/// most clouds have not.
pub(crate) const STACKS: [(&str, &str); 3] = [
    ("member", include_str!("member.yaml")),
    ("admin", include_str!("admin.yaml")),
    ("more", include_str!("more.yaml")),
];
pub(crate) const CASES: &str = include_str!("cases.json");

#[derive(Deserialize)]
pub(crate) struct Cases {
    /// What has to be there before: by the word that stands for it, how it is made or found, where
    /// in the answer its id is, and how it is deleted.
    setup: BTreeMap<String, (String, Value, String, Option<String>)>,
    pub(crate) drift: Vec<Drift>,
}

/// What somebody else does, and which attributes the plan must then see.
#[derive(Deserialize)]
pub(crate) struct Drift {
    pub(crate) stack: String,
    pub(crate) what: Vec<String>,
    send: Vec<(String, Value)>,
    #[serde(rename = "as")]
    pub(crate) by: Option<String>,
    pub(crate) only: Option<String>,
}

/// What somebody else does to whole objects, and what of it is ours to mend.
#[derive(Deserialize)]
pub(crate) struct Objects {
    /// What it is about.
    pub(crate) told: String,
    send: Vec<(String, Value)>,
    /// What the plan then does, each as a word and an address in its stack.
    #[serde(default)]
    pub(crate) does: Vec<String>,
    /// What the plan says, where it refuses.
    pub(crate) refused: Option<String>,
    /// How somebody puts it right, where the plan leaves it alone.
    #[serde(default)]
    undo: Vec<(String, Value)>,
}

/// The stack whose objects these are.
pub(crate) const OBJECTS: &str = include_str!("objects.yaml");

/// What can happen to objects.
pub(crate) fn objects() -> Vec<Objects> {
    serde_json::from_str(include_str!("objects.json")).expect("the cases can be read")
}

impl Objects {
    /// What somebody asks for.
    pub(crate) fn calls(&self, known: &BTreeMap<String, String>) -> Vec<Call> {
        self.send.iter().map(|(request, body)| call(request, body, known)).collect()
    }

    /// What somebody asks for to put it right.
    pub(crate) fn undone(&self, known: &BTreeMap<String, String>) -> Vec<Call> {
        self.undo.iter().map(|(request, body)| call(request, body, known)).collect()
    }
}

/// The cases.
pub(crate) fn cases() -> Cases {
    serde_json::from_str(CASES).expect("the cases can be read")
}

/// A stack, with the ids of what it needs.
pub(crate) fn stack(name: &str, words: &BTreeMap<String, String>) -> String {
    let (_, stack) = STACKS.iter().find(|(other, _)| *other == name).expect("a stack");
    // The longest first: one word is the beginning of another.
    words.iter().rev().fold((*stack).to_owned(), |text, (word, id)| text.replace(word, id))
}

impl Drift {
    /// What somebody asks for, one after the other, now that ids are known.
    pub(crate) fn calls(&self, known: &BTreeMap<String, String>) -> Vec<Call> {
        self.send.iter().map(|(request, body)| call(request, body, known)).collect()
    }
}

/// The request with its words, and the names in it, filled in.
fn call(request: &str, body: &Value, known: &BTreeMap<String, String>) -> Call {
    let mut text = (request.to_owned(), body.to_string());
    for (name, id) in known {
        let name = format!("{{{name}}}");
        text = (text.0.replace(&name, id), text.1.replace(&name, id));
    }
    let words: Vec<&str> = text.0.split(' ').collect();
    let service = match words[1] {
        "network" => Service::Network,
        "volume" => Service::BlockStorage,
        "image" => Service::Image,
        _ => Service::Compute,
    };
    let (path, query) = words[2].split_once('?').unwrap_or((words[2], ""));
    let mut call = match words[0] {
        "GET" => Call::get(service, path),
        "PUT" => Call::put(service, path),
        "DELETE" => Call::delete(service, path),
        _ => Call::post(service, path),
    };
    if let Some((name, value)) = query.split_once('=') {
        call = call.query(name, value);
    }
    let body: Value = serde_json::from_str(&text.1).expect("a body");
    call = if body.is_null() { call } else { call.body(body) };
    match words.get(3).and_then(|version| version.strip_prefix("2.")) {
        Some(minor) => {
            call.microversion(Microversion::new(2, minor.parse().expect("a number")), "the test")
        }
        None => call,
    }
}

impl Cases {
    /// Makes or finds what the stacks name, and gives the ids by the words that stand for them.
    pub(crate) async fn set_up(
        &self,
        somebody: &Session,
    ) -> Result<BTreeMap<String, String>, ApiError> {
        let mut known = BTreeMap::new();
        for (word, (request, body, place, _)) in &self.setup {
            let reply = somebody.call(call(request, body, &known)).await?;
            let id = reply.body.pointer(place).and_then(Value::as_str).expect("an id");
            known.insert(word.clone(), id.to_owned());
        }
        Ok(known)
    }

    /// Deletes what was made.
    pub(crate) async fn take_down(
        &self,
        somebody: &Session,
        known: &BTreeMap<String, String>,
    ) -> Result<(), ApiError> {
        for request in self.setup.values().filter_map(|(.., request)| request.as_ref()) {
            somebody.call(call(request, &Value::Null, known)).await?;
        }
        Ok(())
    }
}
