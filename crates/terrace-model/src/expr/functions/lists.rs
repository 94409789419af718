//! Functions on lists; some take text or maps as well.

use std::collections::BTreeSet;

use super::arguments::{Arguments, bound};
use super::number::compare;
use super::{Function, Run, function};
use crate::value::Value;

/// Most numbers that `range` gives, and items that `product` gives.
const MAX_ITEMS: i128 = 100_000;

pub(super) static TABLE: [Function; 13] = [
    function(
        ["chunk", "chunk(list, size)"],
        "The list cut into lists of that size; the last may be shorter.",
        ["chunk([1, 2, 3], 2)", "[[1,2],[3]]"],
        Run::Plain(|a| {
            let size = usize::try_from(a.int(1)?).ok().filter(|size| *size > 0);
            let size = size.ok_or_else(|| a.wrong(1, "1 or more"))?;
            Ok(Value::List(a.list(0)?.chunks(size).map(|c| Value::List(c.to_vec())).collect()))
        }),
    ),
    function(
        ["concat", "concat(list, ...)"],
        "One list of the items of all lists.",
        ["concat([1], [2, 3], [])", "[1,2,3]"],
        Run::Plain(|a| {
            let lists: Result<Vec<_>, String> = (0..a.all().len()).map(|i| a.list(i)).collect();
            Ok(Value::List(lists?.concat()))
        }),
    ),
    function(
        ["contains", "contains(list, item)"],
        "Whether the item is in the list, the part in the text, or the key in the map.",
        [r#"contains(["a", "b"], "b")"#, "true"],
        Run::Plain(|a| {
            Ok(Value::Bool(match a.value(0) {
                Value::List(items) => items.contains(a.value(1)),
                Value::String(text) => text.contains(a.text(1)?),
                Value::Map(map) => map.contains_key(a.text(1)?),
                _ => return Err(a.wrong(0, "a list, a text or a map")),
            }))
        }),
    ),
    function(
        ["distinct", "distinct(list)"],
        "The list without items that were there before.",
        [r#"distinct(["a", "b", "a"])"#, r#"["a","b"]"#],
        Run::Plain(|a| {
            let mut seen = BTreeSet::new();
            let items = a.list(0)?.iter();
            let new = items.filter(|item| seen.insert(item.to_json().to_string()));
            Ok(Value::List(new.cloned().collect()))
        }),
    ),
    function(
        ["flatten", "flatten(list)"],
        "The list with the items of lists in it in their place, however deep.",
        ["flatten([1, [2, [3]], []])", "[1,2,3]"],
        Run::Plain(|a| {
            let mut flat = Vec::new();
            flatten(a.list(0)?, &mut flat);
            Ok(Value::List(flat))
        }),
    ),
    function(
        ["index_of", "index_of(list, item)"],
        "The place of the item in the list, or of the part in the text, from 0; -1 when it is not there.",
        [r#"index_of(["a", "b"], "b")"#, "1"],
        Run::Plain(|a| {
            let place = match a.value(0) {
                Value::List(items) => items.iter().position(|item| item == a.value(1)),
                Value::String(text) => text.find(a.text(1)?).map(|at| text[..at].chars().count()),
                _ => return Err(a.wrong(0, "a list or a text")),
            };
            Ok(Value::Int(place.map_or(-1, count)))
        }),
    ),
    function(
        ["length", "length(value)"],
        "How many items a list, entries a map or characters a text has.",
        [r#"length(["a", "b"])"#, "2"],
        Run::Plain(|a| {
            Ok(Value::Int(count(match a.value(0) {
                Value::List(items) => items.len(),
                Value::Map(map) => map.len(),
                Value::String(text) => text.chars().count(),
                _ => return Err(a.wrong(0, "a list, a map or a text")),
            })))
        }),
    ),
    function(
        ["product", "product(list, ...)"],
        "Every combination of one item from each list, in order.",
        [r#"product(["a", "b"], [1, 2])"#, r#"[["a",1],["a",2],["b",1],["b",2]]"#],
        Run::Plain(product),
    ),
    function(
        ["range", "range([start], end, [step])"],
        "The whole numbers from `start`, 0 unless given, up to but without `end`.",
        ["range(3)", "[0,1,2]"],
        Run::Plain(range),
    ),
    function(
        ["reverse", "reverse(list)"],
        "The list or text in the other order.",
        ["reverse([1, 2, 3])", "[3,2,1]"],
        Run::Plain(|a| match a.value(0) {
            Value::List(items) => Ok(Value::List(items.iter().rev().cloned().collect())),
            Value::String(text) => Ok(Value::String(text.chars().rev().collect())),
            _ => Err(a.wrong(0, "a list or a text")),
        }),
    ),
    function(
        ["slice", "slice(list, start, [end])"],
        "The part of the list or text from `start` up to but without `end`, from 0.",
        [r#"slice("abcdef", 1, 3)"#, r#""bc""#],
        Run::Plain(slice),
    ),
    function(
        ["sort", "sort(list)"],
        "The texts or numbers of the list in order.",
        [r#"sort(["b", "a", "c"])"#, r#"["a","b","c"]"#],
        Run::Plain(|a| {
            let mut items = a.list(0)?.to_vec();
            let fits = items.iter().all(|item| compare(item, &items[0]).is_some());
            if !fits {
                return Err("the items are not all numbers, or all texts".into());
            }
            items.sort_by(|a, b| compare(a, b).unwrap_or(std::cmp::Ordering::Equal));
            Ok(Value::List(items))
        }),
    ),
    function(
        ["zip", "zip(list, ...)"],
        "A list of the first items of all lists, of the second, and so on; the lists are of one length.",
        [r#"zip(["a", "b"], [1, 2])"#, r#"[["a",1],["b",2]]"#],
        Run::Plain(zip),
    ),
];

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn flatten(items: &[Value], flat: &mut Vec<Value>) {
    for item in items {
        match item {
            Value::List(inner) => flatten(inner, flat),
            other => flat.push(other.clone()),
        }
    }
}

fn lists(a: &Arguments) -> Result<Vec<&[Value]>, String> {
    (0..a.all().len()).map(|i| a.list(i)).collect()
}

fn product(a: &Arguments) -> Result<Value, String> {
    let lists = lists(a)?;
    let size = lists.iter().try_fold(1_i128, |n, list| n.checked_mul(list.len() as i128));
    if size.is_none_or(|size| size > MAX_ITEMS) {
        return Err(format!("there are more than {MAX_ITEMS} combinations"));
    }
    let weight: usize = lists.iter().flat_map(|list| list.iter()).map(Value::weight).sum();
    let longest = lists.iter().map(|list| list.len()).max().unwrap_or(1).max(1);
    let size = usize::try_from(size.unwrap_or(0)).unwrap_or(usize::MAX);
    bound((size / longest).checked_mul(weight))?;
    let mut all = vec![Vec::new()];
    for list in lists {
        all = all
            .iter()
            .flat_map(|begun: &Vec<Value>| {
                list.iter().map(|item| begun.iter().chain([item]).cloned().collect())
            })
            .collect();
    }
    Ok(Value::List(all.into_iter().map(Value::List).collect()))
}

fn range(a: &Arguments) -> Result<Value, String> {
    let (start, end) = match a.all().len() {
        1 => (0, a.int(0)?),
        _ => (a.int(0)?, a.int(1)?),
    };
    let step = a.int_or(2, 1)?;
    if step == 0 {
        return Err("the step must not be 0".into());
    }
    let distance = i128::from(end) - i128::from(start);
    let wide = i128::from(step);
    let many = if (distance > 0) == (step > 0) {
        (distance.abs() + wide.abs() - 1) / wide.abs()
    } else {
        0
    };
    if many > MAX_ITEMS {
        return Err(format!("the range has more than {MAX_ITEMS} numbers"));
    }
    let numbers = (0..many).filter_map(|n| i64::try_from(i128::from(start) + n * wide).ok());
    Ok(Value::List(numbers.map(Value::Int).collect()))
}

fn slice(a: &Arguments) -> Result<Value, String> {
    let length = match a.value(0) {
        Value::List(items) => items.len(),
        Value::String(text) => text.chars().count(),
        _ => return Err(a.wrong(0, "a list or a text")),
    };
    let (start, end) = (a.int(1)?, a.int_or(2, count(length))?);
    let (from, to) = (usize::try_from(start).ok(), usize::try_from(end).ok());
    let (Some(from), Some(to)) = (from, to.filter(|to| *to <= length)) else {
        return Err(format!("{start} to {end} is not inside of 0 to {length}"));
    };
    if from > to {
        return Err(format!("{start} to {end} is not a part"));
    }
    Ok(match a.value(0) {
        Value::List(items) => Value::List(items[from..to].to_vec()),
        _ => Value::String(a.text(0)?.chars().skip(from).take(to - from).collect()),
    })
}

fn zip(a: &Arguments) -> Result<Value, String> {
    let lists = lists(a)?;
    let length = lists.first().map_or(0, |list| list.len());
    if let Some(other) = lists.iter().find(|list| list.len() != length) {
        return Err(format!("the lists have {length} and {} items", other.len()));
    }
    let row = |i: usize| Value::List(lists.iter().map(|list| list[i].clone()).collect());
    Ok(Value::List((0..length).map(row).collect()))
}
