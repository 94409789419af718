//! Colours. They never carry meaning of their own.

use anstyle::{AnsiColor, Color};

/// Whether text is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without colours.
    Plain,
    /// With colours.
    Colour,
}

impl Style {
    /// A text in a colour.
    pub(crate) fn paint(self, colour: AnsiColor, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Colour => {
                let style = anstyle::Style::new().fg_color(Some(Color::Ansi(colour)));
                format!("{style}{text}{style:#}")
            }
        }
    }

    /// A text in bold.
    pub(crate) fn bold(self, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Colour => format!("{0}{text}{0:#}", anstyle::Style::new().bold()),
        }
    }
}

/// `1 server`, `2 servers`.
pub(crate) fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// Milliseconds for people.
pub(crate) fn seconds(ms: u64) -> String {
    if ms >= 60_000 {
        return format!("{} min {} s", ms / 60_000, ms % 60_000 / 1000);
    }
    format!("{}.{} s", ms / 1000, ms % 1000 / 100)
}
