//! `moved`, `imports` and `removed`: entries of a stack, and what they must not say.

use std::collections::BTreeMap;

use terrace_model::{
    Address, Diagnostic, Diagnostics, Import, Moved, Refactors, Removed, Span, Spanned, Stack,
    Value, Workspace,
};

use crate::load::Reading;
use crate::repeat::evaluate;
use crate::term::{entries, unknown};
use crate::yaml::{Entry, Node};

/// Sections of a stack.
pub(crate) const SECTIONS: [&str; 3] = ["moved", "imports", "removed"];

/// Reads the sections.
pub(crate) fn read(reading: &mut Reading<'_>, stack: &Stack, sections: &[Entry]) -> Refactors {
    let mut refactors = Refactors::default();
    for section in sections.iter().filter(|s| SECTIONS.contains(&s.key.as_str())) {
        for item in items(reading, section) {
            let entry = Item { reading: &mut *reading, stack, item };
            match section.key.as_str() {
                "moved" => refactors.moved.extend(entry.moved()),
                "imports" => refactors.imports.extend(entry.import()),
                _ => refactors.removed.extend(entry.removed()),
            }
        }
    }
    refactors
}

fn items<'n>(reading: &mut Reading<'_>, section: &'n Entry) -> &'n [Node] {
    if section.value.is_null() {
        return &[];
    }
    section.value.as_list().unwrap_or_else(|| {
        let message = format!("`{}` is {}, not a list", section.key, section.value.describe());
        reading.diagnostics.push(Diagnostic::error("E0205", section.value.span, message));
        &[]
    })
}

/// One entry of a section.
struct Item<'a, 'r> {
    reading: &'a mut Reading<'r>,
    stack: &'a Stack,
    item: &'a Node,
}

impl<'a> Item<'a, '_> {
    fn moved(mut self) -> Option<Moved> {
        let [from, to] = self.fields("`moved`", ["from", "to"], &[])?;
        Some(Moved { from: self.address(from)?, to: self.address(to)? })
    }

    fn import(mut self) -> Option<Import> {
        let [to, id] = self.fields("`imports`", ["to", "id"], &[])?;
        let to = self.address(to);
        let value = evaluate(self.reading, self.stack, id)?;
        let Some(text) = value.as_str().filter(|text| !text.is_empty()) else {
            let message = format!("`id` is the id of an object, not {}", value.describe());
            self.reading.diagnostics.push(Diagnostic::error("E0301", id.span, message));
            return None;
        };
        Some(Import { to: to?, id: Spanned::new(text.to_owned(), id.span) })
    }

    fn removed(mut self) -> Option<Removed> {
        let [from] = self.fields("`removed`", ["from"], &["destroy"])?;
        let fields = self.item.as_map().unwrap_or_default();
        let destroy = fields.iter().find(|f| f.key == "destroy");
        let destroy = match destroy.map(|f| (f, evaluate(self.reading, self.stack, &f.value))) {
            None | Some((_, None)) => None,
            Some((_, Some(Value::Bool(destroy)))) => Some(destroy),
            Some((field, Some(other))) => {
                let message = format!("`destroy` is true or false, not {}", other.describe());
                let span = field.value.span;
                self.reading.diagnostics.push(Diagnostic::error("E0301", span, message));
                None
            }
        };
        Some(Removed { from: self.address(from)?, destroy })
    }

    /// The values of required fields; complains about missing and unknown ones.
    fn fields<const N: usize>(
        &mut self,
        what: &str,
        required: [&str; N],
        optional: &[&str],
    ) -> Option<[&'a Node; N]> {
        let item: &'a Node = self.item;
        let fields = entries(self.reading, item, format_args!("an entry of {what}"));
        let known: Vec<&str> = required.iter().chain(optional).copied().collect();
        for field in fields.iter().filter(|f| !known.contains(&f.key.as_str())) {
            let what = format!("field of {what}");
            self.reading.diagnostics.push(unknown(field, &what, &known));
        }
        let mut found = Vec::new();
        for name in required {
            match fields.iter().find(|f| f.key == name) {
                Some(field) => found.push(&field.value),
                None => {
                    let message = format!("`{name}` is missing in an entry of {what}");
                    self.reading.diagnostics.push(Diagnostic::error("E0203", item.span, message));
                }
            }
        }
        found.try_into().ok()
    }

    /// An address, which may be computed; without a stack it is of this one.
    fn address(&mut self, node: &Node) -> Option<Spanned<Address>> {
        let text = match node.as_scalar().filter(|scalar| scalar.has_expression()) {
            Some(_) => evaluate(self.reading, self.stack, node)?.as_str().map(str::to_owned),
            None => node.as_scalar().map(|scalar| scalar.text.to_string()),
        };
        let text = text.unwrap_or_default();
        let plain = text.split('[').next().unwrap_or_default();
        let full =
            if plain.contains('/') { text.clone() } else { format!("{}/{text}", self.stack.name) };
        match full.parse() {
            Ok(address) => Some(Spanned::new(address, node.span)),
            Err(error) => {
                let error: terrace_model::AddressError = error;
                let problem = Diagnostic::error("E0811", node.span, error.to_string())
                    .help("write it as `section.name`, or `stack/section.name[0]`");
                self.reading.diagnostics.push(problem);
                None
            }
        }
    }
}

