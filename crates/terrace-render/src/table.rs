//! Lists of what a cloud has, and the findings about one: one value, shown as text or as JSON.

use std::fmt::Write as _;

use anstyle::AnsiColor;
use serde_json::{Map, Value as Json, json};

use crate::style::Style;

/// One field of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Text.
    Text(String),
    /// A number; a column of them is aligned to the right.
    Number(i64),
    /// Yes or no.
    Truth(bool),
    /// Nothing to tell.
    Nothing,
}

impl Cell {
    /// Text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A number, as large as it may be.
    pub fn number(number: u64) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }

    fn shown(&self) -> String {
        match self {
            Self::Text(text) => printable(text),
            Self::Number(number) => number.to_string(),
            Self::Truth(true) => "yes".into(),
            Self::Truth(false) => "no".into(),
            Self::Nothing => "-".into(),
        }
    }

    fn json(&self) -> Json {
        match self {
            Self::Text(text) => json!(text),
            Self::Number(number) => json!(number),
            Self::Truth(truth) => json!(truth),
            Self::Nothing => Json::Null,
        }
    }
}

/// A cloud's words must not drive the terminal.
fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// Rows under headings.
#[derive(Clone, Debug)]
pub struct Table {
    columns: &'static [(&'static str, &'static str)],
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// A table whose columns have these keys (in JSON) and headings (in text).
    pub fn new(columns: &'static [(&'static str, &'static str)]) -> Self {
        Self { columns, rows: Vec::new() }
    }

    /// Adds a row; it has a cell for each column.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        let cells: Vec<Cell> = cells.into_iter().collect();
        debug_assert_eq!(cells.len(), self.columns.len(), "a cell for each column");
        self.rows.push(cells);
    }

    /// For people; `none` is said when there are no rows.
    pub fn to_text(&self, none: &str, style: Style) -> String {
        if self.rows.is_empty() {
            return format!("{none}\n");
        }
        let shown: Vec<Vec<String>> =
            self.rows.iter().map(|row| row.iter().map(Cell::shown).collect()).collect();
        let width = |at: usize| {
            let cells = shown.iter().map(|row| row[at].chars().count());
            cells.chain([self.columns[at].1.chars().count()]).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let right: Vec<bool> = (0..self.columns.len()).map(|at| self.is_number(at)).collect();
        let line = |cells: &[String]| {
            let padded = cells.iter().enumerate().map(|(at, cell)| match right[at] {
                true => format!("{cell:>width$}", width = widths[at]),
                false => format!("{cell:<width$}", width = widths[at]),
            });
            padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        let headings: Vec<String> =
            self.columns.iter().map(|(_, heading)| (*heading).to_owned()).collect();
        let mut text = style.bold(&line(&headings)) + "\n";
        for row in &shown {
            text += &(line(row) + "\n");
        }
        text
    }

    fn is_number(&self, at: usize) -> bool {
        self.rows.iter().all(|row| matches!(row[at], Cell::Number(_) | Cell::Nothing))
    }

    /// For programs: a list of objects.
    pub fn to_json(&self) -> Json {
        let object = |row: &Vec<Cell>| -> Json {
            let fields = self.columns.iter().zip(row);
            let map: Map<String, Json> =
                fields.map(|((key, _), cell)| ((*key).to_owned(), cell.json())).collect();
            Json::Object(map)
        };
        self.rows.iter().map(object).collect()
    }
}

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Good,
    /// Terrace works, but not all of it.
    Doubtful,
    /// Terrace cannot work so.
    Bad,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Doubtful => "warn",
            Self::Bad => "FAIL",
        }
    }

    fn colour(self) -> AnsiColor {
        match self {
            Self::Good => AnsiColor::Green,
            Self::Doubtful => AnsiColor::Yellow,
            Self::Bad => AnsiColor::Red,
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug)]
pub struct Check {
    /// What was looked at.
    pub subject: String,
    /// How it came out.
    pub verdict: Verdict,
    /// What was found.
    pub finding: String,
    /// What to do, where something is to be done.
    pub advice: Option<String>,
}

/// Checks for people, one a line with the advice below.
pub fn checks(checks: &[Check], style: Style) -> String {
    let widest = checks.iter().map(|check| check.subject.chars().count()).max();
    let width = widest.unwrap_or_default();
    let mut text = String::new();
    for Check { subject, verdict, finding, advice } in checks {
        let word = style.paint(verdict.colour(), &format!("{:<4}", verdict.word()));
        let _ = writeln!(text, "{word}  {subject:<width$}  {}", printable(finding));
        if let Some(advice) = advice {
            let _ = writeln!(text, "      {:width$}  help: {}", "", printable(advice));
        }
    }
    text
}

/// Checks for programs.
pub fn checks_json(checks: &[Check]) -> Json {
    let one = |check: &Check| {
        json!({
            "subject": check.subject,
            "verdict": check.verdict.word().to_lowercase(),
            "finding": check.finding,
            "advice": check.advice,
        })
    };
    let good = checks.iter().all(|check| check.verdict != Verdict::Bad);
    json!({ "format_version": "1.0", "ok": good, "checks": checks.iter().map(one).collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_right_and_a_terminal_is_not_driven() {
        let mut table = Table::new(&[("name", "NAME"), ("ram", "RAM"), ("public", "PUBLIC")]);
        assert_eq!(table.to_text("No flavors.", Style::Plain), "No flavors.\n");
        table.row([Cell::text("m1.small"), Cell::number(2048), Cell::Truth(true)]);
        table.row([Cell::text("x\u{1b}[2J"), Cell::Nothing, Cell::Truth(false)]);
        let text = "NAME       RAM  PUBLIC\nm1.small  2048  yes\nx [2J        -  no\n";
        assert_eq!(table.to_text("", Style::Plain), text);
        let rows = json!([{ "name": "m1.small", "ram": 2048, "public": true },
            { "name": "x\u{1b}[2J", "ram": null, "public": false }]);
        assert_eq!(table.to_json(), rows);
    }

    #[test]
    fn advice_stands_below_what_it_is_about() {
        let check = |subject: &str, verdict, advice: Option<&str>| Check {
            subject: subject.into(),
            verdict,
            finding: "found".into(),
            advice: advice.map(str::to_owned),
        };
        let all = [check("login", Verdict::Good, None), check("a", Verdict::Bad, Some("mend"))];
        let text = "ok    login  found\nFAIL  a      found\n             help: mend\n";
        assert_eq!(checks(&all, Style::Plain), text);
        assert_eq!(checks_json(&all)["ok"], false);
        assert_eq!(checks_json(&all[..1])["checks"][0]["verdict"], "ok");
    }
}
