//! Which recorded instances have another address now. Once they are moved there is nothing to say.

use std::collections::BTreeMap;

use terrace_model::{Address, Diagnostic, Diagnostics, Move, Moved, Snapshot, Workspace};

/// The moves that the files say and the state does not know yet.
///
/// # Errors
/// Every move onto something else that is recorded.
pub fn moves(workspace: &Workspace, recorded: &Snapshot) -> Result<Vec<Move>, Diagnostics> {
    let rules: Vec<&Moved> =
        workspace.stacks.values().flat_map(|stack| &stack.refactors.moved).collect();
    if rules.is_empty() {
        return Ok(Vec::new());
    }
    let ends: BTreeMap<&Address, (Address, &Moved)> = recorded
        .records
        .keys()
        .filter_map(|address| Some((address, follow(&rules, address)?)))
        .collect();
    let stays =
        |address: &Address| recorded.records.contains_key(address) && !ends.contains_key(address);
    let mut found = Diagnostics::default();
    let mut taken: BTreeMap<&Address, &Address> = BTreeMap::new();
    for (from, (to, rule)) in &ends {
        let other = if stays(to) { Some(to) } else { taken.insert(to, from) };
        if let Some(other) = other {
            found.push(both_there(from, to, other, rule));
        }
    }
    if found.has_errors() {
        return Err(found);
    }
    let moves = ends.into_iter().map(|(from, (to, _))| Move { from: from.clone(), to });
    Ok(moves.collect())
}

/// Where an address ends up, and the rule that decided last. An entry about the instance itself
/// counts before one about its block, and that before one about what it is written inside of.
fn follow<'a>(rules: &[&'a Moved], start: &Address) -> Option<(Address, &'a Moved)> {
    let mut at: Option<(Address, &Moved)> = None;
    // The files were checked for circles; the bound is for what is nested in what moves.
    for _ in 0..=rules.len() {
        let here = at.as_ref().map_or(start, |(address, _)| address);
        let next = rules.iter().filter_map(|rule| Some((rule.apply(here)?, *rule)));
        let next = next.filter(|(to, _)| to != here).min_by_key(|(_, rule)| {
            let from = &rule.from.value;
            (from.resource != here.resource, from.key.is_none() && rule.to.value.key.is_none())
        });
        match next {
            Some(next) => at = Some(next),
            None => break,
        }
    }
    at
}

fn both_there(from: &Address, to: &Address, other: &Address, rule: &Moved) -> Diagnostic {
    let message = if other == to {
        format!("`{from}` cannot move to `{to}`: something else is recorded there")
    } else {
        format!("`{from}` and `{other}` cannot both move to `{to}`")
    };
    Diagnostic::error("E0816", rule.to.span, message).help(
        "delete this entry and one of the two goes with its block, or take one out of the state with `terrace state rm`",
    )
}
