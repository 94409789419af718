//! What is printed. Results go to standard output, everything else to standard error.
#![expect(clippy::print_stderr, reason = "this is where the program prints")]

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use terrace_engine::Stop;
use terrace_lang::Question;
use terrace_model::{Diagnostics, Sources};
use terrace_render::Style;
use tokio::sync::watch;

use crate::error::{Invalid, Shown, help};
use crate::machine;

static PLAIN: AtomicBool = AtomicBool::new(false);

/// Forbids colours.
pub(crate) fn no_color() {
    PLAIN.store(true, Ordering::Relaxed);
}

fn style(terminal: bool) -> Style {
    let refused = PLAIN.load(Ordering::Relaxed) || machine::env("NO_COLOR").is_some();
    if terminal && !refused { Style::Colour } else { Style::Plain }
}

/// Style of what goes to standard output.
pub(crate) fn out_style() -> Style {
    style(std::io::stdout().is_terminal())
}

/// Style of what goes to standard error.
pub(crate) fn err_style() -> Style {
    style(std::io::stderr().is_terminal())
}

/// A result as it is, without an end of line of our own. A reader that went away ends the program
/// quietly.
pub(crate) fn print_raw(text: &str) {
    let mut out = std::io::stdout().lock();
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

/// A result. A reader that went away ends the program quietly.
pub(crate) fn print(text: &str) {
    if text.is_empty() || text.ends_with('\n') {
        print_raw(text);
    } else {
        print_raw(&format!("{text}\n"));
    }
}

/// JSON, indented.
pub(crate) fn print_json(json: &impl serde::Serialize) {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let written = serde_json::to_writer_pretty(&mut out, json).map_err(std::io::Error::from);
    drop(written.and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush()));
}

/// Something worth knowing.
pub(crate) fn note(text: &str) {
    eprintln!("{text}");
}

/// Something to worry about.
pub(crate) fn warn(text: &str) {
    eprintln!("warning: {text}");
}

/// Findings about the files.
pub(crate) fn diagnostics(diagnostics: &Diagnostics, sources: &Sources) {
    if !diagnostics.is_empty() {
        eprint!("{}", terrace_render::diagnostics(diagnostics, sources, err_style()));
    }
}

/// Shows an error and gives the exit code.
pub(crate) fn fail(error: &anyhow::Error) -> ExitCode {
    if let Some(invalid) = error.downcast_ref::<Invalid>() {
        diagnostics(&invalid.diagnostics, &invalid.sources);
    } else if error.downcast_ref::<Shown>().is_none() {
        eprintln!("error: {}", chain(error));
        if let Some(help) = help(error) {
            eprintln!("help: {help}");
        }
    }
    ExitCode::from(1)
}

/// An error with its causes, none of them twice.
pub(crate) fn chain(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// Asks; only the word approves.
pub(crate) fn approved(question: &str, word: &str) -> anyhow::Result<bool> {
    eprint!("\n{question} Only `{word}` is taken: ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim() == word)
}

/// Whether somebody is there to answer.
pub(crate) fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks for the value of a variable; what is sensitive is not shown while it is typed.
pub(crate) fn ask_for(question: &Question<'_>) -> Option<String> {
    let Question { name, description, sensitive } = question;
    let prompt = match description {
        Some(description) => format!("Variable `{name}` ({description})"),
        None => format!("Variable `{name}`"),
    };
    let answer = if *sensitive {
        dialoguer::Password::new().with_prompt(prompt).interact()
    } else {
        dialoguer::Input::new().with_prompt(prompt).interact_text()
    };
    answer.ok()
}

/// Ctrl-C and SIGTERM: the first asks to stop soon, the second at once.
pub(crate) fn interrupts() -> watch::Receiver<Stop> {
    let (tell, told) = watch::channel(Stop::No);
    tokio::spawn(async move {
        for stop in [Stop::Soon, Stop::Now] {
            if signalled().await.is_err() || tell.send(stop).is_err() {
                return;
            }
        }
        tell.closed().await;
    });
    told
}

async fn signalled() -> std::io::Result<()> {
    let mut term = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = term.recv() => Ok(()),
    }
}
