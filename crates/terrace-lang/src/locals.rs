//! Locals that refer to each other in a circle have no value.

use std::collections::{BTreeMap, BTreeSet};

use terrace_model::expr::{Root, Term};
use terrace_model::{Diagnostic, Spanned};

use crate::load::Reading;

/// Complains about each circle once, at its first name, and takes its locals' values away so that
/// nothing walks round it.
pub(crate) fn refuse_circles(reading: &mut Reading<'_>, locals: &BTreeMap<String, Spanned<Term>>) {
    let mut told: BTreeSet<String> = BTreeSet::new();
    for name in locals.keys() {
        if told.contains(name) {
            continue;
        }
        let Some(circle) = circle_through(name, locals) else { continue };
        let round: Vec<String> =
            circle.iter().chain([name]).map(|n| format!("`locals.{n}`")).collect();
        let span = locals.get(name).map(|term| term.span);
        if let Some(span) = span {
            let message =
                format!("these locals refer to each other: {}", round.join(" refers to "));
            reading.diagnostics.push(Diagnostic::error("E0403", span, message));
        }
        told.extend(circle);
    }
}

fn references(term: &Term) -> BTreeSet<String> {
    let found = term.references().into_iter();
    found.filter_map(|r| if let Root::Local(name) = r.root { Some(name) } else { None }).collect()
}

/// A path of references from a local back to itself.
fn circle_through(start: &str, locals: &BTreeMap<String, Spanned<Term>>) -> Option<Vec<String>> {
    let mut came_from: BTreeMap<String, String> = BTreeMap::new();
    let mut open = vec![start.to_owned()];
    while let Some(name) = open.pop() {
        for next in locals.get(&name).map(|term| references(&term.value)).unwrap_or_default() {
            if next == start {
                let mut path = vec![name.clone()];
                while let Some(before) = path.last().and_then(|at| came_from.get(at)) {
                    path.push(before.clone());
                }
                path.reverse();
                return Some(path);
            }
            if next != name && !came_from.contains_key(&next) && locals.contains_key(&next) {
                came_from.insert(next.clone(), name.clone());
                open.push(next);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use terrace_model::expr::Template;
    use terrace_model::{FileId, Span};

    #[test]
    fn finds_the_way_round() {
        for (locals, expected) in [
            (&[("a", "${locals.b}"), ("b", "x")][..], None),
            (&[("a", "${locals.a}")], Some(vec!["a"])),
            (
                &[("a", "${locals.b}"), ("b", "${locals.c}-${vars.x}"), ("c", "${locals.a}")],
                Some(vec!["a", "b", "c"]),
            ),
        ] {
            let span = Span::new(FileId(0), 0, 0);
            let term = |text| {
                Spanned::new(Term::Template(Template::parse(text, span).expect("parsed")), span)
            };
            let locals =
                locals.iter().map(|(name, text)| ((*name).to_owned(), term(text))).collect();
            let circle = circle_through("a", &locals);
            assert_eq!(circle, expected.map(|c| c.into_iter().map(str::to_owned).collect()));
        }
    }
}
