//! Progress: one line for each event, or live lines on a terminal.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use anstyle::AnsiColor;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use terrace_engine::{Event, EventSink, Finding, Recovered};
use terrace_model::Address;

use crate::style::{Style, seconds};

/// Most live lines at a time.
const LIVE_LINES: usize = 20;
/// How often a wait is mentioned where lines stay.
const MENTION_MS: u64 = 10_000;

/// Tells what happens, as it happens.
pub struct Progress {
    style: Style,
    live: Option<MultiProgress>,
    inner: Mutex<Inner>,
}

struct Inner {
    writer: Box<dyn Write + Send>,
    bars: BTreeMap<Address, ProgressBar>,
    mentioned: BTreeMap<Address, u64>,
}

impl Progress {
    /// On a terminal, what is under way has live lines, drawn on standard error; what is done is
    /// written to `writer` either way.
    pub fn new(style: Style, terminal: bool, writer: Box<dyn Write + Send>) -> Self {
        let live = terminal.then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr()));
        Self {
            style,
            live,
            inner: Mutex::new(Inner { writer, bars: BTreeMap::new(), mentioned: BTreeMap::new() }),
        }
    }

    fn line(&self, inner: &mut Inner, text: &str) {
        let written = match &self.live {
            Some(live) => live.suspend(|| writeln!(inner.writer, "{text}")),
            None => writeln!(inner.writer, "{text}"),
        };
        // Progress that cannot be shown must not stop the work.
        drop(written);
    }

    fn bar(&self, inner: &mut Inner, address: &Address, text: String) {
        let Some(live) = &self.live else { return };
        if !inner.bars.contains_key(address) && inner.bars.len() < LIVE_LINES {
            let bar = live.add(ProgressBar::new_spinner());
            if let Ok(style) = ProgressStyle::with_template("  {spinner} {msg} {elapsed}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(std::time::Duration::from_millis(120));
            inner.bars.insert(address.clone(), bar);
        }
        if let Some(bar) = inner.bars.get(address) {
            bar.set_message(text);
        }
    }

    fn under_way(&self, inner: &mut Inner, event: Event) {
        match event {
            Event::Started { address, operation } => {
                let text = format!("{address}: {}", doing(operation));
                if self.live.is_none() {
                    self.line(inner, &text);
                }
                self.bar(inner, &address, text);
            }
            Event::Waiting { address, state, elapsed_ms } => {
                self.bar(inner, &address, format!("{address}: {state}"));
                let last = inner.mentioned.get(&address).copied().unwrap_or(0);
                if self.live.is_none() && elapsed_ms >= last + MENTION_MS {
                    inner.mentioned.insert(address.clone(), elapsed_ms);
                    self.line(
                        inner,
                        &format!("{address}: still {state} ({})", seconds(elapsed_ms)),
                    );
                }
            }
            _ => {}
        }
    }

    fn ended(&self, inner: &mut Inner, address: &Address, text: &str) {
        if let Some(bar) = inner.bars.remove(address) {
            bar.finish_and_clear();
        }
        inner.mentioned.remove(address);
        self.line(inner, text);
    }
}

impl EventSink for Progress {
    fn event(&self, event: Event) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let inner = &mut *inner;
        match event {
            Event::Started { .. } | Event::Waiting { .. } => self.under_way(inner, event),
            Event::RefreshStarted { .. } | Event::Known { .. } => {}
            Event::RefreshFinished { present, absent, requests, elapsed_ms } => {
                let gone = if absent > 0 { format!(", {absent} gone") } else { String::new() };
                self.line(
                    inner,
                    &format!(
                        "Read the cloud: {present} there{gone} ({requests} requests, {}).",
                        seconds(elapsed_ms)
                    ),
                );
            }
            Event::Recovered(recovered) => self.line(inner, &found(&recovered)),
            Event::Finished { address, operation, id, elapsed_ms } => {
                let word = self.style.paint(AnsiColor::Green, done(operation));
                self.ended(
                    inner,
                    &address,
                    &format!("{address}: {word} in {} [id={id}]", seconds(elapsed_ms)),
                );
            }
            Event::Failed { address, operation, error, advice, .. } => {
                let word = self.style.paint(AnsiColor::Red, "FAILED");
                let help = advice.map(|a| format!("\n    help: {a}")).unwrap_or_default();
                self.ended(
                    inner,
                    &address,
                    &format!("{address}: {operation} {word}: {error}{help}"),
                );
            }
            Event::Skipped { address, because, .. } => {
                self.ended(
                    inner,
                    &address,
                    &format!("{address}: skipped, because {because} failed"),
                );
            }
            Event::Stopping { in_flight } => {
                let text = format!(
                    "Stopping: waiting for {in_flight} under way. Interrupt again to stop at once."
                );
                self.line(inner, &text);
            }
        }
    }
}

fn doing(operation: &str) -> &'static str {
    match operation {
        "create" => "creating",
        "delete" => "deleting",
        "resize" => "resizing",
        "rebuild" => "rebuilding",
        "resume" => "waiting",
        "forget" => "forgetting",
        _ => "updating",
    }
}

fn done(operation: &str) -> &'static str {
    match operation {
        "create" => "created",
        "delete" => "deleted",
        "resize" => "resized",
        "rebuild" => "rebuilt",
        "resume" => "ready",
        "forget" => "forgotten",
        _ => "updated",
    }
}

fn found(recovered: &Recovered) -> String {
    let Recovered { address, operation, finding } = recovered;
    let what = match finding {
        Finding::Adopted { id, by } => format!("found it by {by}, adopting it [id={id}]"),
        Finding::NotCreated => "it was not created".to_owned(),
        Finding::Deleted => "it is gone".to_owned(),
        Finding::StillThere { id } => format!("it is still there [id={id}], the plan decides"),
        Finding::Ambiguous { ids } => format!("several could be it: {}", ids.join(", ")),
    };
    format!("An earlier run was interrupted during the {operation} of {address}: {what}.")
}
