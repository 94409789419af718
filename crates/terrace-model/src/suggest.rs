//! The nearest known name for an unknown one.

/// Most candidates of a fitting length that are looked at: a name among thousands is no help.
const MOST: usize = 1000;

/// The candidate closest to `name`, if it is close enough to be a slip of the fingers.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = name.chars().count();
    let limit = (length / 3).max(1);
    candidates
        .into_iter()
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= limit)
        .take(MOST)
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Most names that are listed when none is near.
const LISTED: usize = 20;

/// What to say of an unknown name: the nearest known one behind `prefix`, or else those there are.
/// `None` when nothing is known.
pub fn help(prefix: &str, name: &str, known: &[&str]) -> Option<String> {
    if let Some(near) = nearest(name, known.iter().copied()) {
        return Some(format!("did you mean `{prefix}{near}`?"));
    }
    let listed = known[..known.len().min(LISTED)].join(", ");
    match known.len().saturating_sub(LISTED) {
        _ if known.is_empty() => None,
        0 => Some(format!("there are {listed}")),
        more => Some(format!("there are {listed} and {more} more")),
    }
}

/// Edit distance with transposition of neighbours (optimal string alignment), ignoring case.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.to_lowercase().chars().collect();
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let cost = usize::from(a[i - 1] != b[j - 1]);
            row[j] = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + cost);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn helps_with_the_nearest_or_a_short_list() {
        let many: Vec<String> = (0..25).map(|n| format!("name-{n:02}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(help("locals.", "x", &[]), None);
        assert_eq!(
            help("locals.", "szie", &["size"]).as_deref(),
            Some("did you mean `locals.size`?")
        );
        assert_eq!(help("", "zone", &["a1", "b1"]).as_deref(), Some("there are a1, b1"));
        let listed = help("", "zone", &many).expect("help");
        assert!(listed.ends_with("name-18, name-19 and 5 more"), "{listed}");
    }

    #[test]
    fn suggests_only_what_is_near() {
        let known = ["deploy", "front", "spread"];
        for (name, expected) in [
            ("depoly", Some("deploy")),
            ("Front", Some("front")),
            ("frnt", Some("front")),
            ("database", None),
            ("x", None),
        ] {
            assert_eq!(nearest(name, known), expected, "{name}");
        }
    }
}
