//! Where the next page of a list is. No IO.

use serde_json::Value;

use crate::call::Call;
use crate::wire::unescape;

/// The query of the next page, or none after the last. Only the query of a link is used: the host
/// in it is often one that is reachable for the cloud alone, and no token must go to a stranger.
pub(crate) fn next_query(
    call: &Call,
    body: &Value,
    key: &str,
    count: usize,
) -> Result<Option<Vec<(String, String)>>, String> {
    if let Some(link) = next_link(body, key) {
        let Some((_, query)) = link.split_once('?') else {
            return Err("the link to the next page has no query".into());
        };
        let query = query.split('#').next().unwrap_or_default();
        return Ok(Some(query.split('&').filter(|pair| !pair.is_empty()).map(pair).collect()));
    }
    Ok(next_offset(&call.query, count))
}

fn next_link<'a>(body: &'a Value, key: &str) -> Option<&'a str> {
    let links = body.get(format!("{key}_links")).and_then(Value::as_array);
    let next = links
        .into_iter()
        .flatten()
        .find(|link| link.get("rel").and_then(Value::as_str) == Some("next"));
    let next = next.and_then(|link| link.get("href"));
    let glance = || body.get("next");
    let keystone = || body.get("links").and_then(|links| links.get("next"));
    next.or_else(glance).or_else(keystone).and_then(Value::as_str)
}

/// Lists without links are read by offset, when the call says that it pages so.
fn next_offset(query: &[(String, String)], count: usize) -> Option<Vec<(String, String)>> {
    let number = |name: &str| {
        let pair = query.iter().find(|(key, _)| key == name)?;
        pair.1.parse::<usize>().ok()
    };
    let (limit, offset) = (number("limit")?, number("offset")?);
    if count < limit {
        return None;
    }
    let moved = query.iter().map(|(key, value)| match key.as_str() {
        "offset" => (key.clone(), (offset + count).to_string()),
        _ => (key.clone(), value.clone()),
    });
    Some(moved.collect())
}

fn pair(text: &str) -> (String, String) {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    (unescape(name), unescape(value))
}
