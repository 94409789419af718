//! Files that expressions read: their texts, and templates among them parsed.

use std::collections::BTreeMap;
use std::sync::Arc;

use cel::Value as Cel;
use cel::objects::Key;

use crate::expr::evaluate::{EvalError, Work};
use crate::expr::parse::{FileUse, Parsed, Template};
use crate::expr::scope::Scope;
use crate::source::{FileId, Span};
use crate::suggest::nearest;

/// How many templates may stand inside of each other.
const MAX_INSIDE: usize = 16;

/// Files by path as written, those that templates read included.
#[derive(Default)]
pub(crate) struct Texts {
    files: BTreeMap<String, String>,
    templates: BTreeMap<String, Arc<Parsed>>,
}

impl Texts {
    /// All files that these uses read, and the templates among them.
    pub(crate) fn gather(uses: &[FileUse], scope: &dyn Scope) -> Result<Self, EvalError> {
        let mut texts = Self::default();
        for used in uses {
            let outer = &mut Vec::new();
            texts
                .take(used, scope, outer)
                .map_err(|error| EvalError { span: None, ..error }.at(used.span))?;
        }
        Ok(texts)
    }

    fn take(
        &mut self,
        used: &FileUse,
        scope: &dyn Scope,
        outer: &mut Vec<String>,
    ) -> Result<(), EvalError> {
        let path = &used.path;
        let missing = || EvalError::new(format!("the file `{path}` was not read"));
        let text = scope.file(path).ok_or_else(missing)?;
        self.files.insert(path.clone(), text.to_owned());
        if !used.template {
            return Ok(());
        }
        if outer.contains(path) {
            let message = format!("the template `{path}` includes itself");
            return Err(EvalError::new(message));
        }
        if outer.len() >= MAX_INSIDE {
            let message = format!("more than {MAX_INSIDE} templates stand inside of each other");
            return Err(EvalError::new(message));
        }
        if self.templates.contains_key(path) {
            return Ok(());
        }
        let whole = Span::new(FileId(u32::MAX), 0, text.len());
        let template = Template::parse_file(text, whole)
            .map_err(|wrong| wrong.into_iter().map(|d| d.message).collect::<Vec<_>>().join("; "))
            .map_err(|messages| EvalError::new(format!("in `{path}`: {messages}")))?;
        outer.push(path.clone());
        for inner in template.files() {
            self.take(inner, scope, outer)?;
        }
        outer.pop();
        self.templates.insert(path.clone(), template.0);
        Ok(())
    }

    /// Whether the scope still has the same texts.
    pub(crate) fn are_of(&self, scope: &dyn Scope) -> bool {
        self.files.iter().all(|(path, text)| scope.file(path) == Some(text))
    }

    /// All files, with their texts.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&String, &String)> {
        self.files.iter()
    }

    /// Whether an expression in a template needs more than an ordinary thread's stack.
    pub(crate) fn is_deep(&self) -> bool {
        self.templates.len() > 1 || self.templates.values().any(|parsed| parsed.weight.is_deep())
    }

    /// What `file` or, with a map, `template` gives.
    pub(super) fn read(self: &Arc<Self>, given: &[Cel], secret: bool) -> Result<Cel, String> {
        let Some(Cel::String(path)) = given.first() else {
            return Err("the path must be text".into());
        };
        let path = path.as_str();
        let missing = || "the file was not read".to_owned();
        let text = match given.get(1) {
            None => self.files.get(path).cloned().ok_or_else(missing)?,
            Some(Cel::Map(map)) => {
                let parsed = self.templates.get(path).ok_or_else(missing)?;
                let mut names = BTreeMap::new();
                for (key, value) in map.map.iter() {
                    let Key::String(key) = key else {
                        return Err("the keys of the map must be text".into());
                    };
                    names.insert(key.as_str().to_owned(), value.clone());
                }
                self.render(path, parsed, names, secret)?
            }
            Some(_) => return Err("the second argument must be a map".into()),
        };
        Ok(Cel::String(Arc::new(text)))
    }

    fn render(
        self: &Arc<Self>,
        path: &str,
        parsed: &Arc<Parsed>,
        names: BTreeMap<String, Cel>,
        secret: bool,
    ) -> Result<String, String> {
        let given: Vec<&str> = names.keys().map(String::as_str).collect();
        if let Some((name, span)) =
            parsed.found.names.iter().find(|(name, _)| !given.contains(&name.as_str()))
        {
            let help = match nearest(name, given.iter().copied()) {
                Some(near) => format!("; did you mean `{near}`?"),
                None if given.is_empty() => "; the map is empty".to_owned(),
                None => format!("; the map has {}", given.join(", ")),
            };
            return Err(format!("{} names `{name}`{help}", place(path, parsed, *span)));
        }
        let work = Work { parsed, texts: Arc::clone(self), secret, absent: BTreeMap::new() };
        work.text(names).map_err(|error| {
            let span = error.span.unwrap_or(Span::new(FileId(u32::MAX), 0, 0));
            format!("{}: {}", place(path, parsed, span), error.message)
        })
    }
}

/// The place in a template, for people.
fn place(path: &str, parsed: &Parsed, span: Span) -> String {
    let before = parsed.source.get(..span.start as usize).unwrap_or_default();
    format!("`{path}` line {}", before.matches('\n').count() + 1)
}
