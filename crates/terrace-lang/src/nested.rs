//! Blocks written inside others as a list of names: `interfaces: [front.v4]`.

use foldhash::{HashMap, HashMapExt as _};
use terrace_model::{Diagnostic, Kind};

use crate::load::Reading;
use crate::term::entries;
use crate::yaml::{Content, Entry, Node};

/// The entries of a nested section. Of a list, each item is an entry named by what it names.
pub(crate) fn entries_of(reading: &mut Reading<'_>, section: &Entry, kind: Kind) -> Vec<Entry> {
    let schema = kind.schema();
    match (section.value.as_list(), schema.short) {
        (Some(items), Some(short)) => {
            let entries = items.iter().filter_map(|item| entry(reading, item, kind, short));
            let entries: Vec<Entry> = entries.collect();
            same_names(reading, &entries, kind);
            entries
        }
        _ => entries(reading, &section.value, format_args!("`{}`", schema.key)).to_vec(),
    }
}

/// Two entries of one name would be one block.
fn same_names(reading: &mut Reading<'_>, entries: &[Entry], kind: Kind) {
    let schema = kind.schema();
    let mut seen: HashMap<&str, &Entry> = HashMap::with_capacity(entries.len());
    for entry in entries {
        let Some(other) = seen.insert(&entry.key, entry) else { continue };
        let message = format!("two {}s are called `{}`", schema.noun, entry.key);
        let (key, short) = (schema.key, schema.short.unwrap_or_default());
        let help =
            format!("write `{key}` as a map of names: `{key}: {{ NAME: {{ {short}: ... }} }}`");
        let diagnostic = Diagnostic::error("E0104", entry.key_span, message);
        let diagnostic = diagnostic.related(other.key_span, "the other one");
        reading.diagnostics.push(diagnostic.help(help));
    }
}

/// A text is short for a map with one attribute; of a map, the same attribute names the entry.
fn entry(reading: &mut Reading<'_>, item: &Node, kind: Kind, short: &str) -> Option<Entry> {
    let fields = item.as_map().unwrap_or_default();
    let named = match item.as_scalar() {
        Some(_) => Some(item),
        None => fields.iter().find(|f| f.key == short).map(|f| &f.value),
    };
    let text = named.and_then(Node::as_scalar).filter(|s| !s.has_expression());
    let Some(text) = text else {
        let schema = kind.schema();
        let message = format!("this {} has no name", schema.noun);
        let help = format!(
            "write `{}` as a map of names: `{}: {{ NAME: {{ {short}: ... }} }}`",
            schema.key, schema.key
        );
        reading.diagnostics.push(Diagnostic::error("E0205", item.span, message).help(help));
        return None;
    };
    let name = text.text.split('[').next().unwrap_or_default();
    let key = name.replace(['.', '/'], "-");
    let value = match item.as_map() {
        Some(_) => item.clone(),
        None => {
            let field = Entry { key: short.into(), key_span: item.span, value: item.clone() };
            Node { content: Content::Map(vec![field]), span: item.span }
        }
    };
    Some(Entry { key: key.into(), key_span: item.span, value })
}
