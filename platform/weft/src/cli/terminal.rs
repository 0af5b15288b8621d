//! The two streams: results to standard output, everything else to standard error.

use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};

use super::{Exit, Failure};

/// Width that texts are laid out for where there is no terminal to ask.
const WIDTH_WITHOUT_TERMINAL: usize = 100;

/// How a text may be laid out on one stream. The words are the same for every value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    pub colour: bool,
    /// Columns to lay frames and help out in.
    pub width: usize,
    /// Whether a person watches, so that bars may move.
    pub terminal: bool,
}

impl Look {
    /// As for a file or a pipe.
    pub const PLAIN: Look = Look { colour: false, width: WIDTH_WITHOUT_TERMINAL, terminal: false };

    /// What suits standard output.
    pub fn of_stdout() -> Self {
        let stream = io::stdout();
        Look::of(AutoStream::choice(&stream), stream.is_terminal(), comfy_table::Table::new().width())
    }

    /// What suits standard error.
    pub fn of_stderr() -> Self {
        let stream = io::stderr();
        let width = comfy_table::Table::new().use_stderr().width();
        Look::of(AutoStream::choice(&stream), stream.is_terminal(), width)
    }

    fn of(choice: ColorChoice, terminal: bool, width: Option<u16>) -> Self {
        let width = width.map_or(WIDTH_WITHOUT_TERMINAL, usize::from);
        Look {
            colour: choice != ColorChoice::Never,
            width: if terminal { width.max(40) } else { WIDTH_WITHOUT_TERMINAL },
            terminal,
        }
    }
}

/// Writes a result.
///
/// # Errors
///
/// [`written`]'s.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut stream = io::stdout().lock();
    written(stream.write_all(text.as_bytes()).and_then(|()| stream.flush()))
}

/// Tells a person something. Where standard error is gone there is no one to tell.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Whether a person is there who can be asked.
pub(super) fn is_watched() -> bool {
    io::stdin().is_terminal()
}

/// Whether the person at the terminal writes `yes` to `question`; `None` where nobody is there.
pub(super) fn says_yes(question: &str) -> Result<Option<bool>, Failure> {
    if !is_watched() {
        return Ok(None);
    }
    note(&format!("{question} Only `yes` does: "));
    let mut answer = String::new();
    let asked = io::stderr().flush().and_then(|()| io::stdin().read_line(&mut answer));
    asked.map_err(|error| Failure::io("cannot ask", &error))?;
    Ok(Some(answer.trim() == "yes"))
}

/// What writing to standard output came to. A reader that has seen enough (`| head`) is no failure
/// to report: the command just ends.
pub(super) fn written(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Failure::silent(Exit::Ok)),
        Err(error) => Err(Failure::io("cannot write to standard output", &error)),
    }
}

/// Says on standard error why a command failed.
pub(super) fn report(failure: &Failure) {
    if failure.message.is_empty() {
        return;
    }
    let text = failure.to_string();
    let painted = match text.split_once(':') {
        Some((head, rest)) if Look::of_stderr().colour => {
            format!("{}:{rest}", owo_colors::OwoColorize::style(&head, owo_colors::Style::new().red().bold()))
        }
        _ => text,
    };
    note(&painted);
}