/// Checks what the entries of all stacks say against the files and each other.
pub(crate) fn check(workspace: &Workspace) -> Diagnostics {
    let refactors = || workspace.stacks.values().map(|stack| &stack.refactors);
    let moved: Vec<&Moved> = refactors().flat_map(|r| &r.moved).collect();
    let imports: Vec<&Import> = refactors().flat_map(|r| &r.imports).collect();
    let removed: Vec<&Removed> = refactors().flat_map(|r| &r.removed).collect();
    let mut found = Diagnostics::default();
    for one in &moved {
        found.extend(moving(workspace, one, &moved).into_iter().collect());
    }
    for import in &imports {
        if !is_there(workspace, &import.to.value, false) {
            found.push(nowhere(workspace, "imported", &import.to));
        }
    }
    for removed in &removed {
        let address = &removed.from.value;
        if !is_there(workspace, address, address.key.is_none()) {
            continue;
        }
        let message = format!("`{address}` is still in the files");
        let help = "delete its block, or this entry";
        found.push(Diagnostic::error("E0813", removed.from.span, message).help(help));
    }
    let from = moved.iter().map(|m| &m.from).chain(removed.iter().map(|r| &r.from));
    found.extend(twice(from, "leaves"));
    let to = moved.iter().map(|m| &m.to).chain(imports.iter().map(|i| &i.to));
    found.extend(twice(to, "comes to"));
    found
}

fn moving(workspace: &Workspace, one: &Moved, all: &[&Moved]) -> Option<Diagnostic> {
    let (from, to) = (&one.from.value, &one.to.value);
    if from.kind() != to.kind() {
        let message = format!("a {} cannot become a {}", from.kind().noun(), to.kind().noun());
        return Some(Diagnostic::error("E0812", one.to.span, message));
    }
    if comes_back(one, all) {
        let message = format!("`{from}` would move round in a circle");
        return Some(Diagnostic::error("E0812", one.from.span, message));
    }
    let whole = from.key.is_none() && to.key.is_none();
    if is_there(workspace, from, whole) {
        let message = format!("`{from}` is still in the files, so it does not move");
        let help = "rename its block, or delete this entry";
        return Some(Diagnostic::error("E0813", one.from.span, message).help(help));
    }
    let goes_on = all.iter().any(|next| next.from.value == *to);
    (!goes_on && !is_there(workspace, to, whole)).then(|| nowhere(workspace, "moved", &one.to))
}

fn comes_back(start: &Moved, all: &[&Moved]) -> bool {
    let mut at = &start.to.value;
    for _ in 0..=all.len() {
        if *at == start.from.value {
            return true;
        }
        match all.iter().find(|next| next.from.value == *at) {
            Some(next) => at = &next.to.value,
            None => return false,
        }
    }
    true
}

/// Whether the files have such an instance; of a whole block, whether they have that.
fn is_there(workspace: &Workspace, address: &Address, whole: bool) -> bool {
    let block = workspace.resource(&address.resource);
    block.is_some_and(|block| whole || block.repeat.keys().contains(&address.key))
}

fn nowhere(workspace: &Workspace, what: &str, to: &Spanned<Address>) -> Diagnostic {
    let address = &to.value;
    let message = format!("`{address}`, to which something is {what}, is not in the files");
    let problem = Diagnostic::error("E0814", to.span, message);
    match workspace.resource(&address.resource).map(|block| &block.repeat) {
        Some(repeat) => problem.help(repeat.hint()),
        None => {
            let same = workspace.resources().filter(|r| r.address.kind == address.kind());
            let names: Vec<String> = same.map(|r| r.address.to_string()).collect();
            let asked = address.resource.to_string();
            match terrace_model::suggest::nearest(&asked, names.iter().map(String::as_str)) {
                Some(nearest) => problem.help(format!("did you mean `{nearest}`?")),
                None => problem.help("write its block, or delete this entry"),
            }
        }
    }
}

fn twice<'a>(all: impl Iterator<Item = &'a Spanned<Address>>, what: &str) -> Diagnostics {
    let mut seen: BTreeMap<&Address, Span> = BTreeMap::new();
    let mut found = Diagnostics::default();
    for one in all {
        if let Some(first) = seen.get(&one.value) {
            let message = format!("`{}` {what} twice", one.value);
            found.push(
                Diagnostic::error("E0815", one.span, message).related(*first, "first said here"),
            );
        } else {
            seen.insert(&one.value, one.span);
        }
    }
    found
}
